"""Questions of the log."""

from __future__ import annotations

from pathlib import Path

import pytest

from openmcs.store import log
from openmcs.store.database import Database
from openmcs.store.log import Cursor, MessageFilter, RequestFilter
from tests.store.records import load, loaded_ecids, message, request


def _ecids(database: Database, wanted: RequestFilter) -> list[str]:
    with database.read() as connection:
        return [row["ecid"] for row in log.requests(connection, wanted, newest=log.newest_batch(connection)).rows]


@pytest.fixture
def filled(database: Database, tmp_path: Path) -> Database:
    """Six requests that differ in everything that can be asked for."""
    load(
        database,
        tmp_path,
        request(0),
        request(1, backend="other", user="joe", method="POST", status=404),
        request(2, api="events", status=500, duration_us=90_000),
        request(3, path="/mobile/custom/synapse/50%_Off?x=1"),
        request(4, api=None, backend=None, status=401),
        request(5, api="tools", backend=None),
    )
    return database


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (RequestFilter(), ["e4", "e3", "e2", "e1", "e0"]),
        (RequestFilter(tools=True), ["e5", "e4", "e3", "e2", "e1", "e0"]),
        (RequestFilter(start=1_000_001, end=1_000_003), ["e2", "e1"]),
        (RequestFilter(backend="other"), ["e1"]),
        (RequestFilter(backend="Other"), []),
        (RequestFilter(api="events"), ["e2"]),
        (RequestFilter(api="tools", tools=True), ["e5"]),
        (RequestFilter(method="POST"), ["e1"]),
        (RequestFilter(status=(404, 404)), ["e1"]),
        (RequestFilter(status=(400, 499)), ["e4", "e1"]),
        (RequestFilter(user="joe"), ["e1"]),
        (RequestFilter(path="50%_off"), ["e3"]),
        (RequestFilter(path="5__"), []),
        (RequestFilter(ecid="e3"), ["e3"]),
        (RequestFilter(min_duration_us=90_000), ["e2"]),
    ],
)
def test_requests_are_filtered(filled: Database, wanted: RequestFilter, expected: list[str]) -> None:
    """Each filter lets through what it says, the newest first; the tools API only when asked for."""
    assert _ecids(filled, wanted) == expected


def test_pages_are_bounded_and_counted(filled: Database) -> None:
    """Limit and offset cut the list, the total does not change; slowest first when asked."""
    with filled.read() as connection:
        found = log.requests(connection, RequestFilter(), newest=10**9, order="slowest", limit=2, offset=0)
        rest = log.requests(connection, RequestFilter(), newest=10**9, limit=2, offset=4)
    assert ([row["ecid"] for row in found.rows], found.total) == (["e2", "e4"], 5)
    assert ([row["ecid"] for row in rest.rows], rest.total) == (["e0"], 5)


def test_following_gives_each_row_once_in_the_order_of_loading(database: Database, tmp_path: Path) -> None:
    """A slow request that began earlier and was loaded later is not missed."""
    load(database, tmp_path, request(5), request(6))
    with database.read() as connection:
        seen = log.newest_batch(connection)
    load(database, tmp_path, request(1), request(9))
    load(database, tmp_path, request(2))
    with database.read() as connection:
        newest = log.newest_batch(connection)
        first = log.requests(connection, RequestFilter(), newest=newest, after=Cursor(seen, log.END), limit=2)
        place = Cursor(first.rows[-1]["batch"], first.rows[-1]["position"])
        second = log.requests(connection, RequestFilter(), newest=newest, after=place)
    assert [row["ecid"] for row in first.rows] == ["e1", "e9"]
    assert [row["ecid"] for row in second.rows] == ["e2"]


def test_messages_are_filtered(database: Database, tmp_path: Path) -> None:
    """By level and worse, by part of the text, by ECID."""
    load(
        database,
        tmp_path,
        message(0, level=500),
        message(1, level=900, text="Disk 100% full"),
        message(2, level=1000, api="tools"),
    )

    def texts(wanted: MessageFilter) -> list[str]:
        with database.read() as connection:
            return [row["text"] for row in log.messages(connection, wanted, newest=10**9).rows]

    assert texts(MessageFilter()) == ["Disk 100% full", "line 0"]
    assert texts(MessageFilter(level=800, tools=True)) == ["line 2", "Disk 100% full"]
    assert texts(MessageFilter(text="disk 100%")) == ["Disk 100% full"]
    assert texts(MessageFilter(ecid="e0")) == ["line 0"]


def test_a_tree_has_all_calls_and_lines_of_an_ecid(database: Database, tmp_path: Path) -> None:
    """Oldest first, and the lines are counted for each call of the tree."""
    load(
        database, tmp_path,
        request(0), request(0, rid="0:1", time=1_000_005), request(1),
        message(0, rid="0:1", level=1000), message(0, rid="0:1", level=300), message(0), message(1),
    )  # fmt: skip
    with database.read() as connection:
        requests, messages = log.tree(connection, "e0")
        counts = log.message_counts(connection, [("e0", "0"), ("e0", "0:1")])
    assert [row["rid"] for row in requests] == ["0", "0:1"]
    assert len(messages) == 3
    assert (counts["e0", "0"], counts["e0", "0:1"]) == ((1, 800), (2, 1000))


def test_what_is_too_old_is_deleted(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests, messages and losses before the time go, in steps of a few; what is younger stays."""
    monkeypatch.setattr(log, "_AT_ONCE", 3)
    load(database, tmp_path, *(request(number) for number in range(10)), *(message(number) for number in range(10)))
    assert log.expire(database, 1_000_008) == 16
    assert loaded_ecids(database) == ["e8", "e9"]
    assert log.expire(database, 1_000_008) == 0


def test_losses_of_a_period_are_added_up(database: Database, tmp_path: Path) -> None:
    """Those outside do not count."""
    load(database, tmp_path, *(b'{"k":"l","time":%d,"lost":%d,"reason":"disk full"}' % (n, n) for n in (5, 6, 9)))
    with database.read() as connection:
        assert log.lost(connection, 5, 9) == 11
        assert log.lost(connection, 10, 20) == 0
