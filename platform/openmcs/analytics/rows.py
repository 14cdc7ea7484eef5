"""
Lists of single rows, from hot rows and segments together.

The places of the rows are found first, then the rows are fetched: a segment is read for a few of its columns, and
whole only where a row of the page is. Where sums know in which hours the rows are, only those are looked at. The
newest rows are looked for in the newest segments, and in older ones only while the page is not full.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from openmcs.analytics.period import Period
from openmcs.store import columnar
from openmcs.store.log import Cursor
from openmcs.store.log_kinds import HOUR_US, MESSAGES, Extract, Kind
from openmcs.store.log_reader import Segment, View

Order = Literal["newest", "slowest"]
_FIRST_SEGMENTS = 4
_MOST_SEGMENTS = 64
COUNTED = 250_000
"""Rows that are looked at for how many there are in all, where no sums say it."""
_STEPWISE = 5000
"""Pages up to this depth are looked for from the newest segment on."""
_ORDERS = {
    "newest": "time DESC, segment DESC, position DESC",
    "slowest": "duration_us DESC, time DESC, segment DESC, position DESC",
    "loaded": "batch, position, segment",
    "oldest": "time, segment, position",
}


_SUMS = {MESSAGES.name: ("lines", "lines")}
"""What sums count, and what stands for the longest: no list of messages is by that."""


class Found(NamedTuple):
    """One page, and how many rows there are in all."""

    rows: list[dict[str, Any]]
    total: int
    exact: bool = True
    """Whether it was counted to the end; if not there are at least so many."""


class Hour(NamedTuple):
    """What sums know of the rows of an hour for which a condition holds."""

    calls: int
    longest_us: int


NONE = Hour(0, -1)


@dataclass(frozen=True, slots=True)
class Sought:
    """Which rows of a kind: those of a period for which *where* (SQL about *columns*, with *binds*) holds."""

    kind: Kind
    period: Period
    columns: Collection[str]
    where: str
    binds: Mapping[str, Any]
    extract: Extract | None = None

    def source(self, view: View, columns: Iterable[str] = (), **options: Any) -> str:
        """SQL: its rows, and maybe others, with *columns* as well."""
        looked = {*self.columns, *columns}
        return view.source(self.kind, looked, *self.period, extract=self.extract, **options)

    def segments(self, view: View) -> list[Segment]:
        """Where they may be, the newest first."""
        start, end = self.period
        found = [each for each in view.segments(self.kind) if each.last >= start and each.first < end]
        return sorted(found, key=lambda each: each.last, reverse=True)


def listed(
    view: View,
    sought: Sought,
    *,
    order: Order = "newest",
    limit: int,
    offset: int = 0,
    after: Cursor | None = None,
) -> Found:
    """One page of rows; with *after* of those loaded later, in that order."""
    if after is not None:
        return _after(view, sought, after, limit, offset)
    hours = hours_of(view, sought)
    count = limit + offset
    if hours is None and order == "newest" and count <= _STEPWISE:
        places, total, exact = _counted(view, sought, count)
        return Found(_fetched(view, sought.kind, places[offset:]), total, exact)
    if hours is None:
        total = view.rows(f"SELECT count(*) FROM {sought.source(view)} WHERE {sought.where}", sought.binds)[0][0]
        segments, least = sought.segments(view), -1
    else:
        total = sum(each.calls for each in hours.values())
        segments = [each for each in sought.segments(view) if each.hour in hours]
        if order == "slowest":
            segments, least = _slow(segments, hours, count)
    if order == "newest" and count <= _STEPWISE:
        places = _newest(view, sought, segments, min(count, total))[offset:]
    else:
        slow = order == "slowest" and least >= 0
        where = f"{sought.where} AND duration_us >= {least}" if slow else sought.where
        columns = ("segment", "position", *(["duration_us"] if order == "slowest" else []))
        places = view.rows(
            f"SELECT time, segment, position FROM {sought.source(view, columns, segments=segments)} WHERE {where} "
            f"ORDER BY {_ORDERS[order]} LIMIT {limit} OFFSET {offset}",
            sought.binds,
        )
    return Found(_fetched(view, sought.kind, places), total)


def hours_of(view: View, sought: Sought) -> dict[int, Hour] | None:
    """In which hours there are rows; None when only the rows themselves can say."""
    count, longest = _SUMS.get(sought.kind.name, ("calls", "longest_us"))
    columns = {*sought.columns, count, longest}
    if view.rollup(sought.kind, columns) is None:
        return None
    source = view.source(sought.kind, columns, *sought.period, grain=HOUR_US, extract=sought.extract)
    rows = view.rows(
        f"SELECT {columnar.hour_of('time')}, sum({count})::BIGINT, max({longest}) FROM {source} "
        f"WHERE {sought.where} GROUP BY 1",
        sought.binds,
    )
    return {hour: Hour(calls, longest) for hour, calls, longest in rows}


def _slow(segments: list[Segment], hours: Mapping[int, Hour], count: int) -> tuple[list[Segment], int]:
    """Where the slowest *count* calls are, and what each of them takes at least: that many hours have such a call."""
    if len(hours) < count:
        return segments, -1
    least = sorted((each.longest_us for each in hours.values()), reverse=True)[count - 1]
    return [each for each in segments if hours[each.hour].longest_us >= least], least


def _newest(view: View, sought: Sought, waiting: list[Segment], count: int) -> list[tuple[Any, ...]]:
    """Places of the newest *count* rows, of which there are so many; *waiting* are the segments, newest first."""
    found: list[tuple[Any, ...]] = []
    hot, step = True, _FIRST_SEGMENTS
    while hot or waiting:
        now, waiting = _first(waiting, step)
        source = sought.source(view, ("segment", "position"), segments=now, hot=hot)
        found += view.rows(
            f"SELECT time, segment, position FROM {source} WHERE {sought.where} ORDER BY {_ORDERS['newest']} LIMIT {count}",
            sought.binds,
        )
        found = sorted(found, reverse=True)[:count]
        if len(found) == count and (not waiting or found[-1][0] > waiting[0].last):
            break
        hot, step = False, step * 4
    return found


def _first(waiting: list[Segment], step: int) -> tuple[list[Segment], list[Segment]]:
    """So many segments, or fewer that have `COUNTED` rows; and the rest."""
    rows = list(itertools.accumulate(each.rows for each in waiting[:step]))
    many = next((number for number, total in enumerate(rows, 1) if total >= COUNTED), step)
    return waiting[:many], waiting[many:]


def _counted(view: View, sought: Sought, count: int) -> tuple[list[tuple[Any, ...]], int, bool]:
    """
    Places of the newest *count* rows, and how many rows there are, in one pass.

    Once the page is full it goes on counting until it has looked at `COUNTED` rows and knows that there is more.
    """
    waiting = sought.segments(view)
    found: list[tuple[Any, ...]] = []
    hot, step, total, looked = True, _FIRST_SEGMENTS, 0, 0
    while hot or waiting:
        now, waiting = _first(waiting, step)
        source = sought.source(view, ("segment", "position"), segments=now, hot=hot)
        place = "{'time': time, 'segment': segment, 'position': position}"
        ((here, newest),) = view.rows(
            f"SELECT count(*), max({place}, {count}) FROM {source} WHERE {sought.where}", sought.binds
        )
        total, looked = total + here, looked + sum(each.rows for each in now)
        found = sorted([*found, *(tuple(each.values()) for each in newest or ())], reverse=True)[:count]
        full = len(found) == count and total > count and (not waiting or found[-1][0] > waiting[0].last)
        if full and looked >= COUNTED:
            break
        hot, step = False, min(step * 4, _MOST_SEGMENTS)
    return found, total, not waiting


def _fetched(view: View, kind: Kind, places: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """The whole rows, in the order of their places."""
    if not places:
        return []
    times = sorted({place[0] for place in places})
    near = [each for each in view.segments(kind) if any(each.first <= time <= each.last for time in times)]
    source = view.source(kind, kind.columns, times[0], times[-1] + 1, segments=near)
    rows = view.documents(
        f"SELECT * FROM {source} WHERE time IN (SELECT unnest($times::BIGINT[])) "
        "AND segment IN (SELECT unnest($segments::VARCHAR[]))",
        {"times": times, "segments": sorted({place[1] for place in places})},
    )
    by_place = {(row["time"], row["segment"], row["position"]): row for row in rows}
    return [by_place[place] for place in places]


def _after(view: View, sought: Sought, after: Cursor, limit: int, offset: int) -> Found:
    """In the order of loading, behind a cursor. Only segments with later batches are read: seldom any."""
    later = [each for each in sought.segments(view) if each.last_batch >= after.batch]
    source = view.source(
        sought.kind, {*sought.kind.columns, *sought.columns}, *sought.period, extract=sought.extract, segments=later
    )
    behind = f"({sought.where}) AND (batch, position) > ({int(after.batch)}, {int(after.position)})"
    rows = view.documents(
        f"SELECT *, count(*) OVER () AS every FROM {source} WHERE {behind} "
        f"ORDER BY {_ORDERS['loaded']} LIMIT {limit} OFFSET {offset}",
        sought.binds,
    )
    if rows:
        return Found(rows, rows[0]["every"])
    return Found([], view.rows(f"SELECT count(*) FROM {source} WHERE {behind}", sought.binds)[0][0])
