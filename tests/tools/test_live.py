"""`/live/…`: server-sent events, as a browser has them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from openmcs.store.clock import now_us
from openmcs.store.tables import team_token
from openmcs.tools import live
from tests.store.records import load, message, request
from tests.tools.desk import BASIC, PREFIX, Desk


class Stream:
    """One connection to the application that stays open."""

    def __init__(self, desk: Desk, path: str, **headers: str) -> None:
        self._sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._gone = asyncio.Event()
        name, _, query = path.partition("?")
        given = {**desk.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": PREFIX + name, "raw_path": (PREFIX + name).encode(), "query_string": query.encode(), "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()], "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8080),
        }  # fmt: skip
        self.task = asyncio.create_task(desk.app(scope, self._receive, self._sent.put))

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def events(self) -> AsyncIterator[dict[str, str]]:
        """Fields of each event, and `status` and content type first."""
        head = await asyncio.wait_for(self._sent.get(), 20)
        yield {"status": str(head["status"]), "type": dict(head["headers"]).get(b"content-type", b"").decode()}
        while True:
            part = await asyncio.wait_for(self._sent.get(), 20)
            for block in part.get("body", b"").decode().split("\n\n"):
                if block:
                    yield dict(line.split(": ", 1) for line in block.split("\n"))
            if not part.get("more_body"):
                return

    async def close(self) -> None:
        """Hang up."""
        self._gone.set()
        await asyncio.wait_for(self.task, 20)


@pytest.mark.parametrize("path", ["/live/requests", "/live/messages", "/live/tiles"])
def test_streams_are_for_team_members(desk: Desk, path: str) -> None:
    """Nobody else's connection is kept open."""
    assert desk.without_credentials().call("GET", path).status_code == 401
    assert desk.with_headers(authorization=BASIC).call("GET", path).status_code == 401


def test_a_wrong_filter_is_refused(desk: Desk) -> None:
    """Before anything is streamed."""
    assert desk.call("GET", "/live/requests?q=usr:x").status_code == 400
    assert desk.call("GET", "/live/messages?level=loud").status_code == 400
    assert desk.call("GET", "/live/requests", headers={"Last-Event-ID": "x"}).status_code == 400


def test_rows_come_as_they_are_loaded_and_again_from_the_last_id(desk: Desk, tmp_path: Path) -> None:
    """What came while nobody listened is sent first; nothing comes twice."""
    spool = tmp_path / "spool-of-test"

    async def story() -> None:
        stream = Stream(desk, "/live/requests?status=2xx")
        events = stream.events()
        assert await anext(events) == {"status": "200", "type": "text/event-stream; charset=utf-8"}
        assert (await anext(events))["event"] == "hello"
        hostile = "\n\nevent: request\ndata: <script>"
        await asyncio.to_thread(
            load, desk.shop.database, spool, request(1, user=hostile), request(2, status=500), request(3)
        )
        first, second = await anext(events), await anext(events)
        assert [json.loads(each["data"])["ecid"] for each in (first, second)] == ["e1", "e3"]
        assert json.loads(first["data"])["user"] == hostile
        await stream.close()
        await asyncio.to_thread(load, desk.shop.database, spool, request(4))
        again = Stream(desk, "/live/requests", last_event_id=first["id"])
        events = again.events()
        assert [(await anext(events)).get("event") for _ in range(2)] == [None, "hello"]
        seen = [json.loads((await anext(events))["data"])["ecid"] for _ in range(3)]
        assert seen == ["e2", "e3", "e4"]
        await asyncio.to_thread(load, desk.shop.database, spool, request(5))
        assert json.loads((await anext(events))["data"])["ecid"] == "e5"
        await again.close()

    desk.runner.run(story())


def test_messages_and_tiles_stream_too(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines by level; figures when they change; a sign of life in silence."""
    monkeypatch.setattr(live, "PING_SECONDS", 0.2)
    monkeypatch.setattr(live, "TILES_SECONDS", 0.1)
    spool = tmp_path / "spool-of-test"

    async def story() -> None:
        lines, tiles = Stream(desk, "/live/messages?level=warning"), Stream(desk, "/live/tiles")
        events, figures = lines.events(), tiles.events()
        await anext(events), await anext(figures)
        now = now_us()
        await asyncio.to_thread(
            load, desk.shop.database, spool, message(1, level=1000), message(2), request(1, time=now)
        )
        names = []
        while "message" not in names:
            names.append((await anext(events))["event"])
        assert set(names[1:-1]) <= {"ping"}
        while "ping" not in names:
            names.append((await anext(events))["event"])
        seen = []
        while not seen or seen[-1]["calls"] != 1:
            event = await anext(figures)
            if event["event"] == "tiles":
                seen.append(json.loads(event["data"]))
        assert {"time", "calls", "clientErrors", "serverErrors", "pending", "p50Ms", "p95Ms"} == set(seen[-1])
        await lines.close()
        await tiles.close()

    desk.runner.run(story())


def test_a_stream_ends_with_its_session(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever signs out, or is taken out of the team, hears nothing any more."""
    monkeypatch.setattr(live, "PING_SECONDS", 0.2)

    async def story() -> None:
        stream = Stream(desk, "/live/requests")
        events = stream.events()
        await anext(events)
        await asyncio.to_thread(_sign_out)
        names = [each["event"] async for each in events]
        assert set(names) <= {"hello", "ping"}
        await asyncio.wait_for(stream.task, 20)

    def _sign_out() -> None:
        with desk.shop.database.write() as connection:
            connection.execute(delete(team_token))

    desk.runner.run(story())
