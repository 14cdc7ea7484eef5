"""
A contract as RAML again: everything applied, nothing to look up elsewhere.

MCS re-writes what it stores in the same way (contract: custom code, section 7). Types become JSON Schemas, which
both versions take; comments and the author's order are those of the stored text, which stays as it is.
"""

from __future__ import annotations

import json
from typing import Any, Literal

import yaml

from openmcs.raml.contract import Body, Contract, Method, Parameter, Resource, Response
from openmcs.raml.schemas import document

Version = Literal["0.8", "1.0"]
_TYPES_08 = {"string", "number", "integer", "date", "boolean", "file"}
_SCALARS_10 = {"string", "number", "integer", "boolean", "file"}


def normalised(contract: Contract, version: Version) -> str:
    """The text of one document of *version*."""
    definitions = {name: json.loads(text) for name, text in contract.definitions.items()}
    made: dict[str, Any] = {"title": contract.title or "API"}
    if contract.version:
        made["version"] = contract.version
    if contract.base_uri and contract.base_uri.count("{") == 0:
        made["baseUri"] = contract.base_uri
    if contract.protocols:
        made["protocols"] = contract.protocols
    if contract.media_types:
        made["mediaType"] = contract.media_types[0] if version == "0.8" else contract.media_types
    if contract.description and version == "1.0":
        made["description"] = contract.description
    for resource in contract.resources:
        made[resource.path] = _resource(resource, version, definitions)
    text: str = yaml.dump(made, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return f"#%RAML {version}\n{text}"


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, and no aliases, which are hard to read."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> Any:
    is_block = "\n" in value and not any(line != line.rstrip() for line in value.split("\n"))
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if is_block else None)


_Dumper.add_representer(str, _text)


def _resource(resource: Resource, version: Version, definitions: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if resource.display_name:
        made["displayName"] = resource.display_name
    if resource.description:
        made["description"] = resource.description
    if resource.uri_parameters:
        parameters = _parameters(resource.uri_parameters, version)
        for each in parameters.values():
            each.setdefault("required", True)
        made["uriParameters"] = parameters
    for method in resource.methods:
        made[method.verb.lower()] = _method(method, version, definitions)
    return made


def _method(method: Method, version: Version, definitions: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if method.display_name and version == "1.0":
        made["displayName"] = method.display_name
    if method.description:
        made["description"] = method.description
    if method.query_parameters:
        made["queryParameters"] = _parameters(method.query_parameters, version)
    if method.headers:
        made["headers"] = _parameters(method.headers, version)
    if method.bodies:
        made["body"] = _bodies(method.bodies, version, definitions)
    if method.responses:
        made["responses"] = {each.status: _response(each, version, definitions) for each in method.responses}
    return made


def _response(response: Response, version: Version, definitions: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if response.description:
        made["description"] = response.description
    if response.headers:
        made["headers"] = _parameters(response.headers, version)
    if response.bodies:
        made["body"] = _bodies(response.bodies, version, definitions)
    return made


def _bodies(bodies: list[Body], version: Version, definitions: dict[str, Any]) -> dict[str, Any]:
    return {each.media_type: _body(each, version, definitions) for each in bodies}


def _body(body: Body, version: Version, definitions: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if body.form:
        made["formParameters" if version == "0.8" else "properties"] = _parameters(body.form, version)
    elif body.schema is not None:
        schema = document(json.loads(body.schema), definitions)
        made["schema" if version == "0.8" else "type"] = json.dumps(schema, ensure_ascii=False, indent=2)
    if body.examples and version == "1.0":
        made["examples"] = {name: {"strict": False, "value": text} for name, text in body.examples.items()}
    elif body.example is not None or body.examples:
        example = body.example if body.example is not None else next(iter(body.examples.values()))
        # Held against its type already, where it was written.
        made["example"] = example if version == "0.8" else {"strict": False, "value": example}
    return made


def _parameters(parameters: list[Parameter], version: Version) -> dict[str, dict[str, Any]]:
    return {each.name: _parameter(each, version) for each in parameters}


def _parameter(parameter: Parameter, version: Version) -> dict[str, Any]:
    kind = parameter.kinds[0] if parameter.kinds else "string"
    item = parameter.item_kinds[0] if parameter.item_kinds else "string"
    made: dict[str, Any] = {}
    if version == "0.8":
        kind = item if kind == "array" else kind
        made["type"] = parameter.type if parameter.type in _TYPES_08 else kind if kind in _TYPES_08 else "string"
        if parameter.repeat or "array" in parameter.kinds:
            made["repeat"] = True
    elif kind == "array":
        made.update({"type": "array", "items": item if item in _SCALARS_10 else "any"})
    else:
        is_date = parameter.type.startswith(("date", "time")) and parameter.type != "date"
        made["type"] = (
            parameter.type if is_date else kind if kind in _SCALARS_10 and len(parameter.kinds) == 1 else "any"
        )
    if parameter.required or version == "1.0":
        made["required"] = parameter.required
    for key in ("description", "default", "example"):
        value = getattr(parameter, key)
        if value and (version == "0.8" or key == "description"):
            made[key] = value
    is_text, is_number = made["type"] == "string", made["type"] in ("number", "integer")
    if parameter.enum and is_text:
        made["enum"] = parameter.enum
    facets = {
        "pattern": (parameter.pattern, is_text),
        "minLength": (parameter.min_length, is_text),
        "maxLength": (parameter.max_length, is_text),
        "minimum": (parameter.minimum, is_number),
        "maximum": (parameter.maximum, is_number),
    }
    facets = {key: (_whole(value), fits) for key, (value, fits) in facets.items()}
    made.update({key: value for key, (value, fits) in facets.items() if value is not None and fits})
    return made


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
