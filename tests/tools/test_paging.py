"""Lists come in pages."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.tools.paging import Paging, envelope
from tests.crowd import fill
from tests.store.conftest import open_empty
from tests.tools.desk import Desk, open_desk

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


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory, runner: asyncio.Runner) -> Iterator[Desk]:
    """A desk in front of 10,000 of everything and 100,000 users."""
    with open_empty("sqlite", tmp_path_factory) as database:
        desk = open_desk(database, tmp_path_factory.mktemp("crowded"), runner)
        fill(database, backends=10_000, users=100_000)
        yield desk


MANY = [
    # (path, how many there are, the most bytes of a page of fifty)
    ("/mobilebackends", 10_000, 50_000), ("/mobilebackends?text=backend00999", 10, 50_000), ("/apis", 10_000, 50_000),
    ("/apis?text=many", 10_000, 50_000), ("/users?realm=Default", 100_000, 50_000), ("/users?text=doe%2099", 1_111, 50_000),
    ("/users?role=role7", 2_000, 50_000), ("/connectors", 10_000, 50_000), ("/configuration", 10_000, 50_000),
    ("/configuration?text=api0001", 100, 50_000), ("/activity", 10_000, 50_000), ("/trash", 10_000, 50_000),
    ("/deployments", 10_000, 50_000),
]  # fmt: skip


@pytest.mark.parametrize(("path", "total", "most"), MANY, ids=[row[0] for row in MANY])
def test_a_page_is_as_large_as_a_page_however_much_there_is(crowded: Desk, path: str, total: int, most: int) -> None:
    """Fifty rows, a bounded answer, the right number of all; the last page is a page like the first."""
    first = crowded.call("GET", path)
    found = first.json()
    assert (found["totalResults"], found["count"], len(found["items"])) == (total, min(50, total), min(50, total))
    assert len(first.content) < most
    last = crowded.get(f"{path}{'&' if '?' in path else '?'}limit=50&offset={total - 1}")
    assert (last["count"], last["hasMore"]) == (1, False)


def test_names_to_choose_from_are_found_among_many(crowded: Desk) -> None:
    """What the boxes of the console ask: a few rows of what was typed, and of one API's backends."""
    found = crowded.get("/mobilebackends?text=backend005&limit=20")
    assert (len(found["items"]), found["totalResults"]) == (20, 1_000)
    api = crowded.get("/apis?text=api004242&limit=1")["items"][0]
    (backend,) = crowded.get(f"/mobilebackends?api={api['id']}&limit=20")["items"]
    assert backend["name"] == "backend004242"
    assert backend["apis"] == [{key: api[key] for key in ("id", "name", "version", "title")}]


def test_realms_and_roles_are_counted_and_bounded(crowded: Desk) -> None:
    """Fifty roles in use by two thousand users each; the answer does not grow with the users."""
    answer = crowded.call("GET", "/realms")
    told = answer.json()
    assert told["realms"] == [{"name": "Default", "users": 100_000}]
    assert {each["users"] for each in told["roles"]} == {2_000}
    assert all(len(each["apis"]) == 200 for each in told["roles"])
    assert len(answer.content) < 500_000
