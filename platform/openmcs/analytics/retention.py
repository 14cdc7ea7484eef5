"""The question behind `GET /analytics/retention`: of those who came first in a week, how many came again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from openmcs.analytics import parameters as read
from openmcs.analytics.calls import rate
from openmcs.analytics.filters import Binds, Filter
from openmcs.analytics.intervals import DAY, WEEK, Intervals, read_period, read_zone
from openmcs.analytics.users import WHO, first_seen, seen
from openmcs.errors import RequestInvalid
from openmcs.store.log_reader import LogReader

UNITS = {"day": DAY, "week": WEEK}
MOST = 100


@dataclass(frozen=True, slots=True)
class Retention:
    """Cohorts by the day or week in which the log has them first."""

    intervals: Intervals
    wanted: Filter = field(default_factory=Filter)
    unit: str = "week"
    by: str = "user"

    @classmethod
    def parse(cls, parameters: read.Parameters) -> Retention:
        """From the query of the call. Raises `RequestInvalid`, which names the parameter."""
        unit = read.choice(parameters, "unit", tuple(UNITS), "week")
        by = read.choice(parameters, "by", tuple(WHO), "user")
        period = read_period(parameters, default="-30d")
        intervals = Intervals(period, UNITS[unit], read_zone(parameters))
        if len(intervals) > MOST:
            raise RequestInvalid(f"The parameter from makes more than {MOST} cohorts; take a later time, or unit=week.")
        return cls(intervals, Filter.parse(parameters), unit, by)

    def ask(self, log: LogReader) -> dict[str, Any]:
        """The cohorts, also those without anybody. Raises `StoreUnavailable`."""
        intervals, binds = self.intervals, Binds()
        with log.view() as view:
            statement = f"""
                WITH known AS ({first_seen(view, self.wanted, self.by, intervals.period.end, binds)}),
                seen AS ({seen(view, self.wanted, self.by, intervals, binds)}),
                cohort AS (SELECT who, {intervals.sql} AS began FROM known WHERE time >= {intervals.period.start})
                SELECT began, number - began, count(*) FROM cohort JOIN seen USING (who) GROUP BY 1, 2
            """
            found = {(began, age): count for began, age, count in view.rows(statement, binds)}
        cohorts = []
        for began, time in enumerate(intervals.times()):
            returned = [found.get((began, age), 0) for age in range(len(intervals) - began)]
            share = [rate(count, returned[0]) for count in returned]
            cohorts.append({"time": time, "size": returned[0], "returned": returned, "share": share})
        return {**intervals.document(), "unit": self.unit, "by": self.by, "cohorts": cohorts}
