"""
JSON to SOAP envelopes and back, as MCS's SOAP connectors spoke (contract: custom code, section 4):

    {"Header": null, "Body": {"createOrder": {"id": 7}}}   ─▶ <Envelope><Body><createOrder>…
    <Envelope><Body><createOrderResponse>…                 ─▶ {"Header": null, "Body": {"createOrderResponse": {…}}}

What is nil is `{"@nil": "true"}` both ways, an attribute is `"@name"`, text beside attributes `"#text"`. What the
schema lets be there several times is a list, whole and decimal numbers and booleans are JSON's; all else is text.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from openmcs.soap import wsdl
from openmcs.soap.wsdl import Bundle, WsdlInvalid

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NIL = f"{{{_XSI}}}nil"
_TYPE = f"{{{_XSI}}}type"
_ENVELOPES = {
    "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
    "1.2": "http://www.w3.org/2003/05/soap-envelope",
}
_TYPES = {"1.1": "text/xml; charset=utf-8", "1.2": "application/soap+xml; charset=utf-8"}
DEEPEST = 100
_json = msgspec.json.Encoder(decimal_format="number")


class NotSoap(ValueError):
    """What came in is no envelope, or no message of the operation; the message says why."""


class UsernameToken(msgspec.Struct, frozen=True):
    """WS-Security credentials, put into the header of each envelope."""

    username: str
    password: str
    digest: bool = False

    def __repr__(self) -> str:
        return f"UsernameToken({self.username!r})"


class Speaker:
    """One port of an uploaded WSDL: makes its requests and reads its answers. Use it from one thread at a time."""

    def __init__(self, bundle: Bundle, port: str) -> None:
        """Raises `WsdlInvalid`; the bundle was described before, in a child with limits."""
        self._document = wsdl.read(bundle)
        service, _, name = port.partition("/")
        try:
            self._binding = self._document.services[service].ports[name].binding
        except KeyError:
            raise WsdlInvalid(f"there is no port {port!r}") from None
        found = [each for each in wsdl.ports(self._document) if each.name == port]
        self.version = found[0].version
        self.operations = sorted(self._binding._operations)

    def request(
        self, operation: str, body: bytes, *, as_xml: bool, token: UsernameToken | None
    ) -> tuple[bytes, str, str]:
        """
        Envelope, media type and SOAPAction for a call of *operation* with *body*, JSON or an envelope.

        Raises `NotSoap`.
        """
        known = self._operation(operation)
        envelope = self._parsed(body) if as_xml else self._made(known, body)
        if token is not None:
            from zeep.wsse.username import UsernameToken as Token

            Token(token.username, token.password, use_digest=token.digest).apply(envelope, {})
        media_type = _TYPES[self.version]
        action = known.soapaction or ""
        if self.version == "1.2":
            return _bytes(envelope), f'{media_type}; action="{action}"' if action else media_type, ""
        return _bytes(envelope), media_type, f'"{action}"'

    def answer(self, operation: str, content: bytes) -> bytes:
        """The JSON of an envelope. Raises `NotSoap`."""
        envelope = self._parsed(content)
        output = self._operation(operation).output
        expected = output.body if output is not None else None
        namespace = _ENVELOPES[self.version]
        header = envelope.find(f"{{{namespace}}}Header")
        body = envelope.find(f"{{{namespace}}}Body")
        if body is None:
            raise NotSoap("the envelope has no body")
        shown: dict[str, Any] = {}
        for each in _elements(body):
            kind = expected.type if expected is not None and _local(each) == _name(expected) else None
            _put(shown, _local(each), self._shown(each, kind), several=False)
        headers = None if header is None or not len(header) else self._shown(header, None)
        return _json.encode({"Header": headers, "Body": shown})

    # ── JSON to XML ──────────────────────────────────────────────────────────────────────────────

    def _operation(self, name: str) -> Any:
        try:
            return self._binding._operations[name]
        except KeyError:
            raise NotSoap(
                f"there is no operation {name[:100]!r}; there are {', '.join(self.operations[:30])}"
            ) from None

    def _made(self, operation: Any, body: bytes) -> Any:
        try:
            given = msgspec.json.decode(body or b"{}", type=dict[str, Any])
        except (msgspec.DecodeError, RecursionError) as error:
            raise NotSoap(f"the body is not a JSON object: {error}") from None
        if unknown := sorted(set(given) - {"Header", "Body"}):
            raise NotSoap(f"the JSON has {unknown[0]!r}; it is {{Header, Body: {{{operation.name}: …}}}}")
        arguments = self._arguments(operation, given.get("Body"))
        headers = given.get("Header") or None
        if headers is not None:
            kind = operation.input.header.type if operation.input.header is not None else None
            arguments["_soapheaders"] = _given(headers, kind, 0)
        from zeep.exceptions import Error

        try:
            return operation.create(**arguments).content
        except (Error, TypeError, ValueError, KeyError, AttributeError, ArithmeticError) as error:
            # zeep tells what is missing or unknown by whatever it comes across.
            raise NotSoap(f"the body does not fit {operation.name}: {error}"[:500]) from None

    def _arguments(self, operation: Any, body: Any) -> dict[str, Any]:
        element = operation.input.body
        wrapper = _name(element) if element is not None else operation.name
        if not isinstance(body, Mapping) or len(body) > 1 or not set(body) <= {wrapper, operation.name}:
            raise NotSoap(f"Body is an object with one member, {wrapper!r}")
        given = next(iter(body.values()), None)
        if given is None or element is None:
            return {}
        if not hasattr(element.type, "elements"):
            return {"_value_1": _leaf_given(given, element.type)}
        if not isinstance(given, Mapping):
            raise NotSoap(f"Body.{wrapper} is an object or null")
        made: dict[str, Any] = _given(given, element.type, 0)
        return made

    # ── XML to JSON ──────────────────────────────────────────────────────────────────────────────

    def _parsed(self, content: bytes) -> Any:
        from zeep.exceptions import Error
        from zeep.loader import parse_xml

        try:
            envelope = parse_xml(content, self._document.transport, settings=self._document.settings)
        except (Error, WsdlInvalid, ValueError) as error:
            raise NotSoap(f"no XML that is read here: {error}"[:300]) from None
        if envelope is None or envelope.tag != f"{{{_ENVELOPES[self.version]}}}Envelope":
            raise NotSoap(f"no envelope of SOAP {self.version}")
        return envelope

    def _shown(self, node: Any, kind: Any, depth: int = 0) -> Any:
        if depth > DEEPEST:
            raise NotSoap(f"elements inside one another more than {DEEPEST} deep")
        if node.get(_NIL) in ("true", "1"):
            return {"@nil": "true"}
        kind = self._named_type(node) or kind
        shown: dict[str, Any] = {
            f"@{name.rpartition('}')[2]}": value
            for name, value in node.attrib.items()
            if not name.startswith(f"{{{_XSI}}}")
        }
        children = _elements(node)
        if not children:
            text = node.text or ""
            if shown:
                return {**shown, "#text": _leaf(text, kind)} if text.strip() else shown
            return {} if hasattr(kind, "elements") and not text.strip() and not _is_simple(kind) else _leaf(text, kind)
        known = _members(kind)
        for child in children:
            name = _local(child)
            member = known.get(name)
            value = self._shown(child, member.type if member is not None else None, depth + 1)
            _put(shown, name, value, several=member is not None and member.accepts_multiple)
        return shown

    def _named_type(self, node: Any) -> Any:
        """The type that an element says it is of, where the schema has it: one that extends the declared one."""
        name = node.get(_TYPE)
        if name is None:
            return None
        prefix, _, local = name.rpartition(":")
        from zeep.exceptions import LookupError as Missing

        try:
            return self._document.types.get_type(f"{{{node.nsmap.get(prefix or None, '')}}}{local}")
        except (Missing, KeyError):
            return None


def _given(value: Any, kind: Any, depth: int) -> Any:
    """A JSON value as zeep takes it."""
    from zeep import xsd

    if depth > DEEPEST:
        raise NotSoap(f"values inside one another more than {DEEPEST} deep")
    if isinstance(value, list):
        return [_given(each, kind, depth + 1) for each in value]
    if not isinstance(value, Mapping):
        return _leaf_given(value, kind)
    if value.get("@nil") in ("true", True):
        return xsd.Nil
    known = _members(kind)
    made = {}
    for name, each in value.items():
        key = "_value_1" if name == "#text" else name.removeprefix("@")
        member = known.get(key)
        made[member.attr_name if member is not None else key] = _given(each, member.type if member else kind, depth + 1)
    return made


def _leaf_given(value: Any, kind: Any) -> Any:
    if isinstance(value, str) and _is(kind, "base64Binary"):
        try:
            return base64.b64decode(value, validate=True)
        except binascii.Error:
            raise NotSoap("a base64Binary is text in Base64") from None
    return value


def _leaf(text: str, kind: Any) -> Any:
    """Text as JSON has it by its type; as it is where it does not fit that."""
    stripped = text.strip()
    if _is(kind, "boolean") and stripped in ("true", "false", "1", "0"):
        return stripped in ("true", "1")
    if _is(kind, "decimal") or _is(kind, "double") or _is(kind, "float"):
        try:
            number = Decimal(stripped)
        except InvalidOperation:
            return text
        return (
            int(number)
            if number == number.to_integral_value() and "." not in stripped and abs(number) < 2**63
            else (number if number.is_finite() else text)
        )
    return text


_PYTHON = {
    "boolean": "Boolean",
    "decimal": "Decimal",
    "double": "Double",
    "float": "Float",
    "base64Binary": "Base64Binary",
}


def _is(kind: Any, name: str) -> bool:
    """True for a built-in type, what is derived from it, and what has such a text beside attributes."""
    return any(each.__name__ == _PYTHON[name] for each in type(_content(kind)).__mro__)


def _content(kind: Any) -> Any:
    """The simple type of an element's text."""
    for name, member in getattr(kind, "elements", ()) or ():
        if name == "_value_1" and type(member).__name__ == "Element":  # and not an xsd:any
            return member.type
    return kind


def _is_simple(kind: Any) -> bool:
    return _content(kind) is not kind


def _members(kind: Any) -> dict[str, Any]:
    return {_name(member): member for _, member in getattr(kind, "elements", ()) or () if getattr(member, "name", None)}


def _name(element: Any) -> str:
    return str(element.name)


def _elements(node: Any) -> list[Any]:
    return [each for each in node if isinstance(each.tag, str)]


def _local(node: Any) -> str:
    return str(node.tag).rpartition("}")[2]


def _put(shown: dict[str, Any], name: str, value: Any, *, several: bool) -> None:
    if name not in shown:
        shown[name] = [value] if several else value
    elif isinstance(shown[name], list):
        shown[name].append(value)
    else:
        shown[name] = [shown[name], value]


def _bytes(envelope: Any) -> bytes:
    from lxml import etree

    return bytes(etree.tostring(envelope, xml_declaration=True, encoding="utf-8"))
