"""Times of the tables and of the tools API."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.store.clock import EARLIEST, LATEST, from_iso, now_us, to_iso


@given(st.integers(EARLIEST, LATEST))
def test_a_time_survives_to_the_millisecond(us: int) -> None:
    """`from_iso` of `to_iso` is the time without its last three digits, in the form of the tools API."""
    text = to_iso(us)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
    assert from_iso(text) == us // 1000 * 1000


@given(st.integers())
def test_no_number_is_too_large_to_be_shown(us: int) -> None:
    """A damaged record's time becomes the first or the last one there is."""
    assert len(to_iso(us)) == 24


def test_times_are_utc_and_an_offset_is_read() -> None:
    """Without an offset a time is UTC."""
    assert to_iso(0) == "1970-01-01T00:00:00.000Z"
    assert from_iso("1970-01-01T02:00:00+02:00") == from_iso("1970-01-01") == 0
    assert from_iso("2026-01-31T12:00:00.5") % 1_000_000 == 500_000
    assert now_us() > from_iso("2024-01-01")
    with pytest.raises(ValueError, match="yesterday"):
        from_iso("yesterday")
