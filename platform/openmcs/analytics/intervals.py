"""
A period divided into intervals, as the viewer's clock shows them.

An interval begins at a round time of the viewer's time zone: a day at midnight, a week on Monday. Where the clock
changes, the interval that has the change is an hour shorter or longer.
"""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

from openmcs.analytics import parameters as read
from openmcs.analytics.period import Period, parse_period
from openmcs.errors import RequestInvalid
from openmcs.store.clock import to_iso
from openmcs.store.log_kinds import DAY_US, HOUR_US

SECOND = 1_000_000
DAY, WEEK = 86_400, 604_800
STEPS = (1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, DAY, WEEK)
"""Widths in seconds; beyond, whole weeks."""
MOST = 2000
LONGEST_DAYS = 3660
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONDAY = datetime(1970, 1, 5)


@dataclass(frozen=True)
class Intervals:
    """Intervals of about *seconds* that cover a period; the first and the last may be partly outside of it."""

    period: Period
    seconds: int
    zone: str = "UTC"

    @classmethod
    def parse(cls, parameters: read.Parameters, *, default: str = "-1h", points: int = 60) -> Intervals:
        """From `from`, `to`, `tz`, `bucket` and `points`. Raises `RequestInvalid`, which names the parameter."""
        period = read_period(parameters, default=default)
        zone = read_zone(parameters)
        wanted = read.number(parameters, "points", default=points, least=1, most=500)
        given = read.text(parameters, "bucket")
        if given is None:
            return cls(period, width(period, wanted), zone)
        seconds = read.number(parameters, "bucket", default=0, least=1, most=STEPS[-1])
        if seconds not in STEPS:
            raise RequestInvalid(f"The parameter bucket is {seconds}; write one of {', '.join(map(str, STEPS))}.")
        if period.length / SECOND / seconds > MOST:
            enough = next((each for each in STEPS if period.length / SECOND / each <= MOST), STEPS[-1])
            raise RequestInvalid(f"The parameter bucket makes more than {MOST} intervals; take {enough} or more.")
        return cls(period, seconds, zone)

    @cached_property
    def edges(self) -> list[int]:
        """The beginnings of the intervals, and the end of the last; microseconds since the epoch."""
        edges = [self._begin(self.period.start)]
        while edges[-1] < self.period.end:
            edges.append(self._after(edges[-1]))
        return edges

    def __len__(self) -> int:
        return len(self.edges) - 1

    @cached_property
    def grain(self) -> int | None:
        """Sums of what will do: of days or hours of UTC, when every interval begins with one."""
        return next((step for step in (DAY_US, HOUR_US) if all(edge % step == 0 for edge in self.edges)), None)

    @cached_property
    def sql(self) -> str:
        """The number of the interval that `time` is in: one division for each run of intervals of one width."""
        runs: list[tuple[int, int, int]] = []  # begin, width, number of the first
        for number, (begin, end) in enumerate(pairwise(self.edges)):
            if not runs or runs[-1][1] != end - begin:
                runs.append((begin, end - begin, number))
        cases = [
            f"WHEN time < {later[0]} THEN (time - {begin}) // {step} + {number}"
            for (begin, step, number), later in pairwise(runs)
        ]
        begin, step, number = runs[-1]
        last = f"(time - {begin}) // {step} + {number}"
        return f"CASE {' '.join(cases)} ELSE {last} END" if cases else last

    def times(self) -> list[str]:
        """When each interval begins."""
        return [to_iso(edge) for edge in self.edges[:-1]]

    def document(self) -> dict[str, Any]:
        """What an answer says of them."""
        return {
            "from": to_iso(self.period.start),
            "to": to_iso(self.period.end),
            "tz": self.zone,
            "bucketSeconds": self.seconds,
        }

    # ── the viewer's clock ───────────────────────────────────────────────────────────────────────

    @cached_property
    def _zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.zone)

    def _local(self, us: int) -> datetime:
        moment = (_EPOCH + timedelta(microseconds=us)).astimezone(self._zone)
        return moment.replace(tzinfo=None, fold=0)

    def _utc(self, local: datetime) -> int:
        moment = local.replace(tzinfo=self._zone).astimezone(UTC)
        return (moment - _EPOCH) // timedelta(microseconds=1)

    def _offset(self, us: int) -> int:
        moment = (_EPOCH + timedelta(microseconds=us)).astimezone(self._zone)
        return (moment.utcoffset() or timedelta()) // timedelta(microseconds=1)

    def _begin(self, us: int) -> int:
        """Of the interval that *us* is in."""
        step = self.seconds * SECOND
        if self.seconds <= 3600:
            # The clock changes by multiples of a quarter of an hour at full ones, of the minute in effect.
            offset = self._offset(us)
            return (us + offset) // step * step - offset
        local = self._local(us)
        origin = _MONDAY if self.seconds > DAY else datetime(local.year, local.month, local.day)
        passed = (local - origin) // timedelta(seconds=self.seconds)
        begin = self._utc(origin + passed * timedelta(seconds=self.seconds))
        return begin if begin <= us else us  # in the hour that comes twice

    def _after(self, edge: int) -> int:
        """The beginning of the next interval."""
        if self.seconds <= 3600:
            return edge + self.seconds * SECOND
        # From the middle of the next one back to its beginning: no change of the clock is as wide.
        later = self._local(edge) + timedelta(seconds=self.seconds * 1.5)
        if self.seconds < DAY:
            midnight = datetime(later.year, later.month, later.day)
            number = (later - midnight) // timedelta(seconds=self.seconds)
            following = self._utc(midnight + number * timedelta(seconds=self.seconds))
        else:
            following = self._begin(self._utc(later))
        return following if following > edge else edge + self.seconds * SECOND


def width(period: Period, points: int) -> int:
    """The round width that gives about *points* intervals, never more."""
    wanted = period.length / SECOND / points
    for step in STEPS:
        if step >= wanted:
            return step
    return -(-int(wanted) // WEEK) * WEEK


def read_period(parameters: read.Parameters, *, default: str = "-1h") -> Period:
    """From `from` and `to`. Raises `RequestInvalid`."""
    period = parse_period(read.text(parameters, "from"), read.text(parameters, "to"), default=default)
    if period.length > LONGEST_DAYS * DAY * SECOND:
        raise RequestInvalid(f"The parameter from is more than {LONGEST_DAYS} days before the parameter to.")
    return period


def read_zone(parameters: read.Parameters) -> str:
    """The viewer's time zone, from `tz`. Raises `RequestInvalid`."""
    name = read.text(parameters, "tz") or "UTC"
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise RequestInvalid(
            f"The parameter tz is {name[:64]!r}; write a time zone by its IANA name, such as Europe/Vienna."
        ) from None
    return name
