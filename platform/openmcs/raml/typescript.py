"""
A contract as types of TypeScript: one for each declared type, and one for each operation.

    export interface Event { id: number; title?: string }
    export interface Operations { "GET /event/{id}": { path: { id: string }; …; responses: { 200: Event } } }

Pure text from a contract. Names and texts of the definition are somebody else's: names become identifiers made
of ASCII letters, and everything else is written as a string literal or left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from openmcs.raml.contract import Body, Contract, Method, Parameter, Resource

_DEEPEST = 40
_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_REFERENCE = "#/$defs/"
_TYPES = {"string": "string", "number": "number", "integer": "number", "boolean": "boolean", "null": "null"}
_RESERVED = frozenset(
    [
        "any",
        "as",
        "boolean",
        "break",
        "case",
        "catch",
        "class",
        "const",
        "continue",
        "debugger",
        "default",
        "delete",
        "do",
        "else",
        "enum",
        "export",
        "extends",
        "false",
        "finally",
        "for",
        "function",
        "if",
        "import",
        "in",
        "instanceof",
        "interface",
        "never",
        "new",
        "null",
        "number",
        "object",
        "package",
        "return",
        "string",
        "super",
        "switch",
        "symbol",
        "this",
        "throw",
        "true",
        "try",
        "type",
        "typeof",
        "undefined",
        "unknown",
        "var",
        "void",
        "while",
        "with",
        "yield",
        "Operations",
    ]
)
_HEADER = "// Made from the RAML of {api}. Changes are lost when it is made again.\n"


def typescript(contract: Contract) -> str:
    """The text of a `.ts` module without imports."""
    return _Writer(contract).text()


class _Writer:
    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._definitions: dict[str, Any] = {name: json.loads(text) for name, text in contract.definitions.items()}
        self._names = _identifiers(self._definitions)

    def text(self) -> str:
        parts = [
            _HEADER.format(
                api=re.sub(r"[^\w .()-]", " ", f"{self._contract.title} {self._contract.version}")[:200].strip()
            )
        ]
        for name, schema in self._definitions.items():
            parts.append(self._declaration(self._names[name], schema))
        operations = [
            f"  {_literal(f'{method.verb} {resource.path}')}: {self._operation(resource, method)};"
            for resource in self._contract.resources
            for method in resource.methods
        ]
        parts.append("\n".join(["export interface Operations {", *operations, "}"]))
        return "\n\n".join(parts) + "\n"

    def _declaration(self, name: str, schema: Any) -> str:
        text = self._type(schema, 0)
        if _is_plain_object(schema) and text.startswith("{"):
            return f"export interface {name} {text}"
        return f"export type {name} = {text};"

    def _operation(self, resource: Resource, method: Method) -> str:
        responses = [f"      {each.status}: {self._bodies(each.bodies) or 'void'};" for each in method.responses]
        lines = [
            "{",
            f"    path: {self._parameters(resource.uri_parameters)};",
            f"    query: {self._parameters(method.query_parameters)};",
            f"    headers: {self._parameters(method.headers)};",
            f"    body: {self._bodies(method.bodies) or 'undefined'};",
            *(["    responses: {", *responses, "    };"] if responses else ["    responses: Record<never, never>;"]),
            "  }",
        ]
        return "\n".join(lines)

    def _parameters(self, parameters: list[Parameter]) -> str:
        if not parameters:
            return "Record<never, never>"
        fields = (f"{_key(each.name)}{'' if each.required else '?'}: {_of_parameter(each)}" for each in parameters)
        return "{ " + "; ".join(fields) + " }"

    def _bodies(self, bodies: list[Body]) -> str:
        return " | ".join(dict.fromkeys(self._body(each) for each in bodies))

    def _body(self, body: Body) -> str:
        media_type = body.media_type.partition(";")[0].lower()
        if "json" in media_type:
            return self._type(json.loads(body.schema), 0) if body.schema is not None else "unknown"
        if body.form:
            return self._parameters(body.form)
        return "string" if media_type.startswith("text/") or "xml" in media_type else "Blob"

    def _type(self, schema: Any, depth: int) -> str:
        if not isinstance(schema, dict) or depth > _DEEPEST:
            return "never" if schema is False else "unknown"
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference.startswith(_REFERENCE):
            return self._names.get(_unescaped(reference[len(_REFERENCE) :]), "unknown")
        if "const" in schema:
            return _literal(schema["const"])
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            return " | ".join(dict.fromkeys(_literal(each) for each in schema["enum"]))
        for key, sign in (("anyOf", " | "), ("oneOf", " | "), ("allOf", " & ")):
            options = [self._type(each, depth + 1) for each in schema.get(key, ()) if not _says_no_type(each)]
            if options:
                own = {name: value for name, value in schema.items() if name != key}
                if "type" in own or "properties" in own or "$ref" in own:
                    options.insert(0, self._type(own, depth + 1))
                shown = list(dict.fromkeys(options))
                return sign.join(f"({each})" if " " in each and len(shown) > 1 else each for each in shown)
        given = schema.get("type")
        kinds = given if isinstance(given, list) else [given]
        if kinds == [None]:
            kinds = ["object"] if "properties" in schema else ["array"] if "items" in schema else []
        return " | ".join(dict.fromkeys(self._kind(each, schema, depth) for each in kinds)) or "unknown"

    def _kind(self, kind: Any, schema: dict[str, Any], depth: int) -> str:
        if kind == "array":
            inner = self._type(schema.get("items", True), depth + 1)
            return f"({inner})[]" if " " in inner else f"{inner}[]"
        if kind != "object":
            return "Blob" if schema.get("format") == "binary" else _TYPES.get(str(kind), "unknown")
        properties = schema.get("properties") or {}
        required = schema.get("required") or ()
        fields = [
            f"{_key(name)}{'' if name in required else '?'}: {self._type(each, depth + 1)};"
            for name, each in properties.items()
        ]
        if schema.get("additionalProperties") is not False:
            fields.append("[name: string]: unknown;")
        inside = "\n".join(fields).replace("\n", "\n  ")
        return "{\n  " + inside + "\n}" if fields else "Record<string, never>"


def _of_parameter(parameter: Parameter) -> str:
    if parameter.enum:
        return " | ".join(_literal(each) for each in parameter.enum)
    kinds = parameter.kinds or ["string"]
    shown = []
    for kind in kinds:
        if kind == "array":
            inner = " | ".join(_simple(parameter.item_kinds or ["string"]))
            shown.append(f"({inner})[]" if " " in inner else f"{inner}[]")
        else:
            shown += _simple([kind])
    return " | ".join(dict.fromkeys(shown))


def _simple(kinds: Iterable[str]) -> list[str]:
    known = {**_TYPES, "nil": "null", "file": "Blob", "object": "Record<string, unknown>"}
    return list(dict.fromkeys(known.get(each, "unknown") for each in kinds))


def _is_plain_object(schema: Any) -> bool:
    if not isinstance(schema, dict) or {"$ref", "anyOf", "oneOf", "enum", "const"} & schema.keys():
        return False
    merges = [each for each in schema.get("allOf", ()) if not _says_no_type(each)]
    return not merges and (schema.get("type") == "object" or ("properties" in schema and "type" not in schema))


def _says_no_type(schema: Any) -> bool:
    """Conditions and patterns narrow a value and change no type."""
    return isinstance(schema, dict) and not (
        {"type", "properties", "$ref", "enum", "const", "anyOf", "oneOf", "allOf", "items"} & schema.keys()
    )


def _identifiers(names: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        words = re.findall(r"[A-Za-z0-9]+", name) or ["Type"]
        base = "".join(each[:1].upper() + each[1:] for each in words)
        base = base if not base[0].isdigit() and base not in _RESERVED else f"T{base}"
        identifier, count = base, 2
        while identifier in found.values():
            identifier, count = f"{base}{count}", count + 1
        found[name] = identifier
    return found


def _unescaped(name: str) -> str:
    from urllib.parse import unquote

    return unquote(name.split("/")[0]).replace("~1", "/").replace("~0", "~")


def _key(name: str) -> str:
    return name if _IDENTIFIER.fullmatch(name) else _literal(name)


def _literal(value: Any) -> str:
    if isinstance(value, dict | list):
        return "unknown"
    return json.dumps(value, ensure_ascii=True)
