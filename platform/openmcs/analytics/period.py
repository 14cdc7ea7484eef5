"""A period of time, as the parameters `from` and `to` of the tools API say it."""

from __future__ import annotations

import re
from typing import NamedTuple

from openmcs.errors import RequestInvalid
from openmcs.store.clock import EARLIEST, LATEST, from_iso, now_us, to_iso

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_RELATIVE = re.compile(r"-?(\d{1,9})([smhdw])", re.ASCII)


class Period(NamedTuple):
    """From *start* up to and without *end*, in microseconds since the epoch."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Microseconds."""
        return self.end - self.start

    @property
    def previous(self) -> Period:
        """The period of the same length just before."""
        return Period(self.start - self.length, self.start)


EVER = Period(-(2**62), 2**62)
"""All times that there are."""


def parse_period(start: str | None, end: str | None, *, default: str = "-1h", now: int | None = None) -> Period:
    """
    The period that `from` and `to` say; `to` is now when it is missing, `from` is *default*.

    Raises `RequestInvalid`, which names the parameter.
    """
    now = now_us() if now is None else now
    period = Period(parse_time("from", start or default, now), parse_time("to", end, now) if end else now)
    if period.start >= period.end:
        raise RequestInvalid(
            f"The parameter from ({to_iso(period.start)}) is not before the parameter to ({to_iso(period.end)})."
        )
    return period


def parse_time(name: str, text: str, now: int) -> int:
    """
    A time in microseconds since the epoch: ISO 8601 (UTC unless it has an offset), or `-15m` before *now*, with or without its sign.

    Raises `RequestInvalid`, which names the parameter.
    """
    relative = _RELATIVE.fullmatch(text)
    try:
        if relative:
            time = now - int(relative[1]) * _UNITS[relative[2]] * 1_000_000
        else:
            # An unescaped plus in a query arrives as a space.
            time = from_iso(re.sub(r" (?=\d\d:?\d\d$)", "+", text) if "T" in text else text)
    except (ValueError, OverflowError):
        time = LATEST + 1
    if not EARLIEST <= time <= LATEST:
        raise RequestInvalid(
            f"The parameter {name} is not a time: {text[:64]!r}. "
            "Write ISO 8601 such as 2026-01-31T12:00:00Z, or a time ago such as -15m, -1h, -7d."
        )
    return time
