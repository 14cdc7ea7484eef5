"""`/reports` *ours*: questions that the team has saved."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from openmcs.store import reports
from openmcs.store.clock import now_us, to_iso
from openmcs.store.ids import new_id
from openmcs.tools.paging import Page, envelope
from openmcs.tools.workshop import Shop, TeamMember

router = APIRouter(tags=["reports"])


class NewReport(BaseModel):
    """A question to be saved: the address of the console's page that asks it."""

    name: str = Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")
    address: str = Field(max_length=4000, pattern=r"^/[a-z]*(\?[!-~]*)?$")
    """A path of the console with its query, and nothing that leads elsewhere."""


@router.get("/reports")
async def list_reports(who: TeamMember, shop: Shop, page: Page) -> dict[str, Any]:
    """The team's reports."""

    def find() -> dict[str, Any]:
        with shop.database.read() as connection:
            rows, total = reports.reports(connection, page.limit, page.offset)
        return envelope([_shown(row) for row in rows], total, page)

    return await asyncio.to_thread(find)


@router.post("/reports", status_code=201)
async def create(body: NewReport, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """Save a report; 409 when the name is taken."""
    row = {"id": new_id(), "name": body.name, "address": body.address, "team_member": who.name, "at": now_us()}

    def save() -> None:
        with shop.database.write() as connection:
            reports.insert_report(connection, row)

    await asyncio.to_thread(save)
    return _shown(row)


@router.delete("/reports/{id_}")
async def delete(id_: str, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """Forget a report."""

    def forget() -> None:
        with shop.database.write() as connection:
            reports.delete_report(connection, id_)

    await asyncio.to_thread(forget)
    return {}


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "address": row["address"],
        "by": row["team_member"],
        "at": to_iso(row["at"]),
    }
