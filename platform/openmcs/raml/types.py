"""
Types of RAML 1.0: that the names exist, that none is made of itself, and that examples fit.

A value is held against a declaration directly. What is not understood here (JSON and XML schemas, facets of
one's own, discriminators) is taken to fit, so that nothing valid is refused.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from openmcs.exchange import Finding
from openmcs.raml.expand import VERBS
from openmcs.raml.load import Loader, Unreadable
from openmcs.raml.node import Node, Place

BUILT_IN = frozenset(
    [
        "any",
        "object",
        "array",
        "string",
        "number",
        "integer",
        "boolean",
        "date-only",
        "time-only",
        "datetime-only",
        "datetime",
        "file",
        "nil",
        "null",
    ]
)
DEEPEST = 40
MOST_STEPS = 200_000
_TOKEN = re.compile(r"\s*(\[\]|[()|?]|[^\s()|?\[\]]+)")
_DATES = {
    "date-only": re.compile(r"\d{4}-\d\d-\d\d\Z"),
    "time-only": re.compile(r"\d\d:\d\d:\d\d(\.\d+)?\Z"),
    "datetime-only": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\Z"),
}
_WRAPPER = {"value", "strict", "displayName", "description"}
Expression = tuple[str, Any]
"""("name", text), ("array", expression) or ("union", list of expressions)."""


@dataclass(slots=True)
class _Scope:
    names: dict[str, tuple[Node, _Scope]] = field(default_factory=dict)


class TypeChecks:
    """One pass over the expanded tree of a 1.0 document."""

    def __init__(self, root: Node, loader: Loader) -> None:
        self._loader = loader
        self._file = root.place.file
        self._making: dict[str, _Scope] = {}
        self._steps = 0
        self._root = root
        self._aliases = {alias for alias, _ in _entries(root.get("uses"))}
        self._scope = self._scope_of(root)
        self.findings: list[Finding] = []

    def run(self) -> None:
        """All types, parameters and bodies."""
        for section in ("types", "schemas"):
            for name, node in _entries(self._root.get(section)):
                if name in BUILT_IN:
                    self._say("RAML_TYPE_NAME", f"{name} is a type of RAML's own; choose another name", node.place)
                if self._is_circular(name, self._scope, ()):
                    self._say("RAML_TYPE_CYCLE", f"the type {name} is made of itself", node.place)
                else:
                    self._declaration(node, "string")
        self._parameters(self._root.get("baseUriParameters"))
        for key, value in self._root.items():
            if key.startswith("/"):
                self._resource(value)

    # ── places where types stand ─────────────────────────────────────────────────────────────────

    def _resource(self, node: Node) -> None:
        self._parameters(node.get("uriParameters"))
        for key, value in node.items():
            if key.startswith("/"):
                self._resource(value)
            elif key in VERBS:
                self._parameters(value.get("queryParameters"))
                self._parameters(value.get("headers"))
                self._body(value.get("body"))
                for _, response in _entries(value.get("responses")):
                    self._parameters(response.get("headers"))
                    self._body(response.get("body"))

    def _parameters(self, node: Node | None) -> None:
        for _, value in _entries(node):
            self._declaration(value, "string")

    def _body(self, node: Node | None) -> None:
        if node is None:
            return
        by_type = [value for key, value in node.items() if "/" in key]
        for each in by_type or [node]:
            self._declaration(each, "any")

    def _declaration(self, node: Node, default: str, depth: int = 0) -> None:
        """A type where it is declared: its names, what is below it, and its examples."""
        if depth > DEEPEST or not self._step():
            return
        reference = _reference(node)
        if reference is not None:
            for each in reference.elements():
                if each.is_map:
                    self._declaration(each, "any", depth + 1)
                else:
                    self._names(each)
        for _, value in _entries(node.get("properties")):
            self._declaration(value, "string", depth + 1)
        items = node.get("items")
        if items is not None:
            for each in items.elements():
                self._declaration(each, "any", depth + 1)
        for example in _examples(node):
            problem = self._misfit(example, node, self._scope, default, 0)
            if problem is not None:
                message, place = problem
                self._say("RAML_EXAMPLE_TYPE", f"the example does not fit its type: {message}", place)

    def _names(self, node: Node) -> None:
        """Names in another file resolve there, and are left alone here."""
        text = node.text()
        if node.place.file != self._file or not text or text.lstrip()[:1] in ("{", "<", "["):
            return
        expression = parse(text)
        if expression is None:
            self._say("RAML_TYPE_UNKNOWN", f"{text[:80]!r} is no type expression", node.place)
            return
        for name in _names_of(expression):
            # A name with a prefix may come out of a parameter, written for another file's libraries.
            foreign = "." in name and name.partition(".")[0] not in self._aliases
            if name not in BUILT_IN and name not in self._scope.names and "<<" not in name and not foreign:
                self._say("RAML_TYPE_UNKNOWN", f"there is no type {name!r}", node.place)

    # ── names ────────────────────────────────────────────────────────────────────────────────────

    def _scope_of(self, root: Node) -> _Scope:
        file = root.place.file
        if file in self._making:
            return self._making[file]
        scope = self._making[file] = _Scope()
        for section in ("schemas", "types"):
            for name, node in _entries(root.get(section)):
                scope.names[name] = (node, scope)
        for alias, target in _entries(root.get("uses")):
            try:
                library = target if target.is_map else self._loader.include(target.text(), target.place)
            except Unreadable:
                # Said when the libraries were applied.
                continue
            for name, found in self._scope_of(library).names.items():
                if "." not in name:
                    scope.names[f"{alias}.{name}"] = found
        return scope

    def _is_circular(self, name: str, scope: _Scope, seen: tuple[str, ...]) -> bool:
        if name in seen:
            return True
        if name not in scope.names or name in BUILT_IN or len(seen) > DEEPEST or not self._step():
            return False
        node, scope = scope.names[name]
        reference = _reference(node)
        names: list[str] = []
        for each in reference.elements() if reference is not None else []:
            expression = parse(each.text()) if each.kind == "scalar" else None
            names += _names_of(expression) if expression is not None else []
        return any(self._is_circular(each, scope, (*seen, name)) for each in names)

    # ── values ───────────────────────────────────────────────────────────────────────────────────

    def _misfit(self, value: Node, node: Node, scope: _Scope, default: str, depth: int) -> tuple[str, Place] | None:
        """What does not fit, and where; None when all does or when it cannot be told."""
        if depth > DEEPEST or not self._step():
            return None
        reference = _reference(node)
        if reference is None:
            implied = "object" if node.get("properties") is not None else "array" if node.get("items") else default
            problem = self._misfit_expression(value, ("name", implied), scope, depth)
            if problem is not None:
                return problem
        for each in reference.elements() if reference is not None else []:
            if each.is_map:
                problem = self._misfit(value, each, scope, "any", depth + 1)
            else:
                text = each.text()
                expression = parse(text) if text.lstrip()[:1] not in ("{", "<", "[") else None
                problem = self._misfit_expression(value, expression, scope, depth) if expression else None
            if problem is not None:
                return problem
        return self._misfit_facets(_unpacked(value), node, scope, depth) if node.is_map else None

    def _misfit_expression(
        self, value: Node, expression: Expression, scope: _Scope, depth: int
    ) -> tuple[str, Place] | None:
        kind, inner = expression
        if kind == "union":
            problems = [self._misfit_expression(value, each, scope, depth + 1) for each in inner]
            return None if None in problems else problems[0]
        if kind == "array":
            value = _unpacked(value)
            if not value.is_list:
                return None if _is_foreign(value) else (f"{_shown(value)} is no array", value.place)
            for element in value.value:
                problem = self._misfit_expression(element, inner, scope, depth + 1)
                if problem is not None:
                    return problem
            return None
        if inner in BUILT_IN:
            return _misfit_built_in(value, inner)
        found = scope.names.get(inner)
        return self._misfit(value, found[0], found[1], "string", depth + 1) if found is not None else None

    def _misfit_facets(self, value: Node, node: Node, scope: _Scope, depth: int) -> tuple[str, Place] | None:
        if value.is_map:
            return self._misfit_properties(value, node, scope, depth)
        if value.is_list:
            return self._misfit_items(value, node, scope, depth)
        plain = value.value
        enum = node.get("enum")
        if enum is not None and enum.is_list and plain is not None and plain not in [e.value for e in enum.value]:
            return f"{_shown(value)} is not among the values of enum", value.place
        if isinstance(plain, str):
            return _misfit_bounds(value, len(plain), node, "minLength", "maxLength")
        if isinstance(plain, int | float) and not isinstance(plain, bool):
            return _misfit_bounds(value, plain, node, "minimum", "maximum")
        return None

    def _misfit_properties(self, value: Node, node: Node, scope: _Scope, depth: int) -> tuple[str, Place] | None:
        for key, declared in _entries(node.get("properties")):
            if len(key) > 1 and key.startswith("/") and key.endswith("/"):
                continue
            flag = declared.get("required")
            optional = key.endswith("?") if flag is None else flag.value is False
            name = key[:-1] if flag is None and key.endswith("?") else key
            given = value.get(name)
            if given is None:
                if not optional:
                    return f"the property {name!r} is missing", value.place
                continue
            problem = self._misfit(given, declared, scope, "string", depth + 1)
            if problem is not None:
                message, place = problem
                return f"{name}: {message}", place if place != given.place else value.place_of(name)
        return _misfit_bounds(value, len(value.value), node, "minProperties", "maxProperties")

    def _misfit_items(self, value: Node, node: Node, scope: _Scope, depth: int) -> tuple[str, Place] | None:
        items = node.get("items")
        for element in value.value if items is not None else []:
            holder = items if items is not None and items.is_map else Node("map", {"type": items}, node.place)
            problem = self._misfit(element, holder, scope, "any", depth + 1)
            if problem is not None:
                return problem
        return _misfit_bounds(value, len(value.value), node, "minItems", "maxItems")

    def _step(self) -> bool:
        """False when enough has been looked at; what is left is taken to fit."""
        self._steps += 1
        return self._steps <= MOST_STEPS

    def _say(self, code: str, message: str, place: Place) -> None:
        self.findings.append(Finding(code, message, place.file, place.line, place.column))


# ── type expressions ─────────────────────────────────────────────────────────────────────────────────


def parse(text: str) -> Expression | None:
    """A type expression such as `(Phone | Tablet)[]`; None when it is none."""
    tokens: list[str] = []
    at = 0
    text = text.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or len(tokens) > 200:
            return None
        tokens.append(found.group(1))
        at = found.end()
    parser = _Parser(tokens)
    expression = parser.union(0)
    return expression if expression is not None and parser.at == len(tokens) else None


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self.at = 0

    def union(self, depth: int) -> Expression | None:
        options = []
        while True:
            option = self._suffixed(depth)
            if option is None:
                return None
            options.append(option)
            if self._next() != "|":
                return options[0] if len(options) == 1 else ("union", options)
            self.at += 1

    def _suffixed(self, depth: int) -> Expression | None:
        word = self._next()
        if word is None or word in ("|", ")", "[]", "?") or depth > DEEPEST:
            return None
        self.at += 1
        expression: Expression | None = ("name", word)
        if word == "(":
            expression = self.union(depth + 1)
            if expression is None or self._next() != ")":
                return None
            self.at += 1
        while self._next() in ("[]", "?"):
            expression = ("array", expression) if self._next() == "[]" else ("union", [expression, ("name", "nil")])
            self.at += 1
        return expression

    def _next(self) -> str | None:
        return self._tokens[self.at] if self.at < len(self._tokens) else None


def _names_of(expression: Expression) -> list[str]:
    kind, inner = expression
    if kind == "name":
        return [inner]
    return _names_of(inner) if kind == "array" else [name for each in inner for name in _names_of(each)]


# ── values ───────────────────────────────────────────────────────────────────────────────────────────


def _misfit_built_in(value: Node, name: str) -> tuple[str, Place] | None:
    if value.kind == "scalar" and value.value is None:
        return None
    if name in ("object", "array"):
        value = _unpacked(value)
        fits = value.is_map if name == "object" else value.is_list
        return None if fits or _is_foreign(value) else (f"{_shown(value)} is no {name}", value.place)
    plain = value.value if value.kind == "scalar" else value
    fits = {
        "string": isinstance(plain, str),
        "number": isinstance(plain, int | float) and not isinstance(plain, bool),
        "integer": isinstance(plain, int | float) and not isinstance(plain, bool) and plain == plain // 1,
        "boolean": isinstance(plain, bool),
        "nil": plain is None,
        "null": plain is None,
        **{each: isinstance(plain, str) and pattern.match(plain) is not None for each, pattern in _DATES.items()},
    }.get(name, True)
    return None if fits else (f"{_shown(value)} is no {name}", value.place)


def _is_foreign(value: Node) -> bool:
    """True for a text that stands for a structure in a way that is not looked into here, such as XML."""
    return isinstance(value.value, str) and value.value.lstrip()[:1] in ("<", "{", "[")


def _misfit_bounds(value: Node, size: float, node: Node, least: str, most: str) -> tuple[str, Place] | None:
    for key, sign in ((least, 1), (most, -1)):
        bound = node.get(key)
        limit = bound.value if bound is not None and bound.kind == "scalar" else None
        if isinstance(limit, int | float) and not isinstance(limit, bool) and sign * size < sign * limit:
            return f"{_shown(value)} breaks {key} {limit}", value.place
    return None


def _unpacked(value: Node) -> Node:
    """JSON in a text as nodes that stand where the text does; other values as they are."""
    text = value.value if value.kind == "scalar" else None
    if not isinstance(text, str) or text.lstrip()[:1] not in ("{", "["):
        return value
    try:
        return _node_of(json.loads(text), value.place)
    except (ValueError, RecursionError):
        return value


def _node_of(plain: Any, place: Place) -> Node:
    if isinstance(plain, dict):
        return Node("map", {key: _node_of(each, place) for key, each in plain.items()}, place)
    if isinstance(plain, list):
        return Node("list", [_node_of(each, place) for each in plain], place)
    return Node("scalar", plain, place, raw=str(plain))


def _examples(node: Node) -> list[Node]:
    found = []
    example = node.get("example")
    if example is not None:
        found.append(example)
    examples = node.get("examples")
    if examples is not None and examples.is_map:
        found += [each for _, each in examples.items()]
    values = []
    for each in found:
        wrapped = each.get("value") if each.is_map and all(k in _WRAPPER or k[:1] == "(" for k in each.value) else None
        strict = each.get("strict") if wrapped is not None else None
        if strict is None or strict.value is not False:
            values.append(each if wrapped is None else wrapped)
    return values


def _reference(node: Node) -> Node | None:
    """The type that a declaration names: itself when it is a text or list, else its `type` or `schema`."""
    if not node.is_map:
        return node if node.value not in (None, "") else None
    found = node.get("type") or node.get("schema")
    return found if found is not None and found.value not in (None, "") else None


def _entries(node: Node | None) -> list[tuple[str, Node]]:
    return [] if node is None else list(node.items())


def _shown(value: Node) -> str:
    return {"map": "a mapping", "list": "a list"}.get(value.kind) or repr(value.value)[:60]
