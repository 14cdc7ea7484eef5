"""`/activity` *ours*: who changed what, and undo."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query

from openmcs.catalog import activity
from openmcs.store import activity as questions
from openmcs.store.clock import to_iso
from openmcs.tools.paging import Page, envelope
from openmcs.tools.workshop import Developer, Shop, TeamMember

router = APIRouter(tags=["activity"])
Word = Annotated[str | None, Query(max_length=210)]

_SECRET = frozenset({"backend_id", "anonymous_key", "clients", "contract"})
"""Changes of these are told without their values: keys are seen on the backend's page only."""
_LONGEST = 2000


@router.get("/activity")
async def list_activity(
    who: Developer, shop: Shop, page: Page, kind: Word = None, asset: Word = None, member: Word = None
) -> dict[str, Any]:
    """Changes, the newest first."""

    def find() -> dict[str, Any]:
        filters = {"kind": kind, "asset": asset, "team_member": member}
        with shop.database.read() as connection:
            rows, total = questions.activities(connection, filters, page.limit, page.offset)
        return envelope([_shown(row) for row in rows], total, page)

    return await asyncio.to_thread(find)


@router.post("/activity/{id_}/undo")
async def undo(id_: str, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """Take a change back; 409 when what it changed has changed since."""
    await asyncio.to_thread(activity.undo, shop.database, id_, who.name)
    await shop.refresh()
    return {}


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    before, after = json.loads(row["before"]), json.loads(row["after"])
    return {
        "id": row["id"],
        "at": to_iso(row["at"]),
        "by": row["team_member"],
        "action": row["action"],
        "kind": row["kind"],
        "asset": row["asset"],
        "name": row["name"],
        "changes": [
            {"field": name, "before": _value(name, before.get(name)), "after": _value(name, after.get(name))}
            for name in after
            if name != "contract"
        ],
        "undoable": activity.undoable(row) and row["undone_by"] is None,
        "undoneBy": row["undone_by"],
    }


def _value(name: str, value: Any) -> str | None:
    if name in _SECRET or value is None or (isinstance(value, dict) and "secret" in value):
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"
