"""An installation with something to see: backends, APIs, users, a team, and calls that went well and badly."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.server import Server

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery"
SECRET = "sk_live_never_shown_again"
HOSTILE = (
    "<script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=1>",
    '"><svg onload=window.hacked=1>',
    "javascript:window.hacked=1",
    "{{constructor.constructor('window.hacked=1')()}}",
    "</textarea><script>window.hacked=1</script>",
    '=HYPERLINK("http://evil.example")',
    "\u202egnp.exe",
)
"""What a client may send as any text that it controls."""

RAML = """#%RAML 0.8
# The orders of a shop.
title: Orders
version: "1.0"
mediaType: application/json
/order:
  get:
    description: All orders
    queryParameters:
      limit: {type: integer, description: At most so many, default: 10}
    responses:
      200: {body: {application/json: {example: '[{"id": 1, "item": "Lamp"}]'}}}
  post:
    body: {application/json: {example: '{"item": "Lamp"}'}}
    responses:
      201: {body: {application/json: {example: '{"id": 2, "item": "Lamp"}'}}}
  /{id}:
    get:
      description: One order
      responses:
        200: {body: {application/json: {example: '{"id": 1, "item": "Lamp"}'}}}
/picture:
  get:
    responses:
      200: {body: {image/png: {}}}
/trouble:
  get:
    responses:
      200: {}
"""

CODE = '''"""Orders of a shop."""

import base64

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def register(service):
    service.get("/order", orders)
    service.post("/order", add)
    service.get("/order/:id", order)
    service.get("/picture", picture)
    service.get("/trouble", trouble)


def orders(req):
    req.console.info("listing orders")
    return [{"id": 1, "item": "Lamp"}]


def add(req):
    req.console.warning("adding", req.body)
    return 201, {"id": 2, "item": "Lamp"}


def order(req):
    req.console.info("order", req.params["id"])
    return {"id": req.params["id"], "item": "Lamp"}


def picture(req, res):
    res.type("image/png")
    res.send(base64.b64decode(PIXEL))


def trouble(req):
    stock = {}
    return stock["lamp"]
'''


def project(version: str = "1.0", code: str = CODE) -> bytes:
    """The implementation of the orders as a zip."""
    manifest = f'[project]\nname = "orders"\nversion = "{version}"\n\n[tool.openmcs]\nmain = "orders.py"\n'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("pyproject.toml", manifest)
        file.writestr("orders.py", code)
    return out.getvalue()


class Estate:
    """What was made, and a client that calls it like an app."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.evil: dict[str, Any] = {}
        """A connector whose author means harm, where there is one."""
        self.api = self.made("POST", "/apis", json={"name": "orders", "title": "Orders", "apiDefn": [RAML]})
        self.mock = self.made("POST", "/apis", json={"name": "stock", "title": "Stock", "apiDefn": [RAML]})
        self.made("POST", f"/apis/{self.api['id']}/implementations", files={"file": ("orders.zip", project("0.9"))})
        self.made("POST", f"/apis/{self.api['id']}/implementations", files={"file": ("orders.zip", project())})
        shop = {"name": "shop", "description": "The shop's app", "appPolicies": {"refreshSeconds": 30, "offline": True}}
        self.backend = self.made(
            "POST", "/mobilebackends", json={**shop, "clients": [{"name": "web", "clientId": "org.shop"}]}
        )
        for api in (self.api, self.mock):
            self.made("PUT", f"/mobilebackends/{self.backend['id']}/apis/{api['id']}")
        self.made(
            "POST", "/users", json={"username": "joe", "password": "Mobile1*", "firstName": "Joe", "roles": ["clerk"]}
        )
        erp = {
            "name": "warehouse",
            "title": "What is on the shelves",
            # The platform itself stands in for a system behind it.
            "baseUrl": f"{server.url}/healthz",
            "allow": ["127.0.0.1"],
            "rules": [{"resource": "/*", "headers": {"X-Client": "mobile"}, "query": {"expand": "lines"}}],
        }
        self.connector = self.made("POST", "/connectors", json=erp)
        self.made("PUT", f"/apis/{self.api['id']}/configuration/shelf.url", json={"value": "https://shelf.example"})
        secret = {"value": SECRET, "secret": True}
        self.made("PUT", f"/mobilebackends/{self.backend['id']}/configuration/shelf.key", json=secret)
        self.made("POST", "/team", json={"name": "root", "password": PASSWORD, "role": "administrator"})

    def made(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """The answer of a tool that succeeds."""
        response = self.server.tools(method, path, **options)
        assert response.is_success, response.text
        document: dict[str, Any] = response.json()
        return document

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A call to the custom API, anonymous unless credentials are given."""
        headers = {
            "Oracle-Mobile-Backend-ID": self.backend["backendId"],
            "Authorization": f"Basic {self.backend['anonymousKey']}",
            **options.pop("headers", {}),
        }
        if "auth" in options:
            del headers["Authorization"]
        return self.server.http.request(method, f"/mobile/custom/{path}", headers=headers, **options)

    def calls(self) -> None:
        """Calls of every outcome."""
        for number in range(12):
            assert self.call("GET", "orders/order").status_code == 200
            self.call("GET", f"orders/order/{number}", auth=("joe", "Mobile1*"))
        assert self.call("POST", "orders/order", json={"item": "Lamp"}).status_code == 201
        assert self.call("GET", "orders/nothing").status_code == 404
        for _ in range(3):
            assert self.call("GET", "orders/trouble").status_code == 500
        assert self.call("GET", "stock/order").status_code == 200

    def events(self, name: str = "Viewed", value: str = "lamp") -> None:
        """What an app reports of three sessions: all looked, two put something into the basket, one bought."""
        now = datetime.now(UTC)
        for session in range(3):
            time = (now - timedelta(minutes=5 - session)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            names = [name, "Basket", "Bought"][: 3 - session]
            reported = [
                {"name": "sessionStart", "type": "system", "timestamp": time, "sessionID": f"session-{session}-{name}"[:36]},
                *(
                    {"name": each, "timestamp": time, "sessionID": f"session-{session}-{name}"[:36], "properties": {"item": value}}
                    for each in names
                ),
            ]  # fmt: skip
            response = self.server.http.post(
                "/mobile/platform/analytics/events",
                json=reported,
                headers={
                    "Oracle-Mobile-Backend-ID": self.backend["backendId"],
                    "Authorization": f"Basic {self.backend['anonymousKey']}",
                    "Oracle-Mobile-Application-Key": self.backend["clients"][0]["applicationKey"],
                },
            )
            assert response.status_code < 300, response.text

    def hostile_calls(self) -> None:
        """Every text that a client controls, each with every text that has hurt somebody."""
        for text in HOSTILE:
            sent = text.encode("utf-8")
            self.call("GET", "orders/order/" + "".join(f"%{byte:02X}" for byte in sent))
            self.call("POST", "orders/order", json={"item": text})
            headers = {
                name: sent
                for name in (
                    "User-Agent", "Oracle-Mobile-Client-SDK-Info", "Oracle-Mobile-Device-ID", "Oracle-Mobile-Application-Key",
                    "Oracle-Mobile-Diagnostic-Session-ID", "Oracle-Mobile-Client-Request-Time",
                )
            }  # fmt: skip
            self.call("GET", "orders/order", headers=headers)
            self.call("GET", "orders/order", auth=(text.replace(":", ""), "x"))
