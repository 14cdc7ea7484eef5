"""
The packages that an implementation declares, installed once for each set of them.

`uv` installs wheels, those in the archive's `wheels/` folder first, into a folder named after a hash of
what was asked for. Nothing is built from source: that would run foreign code inside the platform.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import uv

from openmcs.catalog.manifest import is_dependency
from openmcs.catalog.sealing import filling
from openmcs.errors import ImplementationInvalid
from openmcs.exchange import Finding

_PASSED_ON = re.compile(
    r"PATH|HOME|LANG|LC_ALL|TMPDIR|SSL_CERT_FILE|SSL_CERT_DIR|XDG_CACHE_HOME|XDG_DATA_HOME|NETRC|UV_.*|.*_proxy",
    re.IGNORECASE,
)
_CAUSE = re.compile(r"^\s*(?:[╰├]─▶|cause:|Caused by:)\s*(.*)")
"""How versions of uv mark the links of a chain of causes."""
_NEEDS_BUILDING = re.compile(r"no usable wheels|no wheels|source distribution|building from source", re.IGNORECASE)
_LONGEST_LOG = 200_000

_Report = Callable[[str], None]


class BuildLog(NamedTuple):
    """What an installation did."""

    key: str | None
    """Name of the environment; None when nothing is declared."""
    directory: Path | None
    """To be put on the worker's search path."""
    text: str
    """What the installer said; empty when the environment was there already."""
    reused: bool


class BuildFailed(ImplementationInvalid):
    """The declared dependencies cannot be installed; `build_log` is all that the installer said."""

    def __init__(self, detail: str, build_log: str) -> None:
        super().__init__(detail, findings=[Finding("DEPENDENCY_NOT_INSTALLABLE", detail)])
        self.build_log = build_log


def key(dependencies: Sequence[str], wheels: Mapping[str, bytes]) -> str | None:
    """
    The name of the environment for *dependencies* and vendored *wheels* (content by file name).

    It is the same for the same set in any order or spelling, on this Python and kind of machine; None
    when there are no dependencies.
    """
    if not dependencies:
        return None
    told = [sys.implementation.cache_tag or "", platform.machine(), *sorted({_normal(each) for each in dependencies})]
    told += sorted(f"{_base(name)} {hashlib.sha256(content).hexdigest()}" for name, content in wheels.items())
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def build(
    dependencies: Sequence[str],
    wheels: Mapping[str, bytes],
    directory: Path,
    *,
    report: _Report | None = None,
    timeout: float = 300,
) -> BuildLog:
    """
    Make sure that `directory/<key>` holds *dependencies*; blocks, so call it from a thread.

    An environment that is there already is used as it is. *report* gets each line of the installer's
    output as it comes. *timeout* is in seconds. Raises `BuildFailed`.
    """
    name = key(dependencies, wheels)
    if name is None:
        return BuildLog(None, None, "", False)
    final = directory / name
    if final.is_dir():
        return BuildLog(name, final, "", True)
    for each in dependencies:
        if not is_dependency(each):
            raise BuildFailed(f"{each[:120]!r} is no name with versions, such as requests>=2.32", "")
    with filling(final) as fresh, tempfile.TemporaryDirectory(prefix="openmcs-wheels-") as vendored:
        for path, content in wheels.items():
            Path(vendored, _base(path)).write_bytes(content)
        text = _install(dependencies, fresh, Path(vendored) if wheels else None, report, timeout)
        (fresh / ".lock").unlink(missing_ok=True)  # left behind by uv
    return BuildLog(name, final, text, False)


def _install(
    dependencies: Sequence[str], target: Path, vendored: Path | None, report: _Report | None, timeout: float
) -> str:
    """Run the installer, without the network first where wheels were vendored; what it said."""
    said = ""
    if vendored is not None:
        code, said = _run(_command(dependencies, target, vendored, offline=True), target, report, timeout)
        if code == 0:
            return said
        if report:
            report("The vendored wheels are not all that is needed; asking the package index too.")
        said += "\n"
    code, more = _run(_command(dependencies, target, vendored, offline=False), target, report, timeout)
    said += more
    if code == 0:
        return said
    if code == -signal.SIGKILL:
        raise BuildFailed(f"The dependencies were not installed within {timeout:.0f} s", said)
    raise BuildFailed(f"The dependencies cannot be installed: {_first_useful(more)}", said)


def _command(dependencies: Sequence[str], target: Path, vendored: Path | None, *, offline: bool) -> list[str]:
    options = [
        *("--target", str(target)),
        *("--python", sys.executable),
        *("--only-binary", ":all:"),
        *("--link-mode", "copy"),
        *("--color", "never"),
        *("--no-config", "--no-progress"),
    ]
    if vendored is not None:
        options += ["--find-links", str(vendored)]
    if offline:
        options.append("--offline")
    return [uv.find_uv_bin(), "pip", "install", *options, "--", *dependencies]


def _run(command: list[str], directory: Path, report: _Report | None, timeout: float) -> tuple[int, str]:
    """Exit code and output; -9 when it was killed after *timeout* seconds."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=_environment(),
        cwd=directory,
        start_new_session=True,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    kept: list[str] = []
    with process, _killed_after(timeout, process):
        assert process.stdout is not None
        for line in process.stdout:
            kept.append(line)
            if report:
                report(line.rstrip())
    return process.returncode, "".join(kept)[-_LONGEST_LOG:]


@contextlib.contextmanager
def _killed_after(timeout: float, process: subprocess.Popen[str]) -> Iterator[None]:
    def kill() -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(timeout, kill)
    timer.daemon = True
    timer.start()
    try:
        yield
        process.wait()
    finally:
        timer.cancel()


def _environment() -> dict[str, str]:
    """What the installer may know: where to find things and how to reach the index, no settings of the platform."""
    kept = {name: value for name, value in os.environ.items() if _PASSED_ON.fullmatch(name)}
    return {**kept, "UV_PYTHON_DOWNLOADS": "never"}


def _first_useful(text: str) -> str:
    """The reason in uv's output: the last cause of its chain with its continuation lines, else its error line."""
    lines = text.splitlines()
    causes = [place for place, line in enumerate(lines) if _CAUSE.match(line)]
    if causes:
        first = _CAUSE.match(lines[causes[-1]])
        found = [first[1] if first else ""]
        for line in lines[causes[-1] + 1 :]:
            if not line.startswith("    ") or not line.strip():
                break
            found.append(line.strip())
        reason = " ".join(found)
    else:
        errors = [line for line in lines if line.startswith("error:")]
        reason = next(iter(errors or [line for line in lines if line.strip()]), "the installer gave no reason")
    if _NEEDS_BUILDING.search(text):
        reason += " Only wheels are installed, since building from source would run its code inside the platform."
    return reason


def _normal(dependency: str) -> str:
    """One spelling for all that mean the same: PEP 503 for the name, no spaces."""
    found = re.match(r"[A-Za-z0-9._-]+", dependency)
    name = found[0] if found else ""
    return re.sub(r"[-_.]+", "-", name).lower() + re.sub(r"\s+", " ", dependency[len(name) :]).replace(" ", "")


def _base(path: str) -> str:
    return path.rsplit("/", 1)[-1]
