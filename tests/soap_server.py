"""
A real SOAP server for tests: spyne's, which shares no code with what calls it.

It is a process of its own, `python tests/soap_server.py 1.1`: what spyne does to Python's imports stays there.
"""

from __future__ import annotations

import base64
import json
import logging
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

NAMESPACE = "urn:orders"


class SoapServer:
    """A running server: its version of SOAP, its address and its WSDL."""

    def __init__(self, version: str, url: str, wsdl: str) -> None:
        self.version = version
        self.url = url
        self.wsdl = wsdl

    @property
    def asked(self) -> list[tuple[dict[str, str], bytes]]:
        """The calls so far: header fields and body."""
        with urllib.request.urlopen(f"{self.url}/asked") as answer:
            return [(headers, base64.b64decode(body)) for headers, body in json.load(answer)]


@contextmanager
def soap_server(version: str = "1.1") -> Iterator[SoapServer]:
    """A server at a free port of this machine."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", __file__, version], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        assert process.stdout is not None and process.stderr is not None
        line = process.stdout.readline()
        assert line, process.stderr.read().decode()
        yield SoapServer(version, **json.loads(line))
    finally:
        process.kill()
        process.communicate()


def _application(version: str) -> Any:
    from spyne import (
        Application,
        Array,
        Boolean,
        ByteArray,
        ComplexModel,
        Decimal,
        Fault,
        Integer,
        ServiceBase,
        Unicode,
        XmlAttribute,
        rpc,
    )
    from spyne.protocol.soap import Soap11, Soap12

    class Line(ComplexModel):
        __namespace__ = NAMESPACE
        article = Unicode(min_occurs=1)
        count = Integer(min_occurs=1)
        note = Unicode(min_occurs=0, nillable=True)

    class Order(ComplexModel):
        __namespace__ = NAMESPACE
        number = XmlAttribute(Integer)
        customer = Unicode
        total = Decimal
        paid = Boolean
        seal = ByteArray
        lines = Array(Line)

    class Shop(ComplexModel):
        __namespace__ = NAMESPACE
        name = Unicode

    class Orders(ServiceBase):
        __in_header__ = Shop

        @rpc(Integer, _returns=Order)
        def getOrder(ctx: Any, number: int) -> Order:
            if number > 100:
                raise Fault("Client.NotFound", f"no order {number}")
            shop = ctx.in_header.name if ctx.in_header else None
            lines = [Line(article="pen", count=2, note=None), Line(article="ink", count=1, note="blue")]
            return Order(number=number, customer=shop, total="19.90", paid=False, seal=[b"\0\1"], lines=lines)

        @rpc(Order, _returns=Unicode)
        def createOrder(ctx: Any, order: Order) -> str:
            """What came in, told back."""
            lines = ",".join(f"{each.count}x{each.article}:{each.note}" for each in order.lines or ())
            seal = b"".join(order.seal).hex() if order.seal else ""
            return f"{order.number}|{order.customer}|{order.total}|{order.paid}|{seal}|{lines}"

        @rpc()
        def ping(ctx: Any) -> None:
            """Nothing in, nothing out."""

    protocol = Soap11 if version == "1.1" else Soap12
    return Application(
        [Orders], NAMESPACE, name="Orders", in_protocol=protocol(validator="lxml"), out_protocol=protocol()
    )


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Not on the tests' output."""


def _serve(version: str) -> None:
    from io import BytesIO

    from spyne.server.wsgi import WsgiApplication

    logging.disable()
    spyne = WsgiApplication(_application(version))
    asked: list[tuple[dict[str, str], str]] = []

    def answer(environ: dict[str, Any], start: Any) -> Any:
        if environ["PATH_INFO"] == "/asked":
            start("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(asked).encode()]
        if environ["PATH_INFO"] == "/page":
            start("503 Out", [("Content-Type", "text/html")])
            return [b"<h1>Not now</h1>"]
        if environ["PATH_INFO"] == "/odd":
            start("200 OK", [("Content-Type", "text/html")])
            return [b"<h1>Hello</h1>"]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        headers = {name.removeprefix("HTTP_").replace("_", "-").lower(): str(value) for name, value in environ.items()}
        asked.append((headers, base64.b64encode(body).decode()))
        return spyne({**environ, "wsgi.input": BytesIO(body)}, start)

    with make_server("127.0.0.1", 0, answer, handler_class=_Quiet) as http:
        url = f"http://127.0.0.1:{http.server_port}"
        spyne.doc.wsdl11.build_interface_document(url)
        print(json.dumps({"url": url, "wsdl": spyne.doc.wsdl11.get_interface_document().decode()}), flush=True)
        http.serve_forever()


if __name__ == "__main__":
    _serve(sys.argv[1])
