"""The question behind `GET /analytics/sessions`: how many runs of the apps there were, and how long they took."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from openmcs.analytics import parameters as read
from openmcs.analytics.calls import rate
from openmcs.analytics.filters import Binds, Filter
from openmcs.analytics.intervals import Intervals
from openmcs.analytics.users import WHO
from openmcs.store.log_kinds import DAY_US, REQUESTS
from openmcs.store.log_reader import LogReader


@dataclass(frozen=True, slots=True)
class Sessions:
    """Sessions by the interval of their first call, which lasted until their last one in the period."""

    intervals: Intervals
    wanted: Filter = field(default_factory=Filter)

    @classmethod
    def parse(cls, parameters: read.Parameters) -> Sessions:
        """From the query of the call. Raises `RequestInvalid`, which names the parameter."""
        return cls(Intervals.parse(parameters, default="-7d", points=30), Filter.parse(parameters))

    def ask(self, log: LogReader) -> dict[str, Any]:
        """The series and its total. Raises `StoreUnavailable`."""
        intervals, binds = self.intervals, Binds()
        columns = {"session_id", "caller_kind", "user", "first", "last", "calls", *self.wanted.columns}
        with log.view() as view:
            source = view.source(REQUESTS, columns, *intervals.period, grain=DAY_US)
            where = self.wanted.sql(binds)
            statement = f"""
                WITH session AS (
                    SELECT session_id, min(first) AS time, max(last) - min(first) AS lasted, sum(calls) AS calls
                    FROM {source} WHERE {where} AND session_id IS NOT NULL GROUP BY 1
                )
                SELECT {intervals.sql} AS number, count(*), sum(lasted)::DOUBLE, quantile_disc(lasted, 0.5), sum(calls)::BIGINT
                FROM session GROUP BY GROUPING SETS ((number), ())
            """
            found = {row[0]: row[1:] for row in view.rows(statement, binds)}
            users = view.rows(
                f"SELECT count(DISTINCT {WHO['user']}) FROM {source} WHERE {where} AND session_id IS NOT NULL",
                binds,
            )[0][0]
        count, lasted, median, calls = found.get(None, (0, None, None, 0))
        return {
            **intervals.document(),
            "total": {
                "sessions": count,
                "users": users,
                "averageSeconds": _average(lasted, count),
                "medianSeconds": None if median is None else round(median / 1_000_000, 3),
                "callsPerSession": rate(calls or 0, count),
            },
            "series": [
                {"time": time, "sessions": row[0], "averageSeconds": _average(row[1], row[0])}
                for row, time in ((found.get(n, (0, None)), time) for n, time in enumerate(intervals.times()))
            ],
        }


def _average(microseconds: float | None, count: int) -> float | None:
    return round(microseconds / count / 1_000_000, 3) if count and microseconds is not None else None
