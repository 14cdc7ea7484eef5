"""`/requests`, `/messages`, `/kpis`, `/analytics/…`: the log, asked. The questions live in `analytics`, a file each."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol, Self

from fastapi import APIRouter, Request

from openmcs.analytics import parameters as read
from openmcs.analytics.call_tree import CallTree
from openmcs.analytics.clients import Clients
from openmcs.analytics.comparison import Comparison
from openmcs.analytics.events import EventNames, Events
from openmcs.analytics.facets import Facets
from openmcs.analytics.failures import Failures
from openmcs.analytics.filters import FIELDS
from openmcs.analytics.funnel import Funnel
from openmcs.analytics.grouped_messages import GroupedMessages
from openmcs.analytics.health import Health
from openmcs.analytics.kpis import Kpis
from openmcs.analytics.latency import Durations, Latency
from openmcs.analytics.messages import Messages
from openmcs.analytics.parameters import Parameters
from openmcs.analytics.period import EVER
from openmcs.analytics.ranking import Ranking
from openmcs.analytics.requests import Requests
from openmcs.analytics.retention import Retention
from openmcs.analytics.sessions import Sessions
from openmcs.analytics.users import Users
from openmcs.analytics.visit import Visit
from openmcs.analytics.volume import Volume
from openmcs.store import log as request_log
from openmcs.store import log_segments
from openmcs.store.clock import to_iso
from openmcs.store.log_kinds import KINDS
from openmcs.store.log_reader import LogReader
from openmcs.tools.workshop import Shop, TeamMember

router = APIRouter(tags=["log"])


class Question(Protocol):
    """What may be asked of the log."""

    @classmethod
    def parse(cls, parameters: Parameters) -> Self:
        """From the query of a call."""

    def ask(self, log: LogReader) -> dict[str, Any]:
        """The answer."""


QUESTIONS: dict[str, type[Question]] = {
    "/requests": Requests,
    "/kpis": Kpis,
    "/analytics/volume": Volume,
    "/analytics/latency": Latency,
    "/analytics/durations": Durations,
    "/analytics/errors": Failures,
    "/analytics/ranking": Ranking,
    "/analytics/facets": Facets,
    "/analytics/comparison": Comparison,
    "/analytics/users": Users,
    "/analytics/sessions": Sessions,
    "/analytics/visit": Visit,
    "/analytics/clients": Clients,
    "/analytics/retention": Retention,
    "/analytics/events": Events,
    "/analytics/event-names": EventNames,
    "/analytics/funnel": Funnel,
}
"""Path to the question that it asks; each is a `GET` for team members, docs/tools-analytics.md has the shapes."""


def _serve(path: str, kind: type[Question]) -> None:
    async def ask(request: Request, who: TeamMember, shop: Shop) -> dict[str, Any]:
        question = kind.parse(request.query_params)
        await shop.caught_up()
        return await asyncio.to_thread(question.ask, shop.log)

    router.add_api_route(path, ask, methods=["GET"], name=kind.__name__, description=kind.__doc__)


for _path, _kind in QUESTIONS.items():
    _serve(_path, _kind)


@router.get("/messages")
async def messages(request: Request, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """Log lines, the newest first; with `after`, what came later, oldest first; with `grouped`, counted."""
    grouped = read.flag(request.query_params, "grouped")
    question = (GroupedMessages if grouped else Messages).parse(request.query_params)
    await shop.caught_up()
    return await asyncio.to_thread(question.ask, shop.log)


@router.get("/log")
async def log_itself(who: TeamMember, shop: Shop) -> dict[str, Any]:
    """How much of the log is hot, how much lies in segments, and what went wrong with it."""

    def look() -> dict[str, Any]:
        with shop.log.view() as view:
            hot = {kind.name: view.rows(f'SELECT count(*) FROM "{kind.name}"')[0][0] for kind in KINDS}  # noqa: S608
        with shop.database.read() as connection:
            closed = {kind.name: log_segments.summary(connection, kind.name) for kind in KINDS}
            lost = request_log.lost(connection, *EVER)
        problems = [each["problem"] for each in closed.values() if each["problem"]]
        runs = [each["at"] for each in closed.values() if each["at"] is not None]
        return {
            "hot": hot,
            "segments": [_segments(name, each) for name, each in closed.items()],
            "lost": lost,
            "compactedAt": to_iso(max(runs)) if runs else None,
            "problem": problems[0] if problems else None,
        }

    return await asyncio.to_thread(look)


def _segments(kind: str, summary: dict[str, Any]) -> dict[str, Any]:
    oldest, newest = (None if summary[name] is None else to_iso(summary[name]) for name in ("first", "last"))
    counts = {name: summary[name] for name in ("files", "rows", "bytes")}
    return {"kind": kind, **counts, "oldest": oldest, "newest": newest}


@router.get("/requests/{ecid}")
async def call_tree(ecid: str, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """One request, all it caused, and what was logged meanwhile."""
    await shop.caught_up()
    return await asyncio.to_thread(CallTree(ecid).ask, shop.log)


@router.get("/health")
async def health(request: Request, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """A traffic light for everything, each backend, API and endpoint."""
    question = Health.parse(request.query_params, shop.policy, await shop.pending())
    await shop.caught_up()
    return await asyncio.to_thread(question.ask, shop.log)


@router.get("/analytics/fields")
async def fields(who: TeamMember) -> dict[str, Any]:
    """What the query box may test, for its completion."""
    operators = {"is": ":"}
    return {
        "items": [
            {
                "field": field.name,
                "operators": [operators.get(each, each) for each in field.comparisons],
                "example": field.example,
            }
            for field in FIELDS.values()
        ]
    }
