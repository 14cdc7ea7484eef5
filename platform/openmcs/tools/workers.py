"""`/workers` and restart *ours*: the processes that run implementations, in every gateway process."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query

from openmcs.catalog import presence
from openmcs.catalog.presence import Said
from openmcs.errors import Conflict
from openmcs.store.clock import to_iso
from openmcs.tools.paging import Page, Paging, envelope
from openmcs.tools.workshop import Developer, Shop, TeamMember, Workshop

router = APIRouter(tags=["implementations"])


@router.get("/workers")
async def workers(
    who: TeamMember, shop: Shop, page: Page, api: Annotated[str | None, Query(max_length=26)] = None
) -> dict[str, Any]:
    """
    What each gateway process runs, one item for each API in it.

    The process that answers says how it is now, the others what they said last, a few seconds ago.
    """
    return await _found(shop, api, page)


@router.post("/apis/{id_}/implementations/restart")
async def restart(id_: str, who: Developer, shop: Shop, page: Page) -> dict[str, Any]:
    """
    Replace the workers: new ones are ready before the old ones get no more calls, and no call fails.

    Other gateway processes follow within a second or so. 409 when the new ones do not start; the old ones go on.
    """
    at = await asyncio.to_thread(presence.restart, shop.database, id_, who.name)
    await shop.refresh()
    found = await _found(shop, id_, page)
    here = [each for each in found["items"] if each["gateway"]["here"]]
    if any(each["failure"] for each in here):
        raise Conflict(f"The new workers do not start, and the old ones go on: {here[0]['failure']}")
    return {"restartedAt": to_iso(at), **found}


async def _found(shop: Workshop, api: str | None, page: Paging) -> dict[str, Any]:
    said = await shop.presence.everywhere()
    items = [_shown(each, entry) for each in said for entry in each.workers if api in (None, entry["apiId"])]
    return envelope(items[page.offset : page.offset + page.limit], len(items), page)


def _shown(said: Said, entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "gateway": {"node": said.node, "pid": said.pid, "at": to_iso(said.at), "here": said.here},
        **entry,
        "workers": [{**each, "startedAt": to_iso(int(each["startedAt"] * 1_000_000))} for each in entry["workers"]],
    }
