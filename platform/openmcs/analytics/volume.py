"""The question behind `GET /analytics/volume`: how many calls over time, by status class."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from openmcs.analytics import parameters as read
from openmcs.analytics.calls import COUNTS, sums
from openmcs.analytics.filters import Filter
from openmcs.analytics.intervals import Intervals
from openmcs.store.log_reader import LogReader


@dataclass(frozen=True, slots=True)
class Volume:
    """Calls by interval."""

    intervals: Intervals
    wanted: Filter = field(default_factory=Filter)

    @classmethod
    def parse(cls, parameters: read.Parameters) -> Volume:
        """From the query of the call. Raises `RequestInvalid`, which names the parameter."""
        return cls(Intervals.parse(parameters), Filter.parse(parameters))

    def ask(self, log: LogReader) -> dict[str, Any]:
        """The series and its total. Raises `StoreUnavailable`."""
        intervals = self.intervals
        with log.view() as view:
            found = sums(
                view, self.wanted, intervals.period, COUNTS,
                by={"number": intervals.sql}, grain=intervals.grain,
            )  # fmt: skip
        by_number = {row.pop("number"): row for row in found}
        nothing = dict.fromkeys(COUNTS, 0)
        series = [{"time": time, **by_number.get(number, nothing)} for number, time in enumerate(intervals.times())]
        total = {name: sum(row[name] for row in found) for name in COUNTS}
        return {**intervals.document(), "total": total, "series": series}
