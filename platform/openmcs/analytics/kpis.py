"""The question behind `GET /kpis`: how many calls, how many failed, how long they took."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from openmcs.analytics import parameters as read
from openmcs.analytics.percentiles import percentile_ms
from openmcs.analytics.period import Period, parse_period
from openmcs.errors import RequestInvalid
from openmcs.store import log
from openmcs.store.calls import Calls, grouped, users_of
from openmcs.store.clock import to_iso
from openmcs.store.database import Database

POINTS = 60
"""About so many intervals are in a series."""
_STEPS = (1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)
_DAY = 86_400
LONGEST_DAYS = 3660
MOST = 100
"""Backends and endpoints listed, those with most calls first."""


Key = TypeVar("Key", bound=Hashable)


@dataclass(slots=True)
class _Sum:
    """Groups of calls, added up."""

    calls: int = 0
    client_errors: int = 0
    errors: int = 0
    bytes_out: int = 0
    durations: list[int] = field(default_factory=list)

    def add(self, group: Calls) -> None:
        self.calls += group.calls
        self.client_errors += group.client_errors
        self.errors += group.errors
        self.bytes_out += group.bytes_out
        self.durations += group.durations

    @property
    def error_rate(self) -> float:
        return round(self.errors / self.calls, 6) if self.calls else 0.0

    def percentiles(self, *percents: int) -> dict[str, float | None]:
        """`p50Ms` and so on."""
        self.durations.sort()
        return {f"p{percent}Ms": percentile_ms(self.durations, percent) for percent in percents}


@dataclass(frozen=True, slots=True)
class Kpis:
    """The figures of a period, of one backend or of all; without calls to the tools API."""

    period: Period
    backend: str | None = None

    @classmethod
    def parse(cls, parameters: read.Parameters) -> Kpis:
        """From the query of `GET /kpis`. Raises `RequestInvalid`, which names the parameter."""
        period = parse_period(read.text(parameters, "from"), read.text(parameters, "to"))
        if period.length > LONGEST_DAYS * _DAY * 1_000_000:
            raise RequestInvalid(f"The parameter from is more than {LONGEST_DAYS} days before the parameter to.")
        return cls(period, read.text(parameters, "backend"))

    def ask(self, database: Database) -> dict[str, Any]:
        """The figures, as the tools API answers them. Raises `StoreUnavailable`."""
        seconds = bucket_seconds(self.period)
        width = seconds * 1_000_000
        previous = self.period.previous
        with database.read() as connection:
            groups = list(grouped(connection, *self.period, width, self.backend))
            before = list(grouped(connection, *previous, previous.length, self.backend))
            users = [users_of(connection, *period, self.backend) for period in (self.period, previous)]
            lost = [log.lost(connection, *period) for period in (self.period, previous)]
        first, last = self.period.start // width, (self.period.end - 1) // width
        return {
            "from": to_iso(self.period.start),
            "to": to_iso(self.period.end),
            "bucketSeconds": seconds,
            "total": _total(groups, users[0], lost[0]),
            "previous": _total(before, users[1], lost[1]),
            "series": _series(groups, first, last, width),
            "backends": _backends(groups, first, last),
            "endpoints": _endpoints(groups),
        }


def bucket_seconds(period: Period) -> int:
    """The width of an interval: a round one, that gives about `POINTS` of them."""
    wanted = period.length / 1_000_000 / POINTS
    for step in _STEPS:
        if step >= wanted:
            return step
    return -(-int(wanted) // _DAY) * _DAY


def _by(groups: Iterable[Calls], key: Callable[[Calls], Key]) -> dict[Key, _Sum]:
    sums: dict[Key, _Sum] = {}
    for group in groups:
        sums.setdefault(key(group), _Sum()).add(group)
    return sums


def _total(groups: Iterable[Calls], users: int, lost: int) -> dict[str, Any]:
    total = _by(groups, lambda _: None).get(None, _Sum())
    return {
        "calls": total.calls,
        "errors": total.errors,
        "errorRate": total.error_rate,
        **total.percentiles(50, 95, 99),
        "users": users,
        "bytesOut": total.bytes_out,
        "lost": lost,
    }


def _series(groups: Iterable[Calls], first: int, last: int, width: int) -> list[dict[str, Any]]:
    """One entry an interval, also for those without calls."""
    sums = _by(groups, lambda group: group.bucket)
    series = []
    for bucket in range(first, last + 1):
        one = sums.get(bucket, _Sum())
        series.append(
            {
                "time": to_iso(bucket * width),
                "ok": one.calls - one.client_errors - one.errors,
                "clientErrors": one.client_errors,
                "serverErrors": one.errors,
                **one.percentiles(50, 95),
            }
        )
    return series


def _backends(groups: Iterable[Calls], first: int, last: int) -> list[dict[str, Any]]:
    """The busiest backends; calls that were refused before their backend was known belong to none."""
    known = [group for group in groups if group.backend is not None]
    curves: dict[str | None, list[int]] = {}
    for group in known:
        curves.setdefault(group.backend, [0] * (last - first + 1))[group.bucket - first] += group.calls
    return [
        {
            "backend": backend,
            "calls": one.calls,
            "errors": one.errors,
            "errorRate": one.error_rate,
            **one.percentiles(50, 95),
            "series": curves[backend],
        }
        for backend, one in _busiest(_by(known, lambda group: group.backend))
    ]


def _endpoints(groups: Iterable[Calls]) -> list[dict[str, Any]]:
    """The busiest endpoints; calls whose path matched none belong to none."""
    known = [group for group in groups if group.resource is not None]
    return [
        {
            "api": api,
            "method": method,
            "resource": resource,
            "calls": one.calls,
            "errors": one.errors,
            **one.percentiles(95),
        }
        for (api, method, resource), one in _busiest(
            _by(known, lambda group: (group.api, group.method, group.resource))
        )
    ]


def _busiest(sums: dict[Key, _Sum]) -> list[tuple[Key, _Sum]]:
    return sorted(sums.items(), key=lambda item: (-item[1].calls, str(item[0])))[:MOST]
