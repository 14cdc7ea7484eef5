"""
A call of a SOAP connector: POST to the name of an operation, JSON or an envelope in and out (contract: custom
code, section 4). The way out, with its guard, credentials and limits, is that of REST connectors.

zeep's work is done in a thread, one call of a port at a time: reading a WSDL takes longer than a loop may wait.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

import msgspec

from openmcs.catalog.connectors import Connector
from openmcs.connectors.rest import ConnectorCall
from openmcs.errors import ConnectorFailed, MethodNotAllowed, RequestInvalid, ResourceNotFound
from openmcs.exchange import Reply
from openmcs.soap import wsdl
from openmcs.soap.envelope import NotSoap, Speaker
from openmcs.soap.wsdl import Bundle, WsdlInvalid

KEPT_SPEAKERS = 50
_XML = frozenset({"application/xml", "text/xml", "application/soap+xml"})
_OURS = frozenset({"content-type", "accept", "soapaction", "content-length", "content-encoding"})
_OF_THE_ENVELOPE = frozenset({"content-type", "content-length"})

Perform = Callable[[ConnectorCall], Awaitable[Reply]]


class Soap:
    """The SOAP connectors of one gateway process; *perform* makes the HTTP call."""

    def __init__(self, perform: Perform) -> None:
        self._perform = perform
        self._speakers: OrderedDict[tuple[str, int], _Port] = OrderedDict()

    async def perform(self, call: ConnectorCall) -> Reply:
        """Raises `RequestInvalid`, `ResourceNotFound`, `MethodNotAllowed`, or `ConnectorFailed` and its kin."""
        connector, headers = call.connector, call.headers
        operation = call.path.strip("/")
        if call.method != "POST":
            raise MethodNotAllowed(
                f"The operations of the SOAP connector {connector.name} are called by POST.", ["POST"]
            )
        port = self._port(connector)
        async with port.lock:
            speaker = await port.speaker(connector)
            if operation not in speaker.operations:
                names = ", ".join(speaker.operations[:30])
                raise ResourceNotFound(
                    f"The connector {connector.name} has no operation {operation[:100]!r}; it has {names}."
                )
            try:
                as_xml = _media_type(headers.get("content-type", "")) in _XML
                content, media_type, action = await asyncio.to_thread(
                    speaker.request, operation, call.body, as_xml=as_xml, token=connector.token
                )
            except NotSoap as error:
                raise RequestInvalid(f"The call of {connector.name}/{operation} makes no envelope: {error}.") from None
        fields = {name: value for name, value in headers.items() if name.lower() not in _OURS}
        fields |= {"content-type": media_type, "accept": f"{_media_type(media_type)}, text/xml;q=0.9, */*;q=0.1"}
        if action:
            fields["soapaction"] = action
        reply = await self._perform(msgspec.structs.replace(call, path="", headers=fields, body=content))
        wants_xml = any(_media_type(each) in _XML for each in headers.get("accept", "").split(","))
        return await self._answered(connector, port, speaker, operation, reply, wants_xml=wants_xml)

    async def _answered(
        self, connector: Connector, port: _Port, speaker: Speaker, operation: str, reply: Reply, *, wants_xml: bool
    ) -> Reply:
        content = reply.body if isinstance(reply.body, bytes) else b""
        if wants_xml:
            media_type = "application/xml"
        else:
            try:
                async with port.lock:
                    content = await asyncio.to_thread(speaker.answer, operation, content)
            except NotSoap as error:
                if reply.status >= 400:
                    return reply  # such as a page of a proxy between: what it says is more than that it is no envelope
                raise ConnectorFailed(
                    f"The system behind {connector.name} answers with no envelope: {error}."
                ) from None
            media_type = "application/json"
        fields = [each for each in reply.headers if each[0].lower() not in _OF_THE_ENVELOPE]
        return Reply(reply.status, (("Content-Type", media_type), *fields), content)

    def _port(self, connector: Connector) -> _Port:
        key = (connector.id, connector.etag)
        port = self._speakers.setdefault(key, _Port())
        self._speakers.move_to_end(key)
        while len(self._speakers) > KEPT_SPEAKERS:
            self._speakers.popitem(last=False)
        return port


class _Port:
    """A port's speaker, made when it is called first; the lock is held while zeep works."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self._speaker: Speaker | None = None

    async def speaker(self, connector: Connector) -> Speaker:
        """Raises `ConnectorFailed` where the WSDL cannot be read, as on a node without zeep."""
        if self._speaker is None:
            if not wsdl.is_installed():
                raise ConnectorFailed(f"{wsdl.INSTALL}.")
            try:
                bundle = msgspec.json.decode(connector.wsdl, type=Bundle)
                self._speaker = await asyncio.to_thread(Speaker, bundle, connector.port)
            except (WsdlInvalid, msgspec.DecodeError) as error:
                raise ConnectorFailed(f"The WSDL of the connector {connector.name} cannot be read: {error}.") from None
        return self._speaker


def _media_type(value: str) -> str:
    return value.partition(";")[0].strip().lower()
