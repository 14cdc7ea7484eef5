"""An expanded and checked tree to a contract."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from openmcs.exchange import Finding
from openmcs.raml import nodes
from openmcs.raml.contract import Body, Contract, Method, Parameter, Resource, Response
from openmcs.raml.expand import VERBS
from openmcs.raml.node import Node

_BRACES = re.compile(r"\{([^{}/]+)\}")


def build(root: Node, version: str) -> tuple[Contract, list[Finding]]:
    """The contract, and a finding when the node model could not be made."""
    default = [each.text() for each in _elements(root.get("mediaType"))]
    found = {path: node for path, node in _resources(root, "")}
    operations, findings = _operations(root, version, found)
    resources: dict[str, Resource] = {}
    for operation in operations:
        node = found.get(operation.path)
        if node is None:
            continue
        if operation.path not in resources:
            resources[operation.path] = _resource(operation.path, node, operation.display_name, root)
        if operation.verb is not None:
            method = node.get(operation.verb.lower())
            if method is not None:
                resources[operation.path].methods.append(_method(operation.verb, method, default, root, version))
    return (
        Contract(
            title=_text(root, "title"),
            raml_version=version,
            version=_text(root, "version"),
            base_uri=_text(root, "baseUri"),
            media_types=default,
            resources=list(resources.values()),
        ),
        findings,
    )


def _operations(root: Node, version: str, found: dict[str, Node]) -> tuple[list[nodes.OperationNode], list[Finding]]:
    """
    What ramlfications finds in the tree.

    Should it fail on a tree that our checks accept, our own walk takes its place and a warning says so.
    """
    own = [
        nodes.OperationNode(path, verb, "")
        for path, node in found.items()
        for verb in ([each.upper() for each in node.value if each in VERBS] or [None])
    ]
    media_types = {key for node in found.values() for key in _media_types(node)}
    try:
        theirs = nodes.operations(root, version, media_types)
    except Exception as error:
        finding = Finding(
            "RAML_NODES",
            f"the node model could not be made ({type(error).__name__}); resources are read from the tree",
            root.place.file,
            root.place.line,
            root.place.column,
            "warning",
        )
        return own, [finding]
    seen = {(each.path, each.verb) for each in theirs}
    # ramlfications lists a resource once for each method, and leaves out some that have none.
    return [*theirs, *(each for each in own if (each.path, each.verb) not in seen)], []


def _resources(node: Node, above: str) -> Iterator[tuple[str, Node]]:
    for key, value in node.items():
        if key.startswith("/"):
            path = above + key
            yield path, value if value.is_map else Node("map", {}, value.place)
            yield from _resources(value, path)


def _media_types(node: Node) -> Iterator[str]:
    for verb in VERBS:
        method = node.get(verb)
        body = method.get("body") if method is not None else None
        yield from (key for key, _ in (body.items() if body is not None else ()) if "/" in key)


def _resource(path: str, node: Node, display_name: str, root: Node) -> Resource:
    return Resource(
        path=path,
        display_name=_text(node, "displayName") or display_name,
        description=_text(node, "description"),
        uri_parameters=_uri_parameters(path, node, root),
    )


def _uri_parameters(path: str, node: Node, root: Node) -> list[Parameter]:
    declared = node.get("uriParameters")
    parameters = []
    for name in _BRACES.findall(path):
        own = declared.get(name) if declared is not None else None
        parameters.append(_parameter(name, own, required=True))
    return parameters


def _method(verb: str, node: Node, default: list[str], root: Node, version: str) -> Method:
    responses = node.get("responses")
    return Method(
        verb=verb,
        description=_text(node, "description"),
        query_parameters=_parameters(node.get("queryParameters"), version),
        headers=_parameters(node.get("headers"), version),
        bodies=_bodies(node.get("body"), default, root),
        responses=[
            _response(int(code), value, default, root, version)
            for code, value in (responses.items() if responses is not None else ())
            if code.isdigit()
        ],
        secured_by=[each.text() for each in _elements(node.get("securedBy") or root.get("securedBy")) if each.text()],
    )


def _response(status: int, node: Node, default: list[str], root: Node, version: str) -> Response:
    return Response(
        status=status,
        description=_text(node, "description"),
        headers=_parameters(node.get("headers"), version),
        bodies=_bodies(node.get("body"), default, root),
    )


def _bodies(node: Node | None, default: list[str], root: Node) -> list[Body]:
    if node is None:
        return []
    by_type = {key: value for key, value in node.items() if "/" in key}
    if not by_type:
        # Without a media type the body is of the API's default ones.
        by_type = {media_type: node for media_type in default or ["application/json"]} if node.value else {}
    return [_body(media_type, value, root) for media_type, value in by_type.items()]


def _body(media_type: str, node: Node, root: Node) -> Body:
    examples = node.get("examples")
    named = {name: _example(value, media_type) for name, value in (examples.items() if examples is not None else ())}
    example = node.get("example")
    schema = node.get("schema") or node.get("type")
    return Body(
        media_type=media_type,
        example=_example(example, media_type) if example is not None else _from_type(node, root, media_type),
        examples=named,
        schema=_schema(schema, root),
    )


def _example(node: Node, media_type: str) -> str:
    value = node.get("value") if node.is_map and node.get("value") is not None else node
    assert value is not None
    if value.kind == "scalar" and isinstance(value.value, str):
        return value.value
    if value.kind == "scalar" and "json" not in media_type:
        return value.raw
    return json.dumps(value.plain(), ensure_ascii=False, indent=2)


def _from_type(node: Node, root: Node, media_type: str) -> str | None:
    """The example of a declared type that a 1.0 body names."""
    name = node.text() if node.kind == "scalar" else _text(node, "type")
    types = root.get("types") or root.get("schemas")
    declared = types.get(name) if types is not None and name else None
    if declared is None:
        return None
    example = declared.get("example")
    if example is not None:
        return _example(example, media_type)
    examples = declared.get("examples")
    first = next(iter(examples.items()), None) if examples is not None else None
    return _example(first[1], media_type) if first is not None else None


def _schema(node: Node | None, root: Node) -> str | None:
    if node is None:
        return None
    if node.kind != "scalar":
        return json.dumps(node.plain(), ensure_ascii=False, default=str)
    schemas = root.get("schemas")
    for each in [schemas] if schemas is not None and schemas.is_map else _elements(schemas):
        declared = each.get(node.text()) if each is not None else None
        if declared is not None and declared.kind == "scalar":
            return declared.text()
    return node.text() or None


def _parameters(node: Node | None, version: str) -> list[Parameter]:
    if node is None or not node.is_map:
        return []
    found = []
    for name, value in node.items():
        optional = version == "1.0" and name.endswith("?") and len(name) > 1
        required = version == "1.0" and not optional
        found.append(_parameter(name[:-1] if optional else name, value, required=required))
    return found


def _parameter(name: str, node: Node | None, *, required: bool) -> Parameter:
    if node is None:
        return Parameter(name=name, required=required)
    if node.is_list and node.value:
        node = node.value[0]
    if not node.is_map:
        return Parameter(name=name, type=node.text() or "string", required=required)
    flag = {"true": True, "false": False}.get(_text(node, "required"))
    enum = node.get("enum")
    return Parameter(
        name=name,
        type=_text(node, "type") or "string",
        required=required if flag is None else flag,
        description=_text(node, "description"),
        default=_optional(node, "default"),
        example=_optional(node, "example"),
        enum=[each.text() for each in enum.elements()] if enum is not None else None,
        pattern=_optional(node, "pattern"),
        minimum=_number(node, "minimum"),
        maximum=_number(node, "maximum"),
        min_length=_integer(node, "minLength"),
        max_length=_integer(node, "maxLength"),
        repeat=_text(node, "repeat") == "true",
    )


def _elements(node: Node | None) -> list[Node]:
    return [] if node is None else node.elements()


def _value(node: Node, key: str) -> Any:
    found = node.get(key)
    return found.value if found is not None and found.kind == "scalar" else None


def _text(node: Node, key: str) -> str:
    found = node.get(key)
    if found is not None and found.is_map:
        found = found.get("value")
    return found.text() if found is not None else ""


def _optional(node: Node, key: str) -> str | None:
    found = node.get(key)
    return found.text() if found is not None and found.kind == "scalar" and found.value is not None else None


def _number(node: Node, key: str) -> float | None:
    value = _value(node, key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _integer(node: Node, key: str) -> int | None:
    value = _value(node, key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
