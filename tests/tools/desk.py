"""A desk to call the tools API from: the application in this process, on a database of its own."""

from __future__ import annotations

import asyncio
import functools
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from openmcs.analytics.live import Follower
from openmcs.auth import passwords, team
from openmcs.auth.attempts import Attempts
from openmcs.auth.trials import Trials
from openmcs.catalog.configuration import Configurations
from openmcs.catalog.connectors import Connector, Connectors
from openmcs.catalog.implementations import Implementations
from openmcs.catalog.places import Places
from openmcs.catalog.policy_definitions import DEFINITIONS
from openmcs.catalog.presence import Presence
from openmcs.catalog.secrets import Vault
from openmcs.errors import ConnectorFailed
from openmcs.exchange import InnerCall, Reply
from openmcs.runtime.binding import Binding
from openmcs.store import people
from openmcs.store.clock import now_us
from openmcs.store.database import Database
from openmcs.store.ids import new_id
from openmcs.store.log_reader import LogReader
from openmcs.store.objects import FolderObjects
from openmcs.tools import application
from openmcs.tools.workshop import COOKIE, Workshop

HOST = "127.0.0.1:8080"
ORIGIN = f"http://{HOST}"
PREFIX = application.PREFIX
PASSWORD = "correct horse"
BASIC = "Basic am9lOk1vYmlsZTEq"
"""A mobile user's credentials, joe:Mobile1*, which are none of the team's."""

RAML = """#%RAML 0.8
title: Disaster events
version: "1.0"
/event:
  get:
    responses: {200: {body: {application/json: {example: '{"data": []}'}}}}
  /{id}:
    get:
      responses: {200: {body: {application/json: {example: '{"id": 1}'}}}}
    put:
      responses: {200: {}}
"""
BROKEN = "#%RAML 0.8\ntitle: T\n/event:\n  gett:\n    description: x\n"
CODE = "def register(service):\n    service.get('/event', lambda req: {'data': []})\n"
BACKEND = {"name": "synapse", "version": "1.0", "description": "Disaster events"}
API = {"name": "synapse", "version": "1.0", "title": "Disaster events", "apiDefn": [RAML]}


def packed(files: Mapping[str, str]) -> bytes:
    """A zip of *files*."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, text in files.items():
            file.writestr(name, text)
    return out.getvalue()


def project(version: str = "1.0", code: str = CODE, **more: str) -> bytes:
    """An implementation's archive."""
    manifest = f'[project]\nname = "synapse"\nversion = "{version}"\n\n[tool.openmcs]\nmain = "synapse.py"\n'
    return packed({"pyproject.toml": manifest, "synapse.py": code, **more})


@dataclass
class Desk:
    """Calls the application; `as_(role)` and `anonymous` are desks of other callers."""

    shop: Workshop
    runner: asyncio.Runner
    app: Any
    headers: dict[str, str] = field(default_factory=dict)
    refreshed: list[int] = field(default_factory=list)
    """One entry for each time that a change was brought into service."""

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request; *path* is below `/mobile/tools/1.0`."""
        headers = {**self.headers, **options.pop("headers", {})}

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
                return await client.request(method, PREFIX + path, headers=headers, **options)

        return self.runner.run(ask())

    def get(self, path: str, **options: Any) -> Any:
        """The document of a GET that succeeds."""
        return self._document(self.call("GET", path, **options))

    def post(self, path: str, json: Any = None, **options: Any) -> Any:
        """The document of a POST that succeeds."""
        return self._document(self.call("POST", path, json=json, **options))

    def put(self, path: str, json: Any = None, **options: Any) -> Any:
        """The document of a PUT that succeeds."""
        return self._document(self.call("PUT", path, json=json, **options))

    def upload(self, api: str, data: bytes) -> httpx.Response:
        """Upload an implementation's archive."""
        return self.call("POST", f"/apis/{api}/implementations", files={"file": ("synapse.zip", data)})

    def as_(self, role: str, name: str = "") -> Desk:
        """A desk of a new team member of that role."""
        member = team.add_member(self.shop.database, name or f"the {role}", None, role)
        link = team.invitation(self.shop.database, member.id)
        return self.signed_in(link)

    def signed_in(self, link: str) -> Desk:
        """A desk of whoever comes with a one-time link."""
        token = self.without_credentials().post("/session", {"link": link})["token"]
        return self.with_headers(authorization=f"Bearer {token}")

    def without_credentials(self) -> Desk:
        """A desk at which nobody is signed in."""
        return Desk(self.shop, self.runner, self.app)

    def with_headers(self, **headers: str) -> Desk:
        """A desk whose calls carry these headers and nothing else; `_` stands for `-`."""
        return Desk(
            self.shop, self.runner, self.app, {name.replace("_", "-"): value for name, value in headers.items()}
        )

    def with_cookie(self, **headers: str) -> Desk:
        """A desk in the browser: the same session by cookie."""
        token = self.headers["authorization"].partition(" ")[2]
        return self.with_headers(cookie=f"{COOKIE}={token}", **headers)

    @staticmethod
    def _document(response: httpx.Response) -> Any:
        assert response.is_success, response.text
        return response.json()


@functools.cache
def _hashed() -> str:
    return passwords.hash_password(PASSWORD)


def open_desk(database: Database, folder: Path, runner: asyncio.Runner) -> Desk:
    """A desk of a team member."""
    places = Places(folder)
    objects = FolderObjects(places.objects)
    refreshed: list[int] = []

    async def rehearse(binding: Binding, say: Callable[[str], None]) -> list[tuple[str, str]]:
        assert (Path(binding.directory) / binding.main).is_file()
        say("info: imported once")
        return [("GET", "/event")]

    async def refresh() -> None:
        refreshed.append(1)

    async def caught_up() -> None:
        return None

    async def nothing_under_way() -> dict[tuple[str, str, str, str, str, str], int]:
        return {}

    async def try_connector(connector: Connector, trial: InnerCall) -> Reply:
        if not trial.uri:
            raise ConnectorFailed("nobody there")
        return Reply(status=200, headers=(("X-Seen", connector.name),), body=f"{trial.method} {trial.uri}".encode())

    vault = Vault.open(folder, {})
    log = LogReader(database, folder / "log")
    shop = Workshop(
        database=database,
        log=log,
        objects=objects,
        implementations=Implementations(database, objects, places, rehearse, 60, vault),
        configurations=Configurations(database, vault),
        connectors=Connectors(database, vault),
        try_connector=try_connector,
        refresh=refresh,
        caught_up=caught_up,
        attempts=Attempts(1_000),
        trials=Trials(vault.seal, vault.unseal),
        spill=folder / "spill",
        follower=Follower(log),
        policy=lambda name: DEFINITIONS[name].default,
        policy_defaults={},
        pending=nothing_under_way,
        health=list,
        presence=Presence(database, list),
        base_url=ORIGIN,
        session_hours=12,
        sdk=folder / "sdk",
        started_at=0,
    )
    with database.write() as connection:
        admin = {
            "id": new_id(),
            "name": "admin",
            "password_hash": _hashed(),
            "role": "administrator",
            "created_at": now_us(),
        }
        people.insert_member(connection, admin)
    token = team.sign_in(database, "admin", PASSWORD, 12).token
    return Desk(shop, runner, application.create(shop), {"authorization": f"Bearer {token}"}, refreshed)
