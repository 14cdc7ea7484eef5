"""
A real gateway process's server in this one: the application behind uvicorn and the hardened protocol, on a port.

Tests speak to it in raw bytes where casing matters, and over HTTP where it does not.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import uvicorn
from sqlalchemy import Table, select

from openmcs.auth import team
from openmcs.catalog.archive import write
from openmcs.cli.client import Tools
from openmcs.gateway_process import configuration
from openmcs.settings import Auth, Settings, Store
from openmcs.store import schema
from openmcs.store.database import Database
from openmcs.store.log_loader import Loader
from openmcs.store.tables import request_log

BACKEND_ID = "2f1c1a54-5a0b-4c0e-8f57-52d6b1f0a9c3"
OTHER_BACKEND_ID = "77777777-5a0b-4c0e-8f57-52d6b1f0a9c3"
ANONYMOUS_KEY = base64.b64encode(b"T_MOBILE_ANONYMOUS_APPID:anonymous-key").decode()
APPLICATION_KEY = "1f9f5d6e-0000-4000-8000-1234567890ab"
ORIGIN = "https://app.example.com"
PASSWORD = "Mobile1*pass"

ECHO_RAML = """#%RAML 0.8
title: Echo
version: "1.0"
baseUri: /mobile/custom/echo
mediaType: application/json
/all:
  get: {}
  post: {}
  put: {}
  patch: {}
  delete: {}
/headers:
  get: {}
/slow:
  get: {}
/items/{id}:
  get: {}
/failing:
  get: {}
"""
ECHO = """
import asyncio


def register(service):
    for verb in ("get", "post", "put", "patch", "delete"):
        getattr(service, verb)("/all", everything)
    service.get("/headers", headers)
    service.get("/slow", slow)
    service.get("/items/:id", everything)
    service.get("/failing", failing)


def failing(req):
    raise ValueError("as it should")


def everything(req, res):
    res.json({
        "method": req.method, "url": req.url, "headers": dict(req.headers), "raw": req.raw.decode("latin-1"),
        "body": req.body, "params": dict(req.params), "user": req.user.name, "anonymous": req.user.anonymous,
    })


async def slow(req, res):
    await asyncio.sleep(2)
    res.json({})


def headers(req, res):
    res.set("oracle-mobile-sync-resource-type", "collection").set("X-Own-Name", "1").set("etag", '"7"')
    res.set("WWW-Authenticate", 'Basic realm="x"').set("Access-Control-Allow-Origin", "*")
    res.set("X-Wild", "a\\x01b\\u2192").json({"ok": True})
"""
PROJECT = """[project]
name = "echo"
version = "1.0"
requires-python = ">=3.11"
dependencies = []

[tool.openmcs]
main = "echo.py"
"""
MOCKED_RAML = """#%RAML 0.8
title: Mocked
version: "1.0"
baseUri: /mobile/custom/mocked
mediaType: application/json
/event/{id}:
  get:
    responses:
      200:
        body:
          application/json:
            example: |
              {"id": 1}
"""


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    """In the casing of the wire."""
    body: bytes

    def json(self) -> Any:
        """The parsed body."""
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        """One header's value, whatever its casing."""
        return next((value for each, value in self.headers if each.lower() == name.lower()), None)

    def named(self, name: str) -> list[str]:
        """The values of the headers of exactly that casing."""
        return [value for each, value in self.headers if each == name]


class PlatformServer:
    """The running platform, with two backends, a user and two APIs: one echoes, one is mocked."""

    def __init__(self, data: Path, *, settings: Settings | None = None) -> None:
        # All tests come from one address, and many of them with wrong passwords.
        base = settings or Settings(auth=Auth(attempts_per_minute=1_000_000))
        self.settings = Settings(
            server=base.server, auth=base.auth, runtime=base.runtime, store=Store(), log=base.log, data=str(data)
        )
        data.mkdir(parents=True, exist_ok=True)
        (data / "canary").write_text("canary")
        self.database = Database.open(self.settings.store_url)
        schema.upgrade(self.database)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._server = uvicorn.Server(configuration(self.settings))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True)
        self._loader = Loader(self.database, data / "spool")

    def start(self) -> None:
        """Serve; returns when calls are answered."""
        self._thread.start()
        until = time.monotonic() + 60
        while not self._server.started:
            assert self._thread.is_alive() and time.monotonic() < until
            time.sleep(0.01)
        self.tools = Tools(self.url, team.local_token(self.database))

    def stop(self) -> None:
        """End the server and its workers."""
        self._server.should_exit = True
        self._thread.join(30)
        self.tools.close()
        self.database.close()

    def fill(self) -> None:
        """Deploy the two APIs and the two backends."""
        for name, text in (("echo", ECHO_RAML), ("mocked", MOCKED_RAML)):
            definition = {"name": name, "version": "1.0", "apiDefn": [text], "files": {}, "root": f"{name}.raml"}
            api = self.tools.put(f"/apis/by-name/{name}/1.0", definition | {"files": {f"{name}.raml": text}})
            if name == "echo":
                archive = write({"pyproject.toml": PROJECT.encode(), "echo.py": ECHO.encode()}, "echo")
                self.tools.upload(f"/apis/{api['id']}/implementations", "echo.zip", archive)
        self.put_backend()
        other = {
            "corsOrigins": [],
            "backendId": OTHER_BACKEND_ID,
            "apis": [],
            "users": [],
            "clients": [],
            "realm": "Other",
        }
        self.put_backend("other", **other, anonymousAuth=False)

    def put_backend(self, name: str = "wired", **values: Any) -> None:
        """Apply a backend as a project folder would."""
        definition: dict[str, Any] = {
            "name": name, "version": "1.0", "backendId": BACKEND_ID, "anonymousKey": ANONYMOUS_KEY,
            "apis": [{"name": "echo", "version": "1.0"}, {"name": "mocked", "version": "1.0"}],
            "corsOrigins": [ORIGIN, "https://*.example.org", "http://localhost:*"],
            "appPolicies": {"mapLayer": "terrain", "refreshSeconds": 30, "ratio": 0.5, "offline": True},
            "clients": [{"name": "web", "platform": "WEB", "clientId": "c", "applicationKey": APPLICATION_KEY}],
            "users": [
                {"username": "joe", "password": PASSWORD, "firstName": "Joe", "lastName": "Doe",
                 "email": "joe@example.com", "roles": ["responder"]},
                {"username": "andré", "password": "geheim-é-1*", "firstName": "André"},
            ],
        }  # fmt: skip
        self.tools.put(f"/mobilebackends/by-name/{name}/1.0", definition | values)

    # ── calls ────────────────────────────────────────────────────────────────────────────────────

    def call(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes | str | None = None
    ) -> Answer:
        """One call with a connection of its own; the names go out as they are written."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in (headers or {}).items():
                connection.putheader(name, value.encode("latin-1"))
            data = body.encode() if isinstance(body, str) else body
            if data is not None:
                connection.putheader("Content-Length", str(len(data)))
            connection.endheaders(data)
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())

    def raw(self, request: bytes) -> bytes:
        """What comes back for these bytes until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(request)
            received = b""
            while piece := connection.recv(65536):
                received += piece
        return received

    def rows(self, table: Table = request_log) -> list[dict[str, Any]]:
        """What was recorded, oldest first."""
        self._loader.run_once()
        with self.database.read() as connection:
            order = (table.c.segment, table.c.position)
            return [dict(row) for row in connection.execute(select(table).order_by(*order)).mappings()]

    def row_of(self, answer: Answer) -> dict[str, Any]:
        """The request's row in the log."""
        ecid = answer.header("X-ORACLE-DMS-ECID")
        return next(row for row in self.rows() if row["ecid"] == ecid)


def basic(user: str, password: str, encoding: str = "utf-8") -> str:
    """A value of `Authorization`."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode(encoding)).decode()


def anonymous(**more: str) -> dict[str, str]:
    """The headers of an anonymous call."""
    return {"Oracle-Mobile-Backend-Id": BACKEND_ID, "Authorization": f"Basic {ANONYMOUS_KEY}", **more}


def joe(**more: str) -> dict[str, str]:
    """The headers of a user's call."""
    return {"Oracle-Mobile-Backend-Id": BACKEND_ID, "Authorization": basic("joe", PASSWORD), **more}


@contextlib.contextmanager
def platform_server(data: Path, *, settings: Settings | None = None, filled: bool = True) -> Iterator[PlatformServer]:
    """One that ends with the block."""
    server = PlatformServer(data, settings=settings)
    server.start()
    try:
        if filled:
            server.fill()
        yield server
    finally:
        server.stop()
