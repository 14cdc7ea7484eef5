"""
What an implementation says about itself: `pyproject.toml`, or MCS's `package.json`.

    [project]                    name, version, description, dependencies, requires-python (PEP 621)
    [tool.openmcs]               main, network, apis, connectors

    package.json                 name, version, description, main
      oracleMobile.dependencies  apis, connectors           (MCS's own, contract of custom code)
      oracleMobile               network, python.dependencies, configuration.python       (ours)

Every mistake becomes a finding with its file and, where it can be found, its line.
"""

from __future__ import annotations

import difflib
import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from openmcs.errors import ImplementationInvalid
from openmcs.exchange import Finding

_TOML, _JSON = "pyproject.toml", "package.json"
_LARGEST, _LONGEST_LINE = 128 * 2**10, 4000
"""The TOML parser takes time with the square of a dotted key's length: bytes, and characters of a line."""
_LONGEST_NAME = 100
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_VERSION = re.compile(r"[A-Za-z0-9][\w.+!-]*", re.ASCII)
_DEPENDENCY = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])? ?(?:\[[A-Za-z0-9._, -]*\] ?)?"
    r"\(?(?:(?:===|[=~!<>]=|[<>]) ?[A-Za-z0-9.*+!_-]+ ?,? ?)*\)? ?(?:;[\w '\"<>=!~.,()+-]*)?",
    re.ASCII,
)
_LONGEST_DEPENDENCY = 500
_NETWORK = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?):(\d{1,5})", re.ASCII)
_TOOL_KEYS = ("main", "network", "apis", "connectors")
_TOML_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
_PYTHON_BOUND = re.compile(r"(>=|<=|>|<|==)\s*(\d{1,3})\.(\d{1,3})")


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What an implementation says about itself."""

    name: str
    version: str
    description: str = ""
    main: str
    """The module with `register(service)`, relative to the archive's top folder."""
    dependencies: list[str] = []
    """Requirements as `name>=1.0`; never a URL or a path."""
    network: list[str] = []
    """`host:port` that the code may connect to."""
    apis: dict[str, str] = {}
    """URI or name of a custom API to the version that is called."""
    connectors: dict[str, str] = {}
    requires_python: str = ""


def read(files: Mapping[str, bytes]) -> Manifest:
    """
    The manifest in an archive's *files*.

    Raises `ImplementationInvalid` with the findings MANIFEST_MISSING, MANIFEST_SYNTAX, MANIFEST_FIELD_MISSING,
    MANIFEST_FIELD_INVALID, MANIFEST_KEY_UNKNOWN, MANIFEST_MAIN_MISSING or MANIFEST_LANGUAGE.
    """
    if _TOML in files:
        reading = _Reading(_TOML, _text(files, _TOML), files)
        return _from_pyproject(reading, _parse(reading, tomllib.loads))
    if _JSON in files:
        reading = _Reading(_JSON, _text(files, _JSON), files)
        return _from_package(reading, _parse(reading, json.loads))
    nearest = [name for name in files if name.endswith((f"/{_TOML}", f"/{_JSON}"))]
    message = f"There is no {_TOML} (or {_JSON}) at the top of the archive"
    where = f"; there is {nearest[0]}: zip the folder that holds it." if nearest else "."
    raise ImplementationInvalid(message + where, findings=[Finding("MANIFEST_MISSING", message + where, _TOML)])


def is_dependency(text: str) -> bool:
    """True for a name with versions, extras and a marker; false for URLs, paths and options of an installer."""
    if len(text) > _LONGEST_DEPENDENCY or not text.isprintable():
        return False
    # One space at most where spaces may be: more would make the expression slow.
    return _DEPENDENCY.fullmatch(re.sub(" +", " ", text)) is not None


class _Reading:
    """A manifest while it is read: its text, and the findings so far."""

    def __init__(self, file: str, text: str, files: Mapping[str, bytes]) -> None:
        self.file = file
        self.text = text
        self.files = files
        self.findings: list[Finding] = []

    def refuse(self, code: str, message: str, key: str = "") -> None:
        """Note a finding at the line of *key*."""
        self.findings.append(Finding(code, message, self.file, self._line(key)))

    def _line(self, key: str) -> int | None:
        last = re.escape(key.rsplit(".", 1)[-1])
        form = rf"^[ \t]*[\"']?{last}[\"']?[ \t]*=" if self.file == _TOML else rf'"{last}"\s*:'
        found = re.search(form, self.text, re.MULTILINE) if key else None
        if found is None and self.file == _TOML and "." in key:
            section = re.escape(key.rsplit(".", 1)[0])
            found = re.search(rf"^[ \t]*\[{section}\]", self.text, re.MULTILINE)
        return self.text.count("\n", 0, found.end()) + 1 if found else None

    def finish(self) -> None:
        """Raise what was found, if anything was."""
        if self.findings:
            first = self.findings[0]
            place = f"{first.file}:{first.line}" if first.line else first.file
            raise ImplementationInvalid(f"{place}: {first.message}", findings=self.findings)

    def table(self, parent: Mapping[str, Any], key: str, path: str) -> dict[str, Any]:
        """The table *key* of *parent*; an empty one when it is absent."""
        value = parent.get(key, {})
        if isinstance(value, dict):
            return value
        self.refuse("MANIFEST_FIELD_INVALID", f"{path} is {_kind(value)}; it has to be a table of keys.", path)
        return {}

    def string(self, parent: Mapping[str, Any], key: str, path: str) -> str:
        """The string *key* of *parent*; the empty one when it is absent."""
        value = parent.get(key, "")
        if isinstance(value, str):
            return value
        self.refuse("MANIFEST_FIELD_INVALID", f"{path} is {_kind(value)}; put it into quotation marks.", path)
        return ""

    def required(self, parent: Mapping[str, Any], key: str, path: str, form: re.Pattern[str], rule: str) -> str:
        """The string *key* of *parent*, which has to have *form*."""
        if key not in parent:
            dynamic = key in parent.get("dynamic", ())
            why = "is said to be dynamic; write it down here" if dynamic else "is missing"
            self.refuse("MANIFEST_FIELD_MISSING", f"{path} {why}.", "dynamic" if dynamic else path)
            return ""
        value = self.string(parent, key, path)
        if isinstance(parent[key], str) and not (form.fullmatch(value) and len(value) <= _LONGEST_NAME):
            message = f"{path} = {value[:120]!r}: {rule}, at most {_LONGEST_NAME} characters."
            self.refuse("MANIFEST_FIELD_INVALID", message, path)
        return value

    def strings(self, parent: Mapping[str, Any], key: str, path: str, wrong: Callable[[str], str | None]) -> list[str]:
        """The list of strings *key* of *parent*; *wrong* tells what is wrong with one."""
        value = parent.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self.refuse("MANIFEST_FIELD_INVALID", f"{path} has to be a list of strings.", path)
            return []
        for each in value:
            if (reason := wrong(each)) is not None:
                self.refuse("MANIFEST_FIELD_INVALID", f"{path}: {each[:120]!r} {reason}", path)
        return list(dict.fromkeys(value))

    def versions(self, parent: Mapping[str, Any], key: str, path: str) -> dict[str, str]:
        """The table *key* of *parent*, names to versions."""
        found = self.table(parent, key, path)
        for name, version in found.items():
            if not isinstance(version, str) or not _VERSION.fullmatch(version):
                message = f'{path}: the version of {name} has to be a string such as "1.0", not {version!r}.'
                self.refuse("MANIFEST_FIELD_INVALID", message, name)
        return {name: str(version) for name, version in found.items()}


# ── the two forms ────────────────────────────────────────────────────────────────────────────────────


def _from_pyproject(reading: _Reading, values: dict[str, Any]) -> Manifest:
    project = reading.table(values, "project", "project")
    tool = reading.table(reading.table(values, "tool", "tool"), "openmcs", "tool.openmcs")
    for key in tool:
        if key not in _TOOL_KEYS:
            _refuse_unknown(reading, key)
    return _manifest(
        reading,
        project=project,
        prefix="project.",
        tool=tool,
        tool_prefix="tool.openmcs.",
        main=reading.string(tool, "main", "tool.openmcs.main"),
        dependencies=reading.strings(project, "dependencies", "project.dependencies", _wrong_dependency),
        requires_python=reading.string(project, "requires-python", "project.requires-python"),
    )


def _from_package(reading: _Reading, values: dict[str, Any]) -> Manifest:
    oracle = reading.table(values, "oracleMobile", "oracleMobile")
    depends = reading.table(oracle, "dependencies", "oracleMobile.dependencies")
    python = reading.table(oracle, "python", "oracleMobile.python")
    configuration = reading.table(oracle, "configuration", "oracleMobile.configuration")
    exact = reading.string(configuration, "python", "oracleMobile.configuration.python")
    return _manifest(
        reading,
        project=values,
        prefix="",
        tool={"network": oracle.get("network", []), **{k: depends[k] for k in ("apis", "connectors") if k in depends}},
        tool_prefix="oracleMobile.",
        main=reading.string(values, "main", "main"),
        dependencies=reading.strings(python, "dependencies", "oracleMobile.python.dependencies", _wrong_dependency),
        requires_python=f"=={exact}.*" if exact else "",
    )


def _manifest(
    reading: _Reading,
    *,
    project: Mapping[str, Any],
    prefix: str,
    tool: Mapping[str, Any],
    tool_prefix: str,
    main: str,
    dependencies: list[str],
    requires_python: str,
) -> Manifest:
    """What both forms have in common."""
    letters = "a letter, then letters, digits, _ and -"
    name = reading.required(project, "name", f"{prefix}name", _NAME, letters)
    version = reading.required(project, "version", f"{prefix}version", _VERSION, "letters, digits, dots and _")
    if (reason := _wrong_python(requires_python)) is not None:
        reading.refuse("MANIFEST_FIELD_INVALID", reason, f"{prefix}requires-python" if prefix else "configuration")
    found = Manifest(
        name=name,
        version=version,
        description=reading.string(project, "description", f"{prefix}description"),
        main=_find_main(reading, main, name, f"{tool_prefix}main" if prefix else "main"),
        dependencies=dependencies,
        network=reading.strings(tool, "network", f"{tool_prefix}network", _wrong_network),
        apis=reading.versions(tool, "apis", f"{tool_prefix}apis"),
        connectors=reading.versions(tool, "connectors", f"{tool_prefix}connectors"),
        requires_python=requires_python,
    )
    reading.finish()
    return found


# ── single fields ────────────────────────────────────────────────────────────────────────────────────


def _find_main(reading: _Reading, main: str, name: str, path: str) -> str:
    if main.endswith((".js", ".mjs", ".cjs", ".ts")):
        message = (
            f"main is {main}: implementations in JavaScript are not run here. Write register(service) in Python; "
            "`openmcs api scaffold` makes a project to start from."
        )
        reading.refuse("MANIFEST_LANGUAGE", message, path)
        return main
    wanted = main.removeprefix("./").rstrip("/")
    candidates = _spellings(wanted) if wanted else [*_spellings(name), *_spellings(name.replace("-", "_")), "main.py"]
    found = list(dict.fromkeys(each for each in candidates if each in reading.files))
    if len(found) == 1 or (found and wanted):
        return found[0]
    if found:
        message = f"Several files may be the main one ({', '.join(found)}); say which with main."
    elif wanted:
        message = f"main is {main}, which is not in the archive{_similar(wanted, reading.files)}."
    else:
        message = f"There is no main, and neither {candidates[0]} nor main.py is in the archive; name the file."
    reading.refuse("MANIFEST_MAIN_MISSING", message, path)
    return main


def _spellings(name: str) -> list[str]:
    return [name] if name.endswith(".py") else [f"{name}.py", f"{name}/__init__.py"]


def _similar(wanted: str, files: Iterable[str]) -> str:
    modules = [each for each in files if each.endswith(".py")]
    same = [each for each in modules if each.rsplit("/", 1)[-1] == wanted.rsplit("/", 1)[-1]]
    near = list(dict.fromkeys([*same, *difflib.get_close_matches(wanted, modules, 3)]))[:3]
    return f"; did you mean {' or '.join(near)}?" if near else ""


def _refuse_unknown(reading: _Reading, key: str) -> None:
    near = difflib.get_close_matches(key, _TOOL_KEYS, 1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(_TOOL_KEYS)}."
    reading.refuse("MANIFEST_KEY_UNKNOWN", f"[tool.openmcs] has no key {key[:60]!r}; {hint}", f"tool.openmcs.{key}")


def _wrong_dependency(text: str) -> str | None:
    if is_dependency(text):
        return None
    return "is no name with versions, such as requests>=2.32; to bring a package along, put its wheel into wheels/."


def _wrong_network(text: str) -> str | None:
    found = _NETWORK.fullmatch(text)
    if found and 0 < int(found[2]) < 65536:
        return None
    return "has to be host:port, such as db.example.com:3306; without https://, wildcards or a path."


def _wrong_python(required: str) -> str | None:
    running = sys.version_info[:2]
    for operator, major, minor in _PYTHON_BOUND.findall(required):
        bound = (int(major), int(minor))
        holds = {
            ">=": running >= bound,
            ">": running >= bound,
            "<=": running <= bound,
            "<": running < bound,
            "==": running == bound,
        }[operator]
        if not holds:
            return f"Python {required} is asked for, and this platform runs {running[0]}.{running[1]}."
    return None


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────


def _text(files: Mapping[str, bytes], file: str) -> str:
    data = files[file]
    if len(data) > _LARGEST:
        raise _no_syntax(file, f"has {len(data)} bytes; {_LARGEST} are allowed")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _no_syntax(file, "is not UTF-8", line) from error
    for number, each in enumerate(text.split("\n"), 1):
        if len(each) > _LONGEST_LINE:
            raise _no_syntax(file, f"the line has {len(each)} characters; {_LONGEST_LINE} are allowed", number)
    return text


def _parse(reading: _Reading, parser: Callable[[str], Any]) -> dict[str, Any]:
    try:
        values = parser(reading.text)
    except json.JSONDecodeError as error:
        raise _no_syntax(reading.file, error.msg, error.lineno, error.colno) from error
    except tomllib.TOMLDecodeError as error:
        place = _TOML_PLACE.search(str(error))
        line, column = (int(place[1]), int(place[2])) if place else (None, None)
        raise _no_syntax(reading.file, _TOML_PLACE.sub("", str(error)).strip(), line, column) from error
    except (RecursionError, ValueError) as error:
        raise _no_syntax(reading.file, "is nested too deeply or has a number that is too long") from error
    if not isinstance(values, dict):
        raise _no_syntax(reading.file, "has to be one object")
    return values


def _no_syntax(file: str, why: str, line: int | None = None, column: int | None = None) -> ImplementationInvalid:
    place = f"{file}:{line}" if line else file
    return ImplementationInvalid(f"{place}: {why}", findings=[Finding("MANIFEST_SYNTAX", why, file, line, column)])


def _kind(value: Any) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return names.get(type(value), "something else")
