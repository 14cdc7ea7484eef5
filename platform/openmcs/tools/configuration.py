"""`/apis/{id}/configuration` and `/mobilebackends/{id}/configuration`: what `req.mobile.config` reads."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from openmcs.catalog.configuration import LONGEST_VALUE
from openmcs.store import configuration as store
from openmcs.store.clock import to_iso
from openmcs.store.configuration import Owner
from openmcs.tools.paging import Page, Text, envelope
from openmcs.tools.workshop import Developer, Shop

router = APIRouter(tags=["configuration"])

Assets = Literal["apis", "mobilebackends"]
_KINDS: dict[Assets, Owner] = {"apis": "api", "mobilebackends": "backend"}
Name = Annotated[str, Path(max_length=100)]


class ValueBody(BaseModel):
    """A value, and whether it is a secret."""

    value: str = Field(max_length=LONGEST_VALUE)
    secret: bool = False


@router.get("/{assets}/{id_}/configuration")
async def list_values(assets: Assets, id_: str, who: Developer, shop: Shop, page: Page) -> dict[str, Any]:
    """What is configured, by name; the value of a secret is never shown."""
    rows, total = await asyncio.to_thread(shop.configurations.rows, _KINDS[assets], id_, page.limit, page.offset)
    return envelope([_shown(row) for row in rows], total, page)


@router.get("/configuration")
async def everything(
    who: Developer, shop: Shop, page: Page, text: Text = "", secret: bool | None = None
) -> dict[str, Any]:
    """What is configured anywhere, by owner and name; *text* is in either name."""

    def find() -> dict[str, Any]:
        with shop.database.read() as connection:
            rows, total = store.everything(connection, text, secret, page.limit, page.offset)
        return envelope([{**_shown(row), "owner": _owner(row)} for row in rows], total, page)

    return await asyncio.to_thread(find)


@router.put("/{assets}/{id_}/configuration/{name}")
async def put(assets: Assets, id_: str, name: Name, body: ValueBody, who: Developer, shop: Shop) -> dict[str, Any]:
    """Set a value; the implementations concerned get new workers."""
    kind = _KINDS[assets]
    await asyncio.to_thread(shop.configurations.put, kind, id_, name, body.value, body.secret, who.name)
    await shop.refresh()
    rows, _ = await asyncio.to_thread(shop.configurations.rows, kind, id_, 1000, 0)
    return next(_shown(row) for row in rows if row["name"] == name)


@router.delete("/{assets}/{id_}/configuration/{name}")
async def remove(assets: Assets, id_: str, name: Name, who: Developer, shop: Shop) -> dict[str, Any]:
    """Take a value away."""
    await asyncio.to_thread(shop.configurations.remove, _KINDS[assets], id_, name, who.name)
    await shop.refresh()
    return {}


def _owner(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {"kind": row["kind"], "id": row["owner"], "name": row["owner_name"], "version": row["owner_version"]}


def _shown(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "name": row["name"],
        "secret": bool(row["secret"]),
        "value": None if row["secret"] else row["value"],
        "modifiedBy": row["modified_by"],
        "modifiedAt": to_iso(row["modified_at"]),
    }
