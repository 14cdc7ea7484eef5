"""The question behind `GET /analytics/users`: who was active, and who of them was new."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from openmcs.analytics import parameters as read
from openmcs.analytics.filters import Binds, Filter
from openmcs.analytics.intervals import Intervals
from openmcs.store.clock import to_iso
from openmcs.store.log_kinds import DAY_US, REQUESTS
from openmcs.store.log_reader import LogReader, View

WHO = {"user": "CASE WHEN caller_kind = 'user' THEN \"user\" END", "device": "device_id"}
"""Whom to count: mobile users who signed in, or devices; as SQL."""
COLUMNS = ("caller_kind", "user", "device_id", "first")


def first_seen(view: View, wanted: Filter, by: str, end: int, binds: Binds) -> str:
    """SQL: everybody whom the log knows, and the `time` of their first call before *end*."""
    source = view.source(REQUESTS, {*COLUMNS, *wanted.columns}, None, end, grain=DAY_US)
    return f"SELECT {WHO[by]} AS who, min(first) AS time FROM {source} WHERE {wanted.sql(binds)} GROUP BY 1 HAVING who IS NOT NULL"


def seen(view: View, wanted: Filter, by: str, intervals: Intervals, binds: Binds) -> str:
    """SQL: who called in which interval (`number`) of a period."""
    columns = {*COLUMNS, *wanted.columns}
    source = view.source(REQUESTS, columns, *intervals.period, grain=intervals.grain)
    return f"SELECT DISTINCT {WHO[by]} AS who, {intervals.sql} AS number FROM {source} WHERE {wanted.sql(binds)} AND who IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Users:
    """Active, new and returning users or devices by interval."""

    intervals: Intervals
    wanted: Filter = field(default_factory=Filter)
    by: str = "user"

    @classmethod
    def parse(cls, parameters: read.Parameters) -> Users:
        """From the query of the call. Raises `RequestInvalid`, which names the parameter."""
        by = read.choice(parameters, "by", tuple(WHO), "user")
        return cls(Intervals.parse(parameters, default="-7d", points=30), Filter.parse(parameters), by)

    def ask(self, log: LogReader) -> dict[str, Any]:
        """The series and its total; new is whose first call of all lies in it. Raises `StoreUnavailable`."""
        intervals, binds = self.intervals, Binds()
        with log.view() as view:
            statement = f"""
                WITH known AS ({first_seen(view, self.wanted, self.by, intervals.period.end, binds)}),
                seen AS ({seen(view, self.wanted, self.by, intervals, binds)}),
                began AS (
                    SELECT who, CASE WHEN time >= {intervals.period.start} THEN {intervals.sql} ELSE -1 END AS began
                    FROM known
                )
                SELECT number, count(DISTINCT who), count(DISTINCT who) FILTER (began = number OR (number IS NULL AND began >= 0))
                FROM seen JOIN began USING (who) GROUP BY GROUPING SETS ((number), ())
            """
            found = {number: (active, new) for number, active, new in view.rows(statement, binds)}
            since = _since(view)
        total = found.get(None, (0, 0))
        return {
            **intervals.document(),
            "by": self.by,
            "since": since,
            "total": _entry(*total),
            "series": [{"time": time, **_entry(*found.get(n, (0, 0)))} for n, time in enumerate(intervals.times())],
        }


def _entry(active: int, new: int) -> dict[str, int]:
    return {"active": active, "new": new, "returning": active - new}


def _since(view: View) -> str | None:
    """How far back the log reaches."""
    closed = [each.first for each in view.segments(REQUESTS)]
    hot = view.rows('SELECT min(time) FROM "requests"')[0][0]
    times = closed + ([hot] if hot is not None else [])
    return to_iso(min(times)) if times else None
