"""Values made from a JSON Schema: always the same for the same seed, and fitting it wherever that is feasible."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from openmcs.raml.patterns import text_for
from openmcs.raml.values import Validator

DEEPEST = 8
MOST_STEPS = 2_000
_REFERENCE = "#/$defs/"
_WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven", "islet", "juniper", "krill", "lumen")
_FORMATS = {
    "date": "2026-03-{day:02}",
    "date-time": "2026-03-{day:02}T09:30:00Z",
    "datetime-only": "2026-03-{day:02}T09:30:00",
    "time": "09:30:00Z",
    "email": "{word}@example.com",
    "uri": "https://example.com/{word}",
    "uri-reference": "/{word}",
    "hostname": "{word}.example.com",
    "ipv4": "192.0.2.{day}",
    "ipv6": "2001:db8::{day}",
    "uuid": "00000000-0000-4000-8000-0000000000{day:02}",
}


def generate(schema: Any, definitions: Mapping[str, Any], seed: str) -> Any:
    """A value for *schema*, whose references are into *definitions*; the same one for the same *seed*."""
    return _Generator(definitions, seed).value(schema, "", 0)


class _Generator:
    def __init__(self, definitions: Mapping[str, Any], seed: str) -> None:
        self._definitions = definitions
        self._seed = seed
        self._steps = 0

    def value(self, schema: Any, path: str, depth: int) -> Any:
        self._steps += 1
        if not isinstance(schema, dict) or self._steps > MOST_STEPS:
            return {} if schema is True else None
        schema = self._resolved(schema, 0)
        if "const" in schema:
            return schema["const"]
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            return schema["enum"][self._number(path) % len(schema["enum"])]
        for key in ("example", "default"):
            if key in schema:
                return schema[key]
        options = schema.get("anyOf") or schema.get("oneOf")
        if isinstance(options, list) and options:
            # Deep inside, what ends soonest.
            index = self._number(path) % len(options) if depth < DEEPEST else self._shallowest(options)
            base = {name: each for name, each in schema.items() if name not in ("anyOf", "oneOf")}
            return self.value(_merged(base, options[index]) if base else options[index], path, depth + 1)
        return self._of_kind(_kind(schema), schema, path, depth)

    def _of_kind(self, kind: str, schema: dict[str, Any], path: str, depth: int) -> Any:
        if kind == "object":
            return self._object(schema, path, depth)
        if kind == "array":
            return self._array(schema, path, depth)
        if kind in ("number", "integer"):
            return self._amount(kind, schema, path)
        if kind == "boolean":
            return self._number(path) % 2 == 0
        return self._text(schema, path) if kind == "string" else None

    def _resolved(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        """*schema* with its reference and `allOf` folded in."""
        target = schema.get("$ref")
        if isinstance(target, str) and depth < 20:
            found = self._definition(target)
            rest = {key: each for key, each in schema.items() if key != "$ref"}
            schema = self._resolved(_merged(rest, found) if isinstance(found, dict) else rest, depth + 1)
        for part in schema.get("allOf") or ():
            if isinstance(part, dict) and "if" not in part and depth < 20:
                schema = _merged(
                    {key: each for key, each in schema.items() if key != "allOf"}, self._resolved(part, depth + 1)
                )
        return schema

    def _definition(self, target: str) -> Any:
        if not target.startswith(_REFERENCE):
            return None
        name, *steps = (
            unquote(each).replace("~1", "/").replace("~0", "~") for each in target[len(_REFERENCE) :].split("/")
        )
        at: Any = self._definitions.get(name)
        for step in steps:
            at = (
                at.get(step)
                if isinstance(at, dict)
                else at[int(step)]
                if isinstance(at, list) and step.isdigit()
                else None
            )
        return at

    def _object(self, schema: dict[str, Any], path: str, depth: int) -> dict[str, Any]:
        required = schema.get("required") or ()
        properties = schema.get("properties") or {}
        made: dict[str, Any] = {}
        for name, each in properties.items():
            if name in required or depth < 3:
                if depth < DEEPEST:
                    made[name] = self.value(each, f"{path}/{name}", depth + 1)
        for name in required:
            if name not in made and depth < DEEPEST:
                made[name] = self.value(properties.get(name, {"type": "string"}), f"{path}/{name}", depth + 1)
        return made

    def _array(self, schema: dict[str, Any], path: str, depth: int) -> list[Any]:
        least = min(int(schema.get("minItems", 0)), 20)
        count = max(least, 2 if depth < 4 else 0)
        count = min(count, int(schema.get("maxItems", count)))
        prefix = schema.get("prefixItems") or ()
        return [
            self.value(
                prefix[at] if at < len(prefix) else schema.get("items", {"type": "string"}), f"{path}/{at}", depth + 1
            )
            for at in range(count)
        ]

    def _amount(self, kind: str, schema: dict[str, Any], path: str) -> float:
        low = schema.get("minimum", schema.get("exclusiveMinimum"))
        high = schema.get("maximum", schema.get("exclusiveMaximum"))
        step = schema.get("multipleOf") or 1
        low = low if low is not None else min(1, high) if high is not None else 1
        first = -(-low // step) * step
        if first == schema.get("exclusiveMinimum"):
            first += step
        room = max(1, int((high - first) // step) + 1) if high is not None else 100
        value = first + (self._number(path) % min(room, 100)) * step
        if high is not None and (value > high or value == schema.get("exclusiveMaximum")):
            value = first if first <= high else (low + high) / 2
        return int(value) if kind == "integer" or float(value).is_integer() else round(value, 6)

    def _text(self, schema: dict[str, Any], path: str) -> str:
        number = self._number(path)
        word = _WORDS[number % len(_WORDS)]
        pattern = schema.get("pattern")
        if isinstance(pattern, str):
            made = text_for(pattern, number)
            if made is not None and Validator({"pattern": pattern}).fits(made):
                return made
        text = _FORMATS.get(str(schema.get("format")), "{word}").format(word=word, day=1 + number % 28)
        least, most = int(schema.get("minLength", 0)), schema.get("maxLength")
        if len(text) < least:
            text = (text + "-" + word) * (1 + min(least, 10_000) // len(word))
            text = text[: min(least, 10_000)]
        return text[: int(most)] if most is not None else text

    def _shallowest(self, options: list[Any]) -> int:
        simple = [
            at for at, each in enumerate(options) if isinstance(each, dict) and _kind(each) not in ("object", "array")
        ]
        return simple[0] if simple else 0

    def _number(self, path: str) -> int:
        # Elements of a list differ; so do the calls, by their seed.
        return int.from_bytes(hashlib.sha256(f"{self._seed}|{path}".encode()).digest()[:6], "big")


def _kind(schema: dict[str, Any]) -> str:
    given = schema.get("type")
    if isinstance(given, list):
        given = next((each for each in given if each != "null"), "null")
    if isinstance(given, str):
        return given
    if "properties" in schema or "required" in schema:
        return "object"
    if "items" in schema or "prefixItems" in schema:
        return "array"
    if {"minLength", "maxLength", "pattern", "format"} & schema.keys():
        return "string"
    return "number" if {"minimum", "maximum", "multipleOf"} & schema.keys() else "object"


def _merged(one: dict[str, Any], other: Any) -> dict[str, Any]:
    """Two schemas that both hold, as one, as far as keys can be put together."""
    made = dict(one)
    for key, value in other.items() if isinstance(other, dict) else ():
        if key == "properties" and isinstance(made.get(key), dict):
            both = {**value, **made[key]}
            for name in made[key].keys() & value.keys():
                both[name] = {"allOf": [made[key][name], value[name]]}
            made[key] = both
        elif key == "required" and isinstance(made.get(key), list):
            made[key] = list(dict.fromkeys([*made[key], *value]))
        elif key == "allOf" and isinstance(made.get(key), list):
            made[key] = [*made[key], *value]
        elif key in ("minimum", "minLength", "minItems") and key in made:
            made[key] = max(made[key], value)
        elif key in ("maximum", "maxLength", "maxItems") and key in made:
            made[key] = min(made[key], value)
        else:
            made.setdefault(key, value)
    return made
