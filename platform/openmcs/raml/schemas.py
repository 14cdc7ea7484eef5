"""
Shapes as JSON Schema 2020-12: one set of definitions for an API, and a fragment for each place that refers to it.

JSON Schemas that authors wrote become definitions too, whatever their draft; what they refer to is looked for
in the bundle, never elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from typing import Any, Literal
from urllib.parse import unquote

from openmcs.raml import values
from openmcs.raml.dialects import TooDeep, translate
from openmcs.raml.load import Loader, Unreadable
from openmcs.raml.node import Place
from openmcs.raml.shapes import BUILT_IN, Property, Shape, Shapes

Schema = dict[str, Any] | bool
DIALECT = "https://json-schema.org/draft/2020-12/schema"
MOST_STEPS = 200_000
_RANGES = {
    "int8": (-(2**7), 2**7 - 1),
    "int16": (-(2**15), 2**15 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "int": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "long": (-(2**63), 2**63 - 1),
}
_TIME = r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?"
_DAYS = "(Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_MONTHS = "(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_HTTP_DATE = rf"^{_DAYS}, \d\d {_MONTHS} \d{{4}} {_TIME} (GMT|UTC|[+-]\d{{4}})$"
_TEXTS: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "date-only": {"type": "string", "format": "date"},
    "time-only": {"type": "string", "pattern": rf"^{_TIME}$"},
    "datetime-only": {"type": "string", "format": "datetime-only"},
    "datetime": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "pattern": _HTTP_DATE},
    "file": {"type": "string", "format": "binary"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "nil": {"type": "null"},
    "object": {"type": "object"},
    "array": {"type": "array"},
}
_SAME = (
    "minimum", "maximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems", "minProperties",
    "maxProperties", "uniqueItems", "enum",
)  # fmt: skip
_REFERENCE = "#/$defs/"


class Definitions:
    """The definitions that fragments refer to; grows with every fragment that is asked for."""

    def __init__(self, shapes: Shapes, loader: Loader, severity: Literal["error", "warning"]) -> None:
        self._shapes = shapes
        self._loader = loader
        self._severity = severity
        self._keys: dict[int, str] = {}
        self._kept: list[Shape] = []
        self._externals: dict[tuple[str, str], str] = {}
        self._parsed: dict[str, Any] = {}
        self._steps = 0
        self.schemas: dict[str, Schema] = {}
        """Name to definition."""

    def fragment(self, shape: Shape) -> Schema:
        """What values of *shape* are held against; refers to `schemas`."""
        if shape.kind == "json":
            return {"$ref": _REFERENCE + escaped(self._external(shape.text, shape.place, shape.name))}
        if shape.name is None:
            return self._inline(shape)
        if id(shape) not in self._keys:
            self._keys[id(shape)] = key = self._free(shape.name)
            self._kept.append(shape)
            self.schemas[key] = True
            self.schemas[key] = self._inline(shape)
        return {"$ref": _REFERENCE + escaped(self._keys[id(shape)])}

    def name_of(self, fragment: Schema, name: str) -> str:
        """The definition that *fragment* refers to; a new one like *name* when it refers to none."""
        if isinstance(fragment, dict) and len(fragment) == 1 and str(fragment.get("$ref", "")).startswith(_REFERENCE):
            return next(iter(references(fragment)))
        key = self._free(name)
        self.schemas[key] = fragment
        return key

    def all_of(self, shapes: list[Shape]) -> Schema:
        """What fits each of *shapes*."""
        fragments = [each for each in (self.fragment(shape) for shape in shapes) if each not in ({}, True)]
        if len(fragments) < 2:
            return fragments[0] if fragments else {}
        return {"allOf": fragments}

    def document(self, fragment: Schema) -> Schema:
        """*fragment* with the definitions that it needs: complete by itself."""
        return document(fragment, self.schemas)

    # ── shapes ───────────────────────────────────────────────────────────────────────────────────

    def _inline(self, shape: Shape) -> Schema:
        self._steps += 1
        if self._steps > MOST_STEPS:
            if self._steps == MOST_STEPS + 1:
                self._shapes.say("RAML_TOO_EXPENSIVE", f"types come to more than {MOST_STEPS} parts", shape.place)
            return True
        if shape.alias is not None:
            return self.fragment(shape.alias)
        if shape.kind == "union":
            return {"anyOf": [self.fragment(each) for each in shape.options]}
        if shape.kind not in _TEXTS:
            return {}
        schema: dict[str, Any] = {**_TEXTS[shape.kind]}
        schema.update({key: shape.facets[key] for key in _SAME if key in shape.facets})
        if shape.kind == "file":
            schema.pop("minLength", None)
            schema.pop("maxLength", None)
        _format(schema, shape)
        _patterns(schema, shape.patterns)
        if shape.kind == "object":
            self._object(schema, shape)
        elif shape.kind == "array" and shape.items is not None:
            schema["items"] = self.fragment(shape.items())
        return schema

    def _object(self, schema: dict[str, Any], shape: Shape) -> None:
        named = [each for each in shape.properties.values() if not each.is_pattern]
        if named:
            schema["properties"] = {each.name: self._property(each) for each in named}
        required = [each.name for each in named if each.required]
        if required:
            schema["required"] = required
        # What is declared by name is not held against a pattern that happens to fit the name, and of two
        # patterns that fit the first one counts.
        before = [f"^(?:{_quoted(each.name)})$" for each in named]
        for each in shape.properties.values():
            pattern = "".join(f"(?!.*(?:{one}))" for one in before)
            pattern = f"^{pattern}.*(?:{each.name})" if before else each.name or ".*"
            if each.is_pattern and values.is_pattern(pattern):
                schema.setdefault("patternProperties", {})[pattern] = self._property(each)
                before.append(each.name)
        if shape.closed:
            schema["additionalProperties"] = False
        if shape.discriminator and shape.name:
            self._discriminated(schema, shape, shape.discriminator)

    def _property(self, property_: Property) -> Schema:
        return self.all_of(self._shapes.inner(property_))

    def _discriminated(self, schema: dict[str, Any], shape: Shape, name: str) -> None:
        """The value of the discriminator tells which type applies as well."""
        below = [each for each in self._shapes.named if each is not shape and each.descends_from(shape)]
        choices = {_discriminator_value(each): each for each in below if each.kind == "object" and each.alias is None}
        allowed = [_discriminator_value(shape), *choices]
        if name in schema.get("properties", {}):
            schema["properties"][name] = {"allOf": [schema["properties"][name], {"enum": allowed}]}
        schema["allOf"] = [
            {
                "if": {"properties": {name: {"const": value}}, "required": [name]},
                "then": self.fragment(each),
            }
            for value, each in choices.items()
        ]
        if not choices:
            del schema["allOf"]

    def _free(self, name: str) -> str:
        key, count = name, 2
        while key in self.schemas:
            key, count = f"{name}_{count}", count + 1
        return key

    # ── schemas of authors ───────────────────────────────────────────────────────────────────────

    def _external(self, text: str, place: Place, name: str | None) -> str:
        known = (place.file, hashlib.sha256(text.encode()).hexdigest())
        if known not in self._externals:
            try:
                parsed = json.loads(text)
            except (ValueError, RecursionError) as error:
                line = place.line + error.lineno - 1 if isinstance(error, json.JSONDecodeError) else place.line
                at = Place(place.file, line if place.column == 1 else place.line, place.column)
                self._say("RAML_SCHEMA_JSON", f"the schema is not valid JSON: {error}", at)
                parsed = True
            self._externals[known] = self._add(parsed, place, name or _title(parsed) or "schema")
        return self._externals[known]

    def _file(self, file: str, place: Place) -> str:
        """The definition that a JSON file of the bundle is."""
        known = (file, "")
        if known not in self._externals:
            try:
                parsed = json.loads(self._loader.read(file))
            except (ValueError, RecursionError, Unreadable):
                self._say("RAML_SCHEMA_JSON", f"{file} is not valid JSON", place)
                parsed = True
            self._externals[known] = self._free(posixpath.basename(file).rpartition(".")[0] or "schema")
            self._add(parsed, Place(file, 1, 1), None, self._externals[known])
        return self._externals[known]

    def _add(self, parsed: Any, place: Place, name: str | None, key: str | None = None) -> str:
        key = key or self._free(re.sub(r"[^A-Za-z0-9_.-]", "_", name or "schema")[:60])
        self.schemas[key] = True
        self._parsed[key] = parsed
        ids = _ids(parsed)
        try:
            made = translate(parsed, lambda target: self._reference(target, key, place, ids))
        except TooDeep:
            self._say("RAML_SCHEMA_INVALID", "the schema is too many levels deep", place)
            made = True
        problem = values.problem_of(made)
        if problem is not None and values.problem_of(_without_patterns(made)) is None:
            # Written for another engine: the rest of the schema is as good as it was.
            self._say("RAML_SCHEMA_INVALID", f"a pattern is not held against values: {problem}", place, "warning")
            made = _without_patterns(made)
        elif problem is not None:
            self._say("RAML_SCHEMA_INVALID", f"this is no valid JSON Schema: {problem}", place)
            made = True
        self.schemas[key] = made
        return key

    def _reference(self, target: str, key: str, place: Place, ids: dict[str, str]) -> str | None:
        base, _, pointer = target.partition("#")
        if target in ids or base in ids:
            # An id or anchor of the document itself.
            return self._pointed(key, ids[target] if target in ids else ids[base] + pointer, place)
        if not base:
            return self._pointed(key, pointer, place)
        if re.match(r"https?://json-schema\.org/", base):
            return None
        node = self._shapes.names.find(base, place.file)
        if node is not None and node.kind == "scalar":
            return self._pointed(self._external(node.text(), node.place, base), pointer, place)
        try:
            file = self._loader.resolve(base.removeprefix("file:"), place)
        except Unreadable as error:
            self._say(
                "RAML_SCHEMA_REFERENCE", f"$ref {target[:100]!r}: {error}; everything fits there", place, "warning"
            )
            return None
        return self._pointed(self._file(file, place), pointer, place)

    def _pointed(self, key: str, pointer: str, place: Place) -> str | None:
        at: Any = self._parsed[key]
        for step in pointer.split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")
            if isinstance(at, list) and step.isdigit() and int(step) < len(at):
                at = at[int(step)]
            elif isinstance(at, dict) and step in at:
                at = at[step]
            else:
                message = f"$ref: the schema has nothing at {pointer[:100]!r}; everything fits there"
                self._say("RAML_SCHEMA_REFERENCE", message, place, "warning")
                return None
        return _REFERENCE + escaped(key) + pointer

    def _say(self, code: str, message: str, place: Place, severity: Literal["error", "warning"] | None = None) -> None:
        self._shapes.say(code, message, place, severity or self._severity)


def document(fragment: Schema, schemas: dict[str, Any]) -> Schema:
    """*fragment* with those of *schemas* that it needs."""
    if isinstance(fragment, bool):
        return fragment
    needed: dict[str, Any] = {}
    waiting = list(references(fragment))
    while waiting:
        name = waiting.pop()
        if name not in needed and name in schemas:
            needed[name] = schemas[name]
            waiting.extend(references(schemas[name]))
    return {**fragment, "$defs": {name: needed[name] for name in sorted(needed)}} if needed else dict(fragment)


def references(schema: Any) -> set[str]:
    """Names of the definitions that *schema* refers to."""
    found: set[str] = set()
    waiting = [schema]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            target = each.get("$ref")
            if isinstance(target, str) and target.startswith(_REFERENCE):
                found.add(unquote(target[len(_REFERENCE) :].split("/")[0]).replace("~1", "/").replace("~0", "~"))
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
    return found


def escaped(name: str) -> str:
    """A name as a step of a JSON pointer in a URI's fragment."""
    return re.sub(
        r"[^A-Za-z0-9_.\-~]",
        lambda found: "".join(f"%{byte:02X}" for byte in found.group().encode()),
        name.replace("~", "~0").replace("/", "~1"),
    )


def _quoted(name: str) -> str:
    return re.sub(r"([^A-Za-z0-9_ -])", r"\\\1", name)


def _format(schema: dict[str, Any], shape: Shape) -> None:
    given = shape.facets.get("format")
    if shape.kind in ("number", "integer") and given in _RANGES:
        low, high = _RANGES[given]
        schema["type"] = "integer"
        schema["minimum"], schema["maximum"] = (
            max(low, schema.get("minimum", low)),
            min(high, schema.get("maximum", high)),
        )
    elif shape.kind == "datetime" and given == "rfc2616":
        schema.pop("format")
        schema["pattern"] = _HTTP_DATE


def _patterns(schema: dict[str, Any], patterns: list[str]) -> None:
    # The whole text has to fit a pattern of RAML; in JSON Schema a part would do.
    usable = [f"^(?:{each})$" for each in patterns if values.is_pattern(each)]
    if len(usable) == 1 and "pattern" not in schema:
        schema["pattern"] = usable[0]
    elif usable:
        schema["allOf"] = [{"pattern": each} for each in usable]


def _discriminator_value(shape: Shape) -> str:
    return shape.discriminator_value or (shape.name or "").rpartition(".")[2]


def _without_patterns(schema: Any) -> Any:
    """*schema* without the regular expressions that the engine does not take."""
    if isinstance(schema, list):
        return [_without_patterns(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _without_patterns(each) for key, each in schema.items()}
    if isinstance(made.get("pattern"), str) and not values.is_pattern(made["pattern"]):
        del made["pattern"]
    if isinstance(made.get("patternProperties"), dict):
        made["patternProperties"] = {
            key: each for key, each in made["patternProperties"].items() if values.is_pattern(key)
        }
    return made


def _title(parsed: Any) -> str | None:
    title = parsed.get("title") if isinstance(parsed, dict) else None
    return title if isinstance(title, str) and title and title not in BUILT_IN else None


def _ids(parsed: Any) -> dict[str, str]:
    """Ids and anchors of a document, to the JSON pointer of what has them."""
    found: dict[str, str] = {}
    waiting: list[tuple[Any, str, int]] = [(parsed, "", 0)]
    while waiting:
        each, pointer, depth = waiting.pop()
        if isinstance(each, dict) and depth < 100:
            for key in ("id", "$id"):
                if isinstance(each.get(key), str):
                    found.setdefault(each[key], pointer)
                    found.setdefault(each[key].rstrip("#"), pointer)
            if isinstance(each.get("$anchor"), str):
                found.setdefault("#" + each["$anchor"], pointer)
            waiting.extend(
                (value, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}", depth + 1)
                for key, value in each.items()
            )
        elif isinstance(each, list):
            waiting.extend((value, f"{pointer}/{index}", depth + 1) for index, value in enumerate(each))
    found.pop("", None)
    return found
