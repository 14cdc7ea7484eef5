"""The question behind `GET /analytics/comparison`: a period against the one before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from openmcs.analytics import parameters as read
from openmcs.analytics.calls import totals
from openmcs.analytics.filters import Filter
from openmcs.analytics.intervals import read_period
from openmcs.analytics.period import Period
from openmcs.store.clock import to_iso
from openmcs.store.log_reader import LogReader


@dataclass(frozen=True, slots=True)
class Comparison:
    """All figures of two periods of one length."""

    period: Period
    wanted: Filter = field(default_factory=Filter)

    @classmethod
    def parse(cls, parameters: read.Parameters) -> Comparison:
        """From the query of the call. Raises `RequestInvalid`, which names the parameter."""
        return cls(read_period(parameters), Filter.parse(parameters))

    def ask(self, log: LogReader) -> dict[str, Any]:
        """The figures, and their growth. Raises `StoreUnavailable`."""
        with log.view() as view:
            current = totals(view, log.database, self.wanted, self.period)
            previous = totals(view, log.database, self.wanted, self.period.previous)
        return {
            "from": to_iso(self.period.start),
            "to": to_iso(self.period.end),
            "previousFrom": to_iso(self.period.previous.start),
            "previousTo": to_iso(self.period.previous.end),
            "current": current,
            "previous": previous,
            "change": {name: _growth(previous[name], current[name]) for name in current},
        }


def _growth(before: float | None, after: float | None) -> float | None:
    return round((after - before) / before, 6) if before and after is not None else None
