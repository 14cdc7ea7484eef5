"""An implementation's manifest: both forms are read, and each mistake is named with its line."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.catalog import manifest
from openmcs.catalog.manifest import Manifest
from openmcs.errors import ImplementationInvalid
from openmcs.exchange import Finding

GOOD = """\
[project]
name = "synapse"
version = "1.0"
description = "Disaster events"
requires-python = ">=3.11"
dependencies = ["requests>=2.32"]

[tool.openmcs]
main = "synapse.py"
network = ["127.0.0.1:5000"]

[tool.openmcs.apis]
"/mobile/custom/employees" = "3.5.1"
"""


def toml(text: str, *names: str) -> dict[str, bytes]:
    """An archive's files with this pyproject.toml."""
    return {"pyproject.toml": text.encode(), **dict.fromkeys(names or ("synapse.py",), b"")}


def package(value: Any, *names: str) -> dict[str, bytes]:
    """An archive's files with this package.json."""
    return {"package.json": json.dumps(value, indent=2).encode(), **dict.fromkeys(names or ("synapse.py",), b"")}


def findings(files: dict[str, bytes]) -> list[Finding]:
    """What *files* are refused with."""
    with pytest.raises(ImplementationInvalid) as caught:
        manifest.read(files)
    return list(caught.value.findings)


def test_a_pyproject_is_read() -> None:
    """All that the platform needs is in it."""
    assert manifest.read(toml(GOOD)) == Manifest(
        name="synapse",
        version="1.0",
        description="Disaster events",
        main="synapse.py",
        dependencies=["requests>=2.32"],
        network=["127.0.0.1:5000"],
        apis={"/mobile/custom/employees": "3.5.1"},
        requires_python=">=3.11",
    )


def test_a_package_json_of_mcs_is_read() -> None:
    """MCS's own keys, and ours below `oracleMobile`."""
    running = f"{sys.version_info[0]}.{sys.version_info[1]}"
    oracle = {
        "dependencies": {"apis": {"/mobile/custom/a": "1.0"}, "connectors": {"/mobile/connector/hcm": "2.0"}},
        "configuration": {"python": running},
        "network": ["db:3306"],
        "python": {"dependencies": ["pymysql"]},
    }
    found = manifest.read(package({"name": "s", "version": "1.0", "main": "./synapse.py", "oracleMobile": oracle}))
    assert found == Manifest(
        name="s",
        version="1.0",
        main="synapse.py",
        dependencies=["pymysql"],
        network=["db:3306"],
        apis={"/mobile/custom/a": "1.0"},
        connectors={"/mobile/connector/hcm": "2.0"},
        requires_python=f"=={running}.*",
    )


def test_pyproject_goes_before_package_json() -> None:
    """When both are there, Python's own counts."""
    assert manifest.read({**package({}), **toml(GOOD)}).name == "synapse"


@pytest.mark.parametrize(
    ("main", "names", "found"),
    [
        (None, ["synapse.py", "other.py"], "synapse.py"),
        (None, ["synapse/__init__.py", "synapse/a.py"], "synapse/__init__.py"),
        (None, ["main.py", "other.py"], "main.py"),
        ("synapse", ["synapse.py"], "synapse.py"),
        ("synapse", ["synapse/__init__.py"], "synapse/__init__.py"),
        ("./code/it.py", ["code/it.py"], "code/it.py"),
    ],
)
def test_the_main_module_is_found(main: str | None, names: list[str], found: str) -> None:
    """Named, or the one that is called like the implementation, or main.py."""
    line = f'main = "{main}"' if main else ""
    text = f'[project]\nname = "synapse"\nversion = "1.0"\n[tool.openmcs]\n{line}\n'
    assert manifest.read(toml(text, *names)).main == found


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "said"),
    [
        ('name = "synapse"\n', "", "MANIFEST_FIELD_MISSING", 1, "project.name is missing"),
        ('"1.0"', "1.0", "MANIFEST_FIELD_INVALID", 3, "quotation marks"),
        ('version = "1.0"', 'dynamic = ["version"]', "MANIFEST_FIELD_MISSING", 3, "dynamic"),
        ('"synapse"', '"1synapse"', "MANIFEST_FIELD_INVALID", 2, "a letter"),
        ('"synapse"', f'"{"s" * 101}"', "MANIFEST_FIELD_INVALID", 2, "100 characters"),
        ('"1.0"', '"1/0"', "MANIFEST_FIELD_INVALID", 3, "dots"),
        ('["requests>=2.32"]', '"requests"', "MANIFEST_FIELD_INVALID", 6, "list of strings"),
        ("requests>=2.32", "x @ https://h/x.whl", "MANIFEST_FIELD_INVALID", 6, "wheels/"),
        ("requests>=2.32", "--index-url=https://h", "MANIFEST_FIELD_INVALID", 6, "wheels/"),
        ("requests>=2.32", "./x", "MANIFEST_FIELD_INVALID", 6, "wheels/"),
        (">=3.11", ">=3.99", "MANIFEST_FIELD_INVALID", 5, "3.99"),
        ("127.0.0.1:5000", "https://h:443", "MANIFEST_FIELD_INVALID", 10, "host:port"),
        ("127.0.0.1:5000", "h:0", "MANIFEST_FIELD_INVALID", 10, "host:port"),
        ("127.0.0.1:5000", "*:443", "MANIFEST_FIELD_INVALID", 10, "host:port"),
        ("network =", "netwrok =", "MANIFEST_KEY_UNKNOWN", 10, "did you mean network?"),
        ('"synapse.py"', '"synapsee.py"', "MANIFEST_MAIN_MISSING", 9, "did you mean synapse.py?"),
        ('"synapse.py"', '"../synapse.py"', "MANIFEST_MAIN_MISSING", 9, "not in the archive"),
        ('"synapse.py"', '"synapse.js"', "MANIFEST_LANGUAGE", 9, "JavaScript"),
        ('"3.5.1"', "3", "MANIFEST_FIELD_INVALID", 13, "employees"),
    ],
)
def test_a_mistake_is_named_with_its_line(old: str, new: str, code: str, line: int, said: str) -> None:
    """One change to a good file is one finding."""
    assert old in GOOD
    (finding,) = findings(toml(GOOD.replace(old, new, 1)))
    assert (finding.code, finding.file, finding.line) == (code, "pyproject.toml", line)
    assert said in finding.message


def test_all_mistakes_are_told_at_once() -> None:
    """Nobody wants to upload once a mistake."""
    found = findings(toml('[project]\nname = ""\n[tool.openmcs]\nmain = "x.py"\nports = [1]'))
    assert [each.code for each in found] == [
        "MANIFEST_KEY_UNKNOWN",
        "MANIFEST_FIELD_INVALID",
        "MANIFEST_FIELD_MISSING",
        "MANIFEST_MAIN_MISSING",
    ]


def test_a_syntax_error_has_its_place() -> None:
    """Line and column come from the parser, for both forms."""
    (finding,) = findings(toml('[project]\nname = "a\n'))
    assert (finding.code, finding.line, finding.column) == ("MANIFEST_SYNTAX", 2, 10)
    (finding,) = findings({"package.json": b'{\n "name": x}'})
    assert (finding.code, finding.line, finding.column) == ("MANIFEST_SYNTAX", 2, 10)


@pytest.mark.parametrize(
    "data",
    [
        b"x = " + b"[" * 3000,
        b"\xff\xfe",
        b".".join([b"a"] * 60_000) + b" = 1",
        b"a = 1\n" * 100_000,
    ],
)
def test_hostile_toml_is_refused_quickly(data: bytes) -> None:
    """Depth, length and encoding that would stop the parser are findings."""
    started = time.monotonic()
    assert [each.code for each in findings({"pyproject.toml": data})] == ["MANIFEST_SYNTAX"]
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("data", [b"[" * 100_000, b"[]", b'"x"', b"1" * 5000, b"{" * 50])
def test_hostile_json_is_refused(data: bytes) -> None:
    """The same for the other form."""
    assert [each.code for each in findings({"package.json": data})] == ["MANIFEST_SYNTAX"]


def test_a_missing_manifest_says_where_one_is() -> None:
    """Zipping one folder too high is the usual reason."""
    (finding,) = findings({"a/b/pyproject.toml": b"", "c.py": b""})
    assert finding.code == "MANIFEST_MISSING" and "a/b/pyproject.toml" in finding.message
    (finding,) = findings({"c.py": b""})
    assert finding.code == "MANIFEST_MISSING"


def test_several_candidates_are_a_question() -> None:
    """The platform does not guess which module is meant."""
    (finding,) = findings(toml('[project]\nname = "s"\nversion = "1"', "s.py", "main.py"))
    assert finding.code == "MANIFEST_MAIN_MISSING" and "s.py, main.py" in finding.message


def test_a_real_javascript_package_is_told_why() -> None:
    """Uploads made for MCS say `main` is a .js file."""
    (finding,) = findings(package({"name": "s", "version": "1.0", "main": "s.js"}, "s.js"))
    assert finding.code == "MANIFEST_LANGUAGE" and finding.line == 4


@pytest.mark.parametrize(
    "text",
    [
        *("requests", "requests>=2.32", "a_b.c-d~=1.0,!=1.1", "x[y,z]>=1 ; python_version < '3.12'"),
        *("x (>=1.0)", "x==1.*", "x===1.0"),
    ],
)
def test_ordinary_requirements_are_dependencies(text: str) -> None:
    """Names, versions, extras, markers."""
    assert manifest.is_dependency(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "-e .", "--pre", "x @ file:///etc", "git+https://h/x", "./x", "x/y"),
        *("x\n--pre", "x;\ny", "x" * 600, "x y", "x ,"),
    ],
)
def test_urls_paths_and_options_are_not(text: str) -> None:
    """Nothing may steer the installer elsewhere."""
    assert not manifest.is_dependency(text)


@given(st.text(st.sampled_from("ax01 .,-_[]()=<>!~;'\"@/:"), max_size=400))
def test_judging_a_dependency_is_quick(text: str) -> None:
    """No text makes the expression backtrack for long."""
    started = time.monotonic()
    manifest.is_dependency(text + " " * 400)
    assert time.monotonic() - started < 0.5


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(st.sampled_from("as1.:/"), max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["apis", "python", "a"]), inner),
    max_leaves=5,
)
KEYS = st.sampled_from(["name", "version", "description", "main", "oracleMobile", "dynamic"])


@given(value=st.dictionaries(KEYS, JSON, max_size=6))
def test_any_json_object_is_read_or_refused(value: dict[str, Any]) -> None:
    """Wrong types are findings, not failures."""
    try:
        found = manifest.read(package({"name": "s", "version": "1", "main": "synapse.py", **value}))
    except ImplementationInvalid as error:
        assert error.findings
    else:
        assert found.main == "synapse.py"
