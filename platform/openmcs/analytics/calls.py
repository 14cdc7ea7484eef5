"""
What questions about calls have in common: sums by some columns, and percentiles of durations.

Counts, averages and the longest call are exact. Percentiles are those of all calls (nearest rank) up to `SAMPLE` of
them, and beyond those of an even sample: of one call in 16, 64 or 256, as many as leaves up to `SAMPLE` of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openmcs.analytics.filters import Binds, Filter
from openmcs.analytics.period import Period
from openmcs.store import log
from openmcs.store.database import Database
from openmcs.store.log_kinds import DAY_US, REQUESTS, SAMPLE_EVERY, SPARSER
from openmcs.store.log_reader import View

SAMPLE = 500_000
"""Of more calls than this, percentiles are those of a sample."""
PERCENTS = (50, 90, 95, 99)
CLASSES = {
    "ok": "status_class = 2",
    "redirects": "status_class = 3",
    "clientErrors": "status_class = 4",
    "serverErrors": "status_class = 5",
}
COUNTS = {
    "calls": "coalesce(sum(calls), 0)::BIGINT",
    **{name: f"coalesce(sum(calls) FILTER ({test}), 0)::BIGINT" for name, test in CLASSES.items()},
}
TIMES = {
    "duration": "coalesce(sum(duration_sum), 0)::BIGINT",
    "longest": "max(longest_us)",
}
_COUNTED = ("calls", "status_class", "duration_sum", "longest_us")


def sums(
    view: View,
    wanted: Filter,
    period: Period,
    measures: Mapping[str, str],
    *,
    by: Mapping[str, str] | None = None,
    columns: Iterable[str] = (),
    grain: int | None = DAY_US,
    tail: str = "",
) -> list[dict[str, Any]]:
    """
    Calls added up by the expressions *by* (name to SQL, of ours), which look at *columns* beside the usual ones.

    *grain* as for `View.source`; *tail* is SQL behind it all: order and limit.
    """
    binds = Binds()
    source = view.source(
        REQUESTS, {*_COUNTED, *columns, *wanted.columns}, *period, grain=grain, extract=wanted.extract
    )  # fmt: skip
    chosen = ", ".join(f'{sql} AS "{name}"' for name, sql in {**(by or {}), **measures}.items())
    group = "GROUP BY " + ", ".join(str(number + 1) for number in range(len(by))) if by else ""
    return view.documents(f"SELECT {chosen} FROM {source} WHERE {wanted.sql(binds)} {group} {tail}", binds)


def percentiles(
    view: View,
    wanted: Filter,
    period: Period,
    calls: int,
    *,
    sets: Sequence[Mapping[str, str]] = ({},),
    columns: Iterable[str] = (),
    only: str = "true",
    values: Mapping[str, Any] | None = None,
) -> list[dict[tuple[Any, ...], dict[str, float | None]]]:
    """
    Percentiles of *calls* durations by each of some *sets* of expressions: the values of a group to `p50Ms` and so on.

    One pass answers all the sets. *only* is one more condition, with *values*.
    """
    binds = Binds(values or {})
    source = view.source(
        REQUESTS, {"duration_us", *columns, *wanted.columns}, *period, every=sampling(calls), extract=wanted.extract
    )
    names = {sql: f"k{number}" for number, sql in enumerate(dict.fromkeys(s for each in sets for s in each.values()))}
    keys = "".join(f", {sql} AS {name}" for sql, name in names.items())
    grouping = ", ".join("(" + ", ".join(names[sql] for sql in each.values()) + ")" for each in sets)
    which = f"grouping({', '.join(names.values())})" if names else "0"
    ranks = ", ".join(f"{percent / 100}" for percent in PERCENTS)
    statement = (
        f"SELECT {which} AS missing, quantile_disc(duration_us, [{ranks}]) AS found"
        f"{''.join(', ' + name for name in names.values())} "
        f"FROM (SELECT duration_us{keys} FROM {source} WHERE {wanted.sql(binds)} AND {only}) GROUP BY GROUPING SETS ({grouping})"
    )
    order = list(names)
    masks = [
        sum(1 << (len(order) - 1 - place) for place, sql in enumerate(order) if sql not in each.values())
        for each in sets
    ]
    answers: list[dict[tuple[Any, ...], dict[str, float | None]]] = [{} for _ in sets]
    for missing, found, *group in view.rows(statement, binds):
        place = masks.index(missing)
        key = tuple(group[order.index(sql)] for sql in sets[place].values())
        answers[place][key] = {
            f"p{percent}Ms": None if found is None else found[number] / 1000 for number, percent in enumerate(PERCENTS)
        }
    return answers


NO_PERCENTILES: dict[str, float | None] = {f"p{percent}Ms": None for percent in PERCENTS}


def is_sampled(calls: int) -> bool:
    """Whether percentiles of so many calls are those of a sample."""
    return sampling(calls) > 1


def sampling(calls: int) -> int:
    """Of so many calls one in how many is looked at for percentiles."""
    steps = (1, SAMPLE_EVERY, *SPARSER)
    return next((every for every in steps if calls <= every * SAMPLE), steps[-1])


def average_ms(duration: int, calls: int) -> float | None:
    """Of a sum of microseconds, in milliseconds."""
    return round(duration / calls / 1000, 3) if calls else None


def rate(part: int, whole: int) -> float:
    """A share, from 0 to 1."""
    return round(part / whole, 6) if whole else 0.0


def people(view: View, wanted: Filter, period: Period) -> dict[str, int]:
    """How many different mobile users, sessions and devices called."""
    binds = Binds()
    columns = {"caller_kind", "user", "session_id", "device_id", *wanted.columns}
    source = view.source(REQUESTS, columns, *period, grain=DAY_US)
    row = view.rows(
        "SELECT count(DISTINCT CASE WHEN caller_kind = 'user' THEN \"user\" END), count(DISTINCT session_id), "
        f"count(DISTINCT device_id) FROM {source} WHERE {wanted.sql(binds)}",
        binds,
    )[0]
    return dict(zip(("users", "sessions", "devices"), row, strict=True))


def totals(
    view: View, database: Database, wanted: Filter, period: Period, ranks: Mapping[str, float | None] | None = None
) -> dict[str, Any]:
    """The figures of a period, all of them; *ranks* are its percentiles, where they are known."""
    (one,) = sums(
        view,
        wanted,
        period,
        {**COUNTS, **TIMES, "bytes": "coalesce(sum(bytes_out_sum), 0)::BIGINT"},
        columns=("bytes_out_sum",),
    )
    if ranks is None:
        ranks = percentiles(view, wanted, period, one["calls"])[0].get((), NO_PERCENTILES)
    with database.read() as connection:
        lost = log.lost(connection, *period)
    return {
        "calls": one["calls"],
        "clientErrors": one["clientErrors"],
        "serverErrors": one["serverErrors"],
        "errorRate": rate(one["serverErrors"], one["calls"]),
        "averageMs": average_ms(one["duration"], one["calls"]),
        **{name: ranks[name] for name in ("p50Ms", "p95Ms", "p99Ms")},
        **people(view, wanted, period),
        "bytesOut": one["bytes"],
        "lost": lost,
    }
