"""`/requests`, `/messages`, `/kpis`: the log, asked. The questions and their parameters live in `analytics`."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from openmcs.analytics.call_tree import CallTree
from openmcs.analytics.kpis import Kpis
from openmcs.analytics.messages import Messages
from openmcs.analytics.requests import Requests
from openmcs.tools.workshop import Shop, TeamMember

router = APIRouter(tags=["log"])


@router.get("/requests")
async def requests(request: Request, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """Requests, the newest first; with `after`, what came later, oldest first."""
    question = Requests.parse(request.query_params)
    await shop.caught_up()
    return await asyncio.to_thread(question.ask, shop.database)


@router.get("/requests/{ecid}")
async def call_tree(ecid: str, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """One request, all it caused, and what was logged meanwhile."""
    await shop.caught_up()
    return await asyncio.to_thread(CallTree(ecid).ask, shop.database)


@router.get("/messages")
async def messages(request: Request, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """Log lines, the newest first; with `after`, what came later, oldest first."""
    question = Messages.parse(request.query_params)
    await shop.caught_up()
    return await asyncio.to_thread(question.ask, shop.database)


@router.get("/kpis")
async def kpis(request: Request, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """The figures of a period, and those of the period before."""
    question = Kpis.parse(request.query_params)
    await shop.caught_up()
    return await asyncio.to_thread(question.ask, shop.database)
