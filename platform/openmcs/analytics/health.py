"""
The question behind `GET /health`: a traffic light for everything, each backend, API and endpoint.

As MCS had it (contract: portal, 3.2): the worst of five measures decides, each with a threshold for amber and one
for red, which are policies. Failing are answers of 500 and more; that is our reading of the policies' names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from openmcs.analytics import parameters as read
from openmcs.analytics.calls import average_ms, sums
from openmcs.analytics.filters import Binds, Filter
from openmcs.analytics.intervals import Intervals, width
from openmcs.analytics.period import Period
from openmcs.analytics.rows import NONE, Sought, hours_of
from openmcs.store.clock import now_us, to_iso
from openmcs.store.log_kinds import REQUESTS
from openmcs.store.log_reader import LogReader, View

PendingCalls = Mapping[tuple[str, str, str, str, str, str], int]
"""Calls under way, by backend and version, API and version, method and resource."""
POINTS = 60
_LIGHTS = ("green", "amber", "red")
LONG = "Diagnostics_LongRequestThreshold"


class Measure(NamedTuple):
    """One of the five."""

    name: str
    policy: str
    """What stands between `Diagnostics_` and `WarningThreshold`."""
    caption: str


MEASURES = (
    Measure("pending", "PendingRequest", "{value:g} calls are under way"),
    Measure("averageMs", "AverageRequestTime", "calls take {value:g} ms on average"),
    Measure("longRequests", "LongRequestCount", "{value:g} calls took longer than {long:g} ms"),
    Measure("failing", "RequestCount", "{value:g} calls failed"),
    Measure("failingPercent", "RequestPercentage", "{value:g} % of the calls failed"),
)
THRESHOLDS = (
    LONG,
    *(f"Diagnostics_{each.policy}{step}Threshold" for each in MEASURES for step in ("Warning", "Error")),
)


@dataclass(slots=True)
class _Sum:
    """Calls of one node of the tree."""

    calls: int = 0
    client_errors: int = 0
    server_errors: int = 0
    duration: int = 0
    long: int = 0
    pending: int = 0

    def add(self, row: Mapping[str, Any]) -> None:
        self.calls += row["calls"]
        self.client_errors += row["clientErrors"]
        self.server_errors += row["serverErrors"]
        self.duration += row["duration"]
        self.long += row["long"]
        self.pending += row["pending"]

    def values(self) -> dict[str, float]:
        """Of the five measures."""
        return {
            "pending": self.pending,
            "averageMs": average_ms(self.duration, self.calls) or 0.0,
            "longRequests": self.long,
            "failing": self.server_errors,
            "failingPercent": round(100 * self.server_errors / self.calls, 3) if self.calls else 0.0,
        }


@dataclass(frozen=True, slots=True)
class Health:
    """The lights of the time just gone by."""

    seconds: int = 3600
    thresholds: Mapping[str, float] = field(default_factory=dict)
    pending: PendingCalls = field(default_factory=dict)
    backend: str | None = None

    @classmethod
    def parse(cls, parameters: read.Parameters, policy: Callable[[str], Any], pending: PendingCalls) -> Health:
        """From the query of the call and what the policies say. Raises `RequestInvalid`."""
        seconds = read.number(parameters, "period", default=3600, least=60, most=7 * 86_400)
        return cls(seconds, {name: policy(name) for name in THRESHOLDS}, pending, read.text(parameters, "backend"))

    def ask(self, log: LogReader, *, now: int | None = None) -> dict[str, Any]:
        """The tree. Raises `StoreUnavailable`."""
        end = now_us() if now is None else now
        period = Period(end - self.seconds * 1_000_000, end)
        wanted = Filter.parse({"backend": self.backend} if self.backend else {})
        intervals = Intervals(period, width(period, POINTS))
        measures = {
            "calls": "sum(calls)::BIGINT",
            "clientErrors": "coalesce(sum(calls) FILTER (status_class = 4), 0)::BIGINT",
            "serverErrors": "coalesce(sum(calls) FILTER (status_class = 5), 0)::BIGINT",
            "duration": "sum(duration_sum)::BIGINT",
        }
        columns = ("backend", "backend_version", "api", "api_version", "method", "resource")
        with log.view() as view:
            rows = sums(view, wanted, period, measures, by={name: name for name in columns}, columns=columns)
            curve = sums(
                view, wanted, period, measures, by={"number": intervals.sql}, grain=intervals.grain
            )  # fmt: skip
            long = self._long(view, wanted, period, columns)
        points = {row["number"]: row for row in curve}
        rows = [row | {"pending": 0, "long": long.get(tuple(row[name] for name in columns), 0)} for row in rows]
        rows += self._under_way(columns)
        return {
            "from": to_iso(period.start),
            "to": to_iso(period.end),
            "thresholds": dict(self.thresholds),
            **self._node(rows),
            "timeline": [
                {
                    "time": time,
                    "calls": points[number]["calls"] if number in points else 0,
                    "averageMs": average_ms(points[number]["duration"], points[number]["calls"])
                    if number in points
                    else None,
                }
                for number, time in enumerate(intervals.times())
            ],
            "backends": [self._backend(*each) for each in _divided(rows, "backend", "backend_version")],
        }

    def _long(self, view: View, wanted: Filter, period: Period, columns: Sequence[str]) -> dict[tuple[Any, ...], int]:
        """How many calls took long, by the values of *columns*; only hours that have one are looked at."""
        least, binds = int(self.thresholds[LONG] * 1000), Binds()
        sought = Sought(REQUESTS, period, {*wanted.columns, *columns, "duration_us"}, wanted.sql(binds), binds)
        hours = hours_of(view, Sought(REQUESTS, period, wanted.columns, sought.where, binds)) or {}
        segments = [each for each in sought.segments(view) if hours.get(each.hour, NONE).longest_us > least]
        by = ", ".join(columns)
        rows = view.rows(
            f"SELECT {by}, count(*) FROM {sought.source(view, segments=segments)} "
            f"WHERE {sought.where} AND duration_us > {least} GROUP BY {by}",
            binds,
        )
        return {tuple(values): count for *values, count in rows}

    def _under_way(self, columns: Iterable[str]) -> list[dict[str, Any]]:
        """Calls that have no row in the log yet."""
        nothing = dict.fromkeys(("calls", "clientErrors", "serverErrors", "duration", "long"), 0)
        return [
            dict(zip(columns, place, strict=True)) | nothing | {"pending": count}
            for place, count in self.pending.items()
            if self.backend is None or place[0] == self.backend
        ]

    def _backend(self, key: tuple[Any, ...], rows: list[dict[str, Any]]) -> dict[str, Any]:
        apis = [self._api(*each) for each in _divided(rows, "api", "api_version")]
        return {"backend": key[0], "version": key[1], **self._node(rows), "apis": apis}

    def _api(self, key: tuple[Any, ...], rows: list[dict[str, Any]]) -> dict[str, Any]:
        endpoints = [
            {"method": method, "resource": resource, **self._node(own)}
            for (resource, method), own in _divided(rows, "resource", "method")
        ]
        return {"api": key[0], "version": key[1], **self._node(rows), "endpoints": endpoints}

    def _node(self, rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        """Light, measures and tiles of some calls."""
        total = _Sum()
        for row in rows:
            total.add(row)
        values = total.values()
        measures = [self._measure(each, values[each.name]) for each in MEASURES]
        worst = max(measures, key=lambda each: _LIGHTS.index(each["light"]))
        caption = "Normal"
        if worst["light"] != "green":
            words = next(each.caption for each in MEASURES if each.name == worst["name"])
            caption = words.format(value=worst["value"], long=self.thresholds[LONG])
        return {
            "light": worst["light"],
            "caption": caption[0].upper() + caption[1:],
            "measures": measures,
            "tiles": {
                "pending": total.pending,
                "calls": total.calls,
                "clientErrors": total.client_errors,
                "serverErrors": total.server_errors,
                "averageMs": average_ms(total.duration, total.calls),
                "longRequests": total.long,
            },
        }

    def _measure(self, measure: Measure, value: float) -> dict[str, Any]:
        warning = self.thresholds[f"Diagnostics_{measure.policy}WarningThreshold"]
        error = self.thresholds[f"Diagnostics_{measure.policy}ErrorThreshold"]
        light = "red" if value > error else "amber" if value > warning else "green"
        return {"name": measure.name, "value": value, "warning": warning, "error": error, "light": light}


def _divided(rows: Iterable[dict[str, Any]], *columns: str) -> list[tuple[tuple[Any, ...], list[dict[str, Any]]]]:
    """Rows by the values of *columns*, without those that have none of the first."""
    parts: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        if row[columns[0]] is not None:
            parts.setdefault(tuple(row[column] for column in columns), []).append(row)
    return sorted(parts.items(), key=lambda part: [str(each) for each in part[0]])
