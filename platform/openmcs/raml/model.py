"""A contract as the document that designers, the console and `api show --json` read (docs/raml-edits.md)."""

from __future__ import annotations

import json
from typing import Any

from openmcs.raml.contract import Body, Contract, Method, Parameter, Resource, Response


def model(contract: Contract) -> dict[str, Any]:
    """All that the contract says, every field present."""
    return {
        "ramlVersion": contract.raml_version,
        "title": contract.title,
        "version": contract.version,
        "description": contract.description,
        "baseUri": contract.base_uri,
        "protocols": contract.protocols,
        "mediaTypes": contract.media_types,
        "types": [
            {
                "name": each.name,
                "type": each.kind,
                "description": each.description,
                "file": each.file,
                "line": each.line,
                "schema": _schema(contract.definitions.get(each.definition)),
            }
            for each in contract.types
        ],
        "resources": [_resource(each) for each in contract.resources],
    }


def _resource(resource: Resource) -> dict[str, Any]:
    return {
        "path": resource.path,
        "at": [resource.path],
        "file": resource.file,
        "line": resource.line,
        "displayName": resource.display_name,
        "description": resource.description,
        "uriParameters": [_parameter(each) for each in resource.uri_parameters],
        "methods": [_method(each, resource) for each in resource.methods],
    }


def _method(method: Method, resource: Resource) -> dict[str, Any]:
    return {
        "verb": method.verb,
        "at": [resource.path, method.verb.lower()],
        "file": method.file,
        "line": method.line,
        "displayName": method.display_name,
        "description": method.description,
        "securedBy": method.secured_by,
        "queryParameters": [_parameter(each) for each in method.query_parameters],
        "headers": [_parameter(each) for each in method.headers],
        "bodies": [_body(each) for each in method.bodies],
        "responses": [_response(each) for each in method.responses],
    }


def _response(response: Response) -> dict[str, Any]:
    return {
        "status": response.status,
        "description": response.description,
        "headers": [_parameter(each) for each in response.headers],
        "bodies": [_body(each) for each in response.bodies],
    }


def _body(body: Body) -> dict[str, Any]:
    return {
        "mediaType": body.media_type,
        "type": body.type,
        "schema": _schema(body.schema),
        "example": body.example,
        "examples": body.examples,
        "form": [_parameter(each) for each in body.form],
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "type": parameter.type,
        "required": parameter.required,
        "description": parameter.description,
        "default": parameter.default,
        "example": parameter.example,
        "enum": parameter.enum,
        "pattern": parameter.pattern,
        "minimum": parameter.minimum,
        "maximum": parameter.maximum,
        "minLength": parameter.min_length,
        "maxLength": parameter.max_length,
        "repeat": parameter.repeat,
    }


def _schema(text: str | None) -> Any:
    return json.loads(text) if text is not None else None
