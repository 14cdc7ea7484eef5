"""`/export/…`: the log as a file; and MCS's own export of analytics (contract: portal, 4.3)."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from openmcs.analytics.event_filter import EventFilter
from openmcs.analytics.export import FORMATS, Export
from openmcs.analytics.filters import Filter
from openmcs.analytics.period import EVER, Period
from openmcs.errors import RequestInvalid
from openmcs.store.clock import from_iso
from openmcs.store.log_kinds import EVENTS, REQUESTS
from openmcs.tools.paging import Paging, envelope
from openmcs.tools.workshop import Analyst, Shop, TeamMember, Workshop

router = APIRouter(tags=["export"])
system = APIRouter(tags=["system"])

PAGE = 1000
DAY_US = 86_400_000_000


@router.get("/export/{kind}")
async def export(
    kind: Literal["requests", "messages", "events"], request: Request, who: TeamMember, shop: Shop
) -> StreamingResponse:
    """Requests, messages or events that a filter lets through, oldest first."""
    wanted = Export.parse(kind, request.query_params)
    await shop.caught_up()
    headers = {"Content-Disposition": f'attachment; filename="{kind}.{wanted.format}"'}
    chunks = wanted.chunks(shop.log, shop.spill)
    return StreamingResponse(chunks, media_type=FORMATS[wanted.format], headers=headers)


class ExportRequest(BaseModel):
    """As MCS's clients send it."""

    model_config = ConfigDict(extra="ignore")
    export_type: Annotated[Literal["Events", "APICalls"], Field(alias="exportType")]
    name: Annotated[str | None, Field(max_length=100)] = None
    start: Annotated[date | None, Field(alias="startDate")] = None
    end: Annotated[date | None, Field(alias="endDate")] = None
    limit: Annotated[int, Field(ge=1)] = PAGE
    offset: Annotated[int, Field(ge=0, le=10_000_000)] = 0


@system.post("/analyticsExport/export/request")
async def analytics_export(body: ExportRequest, who: Analyst, shop: Shop) -> dict[str, Any]:
    """A page of events or API calls; a larger limit than 1000 is lowered."""
    period = Period(_day(body.start, 0, EVER.start), _day(body.end, 1, EVER.end))
    if period.start >= period.end:
        raise RequestInvalid("startDate is after endDate.")
    await shop.caught_up()
    return await asyncio.to_thread(_page, shop, body, period)


def _page(shop: Workshop, body: ExportRequest, period: Period) -> dict[str, Any]:
    paging = Paging(min(body.limit, PAGE), body.offset)
    most = paging.offset + paging.limit + 1
    if body.export_type == "Events":
        wanted: Any = EventFilter({"name": (body.name,)} if body.name else {})
        export = Export(EVENTS, period, wanted, limit=most)
    else:
        export = Export(REQUESTS, period, Filter.parse({"api": body.name} if body.name else {}), limit=most)
    with shop.log.view() as view:
        rows = [row for number, row in enumerate(export.rows(view)) if number >= paging.offset]
    page = envelope(rows[: paging.limit], paging.offset + len(rows), paging)
    # How many there are in all is not counted for a page.
    return {name: value for name, value in page.items() if name != "totalResults"}


def _day(day: date | None, after: int, missing: int) -> int:
    return missing if day is None else from_iso(day.isoformat()) + after * DAY_US
