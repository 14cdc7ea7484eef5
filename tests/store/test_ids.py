"""Ids sort by age and never repeat."""

from __future__ import annotations

import re
import time

import pytest

from openmcs.gateway.accept import new_ecid
from openmcs.store.ids import ecid_time, new_id


def test_an_id_is_a_ulid() -> None:
    """26 characters of Crockford's base 32, at most 128 bits."""
    assert re.fullmatch(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", new_id())


def test_ids_sort_by_time_and_differ() -> None:
    """A later millisecond gives a greater id; ten thousand are all different."""
    first = new_id()
    time.sleep(0.002)
    assert first < new_id()
    assert len({new_id() for _ in range(10_000)}) == 10_000


@pytest.mark.parametrize("seconds", [0.0, 1.001, 1_780_000_000.123, 4_000_000_000.999])
def test_an_ecid_tells_its_time(seconds: float) -> None:
    """To the millisecond."""
    assert ecid_time(new_ecid(seconds)) == int(seconds * 1000) * 1000


@pytest.mark.parametrize(
    "text", ["", "e1", new_ecid(1.0)[:-1], new_ecid(1.0).upper(), "u" * 9 + new_ecid(1.0)[9:], "005*"]
)
def test_what_is_no_ecid_of_ours_tells_none(text: str) -> None:
    """Part of one, with letters that no ECID has, or with a star behind."""
    assert ecid_time(text) is None
