"""A story of custom code: calls within calls, connectors, secrets, clients that leave, and what the log tells."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import http.server
import json
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from openmcs.catalog.archive import write
from openmcs.store.tables import log_message
from tests.platform_server import PlatformServer, anonymous, joe
from tests.soap_server import SoapServer, soap_server

RAML = """#%RAML 0.8
title: Shop
/order:
  get:
/deep:
  get:
/slow:
  get:
/stream:
  get:
/seen:
  get:
/secret:
  get:
/soap/{number}:
  get:
/files:
  post:
"""
CODE = """
import asyncio
import hashlib

SEEN = []


async def startup(service):
    service.state.key = None


def register(service):
    service.get("/order", order)
    service.get("/deep", deep)
    service.get("/slow", slow)
    service.get("/stream", stream)
    service.get("/seen", lambda req: SEEN)
    service.get("/secret", secret)
    service.get("/soap/:number", soap)
    service.post("/files", files, stream=True)


async def order(req):
    user, lines = await asyncio.gather(
        req.mobile.ums.getUser(), req.mobile.connectors.erp.get("lines", {"outType": "json", "qs": {"of": "7"}})
    )
    echoed = await req.mobile.custom.get("echo", "items/7", outType="json", versionToInvoke="1.0")
    console.info("ordered by", user.result["username"])
    return {"user": user.result["username"], "lines": lines.result, "echo": echoed.result["params"]}


def deep(req):
    try:
        return req.mobile.custom.shop.get("deep", {"outType": "json"}).result().result
    except Exception as error:
        return {"status": error.statusCode, "rid": req.rid}


async def slow(req):
    try:
        await asyncio.sleep(30)
    except asyncio.CancelledError:
        SEEN.append("slow was cancelled")
        raise


async def stream(req):
    try:
        while True:
            yield b"x" * 1000
            await asyncio.sleep(0.01)
    finally:
        SEEN.append("stream was closed")


def secret(req):
    console.info("the key is", req.mobile.config["key"])
    return {"length": len(req.mobile.config["key"])}


async def files(req):
    digest, size = hashlib.sha256(), 0
    try:
        async for piece in req.stream():
            digest.update(piece)
            size += len(piece)
            if size > 1_000_000 and req.query.get("mark"):
                SEEN.append("half")
    except asyncio.CancelledError:
        SEEN.append("cancelled at " + req.url)
        raise
    return {"size": size, "digest": digest.hexdigest()}


async def soap(req):
    body = {"Header": None, "Body": {"getOrder": {"number": int(req.params["number"])}}}
    answer = await req.mobile.connectors.orders.post("getOrder", body, {"inType": "json", "outType": "json"})
    return answer.result["Body"]["getOrderResponse"]["getOrderResult"]
"""
MANIFEST = """[project]
name = "shop"
version = "1.0"

[tool.openmcs]
main = "shop.py"
apis = { shop = "1.0" }
connectors = { erp = "1.0", orders = "1.0" }
"""
SECRET = "sk-0123456789abcdef"


class Erp(http.server.BaseHTTPRequestHandler):
    """The system behind the connector."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        told = {"path": self.path, "authorization": self.headers.get("Authorization"), "x": self.headers.get("X-Rule")}
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def erp() -> Iterator[int]:
    """Its port."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Erp)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def orders() -> Iterator[SoapServer]:
    """A system that speaks SOAP."""
    with soap_server() as running:
        yield running


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, erp: int, orders: SoapServer) -> Iterator[PlatformServer]:
    """A platform with the shop, its connector and its secret."""
    server = PlatformServer(tmp_path_factory.mktemp("shop") / "data")
    server.start()
    server.fill()
    tools = server.tools
    connector = tools.put(
        "/connectors/by-name/erp/1.0",
        {"baseUrl": f"http://127.0.0.1:{erp}/api", "allow": ["127.0.0.1"], "rules": [{"headers": {"X-Rule": "yes"}}]},
    )
    tools.put(f"/connectors/{connector['id']}/credentials", {"kind": "bearer", "token": SECRET})
    wsdl = {"root": "orders.wsdl", "files": {"orders.wsdl": orders.wsdl}}
    soap = tools.put("/connectors/by-name/orders/1.0", {"kind": "SOAP", "wsdl": wsdl, "allow": ["127.0.0.1"]})
    tools.put(f"/connectors/{soap['id']}/credentials", {"kind": "wsse", "username": "shop", "password": SECRET})
    api = tools.put("/apis/by-name/shop/1.0", {"name": "shop", "version": "1.0", "apiDefn": [RAML]})
    archive = write({"pyproject.toml": MANIFEST.encode(), "shop.py": CODE.encode()}, "shop")
    uploaded = tools.upload(f"/apis/{api['id']}/implementations", "shop.zip", archive)
    assert uploaded["unresolvedDependencies"] == []
    tools.put(f"/apis/{api['id']}/configuration/key", {"value": SECRET, "secret": True})
    server.put_backend(apis=[{"name": each, "version": "1.0"} for each in ("echo", "mocked", "shop")])
    yield server
    server.stop()


def test_one_call_of_an_app_is_one_tree_in_the_log(shop: PlatformServer) -> None:
    """The user's service, a connector and another API are asked as the caller, each a row under the same ECID."""
    answer = shop.call("GET", "/mobile/custom/shop/order", joe())
    assert answer.json() == {
        "user": "joe", "echo": {"id": "7"},
        "lines": {"path": "/api/lines?of=7", "authorization": f"Bearer {SECRET}", "x": "yes"},
    }  # fmt: skip
    ecid = answer.header("X-ORACLE-DMS-ECID")
    rows = {row["rid"]: row for row in shop.rows() if row["ecid"] == ecid}
    assert set(rows) == {"0", "0:1", "0:2", "0:3"}
    assert {row["api"] for row in rows.values()} == {"shop", "platform/users", "connector/erp", "echo"}
    assert {(row["user"], row["status"]) for row in rows.values()} == {("joe", 200)}
    lines = [row for row in shop.rows(log_message) if row["ecid"] == ecid]
    assert [line["text"] for line in lines] == ["ordered by joe"]


def test_an_operation_of_a_soap_system_is_a_call_like_any_other(shop: PlatformServer, orders: SoapServer) -> None:
    """JSON for the code, an envelope with the connector's credentials for the system, and a row under the ECID."""
    answer = shop.call("GET", "/mobile/custom/shop/soap/7", joe())
    assert (answer.json()["@number"], answer.json()["lines"]["Line"][0]["article"]) == ("7", "pen")
    assert f"{SECRET}</wsse:Password>".encode() in orders.asked[-1][1]
    rows = {row["rid"]: row for row in shop.rows() if row["ecid"] == answer.header("X-ORACLE-DMS-ECID")}
    assert (rows["0:1"]["api"], rows["0:1"]["resource"], rows["0:1"]["status"]) == (
        "connector/orders",
        "/getOrder",
        200,
    )
    failed = shop.call("GET", "/mobile/custom/shop/soap/700", joe())
    rows = {row["rid"]: row for row in shop.rows() if row["ecid"] == failed.header("X-ORACLE-DMS-ECID")}
    assert (failed.status, rows["0:1"]["status"]) == (500, 500)


FILE = bytes(range(256)) * 4096
"""A mebibyte."""


def send_file(shop: PlatformServer, pieces: Iterable[bytes]) -> tuple[int, Any, str]:
    """Status, document and ECID of an upload without a length."""
    headers = {**joe(), "Content-Type": "application/octet-stream"}
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", shop.port, timeout=30)) as connection:
        connection.request("POST", "/mobile/custom/shop/files", iter(pieces), headers, encode_chunked=True)
        response = connection.getresponse()
        return response.status, json.loads(response.read()), response.headers["X-ORACLE-DMS-ECID"]


def test_a_large_file_is_read_as_it_comes(shop: PlatformServer) -> None:
    """Byte for byte, with or without a length; the log has its size."""
    told = {"size": 9 * len(FILE), "digest": hashlib.sha256(FILE * 9).hexdigest()}
    status, document, ecid = send_file(shop, [FILE] * 9)
    assert (status, document) == (200, told)
    assert next(row["bytes_in"] for row in shop.rows() if row["ecid"] == ecid) == told["size"]
    answer = shop.call("POST", "/mobile/custom/shop/files", joe(), FILE * 9)
    assert (answer.status, answer.json()) == (200, told)


def test_a_file_that_grows_too_large_is_refused_in_the_middle(shop: PlatformServer) -> None:
    """413 with the vendor's error object; the next call is answered by the same worker."""
    status, document, ecid = send_file(shop, [FILE] * 11)
    assert (status, document["o:errorCode"]) == (413, "MOBILE-90010")
    assert next(row["status"] for row in shop.rows() if row["ecid"] == ecid) == 413
    assert send_file(shop, [FILE])[0] == 200


def test_a_client_that_leaves_during_its_upload_ends_it(shop: PlatformServer) -> None:
    """The handler is cancelled, and the call is in the log with 499."""
    headers = "".join(f"{name}: {value}\r\n" for name, value in joe().items())
    with socket.create_connection(("127.0.0.1", shop.port)) as connection:
        head = f"POST /mobile/custom/shop/files?mark=1 HTTP/1.1\r\nHost: x\r\nContent-Length: {len(FILE) * 5}\r\n{headers}\r\n"
        connection.sendall(head.encode() + FILE * 2)
        seen_by(shop, "half")
    seen_by(shop, "cancelled at /mobile/custom/shop/files?mark=1")
    assert [row["status"] for row in shop.rows() if row["resource"] == "/files"][-1] == 499


def seen_by(shop: PlatformServer, what: str) -> None:
    """Wait until the code has seen something."""
    for _ in range(200):
        if what in shop.call("GET", "/mobile/custom/shop/seen", joe()).json():
            return
        time.sleep(0.05)
    raise AssertionError(f"{what!r} was not seen")


def test_calls_are_split_between_two_versions(shop: PlatformServer) -> None:
    """A device stays on its side, each row of the log names its implementation, and ending it fails no call."""
    (api,) = [each for each in shop.tools.all("/apis") if each["name"] == "shop"]
    path = f"/apis/{api['id']}/implementations"
    manifest = MANIFEST.replace('version = "1.0"', 'version = "2.0"', 1)
    archive = write({"pyproject.toml": manifest.encode(), "shop.py": CODE.encode()}, "shop")
    second = shop.tools.upload(f"{path}?percent=50", "shop.zip", archive)["implementation"]
    assert (second["active"], second["percent"]) == (False, 50)
    assert shop.tools.get(f"/apis/{api['id']}")["canary"]["version"] == "2.0"

    def answered_by(device: str) -> str:
        headers = anonymous(**{"Oracle-Mobile-Device-ID": device})
        answer = shop.call("GET", "/mobile/custom/shop/secret", headers)
        assert answer.status == 200
        return str(shop.row_of(answer)["implementation"])

    sides = {f"device{n}": answered_by(f"device{n}") for n in range(20)}
    assert set(sides.values()) == {"shop(1.0)", "shop(2.0)"}
    assert {device: answered_by(device) for device in sides} == sides
    on_canary = next(device for device, side in sides.items() if side == "shop(2.0)")
    boom = shop.call("GET", "/mobile/custom/shop/soap/x", anonymous(**{"Oracle-Mobile-Device-ID": on_canary}))
    assert (boom.status, shop.row_of(boom)["implementation"]) == (500, "shop(2.0)")
    shop.tools.put(f"{path}/{second['id']}/share", {"percent": 0})
    assert {answered_by(device) for device in sides} == {"shop(1.0)"}


def test_an_api_that_calls_itself_is_cut_off(shop: PlatformServer) -> None:
    """The deepest call gets 508; it is in the log too."""
    answer = shop.call("GET", "/mobile/custom/shop/deep", joe())
    assert answer.json() == {"status": 508, "rid": "0" + ":1" * 8}
    statuses = [row["status"] for row in shop.rows() if row["ecid"] == answer.header("X-ORACLE-DMS-ECID")]
    assert sorted(statuses) == [200] * 9 + [508]


def test_connectors_are_not_reached_from_outside(shop: PlatformServer) -> None:
    """An app that guesses the path gets 404."""
    assert shop.call("GET", "/mobile/connector/erp/lines", joe()).status == 404


@pytest.mark.parametrize(("path", "seen"), [("/slow", "slow was cancelled"), ("/stream", "stream was closed")])
def test_a_client_that_leaves_cancels_its_call(shop: PlatformServer, path: str, seen: str) -> None:
    """The handler is told, and the log has the call."""
    headers = "".join(f"{name}: {value}\r\n" for name, value in joe().items())
    with socket.create_connection(("127.0.0.1", shop.port)) as connection:
        connection.sendall(f"GET /mobile/custom/shop{path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode())
        if path == "/stream":
            connection.recv(1000)
        else:
            time.sleep(0.3)
    seen_by(shop, seen)
    row = next(row for row in shop.rows() if row["resource"] == path)
    assert "went away" in row["error_detail"]


def test_a_secret_reaches_the_code_and_no_log(shop: PlatformServer) -> None:
    """Its place in a line is stars."""
    assert shop.call("GET", "/mobile/custom/shop/secret", joe()).json() == {"length": len(SECRET)}
    lines = [row["text"] for row in shop.rows(log_message)]
    assert "the key is ***" in lines
    assert not [line for line in lines if SECRET in line]
