"""Lists come in pages."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.tools.paging import Paging, envelope
from tests.tools.desk import Desk

LISTS = ["/mobilebackends", "/apis", "/users", "/team", "/deployments"]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 200), ("?limit=1&offset=0", 200), ("?limit=1000", 200), ("?limit=0", 400), ("?limit=1001", 400),
        ("?limit=x", 400), ("?offset=-1", 400), ("?offset=1000000001", 400),
    ],
)  # fmt: skip
def test_every_list_has_a_limit(desk: Desk, path: str, query: str, status: int) -> None:
    """At most a thousand at once."""
    response = desk.call("GET", path + query)
    assert response.status_code == status
    if status == 200:
        assert set(response.json()) >= {"items", "count", "limit", "offset", "totalResults", "hasMore"}


def test_pages_make_up_the_whole_list(desk: Desk) -> None:
    """Each backend comes once, in the order of names."""
    for number in (3, 1, 2, 5, 4):
        desk.post("/mobilebackends", {"name": f"b{number}"})
    names: list[str] = []
    while True:
        page = desk.get(f"/mobilebackends?limit=2&offset={len(names)}")
        names += [each["name"] for each in page["items"]]
        assert page["totalResults"] == 5
        if not page["hasMore"]:
            break
    assert names == ["b1", "b2", "b3", "b4", "b5"]


@given(st.lists(st.integers(), max_size=20), st.integers(1, 9), st.integers(0, 30))
def test_the_envelope_says_where_a_page_stands(whole: list[int], limit: int, offset: int) -> None:
    """`hasMore` is true exactly when the next page would have something."""
    told: dict[str, Any] = envelope(whole[offset : offset + limit], len(whole), Paging(limit, offset))
    assert told["count"] == len(told["items"])
    assert told["hasMore"] == bool(offset < len(whole) and whole[offset + limit :])
