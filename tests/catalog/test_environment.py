"""Declared dependencies are installed by the real installer, from wheels alone."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from openmcs.catalog import environment
from openmcs.catalog.environment import BuildFailed, build, key


def wheel(name: str, version: str, code: str, requires: str = "") -> tuple[str, bytes]:
    """Path in the archive and content of a pure wheel."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    files = {
        f"{name}.py": code,
        f"{info}/METADATA": metadata + (f"Requires-Dist: {requires}\n" if requires else ""),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            packed.writestr(path, text)
    return f"wheels/{name}-{version}-py3-none-any.whl", out.getvalue()


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test here needs the network or leaves anything in the user's cache."""
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))


def test_a_vendored_wheel_is_installed_without_network(tmp_path: Path) -> None:
    """The module is importable from the environment's folder, and the second time nothing is done."""
    wheels = dict([wheel("openmcs_probe", "1.2", "ANSWER = 42")])
    lines: list[str] = []
    log = build(["openmcs-probe>=1"], wheels, tmp_path, report=lines.append)
    assert log.directory == tmp_path / str(log.key) and not log.reused
    assert lines == log.text.splitlines() and any("openmcs-probe==1.2" in line for line in lines)
    code = f"import sys; sys.path.append({str(log.directory)!r}); import openmcs_probe; print(openmcs_probe.ANSWER)"
    ran = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "42\n"
    assert os.listdir(tmp_path) == [log.key]
    again = build(["openmcs-probe>=1"], wheels, tmp_path, report=lines.append)
    assert again == log._replace(text="", reused=True)


def test_an_unknown_name_is_a_finding(tmp_path: Path) -> None:
    """The message is the installer's reason; all that it said is kept; nothing is left behind."""
    with pytest.raises(BuildFailed) as caught:
        build(["openmcs-there-is-no-such-package"], {}, tmp_path)
    (finding,) = caught.value.findings
    assert finding.code == "DEPENDENCY_NOT_INSTALLABLE"
    assert "Because openmcs-there-is-no-such-package was not found" in finding.message
    assert "openmcs-there-is-no-such-package" in caught.value.build_log
    assert os.listdir(tmp_path) == []


def test_what_a_vendored_wheel_needs_is_looked_for_elsewhere_too(tmp_path: Path) -> None:
    """Both attempts are in the log when the second one fails as well."""
    wheels = dict([wheel("openmcs_probe", "1.2", "", requires="openmcs-there-is-no-such-package")])
    lines: list[str] = []
    with pytest.raises(BuildFailed) as caught:
        build(["openmcs-probe"], wheels, tmp_path, report=lines.append)
    assert any("asking the package index too" in line for line in lines)
    assert caught.value.build_log.count("openmcs-there-is-no-such-package was not found") == 2


def test_a_source_distribution_is_not_built(tmp_path: Path) -> None:
    """Building would run its code here; the message says so."""
    with pytest.raises(BuildFailed, match="Only wheels are installed"):
        build(["openmcs-source"], {"wheels/openmcs_source-1.0.tar.gz": b"not even a tar"}, tmp_path)


@pytest.mark.parametrize("text", ["--pre", "-rrequirements.txt", "x @ file:///x.whl", "./x"])
def test_nothing_but_names_reaches_the_installer(tmp_path: Path, text: str) -> None:
    """The manifest refuses these as well; here is the second look."""
    with pytest.raises(BuildFailed, match="no name with versions"):
        build([text], {}, tmp_path)


def test_an_installation_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The installer is killed with all that it started."""
    sleeper = tmp_path / "uv"
    sleeper.write_text("#!/bin/sh\necho waiting\nsleep 60 & wait\n")
    sleeper.chmod(0o700)
    monkeypatch.setattr("uv.find_uv_bin", lambda: str(sleeper))
    with pytest.raises(BuildFailed, match="within 0 s") as caught:
        build(["x"], {}, tmp_path / "environments", timeout=0.3)
    assert caught.value.build_log == "waiting\n"
    assert os.listdir(tmp_path / "environments") == []


def test_nothing_of_the_platform_is_told_to_the_installer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets in the platform's environment stay there; paths, proxies and uv's settings go along."""
    spy = tmp_path / "uv"
    spy.write_text("#!/bin/sh\nenv\nexit 1\n")
    spy.chmod(0o700)
    monkeypatch.setattr("uv.find_uv_bin", lambda: str(spy))
    monkeypatch.setenv("OPENMCS_SECRET", "hidden")
    monkeypatch.setenv("https_proxy", "http://proxy:1")
    with pytest.raises(BuildFailed) as caught:
        build(["x"], {}, tmp_path / "environments")
    told = caught.value.build_log
    assert "hidden" not in told
    assert {"https_proxy=http://proxy:1", "UV_OFFLINE=1", "UV_PYTHON_DOWNLOADS=never"} <= set(told.splitlines())


def test_the_key_is_the_set_of_what_is_wanted() -> None:
    """Order and spelling do not matter; versions, wheels and presence do."""
    assert key([], {"wheels/x.whl": b"x"}) is None
    assert key(["A_b >= 1", "c"], {}) == key(["c", "a-B>=1", "c"], {})
    different = [
        key(["a"], {}),
        key(["a>=1"], {}),
        key(["a", "b"], {}),
        key(["a"], {"wheels/x.whl": b"1"}),
        key(["a"], {"wheels/x.whl": b"2"}),
        key(["a"], {"wheels/y.whl": b"1"}),
    ]
    assert len(set(different)) == len(different)
    assert all(each is not None and len(each) == len(hashlib.sha256().hexdigest()) for each in different)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("  No solution:\n  ╰─▶ Because a was not\n      found, no.\n\nhint: x", "Because a was not found, no."),
        ("error: No solution\n  cause: Because b is missing", "Because b is missing"),
        ("Using Python\nerror: Failed to fetch\n  Caused by: one\n  Caused by: dns error", "dns error"),
        ("error: unexpected argument", "error: unexpected argument"),
        ("", "the installer gave no reason"),
    ],
)
def test_the_reason_is_found_in_each_style_of_output(said: str, reason: str) -> None:
    """Versions of the installer draw their errors differently."""
    assert environment._first_useful(said) == reason
