"""An expanded and checked tree to a contract."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from openmcs.exchange import Finding
from openmcs.raml import nodes
from openmcs.raml.contract import Body, Contract, Method, Parameter, Resource, Response, Type
from openmcs.raml.expand import VERBS
from openmcs.raml.expression import is_external
from openmcs.raml.names import declared
from openmcs.raml.node import Node, Place
from openmcs.raml.schemas import Definitions, Schema
from openmcs.raml.shapes import Property, Shape, Shapes, properties_of

_BRACES = re.compile(r"\{([^{}/]+)\}")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_KINDS = {
    "date": "string",
    "date-only": "string",
    "time-only": "string",
    "datetime-only": "string",
    "datetime": "string",
}
_LONGEST_NAME = 200


def build(root: Node, version: str, shapes: Shapes, definitions: Definitions) -> tuple[Contract, list[Finding]]:
    """The contract, and a finding when the node model could not be made."""
    return _Builder(root, version, shapes, definitions).contract()


class _Builder:
    def __init__(self, root: Node, version: str, shapes: Shapes, definitions: Definitions) -> None:
        self._root = root
        self._version = version
        self._shapes = shapes
        self._definitions = definitions
        self._default = [each.text() for each in _elements(root.get("mediaType"))]

    def contract(self) -> tuple[Contract, list[Finding]]:
        found = {path: node for path, node in _resources(self._root, "")}
        operations, findings = _operations(self._root, self._version, found)
        resources: dict[str, Resource] = {}
        for operation in operations:
            node = found.get(operation.path)
            if node is None:
                continue
            if operation.path not in resources:
                resources[operation.path] = self._resource(operation.path, node, operation.display_name)
            if operation.verb is not None:
                method = node.get(operation.verb.lower())
                if method is not None:
                    place = node.place_of(operation.verb.lower())
                    made = self._method(operation.verb, method)
                    made.file, made.line = place.file, place.line
                    resources[operation.path].methods.append(made)
        contract = Contract(
            title=_text(self._root, "title"),
            raml_version=self._version,
            version=_text(self._root, "version"),
            base_uri=_text(self._root, "baseUri"),
            description=_text(self._root, "description"),
            protocols=[each.text().upper() for each in _elements(self._root.get("protocols"))],
            media_types=self._default,
            resources=list(resources.values()),
            types=list(self._types()),
        )
        contract.definitions = {name: _json(each) for name, each in self._definitions.schemas.items()}
        return contract, findings

    def _types(self) -> Iterator[Type]:
        for section in ("types", "schemas"):
            for name, node in declared(self._root.get(section)):
                if self._version == "0.8" and node.kind != "scalar":
                    continue
                shape = self._shapes.declare(name, node)
                fragment = self._definitions.fragment(shape)
                definition = self._definitions.name_of(fragment, name)
                description = _text(node, "description") if node.is_map else ""
                yield Type(name, shape.kind, definition, description, node.place.file, node.place.line)

    # ── resources and methods ────────────────────────────────────────────────────────────────────

    def _resource(self, path: str, node: Node, display_name: str) -> Resource:
        parameters = [
            Property(name, True, (own,) if own is not None else (), node.place)
            for name in _BRACES.findall(path)
            for own in [(node.get("uriParameters") or _EMPTY).get(name)]
        ]
        return Resource(
            path=path,
            display_name=_text(node, "displayName") or display_name,
            description=_text(node, "description"),
            uri_parameters=[self._parameter(each) for each in parameters],
            uri_schema=self._set(parameters),
            file=node.place.file,
            line=node.place.line,
        )

    def _method(self, verb: str, node: Node) -> Method:
        responses = node.get("responses")
        query, query_schema = self._query(node)
        headers = self._properties(node.get("headers"))
        return Method(
            verb=verb,
            display_name=_text(node, "displayName"),
            description=_text(node, "description"),
            query_parameters=[self._parameter(each) for each in query],
            headers=[self._parameter(each) for each in headers],
            bodies=self._bodies(node.get("body")),
            responses=[
                self._response(int(code), value)
                for code, value in (responses.items() if responses is not None else ())
                if code.isdigit()
            ],
            secured_by=[
                each.text() or next(iter(each.value), "") if each.is_map else each.text()
                for each in _elements(node.get("securedBy") or self._root.get("securedBy"))
                if each.is_map or each.text()
            ],
            query_schema=query_schema,
            header_schema=self._set([each._replace(name=each.name.lower()) for each in headers]),
        )

    def _query(self, node: Node) -> tuple[list[Property], str | None]:
        whole = node.get("queryString")
        if whole is None:
            parameters = self._properties(node.get("queryParameters"))
            return parameters, self._set(parameters)
        shape = self._shapes.of(whole, "any")
        properties: dict[str, Property] = {}
        for each in shape.options if shape.kind == "union" else [shape]:
            properties.update(each.properties)
        return [each for each in properties.values() if not each.is_pattern], _json(self._definitions.fragment(shape))

    def _response(self, status: int, node: Node) -> Response:
        return Response(
            status=status,
            description=_text(node, "description"),
            headers=[self._parameter(each) for each in self._properties(node.get("headers"))],
            bodies=self._bodies(node.get("body")),
        )

    # ── bodies ───────────────────────────────────────────────────────────────────────────────────

    def _bodies(self, node: Node | None) -> list[Body]:
        if node is None:
            return []
        by_type = {key: value for key, value in node.items() if "/" in key}
        if not by_type:
            # Without a media type the body is of the API's default ones.
            by_type = {media_type: node for media_type in self._default or ["application/json"]} if node.value else {}
        return [self._body(media_type, value) for media_type, value in by_type.items()]

    def _body(self, media_type: str, node: Node) -> Body:
        shape = self._shape_of_body(node)
        name = node.text() if node.kind == "scalar" else _text(node, "type") or _text(node, "schema")
        body = Body(
            media_type=media_type,
            examples=_examples(node, media_type),
            example=_first_example(node, media_type),
            type=name if name and len(name) <= _LONGEST_NAME and not is_external(name) else None,
        )
        if shape is not None:
            if body.example is None and not body.examples:
                body.examples, body.example = _inherited(shape, media_type)
            fragment = self._definitions.fragment(shape)
            body.schema = _json(fragment) if fragment not in ({}, True) else None
            body.xsd = _xml_schema(shape)
        if media_type.partition(";")[0].strip().lower() in _FORMS:
            fields = self._properties(node.get("formParameters"))
            if shape is not None and not fields:
                fields = [each for each in shape.properties.values() if not each.is_pattern]
            elif fields:
                body.schema = self._set(fields)
            body.form = [self._parameter(each) for each in fields]
        return body

    def _shape_of_body(self, node: Node) -> Shape | None:
        if self._version == "1.0":
            return self._shapes.of(node, "any")
        schema = node.get("schema")
        if schema is None or schema.kind != "scalar" or not schema.text():
            return None
        if is_external(schema.text()):
            return self._shapes.of(schema, "any")
        found = self._shapes.names.find(schema.text(), schema.place.file, "schemas")
        return self._shapes.declare(schema.text(), found) if found is not None and found.kind == "scalar" else None

    # ── parameters ───────────────────────────────────────────────────────────────────────────────

    def _properties(self, section: Node | None) -> list[Property]:
        if section is None or not section.is_map:
            return []
        if self._version == "1.0":
            return [each for each in properties_of(section) if not each.is_pattern]
        found = []
        for name, node in section.items():
            variant = node.value[0] if node.is_list and node.value else node
            required = _text(variant, "required") == "true"
            found.append(Property(name, required, (variant,), section.place_of(name)))
        return found

    def _parameter(self, declared_: Property) -> Parameter:
        node = declared_.nodes[-1] if declared_.nodes else None
        kinds, items = self._kinds(declared_)
        if node is None or not node.is_map:
            type_ = node.text() if node is not None else ""
            return Parameter(declared_.name, type_ or "string", declared_.required, kinds=kinds, item_kinds=items)
        enum = node.get("enum")
        repeat = _text(node, "repeat") == "true"
        return Parameter(
            name=declared_.name,
            type=_text(node, "type") or (kinds[0] if kinds else "string"),
            required=declared_.required,
            description=_text(node, "description"),
            default=_optional(node, "default"),
            example=_optional(node, "example"),
            enum=[each.text() for each in enum.elements()] if enum is not None else None,
            pattern=_optional(node, "pattern"),
            minimum=_number(node, "minimum"),
            maximum=_number(node, "maximum"),
            min_length=_integer(node, "minLength"),
            max_length=_integer(node, "maxLength"),
            repeat=repeat,
            kinds=["array"] if repeat and self._version == "0.8" else kinds,
            item_kinds=kinds if repeat and self._version == "0.8" else items,
        )

    def _kinds(self, declared_: Property) -> tuple[list[str], list[str]]:
        for node in reversed(declared_.nodes):
            shape = self._shapes.of(node, "string")
            options = shape.options if shape.kind == "union" else [shape]
            items = [
                _KINDS.get(inner.kind, inner.kind)
                for each in options
                if each.kind == "array" and each.items is not None
                for item in [each.items()]
                for inner in (item.options if item.kind == "union" else [item])
            ]
            return list(dict.fromkeys(_KINDS.get(each.kind, each.kind) for each in options)), items
        return ["string"], []

    def _set(self, parameters: list[Property]) -> str | None:
        """What a set of parameters is held against, as one object."""
        if not parameters:
            return None
        schema: dict[str, Any] = {"type": "object", "properties": {}}
        for each in parameters:
            fragment: Schema = self._definitions.all_of(self._shapes.inner(each)) if each.nodes else {"type": "string"}
            node = each.nodes[-1] if each.nodes else None
            if self._version == "0.8" and node is not None and node.is_map and _text(node, "repeat") == "true":
                fragment = {"type": "array", "items": fragment}
            schema["properties"][each.name] = fragment
        required = [each.name for each in parameters if each.required]
        if required:
            schema["required"] = required
        return _json(schema)


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
            place = node.place_of(key)
            yield path, Node("map", value.value if value.is_map else {}, place, value.keys)
            yield from _resources(value, path)


def _media_types(node: Node) -> Iterator[str]:
    for verb in VERBS:
        method = node.get(verb)
        body = method.get("body") if method is not None else None
        yield from (key for key, _ in (body.items() if body is not None else ()) if "/" in key)


# ── examples ─────────────────────────────────────────────────────────────────────────────────────────


def _examples(node: Node, media_type: str) -> dict[str, str]:
    examples = node.get("examples") if node.is_map else None
    return {name: _example(value, media_type) for name, value in (examples.items() if examples is not None else ())}


def _first_example(node: Node, media_type: str) -> str | None:
    example = node.get("example") if node.is_map else None
    return _example(example, media_type) if example is not None else None


def _inherited(shape: Shape, media_type: str) -> tuple[dict[str, str], str | None]:
    """The examples of the type that a body names."""
    at: Shape | None = shape
    while at is not None:
        examples, example = _examples(at.node, media_type), _first_example(at.node, media_type)
        if example is None and examples:
            example = next(iter(examples.values()))
        if example is not None:
            return {}, example
        at = at.alias
    return {}, None


def _example(node: Node, media_type: str) -> str:
    value = node.get("value") if node.is_map and node.get("value") is not None else node
    assert value is not None
    if value.kind == "scalar" and isinstance(value.value, str):
        return value.value
    if value.kind == "scalar" and "json" not in media_type:
        return value.raw
    return json.dumps(value.plain(), ensure_ascii=False, indent=2)


# ── values of keys ───────────────────────────────────────────────────────────────────────────────────


def _json(schema: Schema) -> str:
    return json.dumps(schema, ensure_ascii=False, separators=(",", ":"))


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


_EMPTY = Node("map", {}, Place("", 1, 1))


def _xml_schema(shape: Shape, depth: int = 0) -> str | None:
    """The XML Schema that a shape is or is made from."""
    if shape.kind != "xml" or depth > 8:
        return None
    if shape.text:
        return shape.text
    above = [shape.alias] if shape.alias is not None else shape.parents
    return next((text for each in above if (text := _xml_schema(each, depth + 1))), None)
