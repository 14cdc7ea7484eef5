"""Sessions of apps, followed while their events are loaded."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from openmcs.store.database import Database
from openmcs.store.log import expire_events
from openmcs.store.log_records import EventRecord, encode
from openmcs.store.tables import analytics_event, analytics_session
from tests.store.records import load


def _event(time: int, name: str = "tap", session: str | None = "s1", **more: Any) -> bytes:
    system = name in ("sessionStart", "sessionEnd", "context")
    record: dict[str, Any] = {
        "time": time, "received_at": time + 5, "client_time": time, "ecid": "e", "backend": "b", "backend_version": "1.0",
        "name": name, "type": "system" if system else "custom", "session_id": session, "caller_kind": "anonymous",
        "user": "anonymous",
    }  # fmt: skip
    return encode(EventRecord(**(record | more)))


def _sessions(database: Database) -> list[dict[str, Any]]:
    with database.read() as connection:
        query = select(analytics_session).order_by(analytics_session.c.backend, analytics_session.c.session_id)
        return [dict(row) for row in connection.execute(query).mappings()]


STORY = [
    _event(100, "sessionStart"),
    _event(110, model="P1"),
    _event(120, caller_kind="user", user="joe"),
    _event(130, country="CH"),
    _event(140, "sessionEnd"),
]
TOLD = {"started_at": 100, "ended_at": 140, "last_at": 140, "events": 3, "user": "joe", "model": "P1", "country": "CH"}


@pytest.mark.parametrize("order", [*itertools.islice(itertools.permutations(range(5)), 0, 120, 13)])
def test_events_make_the_same_session_in_whatever_order_they_come(
    database: Database, tmp_path: Path, order: tuple[int, ...]
) -> None:
    """In batches that come late, one by one."""
    for number, index in enumerate(order):
        load(database, tmp_path / str(number), STORY[index])
    (row,) = _sessions(database)
    assert {name: row[name] for name in TOLD} == TOLD


def test_one_batch_makes_the_same_session(database: Database, tmp_path: Path) -> None:
    """Merged before it is written."""
    load(database, tmp_path, *STORY)
    (row,) = _sessions(database)
    assert {name: row[name] for name in TOLD} == TOLD


def test_a_session_without_its_beginning_or_end_is_one(database: Database, tmp_path: Path) -> None:
    """Both are legal on the wire."""
    load(database, tmp_path, _event(5, session="no start"), _event(6, "sessionEnd", session="only end"))
    assert [(row["session_id"], row["started_at"], row["ended_at"], row["events"]) for row in _sessions(database)] == [
        ("no start", 5, None, 1), ("only end", 6, 6, 0)
    ]  # fmt: skip


def test_an_event_without_session_makes_none(database: Database, tmp_path: Path) -> None:
    """It is a row of events all the same."""
    load(database, tmp_path, _event(5, session=None))
    assert _sessions(database) == []
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(analytics_event)) == 1


def test_a_session_belongs_to_its_backend(database: Database, tmp_path: Path) -> None:
    """Two backends may be told the same id."""
    load(database, tmp_path, _event(5), _event(6, backend="other"))
    assert [row["backend"] for row in _sessions(database)] == ["b", "other"]


def test_many_sessions_are_followed_at_once(database: Database, tmp_path: Path) -> None:
    """In pieces that every database takes."""
    events = [_event(time, session=f"s{number}") for time in (1, 2) for number in range(700)]
    random.Random(1).shuffle(events)
    load(database, tmp_path, *events)
    assert {(row["started_at"], row["last_at"], row["events"]) for row in _sessions(database)} == {(1, 2, 2)}
    assert len(_sessions(database)) == 700


def test_what_is_old_expires(database: Database, tmp_path: Path) -> None:
    """Events by when they happened, sessions by their latest event."""
    load(database, tmp_path, _event(5), _event(50), _event(6, session="old"))
    assert expire_events(database, 10) == 3
    assert [row["session_id"] for row in _sessions(database)] == ["s1"]
    with database.read() as connection:
        assert connection.scalars(select(analytics_event.c.time)).all() == [50]
