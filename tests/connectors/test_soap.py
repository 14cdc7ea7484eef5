"""A SOAP connector's call, against a real SOAP server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from openmcs.catalog.connectors import Connector
from openmcs.errors import ConnectorFailed, DestinationRefused, MethodNotAllowed, RequestInvalid, ResourceNotFound
from openmcs.exchange import Reply
from openmcs.soap import wsdl
from openmcs.soap.envelope import UsernameToken
from openmcs.soap.wsdl import Bundle
from tests.connectors.calls import ask, connector, snapshot, told
from tests.soap_server import SoapServer, soap_server

PING = {"Body": {"ping": None}}
GET = {"Header": None, "Body": {"getOrder": {"number": 7}}}


@pytest.fixture(scope="module", params=["1.1", "1.2"])
def server(request: pytest.FixtureRequest) -> Iterator[SoapServer]:
    with soap_server(request.param) as running:
        yield running


def orders(server: SoapServer, **fields: Any) -> Connector:
    bundle = Bundle("orders.wsdl", {"orders.wsdl": server.wsdl})
    values: dict[str, Any] = {
        "kind": "SOAP", "base_url": server.url, "wsdl": msgspec.json.encode(bundle).decode(), "port": "Orders/Orders",
    }  # fmt: skip
    return connector(1, **{**values, **fields})


def call(known: Connector, operation: str, document: Any, **headers: str) -> Reply:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return ask(snapshot(known), f"/{operation}", "POST", body=body, **headers)


def test_json_goes_in_and_comes_out(server: SoapServer) -> None:
    """By the name of the operation; the answer is text of the form that MCS gave."""
    reply = call(orders(server), "getOrder", GET, content_type="application/json")
    order = told(reply)["Body"]["getOrderResponse"]["getOrderResult"]
    assert (reply.status, dict(reply.headers)["Content-Type"]) == (200, "application/json")
    assert (order["total"], order["lines"]["Line"][1]) == (19.9, {"article": "ink", "count": 1, "note": "blue"})


def test_an_envelope_goes_in_and_comes_out(server: SoapServer) -> None:
    """With `application/xml` as Content-Type and Accept; each of them for itself, too."""
    call(orders(server), "getOrder", GET)
    envelope = server.asked[-1][1]
    reply = call(orders(server), "getOrder", envelope, content_type="application/xml", accept="application/xml")
    assert dict(reply.headers)["Content-Type"] == "application/xml"
    assert isinstance(reply.body, bytes) and b"getOrderResponse" in reply.body and b"<" in reply.body[:1]
    mixed = call(orders(server), "getOrder", envelope, content_type="text/xml; charset=utf-8")
    assert told(mixed)["Body"]["getOrderResponse"]


def test_what_is_sent_is_what_soap_asks_for(server: SoapServer) -> None:
    """Media type and action by the version of SOAP, and nothing of the call's own that would contradict them."""
    call(orders(server), "getOrder", GET, content_type="application/json", accept="application/json", x_own="1")
    headers, _ = server.asked[-1]
    if server.version == "1.2":
        assert headers["content-type"] == 'application/soap+xml; charset=utf-8; action="getOrder"'
        assert "soapaction" not in headers
    else:
        assert (headers["content-type"], headers["soapaction"]) == ("text/xml; charset=utf-8", '"getOrder"')
    assert "json" not in headers["accept"] and headers["x-own"] == "1"


def test_a_fault_is_the_systems_answer(server: SoapServer) -> None:
    """With its status, so that the SDK's promise is rejected with it."""
    reply = call(orders(server), "getOrder", {"Body": {"getOrder": {"number": 700}}})
    assert reply.status == 500
    assert "no order 700" in json.dumps(told(reply)["Body"]["Fault"])


@pytest.mark.parametrize("digest", [False, True])
def test_a_username_token_is_put_into_the_header(server: SoapServer, digest: bool) -> None:
    """In plain or as a digest, also into an envelope that came in; nobody else's Authorization goes along."""
    known = orders(server, token=UsernameToken("shop", "s3cret", digest))
    call(known, "ping", PING, oracle_mobile_external_authorization="Basic x")
    headers, envelope = server.asked[-1]
    assert b"<wsse:Username>shop</wsse:Username>" in envelope
    assert (b"s3cret" in envelope) is not digest and (b"PasswordDigest" in envelope) is digest
    assert "authorization" not in headers
    call(orders(server), "ping", PING)
    plain = server.asked[-1][1]
    assert b"wsse" not in plain
    call(known, "ping", plain, content_type="application/xml")
    assert b"<wsse:Username>shop</wsse:Username>" in server.asked[-1][1]


def test_basic_credentials_are_those_of_http(server: SoapServer) -> None:
    """As with REST."""
    call(orders(server, header=("authorization", "Basic eDp5")), "ping", PING)
    assert server.asked[-1][0]["authorization"] == "Basic eDp5"


def test_an_address_may_have_a_query(server: SoapServer) -> None:
    """As those of SAP have; WSDL names the whole address."""
    reply = call(orders(server, base_url=f"{server.url}/?party=x"), "ping", PING)
    assert (reply.status, server.asked[-1][0]["query-string"]) == (200, "party=x")


def test_what_cannot_be_called_is_told(server: SoapServer) -> None:
    """Another method, another operation, arguments that do not fit, and no envelope."""
    known = orders(server)
    with pytest.raises(MethodNotAllowed):
        ask(snapshot(known), "/getOrder", "GET")
    with pytest.raises(ResourceNotFound, match="createOrder, getOrder, ping"):
        call(known, "deleteOrder", {})
    for bad in ({"Body": {"getOrder": {"numbr": 1}}}, [], b"no json"):
        with pytest.raises(RequestInvalid, match="makes no envelope"):
            call(known, "getOrder", bad)
    for bad in (b"no xml", b"<order/>", b'<!DOCTYPE x [<!ENTITY e "x">]><x>&e;</x>'):
        with pytest.raises(RequestInvalid, match="makes no envelope"):
            call(known, "getOrder", bad, content_type="application/xml")


def test_a_system_that_speaks_no_soap(server: SoapServer) -> None:
    """Its own error is passed on; what should be an answer and is none is 502."""
    reply = call(orders(server, base_url=f"{server.url}/page"), "ping", PING)
    assert (reply.status, reply.body) == (503, b"<h1>Not now</h1>")
    with pytest.raises(ConnectorFailed, match="no envelope"):
        call(orders(server, base_url=f"{server.url}/odd"), "ping", PING)
    with pytest.raises(ConnectorFailed, match="no answer"):
        call(orders(server, base_url="http://127.0.0.1:1"), "ping", PING)
    with pytest.raises(ConnectorFailed, match="cannot be read"):
        call(orders(server, wsdl="{}"), "ping", PING)


def test_the_egress_guard_holds(server: SoapServer) -> None:
    """An address of the WSDL is no more trusted than any other."""
    with pytest.raises(DestinationRefused):
        call(orders(server, allow=()), "ping", PING)


def test_without_zeep_the_line_to_install_it_is_told(server: SoapServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that serves a SOAP connector and lacks the extra says so."""
    monkeypatch.setattr(wsdl, "is_installed", lambda: False)
    with pytest.raises(ConnectorFailed, match=r"pip install 'openmcs\[soap\]'"):
        call(orders(server), "ping", PING)
