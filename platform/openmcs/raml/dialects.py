"""
JSON Schema of drafts 3 to 2019-09 as 2020-12.

Real definitions say draft 3 and 4 most often, and many say nothing; so what belongs to either is translated
wherever it stands: a boolean `required`, `divisibleBy`, `extends`, `any`, a boolean `exclusiveMinimum`.
References are handed to the caller, who knows the bundle. Nothing is ever fetched.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

DEEPEST = 100
_ONE = (
    "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else", "unevaluatedProperties",
    "unevaluatedItems", "contentSchema",
)  # fmt: skip
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS = ("properties", "patternProperties", "definitions", "$defs", "dependentSchemas")
_TYPES = {"string", "number", "integer", "boolean", "object", "array", "null"}
_DROPPED = {"$schema", "id", "$id", "$anchor", "$recursiveAnchor", "$dynamicAnchor", "$vocabulary", "$comment"}

Reference = Callable[[str], str | None]
"""The target of a `$ref` as it is to be written; None when there is none, and everything fits there."""


class TooDeep(Exception):
    """Schemas inside one another beyond the limit."""


def translate(schema: Any, reference: Reference, depth: int = 0) -> Any:
    """*schema* as 2020-12. Raises `TooDeep`."""
    if depth > DEEPEST:
        raise TooDeep
    if isinstance(schema, bool):
        return schema
    if not isinstance(schema, dict):
        return True
    target = schema.get("$ref", schema.get("$recursiveRef", schema.get("$dynamicRef")))
    if isinstance(target, str):
        return _referring(schema, target, reference, depth)
    made: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _ONE:
            made[key] = translate(value, reference, depth + 1)
        elif key in _LISTS and isinstance(value, list):
            made[key] = [translate(each, reference, depth + 1) for each in value]
        elif key in _MAPS and isinstance(value, dict):
            made[key] = {name: translate(each, reference, depth + 1) for name, each in value.items()}
        elif key in _LISTS or key in _MAPS:
            # No list, or no mapping: it says nothing.
            continue
        elif key not in _DROPPED and key not in ("$ref", "$recursiveRef", "$dynamicRef"):
            made[key] = value
    _items(schema, made, reference, depth)
    _types(schema, made, reference, depth)
    _numbers(made)
    _required(schema, made)
    _dependencies(made, reference, depth)
    _extends(made, reference, depth)
    return made


def _referring(schema: dict[str, Any], target: str, reference: Reference, depth: int) -> Any:
    """Drafts up to 7 ignore what stands beside `$ref`; definitions stay, for others refer to them."""
    found = reference(target)
    made: dict[str, Any] = {} if found is None else {"$ref": found}
    for key in ("definitions", "$defs"):
        if isinstance(schema.get(key), dict):
            made[key] = {name: translate(each, reference, depth + 1) for name, each in schema[key].items()}
    return made


def _items(schema: dict[str, Any], made: dict[str, Any], reference: Reference, depth: int) -> None:
    items = schema.get("items")
    if isinstance(items, list):
        made["prefixItems"] = [translate(each, reference, depth + 1) for each in items]
        made.pop("items", None)
        if "additionalItems" in schema:
            made["items"] = translate(schema["additionalItems"], reference, depth + 1)
    elif "items" in schema:
        made["items"] = translate(items, reference, depth + 1)
    made.pop("additionalItems", None)


def _types(schema: dict[str, Any], made: dict[str, Any], reference: Reference, depth: int) -> None:
    for key in ("type", "disallow"):
        given = schema.get(key)
        if given is None:
            continue
        made.pop(key, None)
        options = given if isinstance(given, list) else [given]
        names = [each for each in options if isinstance(each, str) and each in _TYPES]
        inner = [translate(each, reference, depth + 1) for each in options if isinstance(each, dict)]
        # `any`, and words that are no type, let everything through.
        is_free = any(isinstance(each, str) and each not in _TYPES for each in options)
        if is_free and key == "type":
            continue
        one: Any = {"type": names[0] if len(names) == 1 else list(dict.fromkeys(names))} if names else None
        if inner:
            one = {"anyOf": [*([one] if one else []), *inner]}
        if one is None:
            continue
        if key == "disallow":
            made["not"] = one
        elif inner:
            made["allOf"] = [*made.get("allOf", []), one]
        else:
            made["type"] = one["type"]


def _numbers(made: dict[str, Any]) -> None:
    for limit, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(made.get(exclusive), bool):
            is_exclusive = made.pop(exclusive)
            if is_exclusive and limit in made:
                made[exclusive] = made.pop(limit)
    if "divisibleBy" in made:
        made["multipleOf"] = made.pop("divisibleBy")


def _required(schema: dict[str, Any], made: dict[str, Any]) -> None:
    """Draft 3 writes `required` as a flag of the property."""
    listed = schema.get("required")
    names = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
    properties = schema.get("properties")
    if isinstance(properties, dict):
        names += [name for name, each in properties.items() if isinstance(each, dict) and each.get("required") is True]
    made.pop("required", None)
    if names:
        made["required"] = list(dict.fromkeys(names))


def _dependencies(made: dict[str, Any], reference: Reference, depth: int) -> None:
    given = made.pop("dependencies", None)
    for name, each in given.items() if isinstance(given, dict) else ():
        if isinstance(each, dict | bool):
            made.setdefault("dependentSchemas", {})[name] = translate(each, reference, depth + 1)
        else:
            made.setdefault("dependentRequired", {})[name] = [each] if isinstance(each, str) else each


def _extends(made: dict[str, Any], reference: Reference, depth: int) -> None:
    given = made.pop("extends", None)
    if given is not None:
        parents = given if isinstance(given, list) else [given]
        made["allOf"] = [*made.get("allOf", []), *(translate(each, reference, depth + 1) for each in parents)]
