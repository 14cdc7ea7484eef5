"""`/trash` *ours*: what was deleted, to be restored or purged."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query

from openmcs.catalog import trash
from openmcs.store import activity
from openmcs.store.clock import to_iso
from openmcs.tools.paging import Page, envelope
from openmcs.tools.workshop import Administrator, Shop, TeamMember

router = APIRouter(tags=["trash"])


@router.get("/trash")
async def list_trash(
    who: TeamMember, shop: Shop, page: Page, kind: Annotated[str | None, Query(max_length=20)] = None
) -> dict[str, Any]:
    """Deleted assets, the newest first."""

    def find() -> dict[str, Any]:
        with shop.database.read() as connection:
            rows, total = activity.trash_page(connection, kind, page.limit, page.offset)
        items = [
            {
                "id": row["id"],
                "kind": row["kind"],
                "name": row["name"],
                "deletedBy": row["deleted_by"],
                "deletedAt": to_iso(row["deleted_at"]),
            }
            for row in rows
        ]
        return envelope(items, total, page)

    return await asyncio.to_thread(find)


@router.post("/trash/{id_}/restore")
async def restore(id_: str, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """Bring it back with the ids and keys it had; 409 when its name is taken meanwhile."""
    await asyncio.to_thread(trash.restore, shop.database, id_, who.name)
    await shop.refresh()
    return {}


@router.delete("/trash/{id_}")
async def purge(id_: str, who: Administrator, shop: Shop) -> dict[str, Any]:
    """Forget it for good."""
    await asyncio.to_thread(trash.purge, shop.database, id_, who.name)
    return {}
