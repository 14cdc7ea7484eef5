"""`/apis/raml/edits` and `/apis/{id}/export`: definitions changed as text, and had in other forms."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from openmcs.errors import DefinitionInvalid, RequestInvalid, ResourceNotFound
from openmcs.raml.contract import decode
from openmcs.raml.edit import MOST_EDITS, Edit, EditRefused, apply
from openmcs.raml.export import FORMATS, json_schema
from openmcs.store import catalog as questions
from openmcs.tools.apis import RamlBody, bundle, described
from openmcs.tools.workshop import Shop, TeamMember

router = APIRouter(tags=["APIs"])
_CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


class EditBody(BaseModel):
    """One edit."""

    op: Literal["put", "remove", "rename"]
    at: list[str] = Field(min_length=1, max_length=60)
    value: Any = None
    to: str = Field(default="", max_length=1000)


class EditsBody(RamlBody):
    """A definition and what is to be changed in one of its files."""

    file: str | None = Field(default=None, max_length=255)
    edits: list[EditBody] = Field(max_length=MOST_EDITS)


@router.post("/apis/raml/edits")
async def edit(body: EditsBody, who: TeamMember) -> dict[str, Any]:
    """Change a RAML definition's text by edits that touch their own lines only; nothing is kept."""

    def work() -> dict[str, Any]:
        root, files = bundle(body, "api")
        file = body.file or root
        if file not in files:
            raise RequestInvalid(f"There is no file {file!r} among those that were sent.")
        edits = [Edit(each.op, tuple(each.at), each.value, each.to) for each in body.edits]
        try:
            files[file] = apply(files[file], edits)
        except EditRefused as error:
            raise DefinitionInvalid(f"Nothing was changed: {error}.", findings=[error.finding(file)]) from None
        return {"text": files[file], "file": file, **described(root, files)}

    return await asyncio.to_thread(work)


@router.get("/apis/{id_}/export")
async def export(id_: str, who: TeamMember, shop: Shop, format: str = "openapi", type: str | None = None) -> Response:
    """The API as RAML 0.8 or 1.0, OpenAPI, JSON Schema (of one *type*, or all), TypeScript or a page of HTML."""

    def make() -> Response:
        chosen = FORMATS.get(format)
        if chosen is None:
            raise RequestInvalid(f"There is no format {format[:50]!r}; there are {', '.join(FORMATS)}.")
        with shop.database.read() as connection:
            row = questions.api_row(connection, id_)
        contract = decode(row["contract"])
        if format == "jsonschema" and type is not None:
            try:
                return JSONResponse(json_schema(contract, type), media_type=chosen.media_type)
            except KeyError:
                raise ResourceNotFound(
                    f"The API {row['name']} {row['version']} declares no type {type[:100]!r}."
                ) from None
        headers = {
            "Content-Disposition": f'inline; filename="{row["name"].lower()}{chosen.suffix}"',
            "Content-Security-Policy": _CONTENT_POLICY,
        }
        return Response(chosen.write(contract), media_type=chosen.media_type, headers=headers)

    return await asyncio.to_thread(make)
