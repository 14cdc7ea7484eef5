"""`/connectors`: systems behind the platform."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Header
from pydantic import BaseModel, Field

from openmcs.catalog import trash
from openmcs.catalog.connectors import Definition, Rule, connector_of, described
from openmcs.errors import PlatformError, RequestInvalid, ResourceNotFound
from openmcs.exchange import InnerCall
from openmcs.soap.wsdl import MOST_FILES, Bundle
from openmcs.store import connectors as questions
from openmcs.store.clock import to_iso
from openmcs.tools.etag import expected
from openmcs.tools.paging import Page, Text, envelope
from openmcs.tools.workshop import Developer, Shop, Workshop

router = APIRouter(tags=["connectors"])

IfMatch = Annotated[str | None, Header()]
TRIAL_SECONDS = 60.0
LONGEST_SHOWN = 256 * 1024


class RuleBody(BaseModel):
    """What is added to some calls."""

    resource: str = Field(default="", max_length=500)
    methods: list[str] = Field(default_factory=list, max_length=10)
    headers: dict[str, str] = Field(default_factory=dict, max_length=50)
    query: dict[str, str] = Field(default_factory=dict, max_length=50)


class WsdlBody(BaseModel):
    """A WSDL with what it imports: texts by path, and the one to start from."""

    root: str = Field(max_length=500)
    files: dict[str, str] = Field(max_length=MOST_FILES)


class ConnectorBody(BaseModel):
    """A connector as an author writes it."""

    name: str = ""
    version: str = "1.0"
    kind: Literal["REST", "SOAP"] = "REST"
    title: str = Field(default="", max_length=255)
    desc: str = Field(default="", max_length=1000)
    baseUrl: str = Field(default="", max_length=1000)
    rules: list[RuleBody] = Field(default_factory=list, max_length=100)
    allow: list[str] = Field(default_factory=list, max_length=100)
    connectTimeoutMs: int | None = None
    readTimeoutMs: int | None = None
    wsdl: WsdlBody | None = None
    port: str = Field(default="", max_length=255)


class TrialBody(BaseModel):
    """A call to try."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] = "GET"
    path: str = Field(default="", max_length=2000)
    query: dict[str, str] = Field(default_factory=dict, max_length=100)
    headers: dict[str, str] = Field(default_factory=dict, max_length=50)
    body: str = Field(default="", max_length=1_000_000)


@router.get("/connectors")
async def list_connectors(who: Developer, shop: Shop, page: Page, text: Text = "") -> dict[str, Any]:
    """Connectors by name."""

    def find() -> dict[str, Any]:
        with shop.database.read() as connection:
            rows, total = questions.connectors(connection, page.limit, page.offset, text)
        return envelope([_shown(shop, row) for row in rows], total, page)

    return await asyncio.to_thread(find)


@router.post("/connectors", status_code=201)
async def create(body: ConnectorBody, who: Developer, shop: Shop) -> dict[str, Any]:
    """A new connector."""
    body = shop.with_version(body)
    return await _changed(shop, await asyncio.to_thread(shop.connectors.save, _definition(body), who.name))


@router.post("/connectors/wsdl")
async def describe(body: WsdlBody, who: Developer) -> dict[str, Any]:
    """What a WSDL offers, without keeping it: its ports and their operations; 400 with a finding."""
    ports = await asyncio.to_thread(described, Bundle(body.root, body.files))
    return {"ports": msgspec.to_builtins(ports)}


@router.put("/connectors/by-name/{name}/{version}")
async def put_by_name(name: str, version: str, body: ConnectorBody, who: Developer, shop: Shop) -> dict[str, Any]:
    """Make the connector what a project folder says, whether it exists or not; its credentials stay."""
    definition = _definition(body.model_copy(update={"name": name, "version": version}))
    return await _changed(shop, await asyncio.to_thread(shop.connectors.save_by_name, definition, who.name))


@router.get("/connectors/{id_}")
async def get(id_: str, who: Developer, shop: Shop) -> dict[str, Any]:
    """One connector."""
    return await asyncio.to_thread(_document, shop, id_)


@router.get("/connectors/{id_}/wsdl")
async def wsdl(id_: str, who: Developer, shop: Shop) -> dict[str, Any]:
    """The WSDL that was uploaded for a SOAP connector."""

    def find() -> dict[str, Any]:
        with shop.database.read() as connection:
            row = questions.connector_row(connection, id_)
        if not row["wsdl"]:
            raise ResourceNotFound("This connector has no WSDL.")
        found: dict[str, Any] = json.loads(row["wsdl"])
        return found

    return await asyncio.to_thread(find)


@router.put("/connectors/{id_}")
async def put(id_: str, body: ConnectorBody, who: Developer, shop: Shop, if_match: IfMatch = None) -> dict[str, Any]:
    """Change a connector."""

    def save() -> str:
        return shop.connectors.save(_definition(body), who.name, id_=id_, etag=expected(if_match))

    return await _changed(shop, await asyncio.to_thread(save))


@router.delete("/connectors/{id_}")
async def remove(id_: str, who: Developer, shop: Shop, force: bool = False) -> dict[str, Any]:
    """Into the trash; 409 while an implementation in service calls it, unless `force` is given."""
    await asyncio.to_thread(partial(trash.move, shop.database, "connector", id_, who.name, force=force))
    await shop.refresh()
    return {}


@router.get("/connectors/{id_}/dependencies")
async def dependencies(id_: str, who: Developer, shop: Shop) -> dict[str, Any]:
    """The implementations in service that call it."""
    return {"items": await asyncio.to_thread(trash.dependents, shop.database, "connector", id_)}


@router.put("/connectors/{id_}/credentials")
async def set_credentials(id_: str, body: dict[str, str], who: Developer, shop: Shop) -> dict[str, Any]:
    """Give it credentials; they are encrypted and never shown again."""
    await asyncio.to_thread(shop.connectors.set_credentials, id_, body, who.name)
    return await _changed(shop, id_)


@router.delete("/connectors/{id_}/credentials")
async def remove_credentials(id_: str, who: Developer, shop: Shop) -> dict[str, Any]:
    """Take its credentials away."""
    await asyncio.to_thread(shop.connectors.set_credentials, id_, None, who.name)
    return await _changed(shop, id_)


@router.post("/connectors/{id_}/test")
async def test(id_: str, body: TrialBody, who: Developer, shop: Shop) -> dict[str, Any]:
    """Call the system behind it and show what it answers."""

    def find() -> Any:
        with shop.database.read() as connection:
            return questions.connector_row(connection, id_)

    connector = connector_of(await asyncio.to_thread(find), shop.connectors.vault)
    query = urlencode(body.query)
    uri = f"{body.path}{'&' if '?' in body.path else '?'}{query}" if query else body.path
    if any(character in value for pair in body.headers.items() for value in pair for character in "\r\n\0"):
        raise RequestInvalid("headers: of one line each.")
    trial = InnerCall(body.method, uri, body.headers, body.body.encode(), TRIAL_SECONDS, 0)
    started = time.monotonic()
    answer: dict[str, Any] = {"status": None, "headers": {}, "body": "", "error": None}
    try:
        reply = await shop.try_connector(connector, trial)
    except PlatformError as error:
        answer["error"] = error.detail
    else:
        content = reply.body if isinstance(reply.body, bytes) else b""
        answer |= {
            "status": reply.status,
            "headers": dict(reply.headers),
            "body": content[:LONGEST_SHOWN].decode("utf-8", "replace"),
        }
    return {**answer, "durationMs": round((time.monotonic() - started) * 1000, 3)}


def _definition(body: ConnectorBody) -> Definition:
    return Definition(
        name=body.name,
        version=body.version,
        title=body.title,
        description=body.desc,
        base_url=body.baseUrl,
        rules=[Rule(each.resource, each.methods, each.headers, each.query) for each in body.rules],
        allow=body.allow,
        connect_timeout_ms=body.connectTimeoutMs,
        read_timeout_ms=body.readTimeoutMs,
        kind=body.kind,
        wsdl=Bundle(body.wsdl.root, body.wsdl.files) if body.wsdl else None,
        port=body.port,
    )


async def _changed(shop: Workshop, id_: str) -> dict[str, Any]:
    await shop.refresh()
    return await asyncio.to_thread(_document, shop, id_)


def _document(shop: Workshop, id_: str) -> dict[str, Any]:
    with shop.database.read() as connection:
        return _shown(shop, questions.connector_row(connection, id_))


def _shown(shop: Workshop, row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "version": row["version"],
        "kind": row["kind"],
        "title": row["title"],
        "desc": row["description"],
        "baseUrl": row["base_url"],
        "rules": json.loads(row["rules"]),
        "allow": json.loads(row["allow"]),
        "port": row["port"],
        "operations": json.loads(row["operations"]),
        "connectTimeoutMs": row["connect_timeout_ms"],
        "readTimeoutMs": row["read_timeout_ms"],
        "published": bool(row["published"]),
        "credentials": shop.connectors.shown_credentials(row),
        "createdAt": to_iso(row["created_at"]),
        "modifiedAt": to_iso(row["modified_at"]),
        "etag": row["etag"],
    }
