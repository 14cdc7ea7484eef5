"""`/live/…`: the log as server-sent events, which a browser takes up again by itself where it was cut off."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from openmcs.analytics import parameters as read
from openmcs.analytics.filters import Filter
from openmcs.analytics.messages import MessageFilter
from openmcs.analytics.parameters import cursor_text
from openmcs.auth import team
from openmcs.errors import PlatformError
from openmcs.store.log import Cursor
from openmcs.store.log_kinds import MESSAGES, REQUESTS, Kind
from openmcs.tools.events import event, stream
from openmcs.tools.workshop import Shop, TeamMember, Workshop, token_of

router = APIRouter(tags=["live"])

LONGEST_SECONDS = 3600.0
PING_SECONDS = 15.0
TILES_SECONDS = 1.0


@router.get("/live/requests")
async def requests(request: Request, who: TeamMember, shop: Shop) -> StreamingResponse:
    """Requests that a filter lets through, as they are loaded."""
    wanted = Filter.parse(request.query_params)
    return await _rows(request, shop, REQUESTS, "request", wanted.holds)


@router.get("/live/messages")
async def messages(request: Request, who: TeamMember, shop: Shop) -> StreamingResponse:
    """Log lines that a filter lets through, as they are loaded."""
    wanted = MessageFilter.parse(request.query_params)
    return await _rows(request, shop, MESSAGES, "message", wanted.holds)


@router.get("/live/tiles")
async def tiles(request: Request, who: TeamMember, shop: Shop) -> StreamingResponse:
    """Figures of the last minute, each second while they change."""
    backend = read.text(request.query_params, "backend")
    listener = await shop.follower.listen(REQUESTS, lambda row: False)

    async def events() -> AsyncIterator[str]:
        last: dict[str, Any] = {}
        silent = time.monotonic()
        try:
            async for _ in _ticks(request, shop):
                if not listener.queue.empty():
                    return
                under_way = await shop.pending()
                pending = sum(count for place, count in under_way.items() if backend in (None, place[0]))
                now = {**shop.follower.tiles(backend), "pending": pending}
                if {**now, "time": None} != {**last, "time": None}:
                    last, silent = now, time.monotonic()
                    yield event("tiles", now)
                elif time.monotonic() - silent > PING_SECONDS:
                    silent = time.monotonic()
                    yield event("ping", {})
        finally:
            shop.follower.leave(listener)

    return stream(events())


async def _rows(
    request: Request, shop: Workshop, kind: Kind, name: str, wanted: Callable[[Mapping[str, Any]], bool]
) -> StreamingResponse:
    after = read.cursor({"Last-Event-ID": request.headers.get("last-event-id", "")}, "Last-Event-ID")
    after = after or read.cursor(request.query_params)
    listener = await shop.follower.listen(kind, wanted)
    place = after or await shop.follower.newest()

    async def events() -> AsyncIterator[str]:
        nonlocal place
        try:
            yield event("hello", {"cursor": cursor_text(place)}, cursor_text(place))
            if after is not None:
                missed, skipped = await shop.follower.missed(kind, after)
                if skipped:
                    yield event("skipped", {"count": skipped})
                for row in missed:
                    place = row.place
                    if wanted(row.row):
                        yield event(name, row.document, row.id)
            async for text in _live(request, shop, listener, name, place):
                yield text
        finally:
            shop.follower.leave(listener)

    return stream(events())


async def _live(request: Request, shop: Workshop, listener: Any, name: str, place: Cursor) -> AsyncIterator[str]:
    """What the listener is handed, but for what was sent already."""
    skipped = 0
    until = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < until:
        try:
            row = await asyncio.wait_for(listener.queue.get(), PING_SECONDS)
        except TimeoutError:
            if not await _still_allowed(request, shop):
                return
            yield event("ping", {})
            continue
        if row is None:
            return
        if listener.skipped != skipped:
            yield event("skipped", {"count": listener.skipped - skipped})
            skipped = listener.skipped
        if row.place > place:
            yield event(name, row.document, row.id)


async def _ticks(request: Request, shop: Workshop) -> AsyncIterator[None]:
    """Each second, while the caller may listen."""
    begin = checked = time.monotonic()
    while time.monotonic() - begin < LONGEST_SECONDS:
        yield
        await asyncio.sleep(TILES_SECONDS)
        if time.monotonic() - checked > PING_SECONDS:
            checked = time.monotonic()
            if not await _still_allowed(request, shop):
                return


async def _still_allowed(request: Request, shop: Workshop) -> bool:
    """Whether the session that the stream began with is still there."""
    try:
        await asyncio.to_thread(team.member_of, shop.database, token_of(request))
    except PlatformError:
        return False
    return True
