"""Which keys the declaration of a type may have, and which values they take."""

from __future__ import annotations

import difflib
import re
from typing import Any

from openmcs.raml import values
from openmcs.raml.node import Node
from openmcs.raml.shapes import BUILT_IN, DOCUMENTING, Shape, Shapes

_OF_KIND: dict[str, frozenset[str]] = {
    "object": frozenset(
        ["properties", "minProperties", "maxProperties", "additionalProperties", "discriminator", "discriminatorValue"]
    ),
    "array": frozenset(["items", "minItems", "maxItems", "uniqueItems"]),
    "string": frozenset(["pattern", "minLength", "maxLength"]),
    "number": frozenset(["minimum", "maximum", "format", "multipleOf"]),
    "integer": frozenset(["minimum", "maximum", "format", "multipleOf"]),
    "datetime": frozenset(["format"]),
    "file": frozenset(["fileTypes", "minLength", "maxLength"]),
}
_ALWAYS = (DOCUMENTING - {"usage", "uses", "repeat", "allowedTargets"}) | {"enum", "facets"}
_EVERY = _ALWAYS | frozenset(key for keys in _OF_KIND.values() for key in keys)
_COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_FLAGS = ("required", "uniqueItems", "additionalProperties")
_FORMATS = {
    "number": ("int8", "int16", "int32", "int64", "int", "long", "float", "double"),
    "datetime": ("rfc3339", "rfc2616"),
}
_PAIRS = (
    ("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties"),
)  # fmt: skip
_LIKE = {"string": str, "boolean": bool, "date-only": str, "time-only": str, "datetime-only": str, "datetime": str}


def check_facets(node: Node, shape: Shape, shapes: Shapes, also: frozenset[str] = frozenset()) -> None:
    """Say to *shapes* what is wrong with the keys of a declaration; *also* are keys that its place allows."""
    if not node.is_map:
        _conflicts(node, shape, shapes)
        return
    allowed = _ALWAYS | also | _facets_of(shape)
    for key in node.value:
        if key in allowed or (key.startswith("(") and key.endswith(")")) or key in shape.user_facets:
            continue
        close = difflib.get_close_matches(key, allowed, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        if key in _EVERY:
            hint = f"; {shape.kind} has no such facet"
        shapes.say("RAML_FACET_UNKNOWN", f"a type of kind {shape.kind} has no key {key!r}{hint}", node.place_of(key))
    _values(node, shape, shapes, allowed)
    _user_facets(node, shape, shapes, allowed)
    _conflicts(node, shape, shapes)


def _facets_of(shape: Shape) -> frozenset[str]:
    if shape.kind == "union":
        return frozenset().union(*(_facets_of(each) for each in shape.options)) - {
            "discriminator",
            "discriminatorValue",
        }
    return _OF_KIND.get(shape.kind, frozenset())


def _values(node: Node, shape: Shape, shapes: Shapes, allowed: frozenset[str]) -> None:
    def say(key: str, message: str) -> None:
        shapes.say("RAML_FACET_VALUE", f"{key} {message}", node.place_of(key))

    for key, given in node.items():
        value: Any = given.value if given.kind == "scalar" else None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if key in shape.user_facets and key not in allowed:
            continue
        if key in _COUNTS and not (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
            say(key, "is a whole number from 0")
        elif key in ("minimum", "maximum") and not is_number:
            say(key, "is a number")
        elif key == "multipleOf" and not (is_number and value > 0):
            say(key, "is a number above 0")
        elif key in _FLAGS and not isinstance(value, bool):
            say(key, "is true or false")
        elif key == "pattern" and not (isinstance(value, str) and values.is_pattern(value)):
            if isinstance(value, str) and _is_elsewhere(value):
                message = "pattern is not understood here, and not held against values"
                shapes.say("RAML_FACET_VALUE", message, node.place_of(key), "warning")
            else:
                say(key, "is a regular expression")
        elif key == "format":
            kind = "number" if shape.kind == "integer" else shape.kind
            if kind in _FORMATS and value not in _FORMATS[kind]:
                say(key, f"is one of {', '.join(_FORMATS[kind])}")
        elif key in ("properties", "facets") and not given.is_map and given.value is not None:
            say(key, "is a mapping of names")
        elif key == "items" and given.is_list:
            say(key, "is one type")
        elif key == "enum":
            _enum(given, shape, shapes)


def _is_elsewhere(pattern: str) -> bool:
    """True for a regular expression of another engine than that which values are held against."""
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    return len(pattern) < 1000


def _enum(given: Node, shape: Shape, shapes: Shapes) -> None:
    if not given.is_list:
        shapes.say("RAML_FACET_VALUE", "enum is a list", given.place)
        return
    kind = shape.kind
    for each in given.value:
        value = each.value if each.kind == "scalar" else each
        wanted = _LIKE.get(kind)
        fits = True
        if kind in ("number", "integer"):
            fits = isinstance(value, int | float) and not isinstance(value, bool)
        elif wanted is not None:
            fits = isinstance(value, wanted)
        if not fits:
            message = f"{each.text() or each.kind!r} in enum is no {kind}"
            shapes.say("RAML_FACET_VALUE", message, each.place)


def _user_facets(node: Node, shape: Shape, shapes: Shapes, allowed: frozenset[str]) -> None:
    inherited: dict[str, Any] = {}
    for parent in shape.parents:
        inherited.update(parent.user_facets)
    own = node.get("facets")
    for name, declared in own.items() if own is not None else ():
        bare = name.rstrip("?")
        place = own.place_of(name) if own is not None else declared.place
        if bare in allowed:
            shapes.say("RAML_FACET_NAME", f"{bare} is a facet of RAML's own; choose another name", place)
        elif bare in inherited:
            shapes.say("RAML_FACET_NAME", f"the facet {bare} is declared by a type that this one inherits from", place)
        elif bare.startswith("("):
            shapes.say("RAML_FACET_NAME", "the name of a facet has no parentheses", place)
    if own is not None or not _inherits_anew(node):
        # A type that declares facets is there to be inherited from.
        return
    for name, facet in inherited.items():
        if facet.required and node.get(name) is None and not _is_given_above(shape, name):
            shapes.say("RAML_FACET_MISSING", f"the facet {name} has to be given", node.place)


def _inherits_anew(node: Node) -> bool:
    return node.get("type") is not None or node.get("schema") is not None


def _is_given_above(shape: Shape, name: str) -> bool:
    return any(
        (each.node.is_map and each.node.get(name) is not None) or _is_given_above(each, name) for each in shape.parents
    )


def _conflicts(node: Node, shape: Shape, shapes: Shapes) -> None:
    for each in shape.options if shape.kind == "union" else [shape]:
        for least, most in _PAIRS:
            low, high = each.facets.get(least), each.facets.get(most)
            if low is not None and high is not None and low > high:
                key = least if node.is_map and least in node.value else most
                shapes.say("RAML_FACET_CONFLICT", f"{least} {low} is above {most} {high}", node.place_of(key))
                return
    discriminator = node.get("discriminator")
    if discriminator is not None and shape.kind == "object" and discriminator.text() not in shape.properties:
        message = f"the discriminator {discriminator.text()!r} is no property of the type"
        shapes.say("RAML_DISCRIMINATOR", message, node.place_of("discriminator"))


def is_reserved(name: str) -> bool:
    """True for names that a declaration cannot take."""
    return name in BUILT_IN
