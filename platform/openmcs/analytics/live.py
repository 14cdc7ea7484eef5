"""
The log as it grows: one follower a process looks for what was loaded, and hands it to all who listen.

A listener that is too slow loses rows and is told how many; the follower never waits for one. Nobody listening,
nothing is asked.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import structlog

from openmcs.analytics.filters import Binds, Filter
from openmcs.analytics.messages import document as message_document
from openmcs.analytics.parameters import cursor_text
from openmcs.analytics.period import EVER
from openmcs.analytics.requests import documents
from openmcs.analytics.rows import Sought, listed
from openmcs.errors import StoreUnavailable
from openmcs.store.clock import now_us, to_iso
from openmcs.store.log import END, Cursor, newest_batch
from openmcs.store.log_kinds import MESSAGES, REQUESTS, Kind
from openmcs.store.log_reader import LogReader

PERIOD = 0.25
"""Seconds between two looks."""
AT_ONCE = 1000
"""Rows of one look; the rest comes with the next ones."""
WAITING = 2000
"""Rows that a listener may be behind."""
WINDOW_US = 60_000_000
_REMEMBERED = 200_000
_COUNTED = Filter()
"""What the tiles count: calls, neither of the tools API nor preflights."""
_START_SECONDS = 10.0
_log = structlog.get_logger("openmcs.live")


class Row(NamedTuple):
    """One row that was loaded."""

    kind: str
    place: Cursor
    row: Mapping[str, Any]
    document: dict[str, Any]

    @property
    def id(self) -> str:
        """Its place, as the tools API hands it out."""
        return cursor_text(self.place)


@dataclass(eq=False)
class Listener:
    """Who waits for rows of one kind that a filter lets through."""

    kind: Kind
    wanted: Callable[[Mapping[str, Any]], bool]
    queue: asyncio.Queue[Row | None] = field(default_factory=lambda: asyncio.Queue(WAITING))
    skipped: int = 0

    def offer(self, row: Row) -> None:
        """Take a row, or count it when there are too many already."""
        if row.kind != self.kind.name or not self.wanted(row.row):
            return
        try:
            self.queue.put_nowait(row)
        except asyncio.QueueFull:
            self.skipped += 1

    def end(self) -> None:
        """No more will come."""
        while self.queue.full():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class Follower:
    """Follows one log within one event loop."""

    def __init__(self, log: LogReader, most: int = 100) -> None:
        self._reader = log
        self._most = most
        self._listeners: set[Listener] = set()
        self._task: asyncio.Task[None] | None = None
        self._places: dict[str, Cursor] = {}
        self._recent: deque[tuple[int, str | None, int, int]] = deque(maxlen=_REMEMBERED)
        self._closed = False
        self._ready = asyncio.Event()

    async def listen(self, kind: Kind, wanted: Callable[[Mapping[str, Any]], bool]) -> Listener:
        """
        Begin to hand over what is loaded from now on.

        Raises `StoreUnavailable`, also when too many listen already.
        """
        if self._closed or len(self._listeners) >= self._most:
            raise StoreUnavailable(f"{self._most} streams are open already; try again in a while.")
        listener = Listener(kind, wanted)
        self._listeners.add(listener)
        if self._task is None or self._task.done():
            self._ready.clear()
            self._task = asyncio.create_task(self._run())
        try:
            await asyncio.wait_for(self._ready.wait(), _START_SECONDS)
        except TimeoutError:
            self.leave(listener)
            raise StoreUnavailable("The log cannot be followed now; its database does not answer.") from None
        return listener

    def leave(self, listener: Listener) -> None:
        """Hand it nothing any more."""
        self._listeners.discard(listener)

    def close(self) -> None:
        """End all streams, and begin none any more."""
        self._closed = True
        for listener in self._listeners:
            listener.end()

    async def missed(self, kind: Kind, after: Cursor, limit: int = WAITING) -> tuple[list[Row], int]:
        """The last *limit* rows behind a place, and how many more there were. Raises `StoreUnavailable`."""
        return await asyncio.to_thread(self._after, kind, after, limit)

    async def newest(self) -> Cursor:
        """The place behind all that is loaded. Raises `StoreUnavailable`."""
        return await asyncio.to_thread(self._newest)

    def tiles(self, backend: str | None, *, now: int | None = None) -> dict[str, Any]:
        """Figures of the last minute, as far as this process has followed it."""
        end = now_us() if now is None else now
        rows = [row for row in self._recent if end - WINDOW_US <= row[0] < end and backend in (None, row[1])]
        durations = sorted(row[3] for row in rows)
        return {
            "time": to_iso(end),
            "calls": len(rows),
            "clientErrors": sum(400 <= row[2] < 500 for row in rows),
            "serverErrors": sum(row[2] >= 500 for row in rows),
            "p50Ms": _percentile(durations, 50),
            "p95Ms": _percentile(durations, 95),
        }

    # ── following ────────────────────────────────────────────────────────────────────────────────

    async def _run(self) -> None:
        failing = False
        self._places.clear()
        self._recent.clear()
        while self._listeners and not self._closed:
            try:
                for row in await asyncio.to_thread(self._look):
                    for listener in self._listeners:
                        listener.offer(row)
                failing = False
                self._ready.set()
            except StoreUnavailable as error:
                if not failing:
                    _log.warning("live streams wait for the database", reason=error.detail)
                failing = True
            await asyncio.sleep(PERIOD)

    def _look(self) -> list[Row]:
        """What was loaded since the last look; at first, what is as old as the tiles' window at most."""
        if not self._places:
            begin = self._newest()
            self._remember_window()
            self._places = {kind.name: begin for kind in (REQUESTS, MESSAGES)}
            return []
        with self._reader.database.read() as connection:
            newest = newest_batch(connection)
        rows: list[Row] = []
        for kind in (REQUESTS, MESSAGES):
            place = self._places[kind.name]
            if place.batch >= newest and place.position == END:
                continue
            found = self._page(kind, place)
            rows += found
            # Less than a page: all there was; but what is loaded while it was asked is behind `newest`.
            self._places[kind.name] = found[-1].place if found else Cursor(max(newest, place.batch), END)
        for row in rows:
            if row.kind == REQUESTS.name and _COUNTED.holds(row.row):
                self._remember(row.row)
        return rows

    def _newest(self) -> Cursor:
        with self._reader.database.read() as connection:
            return Cursor(newest_batch(connection), END)

    def _page(self, kind: Kind, after: Cursor) -> list[Row]:
        with self._reader.view() as view:
            found = listed(view, Sought(kind, EVER, (), "true", {}), limit=AT_ONCE, after=after).rows
            shown = documents(view, found) if kind is REQUESTS else [message_document(row) for row in found]
        return [
            Row(kind.name, Cursor(row["batch"], row["position"]), row, document)
            for row, document in zip(found, shown, strict=True)
        ]

    def _after(self, kind: Kind, after: Cursor, limit: int) -> tuple[list[Row], int]:
        rows: deque[Row] = deque(maxlen=limit)
        count = 0
        while page := self._page(kind, after):
            rows.extend(page)
            count += len(page)
            after = page[-1].place
        return list(rows), count - len(rows)

    def _remember_window(self) -> None:
        now = now_us()
        with self._reader.view() as view:
            columns = {"backend", "status", "duration_us", *_COUNTED.columns}
            source = view.source(REQUESTS, columns, now - WINDOW_US, now + WINDOW_US)
            binds = Binds()
            rows = view.rows(
                f"SELECT time, backend, status, duration_us FROM {source} WHERE {_COUNTED.sql(binds)} "
                f"ORDER BY time DESC LIMIT {_REMEMBERED}",
                binds,
            )
        self._recent.extend(reversed(rows))

    def _remember(self, row: Mapping[str, Any]) -> None:
        self._recent.append((row["time"], row["backend"], row["status"], row["duration_us"]))
        oldest = now_us() - 2 * WINDOW_US
        with contextlib.suppress(IndexError):
            while self._recent[0][0] < oldest:
                self._recent.popleft()


def _percentile(ordered: list[int], percent: int) -> float | None:
    """Nearest rank, in milliseconds."""
    return ordered[max(1, -(-len(ordered) * percent // 100)) - 1] / 1000 if ordered else None
