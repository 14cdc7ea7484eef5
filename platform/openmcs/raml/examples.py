"""Examples of a declaration, held against its type."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import jsonschema_rs

from openmcs.raml import values
from openmcs.raml.node import Node, Place
from openmcs.raml.schemas import Definitions
from openmcs.raml.shapes import Shape

_WRAPPER = {"value", "strict", "displayName", "description"}
_UNTRIED = 5
"""Misfits that are told of one example."""


class Misfit(NamedTuple):
    """What does not fit, and where."""

    message: str
    place: Place


class Examples:
    """Holds values against shapes; each schema is compiled once."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._validators: dict[str, values.Validator] = {}

    def define(self, shape: Shape) -> None:
        """Have the schema of a named type made, so that what is wrong with it is told even without an example."""
        self._definitions.fragment(shape)

    def misfits(self, value: Node, shape: Shape) -> list[Misfit]:
        """What of *value* does not fit; empty when all does or when it cannot be told (XML)."""
        kind = shape.alias.kind if shape.alias is not None else shape.kind
        if kind in ("any", "xml", "file") or (value.kind == "scalar" and value.value is None and kind != "json"):
            return []
        plain, problem = _plain(value, shape)
        if problem is not None:
            return [Misfit(problem, value.place)]
        if plain is _UNTOLD:
            return []
        validator = self._validator(shape)
        if validator is None:
            return []
        return [
            Misfit(
                each.message if not each.path else f"{_spelled(each.path)}: {each.message}", _place(value, each.path)
            )
            for each in validator.misfits(plain)[:_UNTRIED]
        ]

    def _validator(self, shape: Shape) -> values.Validator | None:
        schema = self._definitions.document(self._definitions.fragment(shape))
        key = json.dumps(schema, default=str)
        if key not in self._validators:
            try:
                self._validators[key] = values.Validator(schema)
            except (ValueError, RecursionError, jsonschema_rs.ReferencingError):
                return None
        return self._validators[key]


_UNTOLD: Any = object()


def _plain(value: Node, shape: Shape) -> tuple[Any, str | None]:
    """The value as JSON knows it, and why it is none; texts that stand for structures are read."""
    text = value.value if value.kind == "scalar" else None
    if not isinstance(text, str):
        return value.plain(), None
    if shape.kind == "json" or (_is_structure(shape) and text.lstrip()[:1] in ("{", "[")):
        try:
            return json.loads(text), None
        except (ValueError, RecursionError) as error:
            return None, f"it is not valid JSON: {error}"
    if text.lstrip()[:1] == "<" and (_is_structure(shape) or shape.kind == "union"):
        return _UNTOLD, None
    if shape.kind == "union" and text.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(text), None
        except (ValueError, RecursionError):
            return text, None
    return text, None


def _is_structure(shape: Shape) -> bool:
    return shape.kind in ("object", "array")


def examples_of(node: Node) -> list[Node]:
    """Values of `example` and `examples` that have to fit; those with `strict: false` need not."""
    if not node.is_map:
        return []
    found = []
    example = node.get("example")
    if example is not None:
        found.append(example)
    examples = node.get("examples")
    if examples is not None:
        found += [each for _, each in examples.items()] if examples.is_map else examples.elements()
    return [value for each in found if (value := unwrapped(each)) is not None]


def unwrapped(example: Node) -> Node | None:
    """The value of an example that may carry `value`, `strict` and annotations; None if it is not to be checked."""
    if not (example.is_map and "value" in example.value):
        return example
    if not all(key in _WRAPPER or key[:1] == "(" for key in example.value):
        return example
    strict = example.get("strict")
    return None if strict is not None and strict.value is False else example.get("value")


def _spelled(path: tuple[str | int, ...]) -> str:
    return ".".join(str(step) for step in path)


def _place(value: Node, path: tuple[str | int, ...]) -> Place:
    """Where in the text the step is; of JSON in a text, where the text is."""
    node, place = value, value.place
    for step in path:
        if node.is_map and isinstance(step, str) and step in node.value:
            place = node.place_of(step)
            node = node.value[step]
        elif node.is_list and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            place = node.place
        else:
            break
    return place
