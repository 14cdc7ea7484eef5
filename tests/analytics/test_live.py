"""The log as it grows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from openmcs.analytics import live
from openmcs.analytics.filters import Binds, Filter
from openmcs.analytics.live import Follower, Listener
from openmcs.analytics.messages import MessageFilter
from openmcs.analytics.requests import Requests
from openmcs.errors import StoreUnavailable
from openmcs.store.clock import now_us
from openmcs.store.compaction import Compactor
from openmcs.store.database import Database
from openmcs.store.log_kinds import MESSAGES, REQUESTS
from openmcs.store.log_reader import LogReader
from tests.analytics import naive
from tests.analytics.test_naive import FILTERS
from tests.store.records import load, message, request


def _run(log: LogReader, story: Callable[[Follower], Coroutine[Any, Any, None]], **options: Any) -> None:
    async def told() -> None:
        follower = Follower(log, **options)
        try:
            await story(follower)
        finally:
            follower.close()

    asyncio.run(told())


async def _heard(listener: Listener, count: int) -> list[str]:
    rows = [await asyncio.wait_for(listener.queue.get(), 10) for _ in range(count)]
    return [row.document["ecid"] for row in rows if row is not None]


async def _load(database: Database, directory: Path, *records: bytes) -> None:
    await asyncio.to_thread(load, database, directory, *records)


def test_listeners_hear_what_is_loaded_and_what_they_want(database: Database, log: LogReader, tmp_path: Path) -> None:
    """Each row once, in the order of loading, requests and messages apart, also across a compaction."""

    async def story(follower: Follower) -> None:
        await _load(database, tmp_path, request(0))
        everything = await follower.listen(REQUESTS, Filter().holds)
        failing = await follower.listen(REQUESTS, Filter.parse({"status": "5xx"}).holds)
        lines = await follower.listen(MESSAGES, MessageFilter(level=900).holds)
        await _load(database, tmp_path, request(1), request(2, status=500), message(2, level=1000), message(1))
        assert await _heard(everything, 2) == ["e1", "e2"]
        await asyncio.to_thread(Compactor(database, tmp_path.parent / "segments-of-story").run_once, everything=False)
        await _load(database, tmp_path, request(3, status=503), request(4, api="tools"))
        assert await _heard(everything, 1) == ["e3"]
        assert await _heard(failing, 2) == ["e2", "e3"]
        assert await _heard(lines, 1) == ["e2"]
        assert everything.queue.empty() and lines.queue.empty()

    _run(log, story)


def test_whoever_comes_back_misses_nothing_and_hears_nothing_twice(
    database: Database, log: LogReader, tmp_path: Path
) -> None:
    """What was loaded meanwhile is asked for by the last place, also when there was very much."""

    async def story(follower: Follower) -> None:
        listener = await follower.listen(REQUESTS, Filter().holds)
        await _load(database, tmp_path, *(request(n) for n in range(4)))
        rows = [await asyncio.wait_for(listener.queue.get(), 10) for _ in range(2)]
        follower.leave(listener)
        await _load(database, tmp_path, *(request(n) for n in range(4, 9)))
        assert rows[-1] is not None
        missed, skipped = await follower.missed(REQUESTS, rows[-1].place)
        assert [row.document["ecid"] for row in missed] == [f"e{n}" for n in range(2, 9)]
        assert skipped == 0
        newest, more = await follower.missed(REQUESTS, rows[-1].place, 3)
        assert ([row.document["ecid"] for row in newest], more) == (["e6", "e7", "e8"], 4)
        assert await follower.missed(REQUESTS, await follower.newest()) == ([], 0)

    _run(log, story)


def test_who_is_too_slow_is_told_how_much_was_left_out(
    database: Database, log: LogReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The follower waits for nobody, and others hear everything."""
    monkeypatch.setattr(live, "AT_ONCE", 7)

    async def story(follower: Follower) -> None:
        slow = await follower.listen(REQUESTS, Filter().holds)
        slow.queue = asyncio.Queue(5)
        quick = await follower.listen(REQUESTS, Filter().holds)
        await _load(database, tmp_path, *(request(n) for n in range(20)))
        assert await _heard(quick, 20) == [f"e{n}" for n in range(20)]
        assert (slow.queue.qsize(), slow.skipped) == (5, 15)
        follower.close()
        assert slow.queue.qsize() == 5
        ends = [slow.queue.get_nowait() for _ in range(5)]
        assert ends[-1] is None

    _run(log, story)


def test_there_are_so_many_streams_and_no_more(log: LogReader) -> None:
    """Another one is refused until one leaves; after the end none begins."""

    async def story(follower: Follower) -> None:
        first = await follower.listen(REQUESTS, Filter().holds)
        await follower.listen(REQUESTS, Filter().holds)
        with pytest.raises(StoreUnavailable, match="2 streams"):
            await follower.listen(REQUESTS, Filter().holds)
        follower.leave(first)
        await follower.listen(MESSAGES, MessageFilter().holds)
        follower.close()
        with pytest.raises(StoreUnavailable):
            await follower.listen(REQUESTS, Filter().holds)

    _run(log, story, most=2)


def test_tiles_are_of_the_last_minute(database: Database, log: LogReader, tmp_path: Path) -> None:
    """What was there before anybody listened, and what came since; of one backend or of all."""
    now = now_us()

    async def story(follower: Follower) -> None:
        await _load(
            database, tmp_path, request(0, time=now - 30_000_000, status=500), request(1, time=now - 61_000_000),
            request(2, time=now, backend="other", duration_us=9000), request(3, time=now, api="tools"),
            request(5, time=now, method="OPTIONS", caller_kind="preflight"),
        )  # fmt: skip
        listener = await follower.listen(REQUESTS, Filter().holds)
        await _load(database, tmp_path, request(4, time=now, status=404))
        await _heard(listener, 1)
        tiles = follower.tiles(None, now=now + 1)
        assert {name: tiles[name] for name in ("calls", "clientErrors", "serverErrors", "p50Ms", "p95Ms")} == {
            "calls": 3, "clientErrors": 1, "serverErrors": 1, "p50Ms": 1.5, "p95Ms": 9.0
        }  # fmt: skip
        assert follower.tiles("other", now=now + 1)["calls"] == 1
        assert follower.tiles(None, now=now + 120_000_000)["calls"] == 0

    _run(log, story)


def test_a_row_is_let_through_by_a_stream_as_by_a_list(database: Database, log: LogReader, tmp_path: Path) -> None:
    """The filter in memory and the one in SQL say the same of every row."""
    rows = naive.generated(11, 300)
    load(database, tmp_path, *(request(0, **row) for row in rows))
    texts = [
        "status>=400 -status:404",
        'path:"b%_" user!=anna',
        "duration<=5ms bytesOut>1kB",
        "user:an*,joe -sdk:-",
        "o'neil",
    ]
    for wanted in [Filter.parse(parameters) for parameters, _ in FILTERS] + [
        Filter.parse({"q": text}) for text in texts
    ]:
        listed = Requests(wanted=wanted, limit=1000).ask(log)["items"]
        assert {item["ecid"] for item in listed} == {row["ecid"] for row in rows if wanted.holds(row)}, wanted.sql(
            Binds()
        )
