"""Time as the tables keep it: wall-clock microseconds since the epoch."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = -62_135_596_800_000_000
"""The year 1, where Python's dates begin."""
LATEST = 253_402_300_799_999_999
"""The last microsecond of the year 9999."""


def now_us() -> int:
    """Now, in microseconds since the epoch."""
    return time.time_ns() // 1_000


def to_iso(us: int) -> str:
    """ISO 8601 in UTC with milliseconds and `Z`, the form of the tools API."""
    moment = _EPOCH + timedelta(microseconds=min(max(us, EARLIEST), LATEST))
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z".rjust(24, "0")


def from_iso(text: str) -> int:
    """
    Microseconds since the epoch of an ISO 8601 date or time; without an offset it is taken as UTC.

    Raises `ValueError`.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)
