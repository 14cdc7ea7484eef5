"""What `from` and `to` mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.analytics.period import Period, parse_period, parse_time
from openmcs.errors import RequestInvalid
from openmcs.store.clock import EARLIEST, LATEST, from_iso

NOW = from_iso("2026-06-01T12:00:00Z")


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (None, None, ("2026-06-01T11:00:00", "2026-06-01T12:00:00")),
        ("-15m", None, ("2026-06-01T11:45:00", "2026-06-01T12:00:00")),
        ("15m", None, ("2026-06-01T11:45:00", "2026-06-01T12:00:00")),
        ("-7d", "-1d", ("2026-05-25T12:00:00", "2026-05-31T12:00:00")),
        ("-30s", "", ("2026-06-01T11:59:30", "2026-06-01T12:00:00")),
        ("2026-05-01", "2026-05-02T00:00:00.000Z", ("2026-05-01T00:00:00", "2026-05-02T00:00:00")),
        ("2026-05-01T10:00:00+02:00", "2026-05-01T10:00:00 01:00", ("2026-05-01T08:00:00", "2026-05-01T09:00:00")),
    ],
)
def test_periods_are_read(start: str | None, end: str | None, expected: tuple[str, str]) -> None:
    """Relative to now, or ISO 8601 with or without an offset; the end is now when it is missing."""
    assert parse_period(start, end, now=NOW) == (from_iso(expected[0]), from_iso(expected[1]))


@pytest.mark.parametrize(
    "text", ["yesterday", "15", "-15", "-m", "2026-13-01", "-999999999w", "\u0661", "-1.5h", "x" * 99]
)
def test_what_is_no_time_is_refused_by_name(text: str) -> None:
    """The error names the parameter and shows the forms."""
    with pytest.raises(RequestInvalid, match=r"parameter to .*-15m"):
        parse_period("-1h", text, now=NOW)


def test_a_period_goes_forward() -> None:
    """An end before the start is refused; the period before has the same length."""
    with pytest.raises(RequestInvalid, match=r"from.*not before.*to"):
        parse_period("-1h", "-2h", now=NOW)
    assert Period(100, 160).previous == Period(40, 100)


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    """Nothing else is raised, and a time is one that can be shown."""
    try:
        time = parse_time("from", text, NOW)
    except RequestInvalid:
        return
    assert EARLIEST <= time <= LATEST
