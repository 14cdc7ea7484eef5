"""`/apis/{id}/implementations`: uploads, and which of them answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from openmcs.catalog import trash
from openmcs.catalog.deployments import Report
from openmcs.catalog.implementations import missing_routes
from openmcs.errors import RequestTooLarge, ResourceNotFound
from openmcs.raml.contract import Contract, decode
from openmcs.store import catalog as questions
from openmcs.store.clock import to_iso
from openmcs.store.objects import ObjectMissing
from openmcs.tools.apis import document
from openmcs.tools.building import EVENTS, told
from openmcs.tools.paging import Page, envelope
from openmcs.tools.workshop import Developer, Shop, TeamMember, Workshop

router = APIRouter(tags=["implementations"])
Row = Mapping[str, Any]
Percent = Annotated[int, Query(ge=0, le=100)]
LARGEST_UPLOAD = 50 * 1024 * 1024
LARGEST_TEXT = 1024 * 1024


class Share(BaseModel):
    """Calls of a hundred."""

    percent: int = Field(ge=0, le=100)


@router.get("/apis/{id_}/implementations")
async def list_implementations(id_: str, who: TeamMember, shop: Shop, page: Page) -> dict[str, Any]:
    """The implementations of an API, the newest upload first."""

    def find() -> dict[str, Any]:
        with shop.database.read() as connection:
            api = questions.api_row(connection, id_)
            rows, total = questions.implementations(connection, id_, page.limit, page.offset)
        return envelope([_shown(row, api) for row in rows], total, page)

    return await asyncio.to_thread(find)


@router.post("/apis/{id_}/implementations", status_code=201, response_model=None)
async def upload(
    id_: str, file: UploadFile, request: Request, who: TeamMember, shop: Shop, percent: Percent = 100
) -> dict[str, Any] | StreamingResponse:
    """
    Upload an implementation; it takes over at once, or with *percent* so many of the calls.

    A zip that cannot serve is refused with findings, and the active version goes on serving.
    Who accepts `text/event-stream` gets the build log as it is written: events `line` with a text, and in the
    end `done` with the document of the 201, or `refused` with the error document.
    """
    data = await file.read(LARGEST_UPLOAD + 1)
    if len(data) > LARGEST_UPLOAD:
        raise RequestTooLarge(f"The archive has more than {LARGEST_UPLOAD} bytes.")
    if EVENTS not in request.headers.get("accept", ""):
        return await _put_in_service(shop, id_, data, who.name, None, percent)

    async def build(report: Report) -> dict[str, Any]:
        return await _put_in_service(shop, id_, data, who.name, report, percent)

    return told(build, request.url.path, request.scope.get("openmcs.ecid", ""))


async def _put_in_service(
    shop: Workshop, id_: str, data: bytes, by: str, report: Report | None, percent: int
) -> dict[str, Any]:
    uploaded = await shop.implementations.upload(id_, data, by, report, percent=percent)
    await shop.refresh()
    with shop.database.read() as connection:
        api = questions.api_row(connection, id_)
    return {
        "implementationId": uploaded.row["id"],
        "artifactId": uploaded.row["artifact"],
        "unresolvedDependencies": [{"name": name, "version": version} for name, version in uploaded.unresolved],
        "implementation": _shown(uploaded.row, api),
        "buildLog": uploaded.build_log,
    }


@router.put("/apis/{id_}/implementations/default/{implementation}")
async def activate(id_: str, implementation: str, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """Have an implementation answer from now on; `mock` for the mock."""
    chosen = None if implementation == "mock" else implementation
    await asyncio.to_thread(shop.implementations.activate, id_, chosen, who.name)
    await shop.refresh()
    return await asyncio.to_thread(document, shop, id_)


@router.put("/apis/{id_}/implementations/{implementation}/share")
async def split(id_: str, implementation: str, body: Share, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """Have some of the calls go to an implementation, the others to the active one; 0 percent ends it."""
    await asyncio.to_thread(shop.implementations.split, id_, implementation, body.percent, who.name)
    await shop.refresh()
    return await asyncio.to_thread(document, shop, id_)


@router.post("/apis/{id_}/implementations/rollback")
async def roll_back(id_: str, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """Have what answered before the active implementation answer again."""
    await asyncio.to_thread(shop.implementations.roll_back, id_, who.name)
    await shop.refresh()
    return await asyncio.to_thread(document, shop, id_)


@router.put("/apis/{id_}/implementations/{implementation}/published")
async def publish(id_: str, implementation: str, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """Publish an implementation: from now on a change of it needs a new version."""

    def run() -> dict[str, Any]:
        row = shop.implementations.publish(id_, implementation)
        with shop.database.read() as connection:
            return _shown(row, questions.api_row(connection, id_))

    return await asyncio.to_thread(run)


@router.get("/apis/{id_}/implementations/{implementation}/build-log")
async def build_log(id_: str, implementation: str, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """What was said while an implementation was built: installer, dry import, routes."""
    row = await asyncio.to_thread(shop.implementations.build_log, id_, implementation)
    return {"at": to_iso(row["at"]), "by": row["team_member"], "text": row["build_log"]}


@router.delete("/apis/{id_}/implementations/{implementation}")
async def delete(id_: str, implementation: str, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """Into the trash; 409 for the one that answers now."""

    def move() -> None:
        with shop.database.read() as connection:
            if questions.implementation_row(connection, implementation)["api"] != id_:
                raise ResourceNotFound(f"The API {id_!r} has no implementation {implementation!r}.")
        trash.move(shop.database, "implementation", implementation, who.name)

    await asyncio.to_thread(move)
    return {}


@router.get("/artifacts/{artifact}/files")
async def files(artifact: str, who: Developer, shop: Shop) -> dict[str, Any]:
    """The files of an uploaded archive, by path."""
    found = await asyncio.to_thread(_files, shop, artifact)
    return {"items": [{"path": path, "size": len(data)} for path, data in sorted(found.items())]}


@router.get("/artifacts/{artifact}/files/{path:path}")
async def file(artifact: str, path: str, who: Developer, shop: Shop) -> dict[str, Any]:
    """One file's text; `text` is null for what is no text, and ends after a megabyte."""
    found = await asyncio.to_thread(_files, shop, artifact)
    if path not in found:
        raise ResourceNotFound(f"The archive has no file {path[:200]!r}.")
    data = found[path]
    try:
        text = data.decode("utf-8")[:LARGEST_TEXT] if b"\0" not in data else None
    except UnicodeDecodeError:
        text = None
    return {"path": path, "size": len(data), "text": text}


@router.get("/artifacts/{artifact}")
async def download(artifact: str, who: Developer, shop: Shop) -> Response:
    """An uploaded archive, byte for byte."""
    data = await asyncio.to_thread(_artifact, shop, artifact)
    return Response(
        data,
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{artifact[:12]}.zip"'},
    )


def _artifact(shop: Workshop, artifact: str) -> bytes:
    with _known(artifact):
        return shop.objects.get(artifact)


def _files(shop: Workshop, artifact: str) -> Mapping[str, bytes]:
    with _known(artifact):
        return shop.implementations.files_of(artifact).files


@contextmanager
def _known(artifact: str) -> Iterator[None]:
    try:
        yield
    except ObjectMissing:
        raise ResourceNotFound(f"There is no artifact {artifact[:80]!r}.") from None


def _share(row: Row, api: Row) -> int:
    """How many of a hundred calls go to an implementation."""
    if api["implementation"] == row["id"]:
        return 100 - int(api["canary_percent"])
    return int(api["canary_percent"]) if api["canary"] == row["id"] else 0


def _shown(row: Row, api: Row) -> dict[str, Any]:
    manifest = json.loads(row["manifest"])
    routes = [(method, path) for method, path in manifest["routes"]]
    contract: Contract = decode(api["contract"])
    return {
        "id": row["id"],
        "name": row["name"],
        "version": row["version"],
        "description": row["description"],
        "active": api["implementation"] == row["id"],
        "percent": _share(row, api),
        "published": bool(row["published"]),
        "artifactId": row["artifact"],
        "uploadedBy": row["uploaded_by"],
        "uploadedAt": to_iso(row["uploaded_at"]),
        "dependencies": manifest["dependencies"],
        "network": manifest["network"],
        "apis": manifest["apis"],
        "main": manifest["main"],
        "routes": [{"method": method, "path": f"/mobile/custom/{api['name']}{path}"} for method, path in routes],
        "missingRoutes": missing_routes(contract, routes),
    }
