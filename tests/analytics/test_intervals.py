"""Intervals of a viewer's clock."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.analytics.intervals import DAY, SECOND, STEPS, WEEK, Intervals
from openmcs.analytics.period import Period
from openmcs.errors import RequestInvalid
from openmcs.store.clock import from_iso, to_iso

ZONES = [
    "UTC",
    "Europe/Vienna",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/St_Johns",
]


@given(
    st.integers(from_iso("2005-01-01"), from_iso("2035-01-01")), st.integers(1, 400), st.sampled_from([*STEPS, 3 * WEEK]),
    st.sampled_from(ZONES),
)  # fmt: skip
def test_intervals_cover_the_period_without_gaps(start: int, count: int, seconds: int, zone: str) -> None:
    """Whatever the zone: in order, the first with the beginning, the last with the end, none much too long."""
    intervals = Intervals(Period(start, start + count * seconds * SECOND + 1), seconds, zone)
    edges = intervals.edges
    assert edges[0] <= start < edges[1]
    assert edges[-2] < intervals.period.end <= edges[-1]
    widths = [(end - begin) // SECOND for begin, end in pairwise(edges)]
    assert all(0 < width <= seconds + DAY for width in widths)
    assert sum(width == seconds for width in widths) >= len(widths) - 2 * (2 + count * seconds // (80 * DAY))


@given(st.integers(from_iso("2015-01-01"), from_iso("2030-01-01")), st.sampled_from(ZONES[:5]))
def test_days_begin_at_the_viewers_midnight(start: int, zone: str) -> None:
    """And weeks on a Monday."""
    for seconds in (DAY, WEEK):
        for edge in Intervals(Period(start, start + 30 * DAY * SECOND), seconds, zone).edges:
            local = datetime.fromtimestamp(edge / SECOND, UTC).astimezone(zoneinfo.ZoneInfo(zone))
            assert (local.hour, local.minute, local.second) == (0, 0, 0)
            assert seconds == DAY or local.weekday() == 0


def test_days_on_which_clocks_change_have_23_and_25_hours() -> None:
    """As everybody's wall clock in Vienna showed."""
    spring = Intervals(Period(from_iso("2026-03-28T23:00:00Z"), from_iso("2026-03-30T22:00:00Z")), DAY, "Europe/Vienna")
    assert [to_iso(edge) for edge in spring.edges] == [
        "2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z", "2026-03-30T22:00:00.000Z"
    ]  # fmt: skip
    autumn = Intervals(Period(from_iso("2026-10-24T22:00:00Z"), from_iso("2026-10-25T23:00:00Z")), DAY, "Europe/Vienna")
    assert [(end - begin) // SECOND for begin, end in pairwise(autumn.edges)] == [25 * 3600]


@pytest.mark.parametrize(
    ("parameters", "name"),
    [({"tz": "Mars/Olympus"}, "tz"), ({"tz": "../../etc/passwd"}, "tz"), ({"bucket": "7"}, "bucket"), ({"points": "0"}, "points"),
     ({"bucket": "1", "from": "-1d"}, "bucket"), ({"from": "-99999d"}, "from")],
)  # fmt: skip
def test_a_wrong_parameter_is_named(parameters: dict[str, str], name: str) -> None:
    """With what to write."""
    with pytest.raises(RequestInvalid, match=f"parameter {name} "):
        Intervals.parse(parameters)
