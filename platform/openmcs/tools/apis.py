"""`/apis`: custom APIs, their RAML, and scaffolds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

from openmcs.catalog import apis, archive, trash
from openmcs.catalog.apis import ApiDefinition
from openmcs.exchange import Finding
from openmcs.raml.contract import decode
from openmcs.raml.declared import declared
from openmcs.raml.model import model
from openmcs.raml.scaffold import scaffold as make_scaffold
from openmcs.raml.scaffold_js import scaffold as scaffold_js
from openmcs.store import catalog as questions
from openmcs.store.clock import to_iso
from openmcs.tools.etag import expected
from openmcs.tools.paging import Page, Text, envelope
from openmcs.tools.workshop import Shop, TeamMember, Workshop

router = APIRouter(tags=["APIs"])
Row = Mapping[str, Any]
IfMatch = Annotated[str | None, Header()]
LARGEST_RAML = 20 * 1024 * 1024


class EndpointSecurity(BaseModel):
    """Roles of one method of one resource."""

    method: str = Field(max_length=20)
    path: str = Field(max_length=1000)
    roles: list[str] = Field(default_factory=list, max_length=100)


class Security(BaseModel):
    """Who may call (it is kept beside the RAML, as in MCS)."""

    loginRequired: bool = False
    roles: list[str] = Field(default_factory=list, max_length=100)
    endpoints: list[EndpointSecurity] = Field(default_factory=list, max_length=1000)


class RamlBody(BaseModel):
    """A RAML definition: one document, or several files with the one to start from."""

    apiDefn: list[str] = Field(default_factory=list, max_length=10_000)
    files: dict[str, str] = Field(default_factory=dict, max_length=4_000)
    root: str | None = Field(default=None, max_length=255)


class ApiBody(RamlBody):
    """An API as an author writes it."""

    name: str
    version: str = "1.0"
    title: str = Field(default="", max_length=255)
    desc: str = Field(default="", max_length=1000)
    security: Security = Field(default_factory=Security)


@router.get("/apis")
async def list_apis(who: TeamMember, shop: Shop, page: Page, text: Text = "") -> dict[str, Any]:
    """All APIs."""

    def find() -> dict[str, Any]:
        with shop.database.read() as connection:
            rows, total = questions.api_heads(connection, page.limit, page.offset, text)
            of = [row["id"] for row in rows]
            active = {row["api"]: row for row in questions.active_implementations(connection, of)}
            canaries = {row["api"]: row for row in questions.canary_implementations(connection, of)}
        return envelope([_shown(row, active.get(row["id"]), canaries.get(row["id"])) for row in rows], total, page)

    return await asyncio.to_thread(find)


@router.post("/apis/raml")
async def validate(body: RamlBody, who: TeamMember) -> dict[str, Any]:
    """Check a RAML definition; nothing is kept."""
    root, files = bundle(body, "api")
    return await asyncio.to_thread(described, root, files)


def described(root: str, files: Mapping[str, str]) -> dict[str, Any]:
    """What a definition comes to: findings, resources, the model, and what its texts declare (docs/raml-edits.md)."""
    compiled = apis.check(root, files)
    contract = compiled.contract
    return {
        "valid": compiled.valid,
        "errors": [asdict(each) for each in compiled.findings if each.severity == "error"],
        "warnings": [asdict(each) for each in compiled.findings if each.severity == "warning"],
        "resources": compiled.resources(),
        "title": contract.title if contract else None,
        "version": contract.version if contract else None,
        "model": model(contract) if contract else None,
        "declared": declared(files, root),
    }


@router.post("/apis", status_code=201)
async def create(body: ApiBody, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """A new API; the mock answers until an implementation is uploaded."""
    body = shop.with_version(body)
    row, findings = await asyncio.to_thread(apis.save, shop.database, _definition(body), who.name)
    return await _changed(shop, row["id"], findings)


@router.put("/apis/by-name/{name}/{version}")
async def put_by_name(name: str, version: str, body: ApiBody, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """Make the API what a project folder says, whether it exists or not."""
    definition = _definition(body.model_copy(update={"name": name, "version": version}))

    def save() -> tuple[Row, Sequence[Finding]]:
        with shop.database.read() as connection:
            before = questions.api_named(connection, name, version)
        return apis.save(shop.database, definition, who.name, id_=before["id"] if before else None)

    row, findings = await asyncio.to_thread(save)
    return await _changed(shop, row["id"], findings)


@router.get("/apis/{id_}")
async def get(id_: str, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """One API with its RAML and resources."""
    return await asyncio.to_thread(_document, shop, id_, None)


@router.put("/apis/{id_}")
async def put(id_: str, body: ApiBody, who: TeamMember, shop: Shop, if_match: IfMatch = None) -> dict[str, Any]:
    """Change an API; a RAML with errors is refused and the last good one goes on serving."""
    definition = _definition(body)
    row, findings = await asyncio.to_thread(
        apis.save, shop.database, definition, who.name, id_=id_, etag=expected(if_match)
    )
    return await _changed(shop, row["id"], findings)


@router.get("/apis/{id_}/dependencies")
async def dependencies(id_: str, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """What would be without it: backends that make it available, implementations that call it."""
    return {"items": await asyncio.to_thread(trash.dependents, shop.database, "api", id_)}


@router.delete("/apis/{id_}")
async def delete(id_: str, who: TeamMember, shop: Shop, force: bool = False) -> dict[str, Any]:
    """Into the trash with its implementations; 409 while something relies on it, unless *force* is true."""
    await asyncio.to_thread(trash.move, shop.database, "api", id_, who.name, force=force)
    await shop.refresh()
    return {}


@router.get("/apis/{id_}/raml")
async def raml(id_: str, who: TeamMember, shop: Shop) -> PlainTextResponse:
    """The root RAML document, as its author wrote it."""
    row = await asyncio.to_thread(_row, shop, id_)
    return PlainTextResponse(json.loads(row["raml_files"])[row["raml_root"]], media_type="application/raml+yaml")


@router.get("/apis/{id_}/scaffold")
async def scaffold(
    id_: str, who: TeamMember, shop: Shop, language: Literal["python", "javascript"] = "python"
) -> Response:
    """A project that answers the RAML's examples, to be filled in; in JavaScript it is laid out as MCS's was."""

    def make() -> tuple[str, bytes]:
        row = _row(shop, id_)
        files = {path: text.encode() for path, text in json.loads(row["raml_files"]).items()}
        write = make_scaffold if language == "python" else scaffold_js
        project = write(decode(row["contract"]), files, row["raml_root"], row["name"], row["version"])
        return row["name"], archive.write(project, row["name"].lower())

    name, data = await asyncio.to_thread(make)
    disposition = f'attachment; filename="{name.lower()}-scaffold.zip"'
    return Response(data, media_type="application/zip", headers={"Content-Disposition": disposition})


async def _changed(shop: Workshop, id_: str, findings: Sequence[Finding]) -> dict[str, Any]:
    await shop.refresh()
    return await asyncio.to_thread(_document, shop, id_, findings)


def _row(shop: Workshop, id_: str) -> Row:
    with shop.database.read() as connection:
        return questions.api_row(connection, id_)


def bundle(body: RamlBody, name: str) -> tuple[str, dict[str, str]]:
    """The root's name and all files; `apiDefn` is the root where it is given."""
    root = body.root or f"{name}.raml"
    files = dict(body.files)
    if body.apiDefn:
        files[root] = "".join(body.apiDefn)
    return root, files


def _definition(body: ApiBody) -> ApiDefinition:
    root, files = bundle(body, body.name)
    return ApiDefinition(
        name=body.name,
        version=body.version,
        title=body.title or body.name,
        description=body.desc,
        root=root,
        files=files,
        login_required=body.security.loginRequired,
        roles=body.security.roles,
        endpoint_roles={f"{each.method.upper()} {each.path}": each.roles for each in body.security.endpoints},
    )


def document(shop: Workshop, id_: str) -> dict[str, Any]:
    """One API in full."""
    return _document(shop, id_, None)


def _document(shop: Workshop, id_: str, findings: Sequence[Finding] | None) -> dict[str, Any]:
    with shop.database.read() as connection:
        row = questions.api_row(connection, id_)
        active = questions.implementation_row(connection, row["implementation"]) if row["implementation"] else None
        canary = questions.implementation_row(connection, row["canary"]) if row["canary"] else None
    files = json.loads(row["raml_files"])
    contract = decode(row["contract"])
    if findings is None:
        findings = apis.check(row["raml_root"], files).findings
    return {
        **_shown(row, active, canary),
        "apiDefn": [files[row["raml_root"]]],
        "files": files,
        "root": row["raml_root"],
        "resources": [
            {"path": each.path, "methods": [method.verb for method in each.methods]} for each in contract.resources
        ],
        "warnings": [asdict(each) for each in findings if each.severity == "warning"],
    }


def _shown(row: Row, active: Row | None, canary: Row | None) -> dict[str, Any]:
    endpoints = json.loads(row["endpoint_roles"])
    return {
        "id": row["id"],
        "name": row["name"],
        "version": row["version"],
        "title": row["title"],
        "desc": row["description"],
        "basePath": f"/mobile/custom/{row['name']}",
        "category": "CUSTOM",
        "security": {
            "loginRequired": bool(row["login_required"]),
            "roles": json.loads(row["roles"]),
            "endpoints": [
                {"method": name.partition(" ")[0], "path": name.partition(" ")[2], "roles": roles}
                for name, roles in endpoints.items()
            ],
        },
        "implementation": _named(active) if active else None,
        "canary": {**_named(canary), "percent": row["canary_percent"]} if canary else None,
        "published": bool(row["published"]),
        "createdAt": to_iso(row["created_at"]),
        "modifiedAt": to_iso(row["modified_at"]),
        "etag": row["etag"],
    }


def _named(implementation: Row) -> dict[str, Any]:
    return {name: implementation[name] for name in ("id", "name", "version")}
