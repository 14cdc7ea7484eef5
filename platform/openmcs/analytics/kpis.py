"""The question behind `GET /kpis`: how many calls, how many failed, how long they took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from openmcs.analytics import parameters as read
from openmcs.analytics.calls import COUNTS, NO_PERCENTILES, percentiles, rate, sums, totals
from openmcs.analytics.filters import Filter
from openmcs.analytics.intervals import Intervals
from openmcs.store.clock import to_iso
from openmcs.store.log_reader import LogReader

MOST = 100
"""Backends and endpoints listed, those with most calls first."""
_TOTAL = ("calls", "errors", "errorRate", "p50Ms", "p95Ms", "p99Ms", "users", "bytesOut", "lost")
_BY = {
    "backends": {"backend": "backend"},
    "endpoints": {"api": "api", "method": "method", "resource": "resource"},
}
_COLUMNS = ("backend", "api", "method", "resource")


@dataclass(frozen=True, slots=True)
class Kpis:
    """The figures of a period, of one backend or of all; without calls to the tools API and preflights."""

    intervals: Intervals
    wanted: Filter = field(default_factory=Filter)

    @classmethod
    def parse(cls, parameters: read.Parameters) -> Kpis:
        """From the query of `GET /kpis`. Raises `RequestInvalid`, which names the parameter."""
        return cls(Intervals.parse(parameters), Filter.parse(parameters))

    def ask(self, log: LogReader) -> dict[str, Any]:
        """The figures, as the tools API answers them. Raises `StoreUnavailable`."""
        intervals, period = self.intervals, self.intervals.period
        number = {"number": intervals.sql}
        with log.view() as view:
            curves = sums(
                view, self.wanted, period, COUNTS, by={"backend": "backend", **number}, columns=_COLUMNS,
                grain=intervals.grain,
            )  # fmt: skip
            endpoints = sums(
                view, self.wanted, period, COUNTS, by=_BY["endpoints"], columns=_COLUMNS,
                tail=f"HAVING resource IS NOT NULL ORDER BY calls DESC, 1, 2, 3 LIMIT {MOST}",
            )  # fmt: skip
            calls = sum(row["calls"] for row in curves)
            sets: tuple[dict[str, str], ...] = (number, _BY["backends"], _BY["endpoints"], {})
            ranks = percentiles(view, self.wanted, period, calls, sets=sets, columns=_COLUMNS)
            current = totals(view, log.database, self.wanted, period, ranks[3].get((), NO_PERCENTILES))
            previous = totals(view, log.database, self.wanted, period.previous)
        return {
            "from": to_iso(period.start),
            "to": to_iso(period.end),
            "tz": intervals.zone,
            "bucketSeconds": intervals.seconds,
            "total": _total(current),
            "previous": _total(previous),
            "series": [self._interval(curves, ranks[0], *each) for each in enumerate(intervals.times())],
            "backends": self._backends(curves, ranks[1]),
            "endpoints": [
                {
                    "api": row["api"], "method": row["method"], "resource": row["resource"], "calls": row["calls"],
                    "errors": row["serverErrors"],
                    "p95Ms": ranks[2].get((row["api"], row["method"], row["resource"]), NO_PERCENTILES)["p95Ms"],
                }
                for row in endpoints
            ],
        }  # fmt: skip

    def _interval(self, curves: list[dict[str, Any]], ranks: Any, number: int, time: str) -> dict[str, Any]:
        rows = [row for row in curves if row["number"] == number]
        found = ranks.get((number,), NO_PERCENTILES)
        return {
            "time": time,
            "ok": sum(row["ok"] + row["redirects"] for row in rows),
            "clientErrors": sum(row["clientErrors"] for row in rows),
            "serverErrors": sum(row["serverErrors"] for row in rows),
            "p50Ms": found["p50Ms"],
            "p95Ms": found["p95Ms"],
        }

    def _backends(self, curves: list[dict[str, Any]], ranks: Any) -> list[dict[str, Any]]:
        """The busiest; calls that were refused before their backend was known belong to none."""
        rows: dict[str, dict[str, Any]] = {}
        for row in curves:
            name = row["backend"]
            if name is None:
                continue
            one = rows.setdefault(name, {"backend": name, "calls": 0, "errors": 0, "series": [0] * len(self.intervals)})
            one["calls"] += row["calls"]
            one["errors"] += row["serverErrors"]
            one["series"][row["number"]] += row["calls"]
        order: Callable[[dict[str, Any]], Any] = lambda one: (-one["calls"], one["backend"])  # noqa: E731
        return [
            {
                "backend": one["backend"], "calls": one["calls"], "errors": one["errors"],
                "errorRate": rate(one["errors"], one["calls"]),
                **{name: ranks.get((one["backend"],), NO_PERCENTILES)[name] for name in ("p50Ms", "p95Ms")},
                "series": one["series"],
            }
            for one in sorted(rows.values(), key=order)[:MOST]
        ]  # fmt: skip


def _total(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: figures["serverErrors" if name == "errors" else name] for name in _TOTAL}
