"""
Shapes: what a type declaration comes to, with all that it inherits.

A declaration becomes a shape once; named types share theirs. Inheritance and unions are resolved when a
shape is made, properties and items when they are asked for, so that a type may have itself as a property.
RAML 0.8's named parameters are declarations of the same kind.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Callable, Iterable
from typing import Any, Literal, NamedTuple

from openmcs.exchange import Finding
from openmcs.raml.expression import Expression, is_external, names_of, parse
from openmcs.raml.names import Names
from openmcs.raml.node import Node, Place

SCALARS = (
    "string", "number", "integer", "boolean", "date-only", "time-only", "datetime-only", "datetime", "date", "file", "nil",
)  # fmt: skip
BUILT_IN = frozenset(["any", "object", "array", "null", *SCALARS])
DEEPEST = 60
MOST_OPTIONS = 100
_OBJECT = {
    "properties", "minProperties", "maxProperties", "additionalProperties", "discriminator", "discriminatorValue",
}  # fmt: skip
_ARRAY = {"items", "minItems", "maxItems", "uniqueItems"}
_NUMBER = {"minimum", "maximum", "multipleOf"}
_STRING = {"pattern", "minLength", "maxLength"}
DOCUMENTING = frozenset(
    ["displayName", "description", "type", "schema", "default", "example", "examples", "required", "usage", "uses", "xml",
     "repeat", "allowedTargets"]
)  # fmt: skip
"""Keys of a declaration that do not change which values fit."""
RESTRICTING = _OBJECT | _ARRAY | _NUMBER | _STRING | {"enum", "format", "fileTypes", "facets"}
_GREATEST = {"minimum", "minLength", "minItems", "minProperties"}
_LEAST = {"maximum", "maxLength", "maxItems", "maxProperties"}


class Property(NamedTuple):
    """A property, parameter or facet that a declaration names."""

    name: str
    """Without the question mark; of a pattern, the regular expression."""
    required: bool
    nodes: tuple[Node, ...]
    """All of them hold: the parents' declarations and the own one."""
    place: Place
    is_pattern: bool = False


class Shape:
    """Which values fit, before it is said as JSON Schema."""

    __slots__ = (
        "alias",
        "closed",
        "discriminator",
        "discriminator_value",
        "facets",
        "items",
        "kind",
        "name",
        "node",
        "options",
        "parents",
        "patterns",
        "properties",
        "text",
        "user_facets",
    )

    def __init__(self, kind: str, node: Node, name: str | None = None) -> None:
        self.kind = kind
        """A built-in type, `union`, `json` or `xml` (a schema of that language in `text`)."""
        self.node = node
        self.name = name
        self.alias: Shape | None = None
        """The shape that this one only documents."""
        self.parents: list[Shape] = []
        self.facets: dict[str, Any] = {}
        self.patterns: list[str] = []
        self.properties: dict[str, Property] = {}
        self.closed = False
        self.items: Callable[[], Shape] | None = None
        self.options: list[Shape] = []
        self.text = ""
        self.user_facets: dict[str, Property] = {}
        self.discriminator: str | None = None
        self.discriminator_value: str | None = None

    @property
    def place(self) -> Place:
        """Where it is declared."""
        return self.node.place

    def descends_from(self, other: Shape) -> bool:
        """True for *other* and all that inherit from it."""
        return self is other or any(each.descends_from(other) for each in self.parents)


class Shapes:
    """All shapes of one API."""

    def __init__(self, names: Names, version: str) -> None:
        self.names = names
        self._version = version
        self._made: dict[tuple[int, str], Shape] = {}
        self._making: list[tuple[int, str]] = []
        self._kept: list[Node] = []
        self._built: dict[str, Shape] = {}
        self.named: list[Shape] = []
        """Those with a name, in the order in which they were first needed."""
        self.findings: list[Finding] = []

    # ── from declarations ────────────────────────────────────────────────────────────────────────

    def of(self, node: Node, default: str = "any") -> Shape:
        """The shape of a declaration; *default* is its type when it names none."""
        key = (id(node), default)
        known = self._made.get(key)
        if known is not None:
            return known
        if key in self._making:
            self.say("RAML_TYPE_CYCLE", "the type is made of itself", node.place)
            return self.built_in("any")
        if len(self._making) > DEEPEST:
            self.say("RAML_TOO_DEEP", f"more than {DEEPEST} types inherit from one another", node.place)
            return self.built_in("any")
        self._making.append(key)
        try:
            shape = self._make(node, default)
        finally:
            self._making.pop()
        self._made[key] = shape
        self._kept.append(node)
        return shape

    def built_in(self, name: str) -> Shape:
        """One of RAML's own types."""
        name = "nil" if name == "null" else name
        if name not in self._built:
            self._built[name] = Shape(name, Node("scalar", name, Place("", 1, 1), raw=name))
        return self._built[name]

    def call(self, name: str, place: Place) -> Shape:
        """The shape of the type that *name*, written at *place*, means."""
        if name in BUILT_IN and (name != "date" or self._version == "0.8"):
            return self.built_in(name)
        node = self.names.find(name, place.file)
        if node is None:
            if "<<" not in name:
                close = difflib.get_close_matches(name, [*self.names.known(place.file), *BUILT_IN], n=1)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                self.say("RAML_TYPE_UNKNOWN", f"there is no type {name[:80]!r}{hint}", place)
            return self.built_in("any")
        return self.declare(name, node)

    def declare(self, name: str, node: Node) -> Shape:
        """The shape of a named declaration."""
        shape = self.of(node, "string")
        if shape.name is None and shape.node is node:
            shape.name = name
            self.named.append(shape)
        return shape

    def inner(self, property_: Property) -> list[Shape]:
        """What a value of the property has to fit, all of it."""
        return [self.of(each, "string") for each in property_.nodes]

    def _make(self, node: Node, default: str) -> Shape:
        if node.kind == "scalar":
            return self.built_in(default) if node.value in (None, "") else self._text(node)
        if node.is_list:
            return self._derive([self.of(each) for each in node.value] or [self.built_in(default)], node)
        reference = node.get("type")
        if reference is None:
            reference = node.get("schema")
        if reference is None or (reference.kind == "scalar" and reference.value in (None, "")):
            return self._derive([self.built_in(_implied(node, default))], node)
        if reference.is_list:
            return self._derive([self.of(each) for each in reference.value] or [self.built_in(default)], node)
        return self._derive([self.of(reference, _implied(node, default))], node)

    def _text(self, node: Node) -> Shape:
        text = node.text()
        if is_external(text):
            shape = Shape("json" if text.lstrip()[0] == "{" else "xml", node)
            shape.text = text
            return shape
        expression = parse(text)
        if expression is None:
            self.say("RAML_TYPE_UNKNOWN", f"{text[:80]!r} is no type expression", node.place)
            return self.built_in("any")
        return self._expression(expression, node)

    def _expression(self, expression: Expression, node: Node) -> Shape:
        kind, inner = expression
        if kind == "name":
            return self.call(inner, node.place)
        shape = Shape(kind, node)
        if kind == "array":
            shape.items = lambda: self._expression(inner, node)
            # The names are looked up once now, so that an unknown one is told where it stands.
            for name in names_of(inner):
                if name not in BUILT_IN and self.names.find(name, node.place.file) is None:
                    self.call(name, node.place)
            return shape
        for each in inner:
            option = self._expression(each, node)
            shape.options.extend(option.options if option.kind == "union" else [option])
        shape.options = list(dict.fromkeys(shape.options))
        if len(shape.options) > MOST_OPTIONS:
            self.say("RAML_TOO_EXPENSIVE", f"a union of more than {MOST_OPTIONS} types", node.place)
            del shape.options[MOST_OPTIONS:]
        return shape

    # ── inheritance ──────────────────────────────────────────────────────────────────────────────

    def _derive(self, parents: list[Shape], node: Node) -> Shape:
        if len(parents) == 1 and not (node.is_map and _restricts(node, parents[0])):
            return self._aliased(parents[0], node)
        if any(each.kind == "union" for each in parents):
            return self._derived_union(parents, node)
        kind = self._common_kind(parents)
        if kind is None:
            kinds = " and ".join(dict.fromkeys(each.kind for each in parents))
            self.say("RAML_TYPE_CONFLICT", f"a type cannot inherit from {kinds} at once", _reference_place(node))
            return self.built_in("any")
        shape = Shape(kind, node)
        shape.parents = parents
        for parent in parents:
            self._inherit(shape, parent)
        if node.is_map:
            self._own(shape, node)
        return shape

    def _aliased(self, parent: Shape, node: Node) -> Shape:
        if node.kind == "scalar":
            return parent
        shape = Shape(parent.kind, node)
        shape.alias, shape.parents = parent, [parent]
        for field in ("facets", "patterns", "properties", "closed", "items", "options", "text", "user_facets"):
            setattr(shape, field, getattr(parent, field))
        shape.discriminator = parent.discriminator
        return shape

    def _derived_union(self, parents: list[Shape], node: Node) -> Shape:
        shape = Shape("union", node)
        shape.parents = parents
        combinations = itertools.product(*(each.options if each.kind == "union" else [each] for each in parents))
        for combination in itertools.islice(combinations, MOST_OPTIONS):
            if self._common_kind(list(combination)) is None:
                continue
            option = self._derive(list(combination), node)
            shape.options.append(option)
        if not shape.options:
            self.say("RAML_TYPE_CONFLICT", "no option of the union fits the other types", _reference_place(node))
            return self.built_in("any")
        for parent in parents:
            shape.user_facets = {**shape.user_facets, **parent.user_facets}
        return shape

    def _common_kind(self, parents: list[Shape]) -> str | None:
        kinds = {each.kind for each in parents} - {"any"}
        if kinds <= {"integer", "number"} and "integer" in kinds:
            return "integer"
        return (kinds.pop() if kinds else "any") if len(kinds) < 2 else None

    def _inherit(self, shape: Shape, parent: Shape) -> None:
        for key, value in parent.facets.items():
            shape.facets[key] = _narrowed(key, shape.facets.get(key), value)
        shape.patterns += [each for each in parent.patterns if each not in shape.patterns]
        for name, property_ in parent.properties.items():
            shape.properties[name] = _both(shape.properties.get(name), property_)
        shape.closed = shape.closed or parent.closed
        shape.items = parent.items or shape.items
        shape.text = parent.text
        shape.user_facets = {**shape.user_facets, **parent.user_facets}
        shape.discriminator = parent.discriminator or shape.discriminator

    def _own(self, shape: Shape, node: Node) -> None:
        for key, value in node.items():
            if key in ("minimum", "maximum", "multipleOf") or key in _GREATEST or key in _LEAST:
                if isinstance(value.value, int | float) and not isinstance(value.value, bool):
                    shape.facets[key] = _narrowed(key, shape.facets.get(key), value.value)
            elif key == "enum" and value.is_list:
                shape.facets["enum"] = [each.plain() for each in value.value]
            elif key == "pattern" and isinstance(value.value, str):
                shape.patterns = [*shape.patterns, value.value]
            elif key in ("format", "uniqueItems", "fileTypes"):
                shape.facets[key] = value.plain()
        self._own_object(shape, node)
        items = node.get("items")
        if items is not None and not items.is_list:
            shape.items = lambda: self.of(items, "any")
        for facet in properties_of(node.get("facets")):
            shape.user_facets = {**shape.user_facets, facet.name: facet}

    def _own_object(self, shape: Shape, node: Node) -> None:
        for own in properties_of(node.get("properties")):
            key = f"/{own.name}/" if own.is_pattern else own.name
            before = shape.properties.get(key)
            if before is not None and before.required and not own.required:
                message = f"the property {own.name} is required by a type that this one inherits from"
                self.say("RAML_PROPERTY_OVERRIDE", message, own.place)
            shape.properties = {**shape.properties, key: own if before is None else _overriding(before, own)}
        additional = node.get("additionalProperties")
        if additional is not None and isinstance(additional.value, bool):
            shape.closed = not additional.value
        for key in ("discriminator", "discriminatorValue"):
            value = node.get(key)
            if value is not None and value.kind == "scalar":
                setattr(shape, "discriminator" if key == "discriminator" else "discriminator_value", value.text())

    # ── narrowing ────────────────────────────────────────────────────────────────────────────────

    def is_narrower(self, child: Shape, parent: Shape, depth: int = 0) -> bool:
        """True when every value of *child* may be one of *parent*, as far as kinds tell."""
        if parent.kind in ("any", "json", "xml") or child.descends_from(parent) or depth > 8:
            return True
        if parent.kind == "union":
            return child.kind == "union" or any(self.is_narrower(child, each, depth + 1) for each in parent.options)
        if child.kind == "union":
            return all(self.is_narrower(each, parent, depth + 1) for each in child.options)
        if child.kind != parent.kind:
            return child.kind == "integer" and parent.kind == "number"
        if child.kind == "array" and child.items is not None and parent.items is not None:
            return self.is_narrower(child.items(), parent.items(), depth + 1)
        return all(
            self.is_narrower(one, other, depth + 1)
            for name, property_ in parent.properties.items()
            if name in child.properties
            for one in self.inner(child.properties[name])[-1:]
            for other in self.inner(property_)[-1:]
        )

    def say(self, code: str, message: str, place: Place, severity: Literal["error", "warning"] = "error") -> None:
        """One more finding."""
        self.findings.append(Finding(code, message, place.file or None, place.line, place.column, severity))


def properties_of(section: Node | None) -> list[Property]:
    """Properties or facets that a section declares: `name?` is optional unless `required` is written out."""
    found = []
    for key, node in section.items() if section is not None else ():
        flag = node.get("required") if node.is_map else None
        is_pattern = len(key) > 1 and key.startswith("/") and key.endswith("/")
        marked = flag is None and key.endswith("?") and not is_pattern
        required = not marked if flag is None else flag.value is not False
        place = section.place_of(key) if section is not None else node.place
        name = key[1:-1] if is_pattern else key[:-1] if marked else key
        found.append(Property(name, required and not is_pattern, (node,), place, is_pattern))
    return found


def _implied(node: Node, default: str) -> str:
    """The type of a declaration that names none: told by its facets."""
    keys: Iterable[str] = node.value
    present = set(keys)
    if present & _OBJECT:
        return "object"
    if present & _ARRAY:
        return "array"
    if default == "any" and present & _NUMBER:
        return "number"
    return "string" if default == "any" and present & _STRING else default


def _restricts(node: Node, parent: Shape) -> bool:
    """True when *node* says more than a name and documentation."""
    return any(key in RESTRICTING for key in node.value if not (key == "facets" and not node.value[key].is_map))


def _reference_place(node: Node) -> Place:
    return node.place_of("type") if node.is_map else node.place


def _narrowed(key: str, one: Any, other: Any) -> Any:
    if one is None:
        return other
    if key in _GREATEST:
        return max(one, other)
    if key in _LEAST:
        return min(one, other)
    if key == "enum":
        return [each for each in other if each in one]
    return other


def _both(one: Property | None, other: Property) -> Property:
    if one is None or one == other:
        return other
    nodes = tuple(dict.fromkeys((*one.nodes, *other.nodes)))
    return Property(one.name, one.required or other.required, nodes, one.place, one.is_pattern)


def _overriding(before: Property, own: Property) -> Property:
    return Property(own.name, own.required, (*before.nodes, *own.nodes), own.place, own.is_pattern)
