"""A contract as OpenAPI 3.1."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

from openmcs.raml.contract import Body, Contract, Method, Parameter, Resource, Response

_REFERENCE = "#/$defs/"
_VERBS = frozenset(["get", "put", "post", "delete", "options", "head", "patch", "trace"])
_EXAMPLES = 20


def openapi(contract: Contract, *, server: str = "", version: str = "") -> dict[str, Any]:
    """
    The document as dicts and lists.

    *server* is where the API answers; `connect`, which OpenAPI does not have, is left out.
    """
    made: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": contract.title or "API", "version": version or contract.version or "1.0"},
        "paths": {},
    }
    if contract.description:
        made["info"]["description"] = contract.description
    base = server or contract.base_uri
    if base and "{" not in base:
        made["servers"] = [{"url": base}]
    names: set[str] = set()
    for resource in contract.resources:
        item = made["paths"].setdefault(resource.path or "/", {})
        if resource.description:
            item["description"] = resource.description
        for method in resource.methods:
            if method.verb.lower() in _VERBS:
                item[method.verb.lower()] = _operation(resource, method, contract, names)
    schemas = {_component(name): _placed(json.loads(text)) for name, text in contract.definitions.items()}
    if schemas:
        made["components"] = {"schemas": schemas}
    return made


def _operation(resource: Resource, method: Method, contract: Contract, names: set[str]) -> dict[str, Any]:
    made: dict[str, Any] = {"operationId": _operation_id(method.verb, resource.path, names)}
    if method.display_name:
        made["summary"] = method.display_name
    if method.description:
        made["description"] = method.description
    parameters = [
        *_parameters(resource.uri_parameters, "path", resource.uri_schema),
        *_parameters(method.query_parameters, "query", method.query_schema),
        *_parameters(method.headers, "header", method.header_schema),
    ]
    if parameters:
        made["parameters"] = parameters
    if method.bodies:
        made["requestBody"] = {"content": _content(method.bodies)}
    made["responses"] = {str(each.status): _response(each) for each in method.responses} or {
        "default": {"description": "Not documented."}
    }
    return made


def _parameters(parameters: list[Parameter], place: str, schema: str | None) -> list[dict[str, Any]]:
    properties = json.loads(schema).get("properties", {}) if schema is not None else {}
    made: dict[str, dict[str, Any]] = {}
    for each in parameters:
        if place == "header" and each.name.lower() in ("accept", "content-type", "authorization"):
            # OpenAPI says these elsewhere and ignores them here.
            continue
        found = properties.get(each.name.lower() if place == "header" else each.name, True)
        one: dict[str, Any] = {"name": each.name, "in": place, "schema": _placed(found)}
        if each.required or place == "path":
            one["required"] = True
        if each.description:
            one["description"] = each.description
        made[each.name] = one
    return list(made.values())


def _response(response: Response) -> dict[str, Any]:
    made: dict[str, Any] = {"description": response.description or "No description."}
    if response.headers:
        made["headers"] = {
            each.name: {"schema": {"type": "string"}, **({"description": each.description} if each.description else {})}
            for each in response.headers
            if each.name.lower() != "content-type"
        }
    if response.bodies:
        made["content"] = _content(response.bodies)
    return made


def _content(bodies: list[Body]) -> dict[str, Any]:
    return {each.media_type: _media_type(each) for each in bodies}


def _media_type(body: Body) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if body.schema is not None:
        made["schema"] = _placed(json.loads(body.schema))
    if body.examples:
        shown = list(body.examples.items())[:_EXAMPLES]
        made["examples"] = {_component(name): {"value": _example(text, body)} for name, text in shown}
    elif body.example is not None:
        made["example"] = _example(body.example, body)
    return made


def _example(text: str, body: Body) -> Any:
    if "json" in body.media_type:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text


def _placed(schema: Any) -> Any:
    """*schema* with its references into `components`."""
    if isinstance(schema, dict):
        made = {key: _placed(value) for key, value in schema.items()}
        target = schema.get("$ref")
        if isinstance(target, str) and target.startswith(_REFERENCE):
            name, slash, rest = target[len(_REFERENCE) :].partition("/")
            name = unquote(name).replace("~1", "/").replace("~0", "~")
            made["$ref"] = f"#/components/schemas/{_component(name)}{slash}{rest}"
        return made
    return [_placed(each) for each in schema] if isinstance(schema, list) else schema


def _component(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name) or "_"


def _operation_id(verb: str, path: str, names: set[str]) -> str:
    """As in the vendor's tests: the method and the words of the path (contract: custom code, section 1)."""
    words = re.findall(r"[A-Za-z0-9]+", path)
    base = verb.lower() + "".join(each[:1].upper() + each[1:] for each in words)
    name, count = base, 2
    while name in names:
        name, count = f"{base}{count}", count + 1
    names.add(name)
    return name
