"""The questions behind `GET /analytics/latency` and `/analytics/durations`: how long calls took."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from openmcs.analytics import parameters as read
from openmcs.analytics.calls import COUNTS, NO_PERCENTILES, TIMES, average_ms, is_sampled, percentiles, sampling, sums
from openmcs.analytics.filters import Binds, Filter
from openmcs.analytics.intervals import Intervals, read_period
from openmcs.analytics.period import Period
from openmcs.store.clock import to_iso
from openmcs.store.log_kinds import REQUESTS
from openmcs.store.log_reader import LogReader


@dataclass(frozen=True, slots=True)
class Latency:
    """Averages and percentiles by interval."""

    intervals: Intervals
    wanted: Filter = field(default_factory=Filter)

    @classmethod
    def parse(cls, parameters: read.Parameters) -> Latency:
        """From the query of the call. Raises `RequestInvalid`, which names the parameter."""
        return cls(Intervals.parse(parameters), Filter.parse(parameters))

    def ask(self, log: LogReader) -> dict[str, Any]:
        """The series and its total. Raises `StoreUnavailable`."""
        intervals = self.intervals
        measures = {"calls": COUNTS["calls"], **TIMES}
        with log.view() as view:
            found = sums(
                view, self.wanted, intervals.period, measures,
                by={"number": intervals.sql}, grain=intervals.grain,
            )  # fmt: skip
            calls = sum(row["calls"] for row in found)
            ranks, total = percentiles(
                view, self.wanted, intervals.period, calls, sets=({"number": intervals.sql}, {})
            )  # fmt: skip
        rows = {row["number"]: _figures(row, ranks.get((row["number"],), NO_PERCENTILES)) for row in found}
        nothing = _figures({"calls": 0, "duration": 0, "longest": None}, NO_PERCENTILES)
        whole = {
            "calls": calls,
            "duration": sum(row["duration"] for row in found),
            "longest": max((row["longest"] for row in found), default=None),
        }
        return {
            **intervals.document(),
            "sampled": is_sampled(calls),
            "total": _figures(whole, total.get((), NO_PERCENTILES)),
            "series": [{"time": time, **rows.get(number, nothing)} for number, time in enumerate(intervals.times())],
        }


def _figures(row: dict[str, Any], ranks: dict[str, float | None]) -> dict[str, Any]:
    longest = row["longest"]
    return {
        "calls": row["calls"],
        "averageMs": average_ms(row["duration"], row["calls"]),
        **ranks,
        "maxMs": None if longest is None else longest / 1000,
    }


@dataclass(frozen=True, slots=True)
class Durations:
    """How many calls took how long; of a sample's calls each stands for several."""

    period: Period
    wanted: Filter = field(default_factory=Filter)

    @classmethod
    def parse(cls, parameters: read.Parameters) -> Durations:
        """From the query of the call. Raises `RequestInvalid`, which names the parameter."""
        return cls(read_period(parameters), Filter.parse(parameters))

    def ask(self, log: LogReader) -> dict[str, Any]:
        """Intervals that grow by half a power of two. Raises `StoreUnavailable`."""
        with log.view() as view:
            calls = sums(view, self.wanted, self.period, {"calls": COUNTS["calls"]})[0]["calls"]
            binds = Binds()
            columns = {"duration_us", *self.wanted.columns}
            source = view.source(REQUESTS, columns, *self.period, every=sampling(calls), extract=self.wanted.extract)
            step = "CASE WHEN duration_us < 2 THEN 0 ELSE floor(2 * log2(duration_us))::INTEGER END"
            where = self.wanted.sql(binds)
            found = dict(view.rows(f"SELECT {step}, count(*) FROM {source} WHERE {where} GROUP BY 1", binds))
        weight = calls / sum(found.values()) if is_sampled(calls) and found else 1
        items = [
            {"fromMs": _bound(number), "toMs": _bound(number + 1), "calls": round(found.get(number, 0) * weight)}
            for number in range(min(found), max(found) + 1)
        ] if found else []  # fmt: skip
        return {
            "from": to_iso(self.period.start), "to": to_iso(self.period.end), "sampled": is_sampled(calls), "items": items
        }  # fmt: skip


def _bound(number: int) -> float:
    return round(2 ** (number / 2) / 1000, 4) if number else 0.0
