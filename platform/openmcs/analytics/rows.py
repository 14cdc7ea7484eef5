"""
Lists of single rows, from hot rows and segments together.

The places of the rows are found first, then the rows are fetched: a segment is read for a few of its columns, and
whole only where a row of the page is. The newest rows are looked for in the newest segments, and in older ones only
while the page is not full.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from openmcs.analytics.period import Period
from openmcs.store.log import Cursor
from openmcs.store.log_kinds import Kind
from openmcs.store.log_reader import Segment, View

Order = Literal["newest", "slowest"]
_FIRST_SEGMENTS = 4
_STEPWISE = 5000
"""Pages up to this depth are looked for from the newest segment on."""
_ORDERS = {
    "newest": "time DESC, segment DESC, position DESC",
    "slowest": "duration_us DESC, time DESC, segment DESC, position DESC",
    "loaded": "batch, position, segment",
    "oldest": "time, segment, position",
}


class Found(NamedTuple):
    """One page. `total` is None where it was not counted on the way."""

    rows: list[dict[str, Any]]
    total: int | None


def listed(
    view: View,
    kind: Kind,
    columns: Iterable[str],
    where: str,
    binds: Mapping[str, Any],
    period: Period,
    *,
    order: Order = "newest",
    limit: int,
    offset: int = 0,
    after: Cursor | None = None,
) -> Found:
    """Rows for which *where* (SQL about *columns*) holds; with *after* those loaded later, in that order."""
    if after is not None:
        return _after(view, kind, columns, where, binds, period, after, limit, offset)
    looked = {"segment", "position", *columns, *(["duration_us"] if order == "slowest" else [])}
    if order == "newest" and offset + limit <= _STEPWISE:
        places = _newest(view, kind, looked, where, binds, period, limit + offset)[offset:]
    else:
        source = view.source(kind, looked, *period)
        places = view.rows(
            f"SELECT time, segment, position FROM {source} WHERE {where} ORDER BY {_ORDERS[order]} "
            f"LIMIT {limit} OFFSET {offset}",
            binds,
        )
    return Found(_fetched(view, kind, places), None)


def _newest(
    view: View, kind: Kind, columns: Iterable[str], where: str, binds: Mapping[str, Any], period: Period, count: int
) -> list[tuple[Any, ...]]:
    """Places of the newest *count* rows."""
    waiting = [each for each in view.segments(kind) if each.last >= period.start and each.first < period.end]
    waiting.sort(key=lambda each: each.last, reverse=True)
    found: list[tuple[Any, ...]] = []
    hot, step = True, _FIRST_SEGMENTS
    while hot or waiting:
        now, waiting = waiting[:step], waiting[step:]
        source = view.source(kind, columns, *period, segments=now, hot=hot)
        found += view.rows(
            f"SELECT time, segment, position FROM {source} WHERE {where} ORDER BY {_ORDERS['newest']} LIMIT {count}",
            binds,
        )
        found = sorted(found, reverse=True)[:count]
        if len(found) == count and (not waiting or found[-1][0] > waiting[0].last):
            break
        hot, step = False, step * 4
    return found


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


def _after(
    view: View, kind: Kind, columns: Iterable[str], where: str, binds: Mapping[str, Any], period: Period,
    after: Cursor, limit: int, offset: int,
) -> Found:  # fmt: skip
    """In the order of loading, behind a cursor. Only segments with later batches are read: seldom any."""
    later: list[Segment] = [each for each in view.segments(kind) if each.last_batch >= after.batch]
    source = view.source(kind, {*kind.columns, *columns}, *period, segments=later)
    behind = f"({where}) AND (batch, position) > ({int(after.batch)}, {int(after.position)})"
    rows = view.documents(
        f"SELECT *, count(*) OVER () AS every FROM {source} WHERE {behind} "
        f"ORDER BY {_ORDERS['loaded']} LIMIT {limit} OFFSET {offset}",
        binds,
    )
    if rows:
        return Found(rows, rows[0]["every"])
    return Found([], view.rows(f"SELECT count(*) FROM {source} WHERE {behind}", binds)[0][0])
