"""The question behind `GET /analytics/funnel`: of those who did the first step, how many went on to the last."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from openmcs.analytics import parameters as read
from openmcs.analytics.calls import rate
from openmcs.analytics.event_filter import WHO, EventFilter, expression
from openmcs.analytics.filters import Binds
from openmcs.analytics.intervals import SECOND, read_period
from openmcs.analytics.period import Period
from openmcs.errors import RequestInvalid
from openmcs.store.clock import to_iso
from openmcs.store.log_kinds import EVENTS
from openmcs.store.log_reader import LogReader

FEWEST, MOST = 2, 10
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_GROUPS = 20


@dataclass(frozen=True, slots=True)
class Funnel:
    """Events in their order, by the same session, user or device, within a time from the first."""

    period: Period
    steps: tuple[str, ...]
    wanted: EventFilter = field(default_factory=EventFilter)
    by: str = "session"
    within: int = 604_800
    """Seconds."""
    breakdown: str | None = None
    """A property of the first step's event."""

    @classmethod
    def parse(cls, parameters: read.Parameters) -> Funnel:
        """From the query of the call. Raises `RequestInvalid`, which names the parameter."""
        steps = tuple(read.every(parameters, "step"))
        if not FEWEST <= len(steps) <= MOST:
            raise RequestInvalid(f"The parameter step is given {len(steps)} times; give {FEWEST} to {MOST} events.")
        breakdown = read.text(parameters, "breakdown")
        if breakdown is not None:
            expression(breakdown, Binds())
        return cls(
            read_period(parameters, default="-30d"), steps, EventFilter.parse(parameters),
            read.choice(parameters, "by", tuple(WHO), "session"), _within(read.text(parameters, "within")), breakdown,
        )  # fmt: skip

    def ask(self, log: LogReader) -> dict[str, Any]:
        """
        How many reached each step, and how long it took them from the one before.

        Any first step may be the beginning, not only somebody's first one. Raises `StoreUnavailable`.
        """
        binds = Binds()
        value = "NULL::VARCHAR" if self.breakdown is None else expression(self.breakdown, binds)
        names = [binds.add(step) for step in self.steps]
        with log.view() as view:
            source = view.source(EVENTS, EVENTS.columns, *self.period)
            parts = [
                f"""event AS MATERIALIZED (
                    SELECT {WHO[self.by]} AS who, name, time, {value} AS value
                    FROM {source} WHERE name IN ({", ".join(names)}) AND {self.wanted.sql(binds)} AND who IS NOT NULL
                )""",
                f"s0 AS (SELECT who, value, time AS began, time, 0::BIGINT AS took FROM event WHERE name = {names[0]})",
            ]
            for number, step in enumerate(self.steps[1:], 1):
                # The same event twice is two events; different ones may have come in one batch, at one time.
                order = "<" if step == self.steps[number - 1] else "<="
                parts.append(
                    f"""s{number} AS (
                        SELECT s.who, s.value, s.began, e.time, e.time - s.time AS took
                        FROM s{number - 1} s ASOF JOIN (SELECT who, time FROM event WHERE name = {names[number]}) e
                        ON s.who = e.who AND s.time {order} e.time
                        WHERE e.time <= s.began + {self.within * SECOND}
                    )"""
                )
            reached = " UNION ALL ".join(
                f"SELECT {number} AS step, who, value, min(took) AS took FROM s{number} GROUP BY who, value"
                for number in range(len(self.steps))
            )
            rows = view.rows(
                f"""
                WITH {", ".join(parts)}, reached AS ({reached})
                SELECT grouping(value), step, value, count(DISTINCT who), quantile_disc(took, 0.5)
                FROM reached GROUP BY GROUPING SETS ((step), (step, value))
                """,
                binds,
            )
        whole = {step: (count, took) for missing, step, _, count, took in rows if missing}
        counts = [whole.get(number, (0, None))[0] for number in range(len(self.steps))]
        return {
            "from": to_iso(self.period.start),
            "to": to_iso(self.period.end),
            "by": self.by,
            "within": self.within,
            "breakdown": self.breakdown,
            "steps": [
                {
                    "name": step,
                    "reached": counts[number],
                    "share": rate(counts[number], counts[0]),
                    "ofPrevious": rate(counts[number], counts[max(number - 1, 0)]),
                    "medianSeconds": round(whole[number][1] / SECOND, 3) if number and number in whole else None,
                }
                for number, step in enumerate(self.steps)
            ],
            "groups": [] if self.breakdown is None else self._groups(rows),
        }

    def _groups(self, rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
        groups: dict[Any, list[int]] = {}
        for missing, step, value, count, _ in rows:
            if not missing:
                groups.setdefault(value, [0] * len(self.steps))[step] = count
        ordered = sorted(groups.items(), key=lambda each: (-each[1][0], str(each[0])))
        return [{"value": value, "reached": reached} for value, reached in ordered[:_GROUPS]]


def _within(text: str | None) -> int:
    """Seconds. Raises `RequestInvalid`."""
    found = re.fullmatch(r"(\d{1,6})([smhdw])", text or "7d", re.ASCII)
    if found is None or not int(found[1]):
        raise RequestInvalid(f"The parameter within is {str(text)[:64]!r}; write a time such as 30m, 12h or 7d.")
    return int(found[1]) * _UNITS[found[2]]
