"""Ids sort by age and never repeat."""

from __future__ import annotations

import re
import time

from openmcs.store.ids import new_id


def test_an_id_is_a_ulid() -> None:
    """26 characters of Crockford's base 32, at most 128 bits."""
    assert re.fullmatch(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", new_id())


def test_ids_sort_by_time_and_differ() -> None:
    """A later millisecond gives a greater id; ten thousand are all different."""
    first = new_id()
    time.sleep(0.002)
    assert first < new_id()
    assert len({new_id() for _ in range(10_000)}) == 10_000
