"""
A request, or an answer, against the contract: everything in it that does not fit.

The validators of an operation are made once, at its first call after an activation, and kept as long as
the contract serves. Messages never repeat what was sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from xml.parsers import expat

import msgspec

from openmcs.raml import texts
from openmcs.raml.contract import Body, Contract, Method, Parameter, Resource
from openmcs.raml.multipart import parts
from openmcs.raml.schemas import document
from openmcs.raml.values import Validator
from openmcs.raml.xsd import XmlValidator, is_installed

MOST_PROBLEMS = 100
_MASK = "the value"
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"


class Problem(NamedTuple):
    """One thing that does not fit."""

    code: str
    """`CONTRACT_PATH`, `CONTRACT_QUERY`, `CONTRACT_HEADER`, `CONTRACT_BODY` or `CONTRACT_MEDIA_TYPE`."""
    pointer: str
    """Into the request as a document: `/query/limit`, `/body/items/0/name`."""
    message: str


class Requests:
    """What one contract says of requests and answers."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._resources = {each.path: each for each in reversed(contract.resources)}
        self._definitions: dict[str, Any] | None = None
        self._operations: dict[int, _Operation] = {}

    def problems(
        self,
        resource: str,
        method: Method,
        *,
        path: Mapping[str, str],
        query: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> list[Problem]:
        """All that does not fit in a request; *headers* by lower-case name, *path* decoded."""
        operation = self._operation(resource, method)
        found: list[Problem] = []
        if operation.path.says_anything:
            found += operation.path.problems({name: [value] for name, value in path.items()})
        try:
            found += operation.query.problems(texts.fields(query)) if operation.query.says_anything else []
        except ValueError:
            found.append(Problem("CONTRACT_QUERY", "/query", f"there are more than {texts.MOST_FIELDS} parameters"))
        if operation.header.says_anything:
            given = {name: _listed(name, value, operation.header.arrays) for name, value in headers.items()}
            found += operation.header.problems(given)
        found += _body_problems(operation.bodies, headers.get("content-type", ""), body)
        return found[:MOST_PROBLEMS]

    def reply_problems(self, resource: str, method: Method, status: int, media_type: str, body: bytes) -> list[Problem]:
        """All that does not fit in an answer."""
        operation = self._operation(resource, method)
        if not operation.responses:
            return []
        bodies = operation.responses.get(status)
        if bodies is None:
            known = ", ".join(str(each) for each in sorted(operation.responses))
            return [Problem("CONTRACT_STATUS", "/status", f"the status {status} is not documented; {known} are")]
        return _body_problems(bodies, media_type, body)[:MOST_PROBLEMS]

    def _operation(self, resource: str, method: Method) -> _Operation:
        known = self._operations.get(id(method))
        if known is None:
            if self._definitions is None:
                self._definitions = {name: json.loads(text) for name, text in self._contract.definitions.items()}
            known = _Operation(self._resources.get(resource), method, self._definitions)
            self._operations[id(method)] = known
        return known


class _Set:
    """The parameters of a path, query, header or form."""

    __slots__ = ("_code", "_parameters", "_pointer", "_validator", "arrays", "says_anything")

    def __init__(self, code: str, pointer: str, parameters: list[Parameter], validator: Validator | None) -> None:
        self._code = code
        self._pointer = pointer
        self._parameters = parameters
        self._validator = validator
        self.says_anything = validator is not None
        self.arrays = frozenset(each.name for each in parameters if "array" in each.kinds)

    def problems(self, given: Mapping[str, list[str]]) -> list[Problem]:
        if self._validator is None:
            return []
        values = texts.values(self._parameters, given)
        if self._validator.fits(values):
            return []
        return [
            Problem(self._code, self._pointer + each.pointer, each.message) for each in self._validator.misfits(values)
        ]


class _Content:
    """A body of one media type."""

    __slots__ = ("form", "media_type", "validator", "xml")

    def __init__(self, body: Body, definitions: Mapping[str, Any]) -> None:
        self.media_type = body.media_type.partition(";")[0].strip().lower()
        self.validator = _validator(body.schema, definitions)
        self.xml = _xml_validator(body.xsd)
        self.form = _Set("CONTRACT_BODY", "/body", body.form, self.validator) if body.form else None

    def takes(self, media_type: str) -> bool:
        if self.media_type in ("*/*", media_type):
            return True
        return self.media_type.endswith("/*") and media_type.startswith(self.media_type[:-1])

    def problems(self, content_type: str, body: bytes) -> list[Problem]:
        media_type = content_type.partition(";")[0].strip().lower()
        try:
            if self.form is not None and media_type == _FORM:
                return self.form.problems(texts.fields(body.decode()))
            if self.form is not None and media_type == _MULTIPART:
                return self.form.problems(parts(content_type, body))
            if media_type == "application/json" or media_type.endswith("+json"):
                return self._json(body)
            if media_type in ("application/xml", "text/xml") or media_type.endswith("+xml"):
                return self._xml(body)
        except (ValueError, msgspec.DecodeError, RecursionError, expat.ExpatError) as error:
            return [Problem("CONTRACT_BODY", "/body", f"the body cannot be read: {str(error)[:200]}")]
        return []

    def _xml(self, body: bytes) -> list[Problem]:
        _check_xml(body)
        if self.xml is None:
            return []
        return [Problem("CONTRACT_BODY", "/body" + path, message) for path, message in self.xml.misfits(body)]

    def _json(self, body: bytes) -> list[Problem]:
        if self.validator is None:
            return []
        try:
            value = msgspec.json.decode(body)
        except UnicodeDecodeError:
            # As in the gateway: Android's SDK sends Latin-1 (contract: wire, Q26).
            value = msgspec.json.decode(body.decode("latin-1").encode())
        if self.validator.fits(value):
            return []
        return [
            Problem("CONTRACT_BODY", "/body" + each.pointer, each.message) for each in self.validator.misfits(value)
        ]


class _Operation:
    __slots__ = ("bodies", "header", "path", "query", "responses")

    def __init__(self, resource: Resource | None, method: Method, definitions: Mapping[str, Any]) -> None:
        uri = resource.uri_parameters if resource is not None else []
        uri_schema = resource.uri_schema if resource is not None else None
        self.path = _Set("CONTRACT_PATH", "/path", uri, _validator(uri_schema, definitions))
        self.query = _Set(
            "CONTRACT_QUERY", "/query", method.query_parameters, _validator(method.query_schema, definitions)
        )
        lower = [msgspec.structs.replace(each, name=each.name.lower()) for each in method.headers]
        self.header = _Set("CONTRACT_HEADER", "/header", lower, _validator(method.header_schema, definitions))
        self.bodies = [_Content(each, definitions) for each in method.bodies]
        self.responses = {
            each.status: [_Content(body, definitions) for body in each.bodies] for each in method.responses
        }


def _validator(schema: str | None, definitions: Mapping[str, Any]) -> Validator | None:
    return Validator(document(json.loads(schema), dict(definitions)), mask=_MASK) if schema is not None else None


def _xml_validator(schema: str | None) -> XmlValidator | None:
    """None also for a schema that cannot be used: a document is not refused for it."""
    if schema is None or not is_installed():
        return None
    try:
        return XmlValidator(schema)
    except ValueError:
        return None


def _body_problems(bodies: list[_Content], content_type: str, body: bytes) -> list[Problem]:
    if not bodies:
        return []
    if not body:
        if all(each.validator is not None for each in bodies):
            return [Problem("CONTRACT_BODY", "/body", "the body is missing")]
        return []
    media_type = content_type.partition(";")[0].strip().lower()
    content = next((each for each in bodies if each.takes(media_type)), None)
    if content is None:
        known = ", ".join(each.media_type for each in bodies)
        shown = media_type[:100] or "none"
        message = f"the media type is {shown}; documented are {known}"
        return [Problem("CONTRACT_MEDIA_TYPE", "/header/content-type", message)]
    return content.problems(content_type, body)


def _listed(name: str, value: str, arrays: frozenset[str]) -> list[str]:
    """A repeated field arrives joined by commas."""
    return [each.strip() for each in value.split(",")] if name in arrays else [value]


def _check_xml(body: bytes) -> None:
    """Raise `ValueError` or `ExpatError` unless *body* is well-formed XML without a document type."""

    def refuse(*_: object) -> None:
        raise ValueError("a document type is not taken")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(body, True)
