"""
A contract to a Python project that answers its examples, to be filled in and uploaded.

Texts of the definition are somebody else's: they reach the code as literals made by `repr` or as names made of
ASCII letters, and nothing of them is ever pasted.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from openmcs.raml import mock
from openmcs.raml.contract import Contract, Method
from openmcs.raml.scaffold_texts import FAKE_SERVICE, PYPROJECT, README

_VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_PARAMETER = re.compile(r"\{([^{}/]+)\}")
_ROUTE_PARAMETER = re.compile(r":[A-Za-z_]\w*|\{[^{}/]+\}")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9.+_-]+/[A-Za-z0-9.+_-]+")
_EXTENSION = "{mediaTypeExtension}"
_TAKEN = sys.stdlib_module_names | {"conftest", "pytest", "setup", "openmcs", "fake_service"}
_LINE = 100
_DEEPEST = 50
_LONGEST_PATH, _DEEPEST_PATH, _MOST_FILES = 120, 12, 1500
"""What an archive takes, with room for the files that are added."""
_WITHOUT_BODY = (204, 205, 304)
_SMALLEST_INTEGER, _LARGEST_INTEGER = -(2**63), 2**64 - 1


class _Operation(NamedTuple):
    verb: str
    path: str
    """As in the definition."""
    route: str
    """As registered, below `/mobile/custom`."""
    function: str
    description: str
    status: int
    media_type: str
    example: str


def scaffold(
    contract: Contract, bundle: Mapping[str, bytes], root: str, api_name: str, api_version: str
) -> dict[str, bytes]:
    """
    The files of the project, by path relative to its folder.

    One handler for each method of *contract*, answering the default example (`raml.mock`); the files of
    *bundle* below `raml/`, *root* as `raml/<name>.raml` if its own path cannot be kept; tests that pass
    without this platform. Uploadable as it is.
    """
    api = _api_name(api_name)
    name = api.lower()
    main = f"{name}_api.py" if name in _TAKEN else f"{name}.py"
    operations = list(_operations(contract, api))
    routes = sorted(operations, key=lambda each: _specificity(each.route))
    title = _one_line(contract.title, 200) or api
    listed = "\n".join(f"- `{each.verb} {_one_line(each.path, 200).replace('`', '')}`" for each in operations)
    texts = {
        "pyproject.toml": PYPROJECT.format(name=_toml(name), description=_toml(title), main=_toml(main)),
        main: _module(operations, routes, api, _one_line(api_version, 50)),
        "README.md": README.format(
            name=name, api=api, version=_one_line(api_version, 50), main=main, routes=listed or "None."
        ),
        f"tests/test_{name}.py": _tests(operations, routes, main),
        "tests/fake_service.py": FAKE_SERVICE,
    }
    files = {path: text.encode() for path, text in texts.items()}
    return {**files, **_definition(bundle, root, name)}


def _definition(bundle: Mapping[str, bytes], root: str, name: str) -> dict[str, bytes]:
    """The files of the definition whose paths every disk and archive takes; no two that differ by case only."""
    kept: dict[str, bytes] = {}
    taken: set[str] = set()
    folders: set[str] = set()
    for path in sorted(bundle, key=lambda each: (each != root, each)):
        if not _is_plain(path) and path != root:
            continue
        target = f"raml/{path}" if _is_plain(path) else f"raml/{name}.raml"
        parts = target.lower().split("/")
        above = {"/".join(parts[:at]) for at in range(1, len(parts))}
        # A file cannot stand where another one's folder does.
        if (
            target.lower() in taken
            or target.lower() in folders
            or not taken.isdisjoint(above)
            or len(kept) >= _MOST_FILES
        ):
            continue
        kept[target] = bundle[path]
        taken.add(target.lower())
        folders |= above
    return kept


def _is_plain(path: str) -> bool:
    segments = path.split("/")
    return (
        len(path) <= _LONGEST_PATH
        and len(segments) <= _DEEPEST_PATH
        and all(re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_. -]*[A-Za-z0-9_-])?", each) for each in segments)
    )


# ── operations ───────────────────────────────────────────────────────────────────────────────────────


def _operations(contract: Contract, api: str) -> Iterator[_Operation]:
    names: set[str] = set()
    for resource in contract.resources:
        for method in resource.methods:
            if method.verb not in _VERBS:
                continue
            status, media_type, body = mock.answer(method, "*/*", None)
            yield _Operation(
                method.verb,
                resource.path,
                f"/mobile/custom/{api}{_route(resource.path)}",
                _function(method, resource.path, names),
                _one_line(method.description or resource.description, 80),
                status if 200 <= status <= 599 else 200,
                media_type,
                body.decode(),
            )


def _route(path: str) -> str:
    """The path as a handler registers it: `:x` for `{x}` where that ends clearly, and literals percent-encoded."""
    pieces = _PARAMETER.split(path)
    route = ""
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            route += quote(piece, safe="/-._~!$&'()*+,;=:@%")
        elif _IDENTIFIER.fullmatch(piece) and not re.match(r"\w", pieces[index + 1]):
            route += f":{piece}"
        else:
            route += "{" + (re.sub(r"[^\w.-]", "_", piece)) + "}"
    return route if route.startswith("/") else f"/{route}"


def _function(method: Method, path: str, names: set[str]) -> str:
    """`get_event_id` for GET on `/event/{id}`. It begins with a verb, so it is no keyword and no other name's."""
    words = re.sub(r"[^a-z0-9]+", "_", path.lower()).strip("_")[:60].strip("_") or "root"
    first = f"{method.verb.lower()}_{words}"
    name, number = first, 2
    while name in names:
        name, number = f"{first}_{number}", number + 1
    names.add(name)
    return name


def _specificity(route: str) -> list[tuple[int, int]]:
    """Sorts routes so that literal segments stand before those with parameters, as in `raml.match`."""
    keys = []
    for segment in route.split("/"):
        literal = len(_ROUTE_PARAMETER.sub("", segment))
        keys.append((1, -literal) if literal != len(segment) else (0, 0))
    return keys


def _routes_of(operation: _Operation) -> list[str]:
    """RAML's reserved `{mediaTypeExtension}` may be left out of a path, so such a resource has two routes."""
    if _EXTENSION not in operation.path:
        return [operation.route]
    bare = re.sub(r":mediaTypeExtension\b|\{mediaTypeExtension\}", "", operation.route)
    return [operation.route, bare]


# ── the module ───────────────────────────────────────────────────────────────────────────────────────


def _module(operations: list[_Operation], routes: list[_Operation], api: str, version: str) -> str:
    head = (
        f'"""The API {_in_docstring(api)} {_in_docstring(version)}: one handler for each method of its definition."""'
    )
    lines = [head, "", "", "def register(service):"]
    lines.append('    """Say which handler answers what; the first route that fits is taken."""')
    for each in routes:
        for route in _routes_of(each):
            lines.append(f"    service.{each.verb.lower()}({_literal(route)}, {each.function})")
    parts = ["\n".join(lines), *(_handler(each) for each in operations)]
    return "\n\n\n".join(parts) + "\n"


def _handler(operation: _Operation) -> str:
    summary = f"{operation.verb} {operation.path}"
    described = f"{summary}: {operation.description}" if operation.description else summary
    signature, answer = _answer(operation)
    return "\n".join(
        [
            f"def {operation.function}({signature}):",
            f'    """{_in_docstring(described)}"""',
            f"    req.console.info({_literal(_one_line(summary, 200))})",
            f"    {answer}",
        ]
    )


def _answer(operation: _Operation) -> tuple[str, str]:
    """A handler's arguments, and the statement that answers the example."""
    status, media_type = operation.status, operation.media_type
    if status in _WITHOUT_BODY:
        return "req", f"return {status}, None"
    try:
        value = {} if operation.verb == "HEAD" else _parsed(operation)
    except ValueError:
        media_type = media_type if _MEDIA_TYPE.fullmatch(media_type) else "text/plain"
        return "req, res", f"res.status({status}).type({_literal(media_type)}).send({_literal(operation.example)})"
    if value is None or isinstance(value, str):
        # Returned, a text would be sent as text and None as no body.
        return "req, res", f"res.status({status}).json({_literal(value)})"
    if media_type.endswith("+json") and _MEDIA_TYPE.fullmatch(media_type):
        return "req", f'return {status}, {_pretty(value, 4, 12)}, {{"Content-Type": {_literal(media_type)}}}'
    written = _pretty(value, 4, 12)
    return "req", f"return {written}" if status == 200 else f"return {status}, {written}"


def _parsed(operation: _Operation) -> Any:
    """The example as a value that a handler can return. Raises `ValueError` where it is a text for itself."""
    media_type = operation.media_type
    if not media_type.endswith(("/json", "+json", "/*")):
        raise ValueError(media_type)
    try:
        value = json.loads(operation.example, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not _is_plain_value(value, 0):
        raise ValueError("not a value that Python's parser and the platform's JSON writer take")
    return value


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _is_plain_value(value: Any, depth: int) -> bool:
    """True for what Python's parser and the platform's JSON writer take."""
    if depth > _DEEPEST:
        return False
    if isinstance(value, dict):
        return all(_is_text(key) and _is_plain_value(each, depth + 1) for key, each in value.items())
    if isinstance(value, list):
        return all(_is_plain_value(each, depth + 1) for each in value)
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int):
        return _SMALLEST_INTEGER <= value <= _LARGEST_INTEGER
    return not isinstance(value, str) or _is_text(value)


def _is_text(text: str) -> bool:
    # JSON's \ud800 makes half a character, which no encoding can write.
    return not any("\ud800" <= each <= "\udfff" for each in text)


def _pretty(value: Any, indent: int, before: int) -> str:
    """*value* as a literal, on one line where it fits; *before* are the characters left of it on its first line."""
    flat = _flat(value)
    if indent + before + len(flat) <= _LINE or not isinstance(value, dict | list) or not value:
        return flat
    inner = " " * (indent + 4)
    if isinstance(value, dict):
        rows = []
        for key, each in value.items():
            name = _literal(key)
            rows.append(f"{inner}{name}: {_pretty(each, indent + 4, len(name) + 3)},")
        return "\n".join(["{", *rows, " " * indent + "}"])
    rows = [f"{inner}{_pretty(each, indent + 4, 1)}," for each in value]
    return "\n".join(["[", *rows, " " * indent + "]"])


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(key)}: {_flat(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flat(each) for each in value) + "]"
    return _literal(value)


# ── the tests ────────────────────────────────────────────────────────────────────────────────────────

_TEST_HEAD = '''\
"""Every method of the definition has a handler, and it answers what the definition says."""

import importlib.util
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fake_service import FakeService  # noqa: E402

MAIN = Path(__file__).parent.parent / {main}

CASES = [
'''
_TEST_TAIL = """]


@pytest.fixture
def service():
    spec = importlib.util.spec_from_file_location("implementation", MAIN)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    service = FakeService()
    module.register(service)
    return service


def test_every_method_has_a_route(service):
    assert len(service.routes) == {count}


@pytest.mark.parametrize(("method", "path", "status"), CASES)
def test_every_route_answers_the_documented_status(service, method, path, status):
    answered, _, _ = service.call(method, path)
    assert answered == status
"""


def _tests(operations: list[_Operation], routes: list[_Operation], main: str) -> str:
    cases = []
    for each in operations:
        path = _ROUTE_PARAMETER.sub("some", each.route)
        first = next(other for other in routes if other.verb == each.verb and _fits(other, path))
        cases.append(f"    ({_literal(each.verb)}, {_literal(path)}, {first.status}),")
    count = sum(len(_routes_of(each)) for each in operations)
    body = "\n".join(cases) + "\n" if cases else ""
    return _TEST_HEAD.format(main=_literal(main)) + body + _TEST_TAIL.format(count=count)


def _fits(operation: _Operation, path: str) -> bool:
    return any(
        re.fullmatch("[^/]+?".join(re.escape(piece) for piece in _ROUTE_PARAMETER.split(route)), path)
        for route in _routes_of(operation)
    )


# ── texts ────────────────────────────────────────────────────────────────────────────────────────────


def _api_name(name: str) -> str:
    return re.sub(r"^[^A-Za-z]+", "", re.sub(r"[^A-Za-z0-9_]", "_", name))[:100] or "api"


def _one_line(text: str, longest: int) -> str:
    """White space as single spaces, without invisible and reordering characters."""
    line = "".join(each for each in " ".join(text.split()) if each.isprintable())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _in_docstring(text: str) -> str:
    """Text between triple quotes: it has no double quotes, and a backslash stays one."""
    return _one_line(text, 200).replace("\\", "\\\\").replace('"', "'")


def _literal(value: Any) -> str:
    """A Python literal; `repr`, with double quotes where that needs no escapes."""
    if isinstance(value, str) and value.isprintable() and "\\" not in value and '"' not in value:
        return f'"{value}"'
    return repr(value)


def _toml(text: str) -> str:
    """A TOML string of text that is printable."""
    return json.dumps(text, ensure_ascii=False)
