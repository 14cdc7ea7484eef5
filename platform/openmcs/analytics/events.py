"""The questions behind `GET /analytics/events` and `/analytics/event-names`: what apps report, and how often."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from openmcs.analytics import parameters as read
from openmcs.analytics.event_filter import WHO, EventFilter, expression
from openmcs.analytics.filters import Binds
from openmcs.analytics.intervals import DAY, SECOND, Intervals, read_period
from openmcs.analytics.period import Period
from openmcs.store.clock import to_iso
from openmcs.store.log_kinds import EVENTS
from openmcs.store.log_reader import LogReader

MOST = 100
_COUNTED = f"count(*), count(DISTINCT {WHO['user']}), count(DISTINCT session_id)"


@dataclass(frozen=True, slots=True)
class Events:
    """Occurrences of an event, or of all custom ones, by interval and by the values of a property."""

    intervals: Intervals
    wanted: EventFilter = field(default_factory=EventFilter)
    name: str | None = None
    group: str | None = None
    limit: int = 10

    @classmethod
    def parse(cls, parameters: read.Parameters) -> Events:
        """From the query of the call. Raises `RequestInvalid`, which names the parameter."""
        name, group = read.text(parameters, "name"), read.text(parameters, "group")
        if group is not None:
            expression(group, Binds())
        limit = read.number(parameters, "limit", default=10, least=1, most=MOST)
        intervals = Intervals.parse(parameters, default="-7d", points=30)
        return cls(intervals, EventFilter.parse(parameters), name, group, limit)

    def ask(self, log: LogReader) -> dict[str, Any]:
        """The series, its total, and the groups with most occurrences. Raises `StoreUnavailable`."""
        intervals, binds = self.intervals, Binds()
        by = "name" if self.group is None else expression(self.group, binds)
        which = f"name = {binds.add(self.name)}" if self.name is not None else "type = 'custom'"
        with log.view() as view:
            source = view.source(EVENTS, EVENTS.columns, *intervals.period)
            rows = view.rows(
                f"""
                WITH chosen AS (
                    SELECT {intervals.sql} AS number, {by} AS value, "user", caller_kind, session_id
                    FROM {source} WHERE {which} AND {self.wanted.sql(binds)}
                )
                SELECT grouping(number, value), number, value, {_COUNTED} FROM chosen
                GROUP BY GROUPING SETS ((), (number), (value), (value, number))
                """,
                binds,
            )
        total = next(tuple(row[3:]) for row in rows if row[0] == 3)
        series = {row[1]: row[3] for row in rows if row[0] == 1}
        curves: dict[Any, list[int]] = {}
        for mask, number, value, count, *_ in rows:
            if mask == 0:
                curves.setdefault(value, [0] * len(intervals))[number] = count
        values = sorted(
            ((row[2], row[3], row[4]) for row in rows if row[0] == 2), key=lambda each: (-each[1], str(each[0]))
        )
        return {
            **intervals.document(),
            "name": self.name,
            "group": self.group,
            "total": {
                "occurrences": total[0],
                "perDay": round(total[0] * DAY * SECOND / intervals.period.length, 3),
                "users": total[1],
                "sessions": total[2],
            },
            "series": [{"time": time, "occurrences": series.get(n, 0)} for n, time in enumerate(intervals.times())],
            "groups": [
                {"value": value, "occurrences": count, "users": users, "series": curves[value]}
                for value, count, users in values[: self.limit]
            ],
            "more": len(values) > self.limit,
        }


@dataclass(frozen=True, slots=True)
class EventNames:
    """Which events there are, and which properties they have."""

    period: Period
    wanted: EventFilter = field(default_factory=EventFilter)

    @classmethod
    def parse(cls, parameters: read.Parameters) -> EventNames:
        """From the query of the call. Raises `RequestInvalid`, which names the parameter."""
        return cls(read_period(parameters, default="-30d"), EventFilter.parse(parameters))

    def ask(self, log: LogReader) -> dict[str, Any]:
        """The names with most occurrences. Raises `StoreUnavailable`."""
        binds = Binds()
        with log.view() as view:
            source = view.source(EVENTS, EVENTS.columns, *self.period)
            rows = view.rows(
                f"""
                SELECT name, type, {_COUNTED}, min(time), max(time),
                    list_slice(list_sort(list_distinct(flatten(list(json_keys(properties))))), 1, {MOST})
                FROM {source} WHERE {self.wanted.sql(binds)} GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT {MOST}
                """,
                binds,
            )
        items = [
            {
                "name": name, "type": kind, "occurrences": count, "users": users, "sessions": sessions,
                "first": to_iso(first), "last": to_iso(last), "properties": properties,
            }
            for name, kind, count, users, sessions, first, last, properties in rows
        ]  # fmt: skip
        return {"from": to_iso(self.period.start), "to": to_iso(self.period.end), "items": items}
