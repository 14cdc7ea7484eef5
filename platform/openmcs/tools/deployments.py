"""`/deployments` and `/problems`: every attempt to change what is served, and those still unmended."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query

from openmcs.store import catalog as questions
from openmcs.store.clock import to_iso
from openmcs.tools.paging import Page, Paging, envelope
from openmcs.tools.workshop import Shop, TeamMember

router = APIRouter(tags=["deployments"])


@router.get("/deployments")
async def list_deployments(
    who: TeamMember,
    shop: Shop,
    page: Page,
    kind: Annotated[str | None, Query(max_length=20)] = None,
    subject: Annotated[str | None, Query(max_length=210)] = None,
    failed: bool | None = None,
) -> dict[str, Any]:
    """Attempts, the newest first."""

    def find() -> dict[str, Any]:
        with shop.database.read() as connection:
            rows, total = questions.deployments(connection, kind, subject, failed, page.limit, page.offset)
        return envelope([_shown(row) for row in rows], total, page)

    return await asyncio.to_thread(find)


@router.get("/problems")
async def problems(who: TeamMember, shop: Shop) -> dict[str, Any]:
    """For each subject whose newest attempt failed, that attempt."""

    def find() -> dict[str, Any]:
        with shop.database.read() as connection:
            rows = questions.problems(connection)
        return envelope([_shown(row) for row in rows], len(rows), Paging(limit=100, offset=0))

    return await asyncio.to_thread(find)


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "at": to_iso(row["at"]),
        "kind": row["kind"],
        "subject": row["subject"],
        "by": row["team_member"],
        "succeeded": bool(row["succeeded"]),
        "summary": row["summary"],
        "findings": json.loads(row["findings"]),
        "buildLog": row["build_log"],
    }
