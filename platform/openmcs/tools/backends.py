"""`/mobilebackends`: mobile backends and the APIs associated with them."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from pydantic import BaseModel, Field

from openmcs.catalog import backends, trash
from openmcs.catalog.backends import BackendDefinition, Client
from openmcs.settings import base_url_warning
from openmcs.store import catalog as questions
from openmcs.store.clock import to_iso
from openmcs.tools.etag import expected
from openmcs.tools.paging import Page, Text, envelope
from openmcs.tools.people import NewUser, put_users
from openmcs.tools.sdk import sdk_zip
from openmcs.tools.workshop import Developer, Shop, TeamMember, Workshop

router = APIRouter(tags=["mobile backends"])
Row = Mapping[str, Any]
IfMatch = Annotated[str | None, Header()]


class ClientBody(BaseModel):
    """One app binary."""

    name: str = Field(default="", max_length=100)
    platform: str = "WEB"
    clientId: str = Field(default="", max_length=255)
    version: str = Field(default="1.0", max_length=100)
    applicationKey: str | None = Field(default=None, max_length=64)


class ApiReference(BaseModel):
    """An API by name and version, or by id."""

    id: str | None = None
    name: str | None = None
    version: str = "1.0"


class BackendBody(BaseModel):
    """A backend as an author writes it."""

    name: str
    version: str = "1.0"
    description: str = ""
    basicAuth: bool = True
    anonymousAuth: bool = True
    realm: str = Field(default="Default", max_length=100)
    corsOrigins: list[str] = Field(default_factory=list, max_length=100)
    appPolicies: dict[str, str | int | float | bool] = Field(default_factory=dict, max_length=1000)
    clients: list[ClientBody] | None = Field(default=None, max_length=1000)
    backendId: str | None = Field(default=None, min_length=8, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")
    anonymousKey: str | None = Field(default=None, max_length=400)


class ProjectBackendBody(BackendBody):
    """A backend as a project folder has it: with its APIs, and with users in development."""

    apis: list[ApiReference] = Field(default_factory=list, max_length=1000)
    users: list[NewUser] = Field(default_factory=list, max_length=1000)


@router.get("/mobilebackends")
async def list_backends(who: TeamMember, shop: Shop, page: Page, text: Text = "", api: Text = "") -> dict[str, Any]:
    """All mobile backends, without their keys; those that make the API with the id *api* available."""
    found = await asyncio.to_thread(_list, shop, page, text, api)
    if not who.may("developer"):
        for each in found["items"]:
            each["clients"] = [{**client, "applicationKey": None} for client in each["clients"]]
    return found


@router.post("/mobilebackends", status_code=201)
async def create(body: BackendBody, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """A new backend, with keys of its own."""
    body = shop.with_version(body)
    id_ = await asyncio.to_thread(backends.save, shop.database, _definition(body), who.name)
    return await _changed(shop, id_)


@router.put("/mobilebackends/by-name/{name}/{version}")
async def put_by_name(name: str, version: str, body: ProjectBackendBody, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """Make the backend what a project folder says, whether it exists or not."""
    definition = _definition(body.model_copy(update={"name": name, "version": version}), body.apis)
    await asyncio.to_thread(put_users, shop, body.realm, body.users, who.name)
    id_ = await asyncio.to_thread(_save_by_name, shop, definition, who.name)
    return await _changed(shop, id_)


@router.get("/mobilebackends/{id_}")
async def get(id_: str, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """One backend, for developers with its keys."""
    shown = await asyncio.to_thread(_document, shop, id_)
    return shown if who.may("developer") else _without_keys(shown)


@router.put("/mobilebackends/{id_}")
async def put(id_: str, body: BackendBody, who: TeamMember, shop: Shop, if_match: IfMatch = None) -> dict[str, Any]:
    """Change a backend."""
    await asyncio.to_thread(backends.save, shop.database, _definition(body), who.name, id_=id_, etag=expected(if_match))
    return await _changed(shop, id_)


@router.put("/mobilebackends/{id_}/apis/{api_id}")
async def associate(id_: str, api_id: str, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """Make an API available through the backend."""
    await asyncio.to_thread(backends.associate, shop.database, id_, api_id, who.name)
    return await _changed(shop, id_)


@router.delete("/mobilebackends/{id_}/apis/{api_id}")
async def dissociate(id_: str, api_id: str, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """Make it unavailable again."""
    await asyncio.to_thread(backends.dissociate, shop.database, id_, api_id, who.name)
    return await _changed(shop, id_)


@router.post("/mobilebackends/{id_}/keys/{key}/refresh")
async def refresh_key(id_: str, key: str, who: Developer, shop: Shop) -> dict[str, Any]:
    """A new `backendId` or `anonymousKey`; the old one is refused from now on."""
    await asyncio.to_thread(backends.renew_key, shop.database, id_, key, who.name)
    return await _changed(shop, id_)


@router.post("/mobilebackends/{id_}/keys/anonymousKey/revoke")
async def revoke_key(id_: str, who: Developer, shop: Shop) -> dict[str, Any]:
    """No anonymous callers any more, until the key is refreshed."""
    await asyncio.to_thread(backends.revoke_anonymous_key, shop.database, id_, who.name)
    return await _changed(shop, id_)


@router.get("/mobilebackends/{id_}/dependencies")
async def dependencies(id_: str, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """What would be without it: its clients."""
    return {"items": await asyncio.to_thread(trash.dependents, shop.database, "backend", id_)}


@router.delete("/mobilebackends/{id_}")
async def delete(id_: str, who: Developer, shop: Shop, force: bool = False) -> dict[str, Any]:
    """Into the trash; 409 while clients use it, unless *force* is true."""
    await asyncio.to_thread(trash.move, shop.database, "backend", id_, who.name, force=force)
    await shop.refresh()
    return {}


@router.get("/mobilebackends/{id_}/sdk")
async def sdk(id_: str, who: Developer, shop: Shop) -> Response:
    """The JavaScript SDK with a configuration filled in for the backend."""
    backend = await asyncio.to_thread(_document, shop, id_)
    data = await asyncio.to_thread(sdk_zip, shop.sdk, backend)
    return Response(
        data,
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="openmcs-sdk-{backend["name"]}.zip"'},
    )


async def _changed(shop: Workshop, id_: str) -> dict[str, Any]:
    await shop.refresh()
    return await asyncio.to_thread(_document, shop, id_)


def _save_by_name(shop: Workshop, definition: BackendDefinition, by: str) -> str:
    with shop.database.read() as connection:
        before = questions.backend_named(connection, definition.name, definition.version)
    return backends.save(shop.database, definition, by, id_=before["id"] if before else None)


def _definition(body: BackendBody, apis: list[ApiReference] | None = None) -> BackendDefinition:
    return BackendDefinition(
        name=body.name,
        version=body.version,
        description=body.description,
        basic_auth=body.basicAuth,
        anonymous_auth=body.anonymousAuth,
        realm=body.realm,
        cors_origins=body.corsOrigins,
        app_policies=body.appPolicies,
        clients=None if body.clients is None else [_client(each) for each in body.clients],
        apis=None if apis is None else [(each.name or "", each.version) for each in apis],
        backend_id=body.backendId,
        anonymous_key=body.anonymousKey,
    )


def _client(body: ClientBody) -> Client:
    return Client(body.name, body.platform.upper(), body.clientId, body.version, body.applicationKey)


def _list(shop: Workshop, page: Page, text: str, api: str) -> dict[str, Any]:
    with shop.database.read() as connection:
        rows, total = questions.backends(connection, page.limit, page.offset, text, api)
        of = [row["id"] for row in rows]
        apis = defaultdict(list)
        for each in questions.associations(connection, of):
            apis[each["backend"]].append(each)
        clients = defaultdict(list)
        for each in questions.clients(connection, of):
            clients[each["backend"]].append(each)
    return envelope([_shown(row, apis[row["id"]], clients[row["id"]]) for row in rows], total, page)


def _document(shop: Workshop, id_: str) -> dict[str, Any]:
    with shop.database.read() as connection:
        row = questions.backend(connection, id_)
        shown = _shown(row, questions.associations(connection, [id_]), questions.clients(connection, [id_]))
    return {
        **shown,
        "backendId": row["backend_id"],
        "anonymousKey": row["anonymous_key"],
        "baseUrl": shop.base_url,
        "warnings": [each for each in [base_url_warning(shop.base_url)] if each is not None],
    }


def _without_keys(shown: dict[str, Any]) -> dict[str, Any]:
    clients = [{**each, "applicationKey": None} for each in shown["clients"]]
    return {**shown, "backendId": None, "anonymousKey": None, "clients": clients}


def _shown(row: Row, apis: Any, clients: Any) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "version": row["version"],
        "description": row["description"],
        "basicAuth": bool(row["basic_auth"]),
        "anonymousAuth": bool(row["anonymous_auth"]),
        "realm": row["realm"],
        "corsOrigins": json.loads(row["cors_origins"]),
        "appPolicies": json.loads(row["app_policies"]),
        "apis": [{"id": a["api"], "name": a["name"], "version": a["version"], "title": a["title"]} for a in apis],
        "clients": [
            {
                "name": c["name"],
                "platform": c["platform"],
                "clientId": c["client_id"],
                "version": c["version"],
                "applicationKey": c["application_key"],
            }
            for c in clients
        ],
        "createdAt": to_iso(row["created_at"]),
        "modifiedAt": to_iso(row["modified_at"]),
        "published": bool(row["published"]),
        "etag": row["etag"],
    }
