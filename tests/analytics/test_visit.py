"""`GET /analytics/visit`: calls, events and lines of one session, device or user."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from openmcs.analytics.visit import Visit
from openmcs.errors import RequestInvalid
from openmcs.store.clock import now_us, to_iso
from openmcs.store.compaction import Compactor
from openmcs.store.database import Database
from openmcs.store.log_reader import LogReader
from openmcs.store.log_records import EventRecord, encode
from tests.store.records import load, message, request

NOW = now_us() - 3600 * 1_000_000
MINUTE = 60_000_000


def event(minute: int, **values: Any) -> bytes:
    """An event of the session `analytics`, from anna's phone."""
    known: dict[str, Any] = {
        "time": NOW + minute * MINUTE, "received_at": NOW + minute * MINUTE, "client_time": 0, "ecid": "ev",
        "backend": "shop", "backend_version": "1.0", "name": "Look", "type": "custom", "session_id": "analytics",
        "caller_kind": "user", "user": "anna", "device_id": "phone", "model": "P1",
    }  # fmt: skip
    return encode(EventRecord(**(known | values)))


def call(minute: int, **values: Any) -> bytes:
    """A call of the session `diagnostics`, from anna's phone."""
    known: dict[str, Any] = {
        "time": NOW + minute * MINUTE, "session_id": "diagnostics", "device_id": "phone", "user": "anna",
        "caller_kind": "user",
    }  # fmt: skip
    return request(minute, **(known | values))


@pytest.fixture
def filled(database: Database, log: LogReader, segments: Path, tmp_path: Path) -> LogReader:
    """Anna's visit from minute 10 to 20, and others' around it; half of it in segments."""
    load(
        database, tmp_path,
        call(5, session_id="earlier"), event(10, name="sessionStart", type="system"), call(11),
        message(11, time=NOW + 11 * MINUTE + 5, text="eleven"), event(12),
        call(12, user="joe", device_id="pad", session_id="other"), message(12, time=NOW + 12 * MINUTE + 5, text="other"),
        event(13, session_id="others", user="joe", device_id="pad"),
    )  # fmt: skip
    Compactor(database, segments).run_once(everything=True)
    load(
        database, tmp_path,
        call(14, session_id=None), call(15, caller_kind="preflight", user=""), call(16, api="tools"),
        event(20, name="sessionEnd", type="system"), call(25, session_id="later"), event(26, session_id="next"),
    )  # fmt: skip
    return log


def _told(answer: dict[str, Any]) -> list[str]:
    """The items in order, each as its kind and a word."""
    return [f"{item['kind']} {item.get('name') or item.get('message') or item.get('ecid')}" for item in answer["items"]]


VISIT = ["event sessionStart", "call e11", "message eleven", "event Look", "call e14", "event sessionEnd"]


def test_a_session_of_analytics_has_the_calls_of_its_device(filled: LogReader) -> None:
    """From its beginning to its end; nothing of others, of before and after, and no preflight."""
    answer = Visit.parse({"session": "analytics"}).ask(filled)
    assert _told(answer) == VISIT
    assert answer["counts"] == {"calls": 2, "events": 3, "messages": 1}
    (session,) = answer["sessions"]
    assert (session["user"], session["events"], session["context"]) == ("anna", 1, {"model": "P1"})
    assert session["endedAt"] is not None
    assert not answer["more"]


def test_a_session_of_diagnostics_has_the_events_of_its_device(filled: LogReader) -> None:
    """As far as its calls reach."""
    answer = Visit.parse({"session": "diagnostics"}).ask(filled)
    assert _told(answer) == ["call e11", "message eleven"]
    assert answer["sessions"] == []


def test_a_device_and_a_user_have_all_of_it(filled: LogReader) -> None:
    """Of a period, by default of a day; with the sessions that were under way."""
    everything = ["call e5", *VISIT, "call e25", "event Look"]
    for parameters in ({"device": "phone"}, {"user": "anna"}):
        answer = Visit.parse(parameters).ask(filled)
        assert _told(answer) == everything
        assert [each["session"] for each in answer["sessions"]] == ["next", "analytics"]
    assert _told(Visit.parse({"user": "joe"}).ask(filled)) == ["call e12", "message other", "event Look"]
    before = {"from": to_iso(NOW - 60 * MINUTE), "to": to_iso(NOW)}
    assert _told(Visit.parse({"user": "anna", **before}).ask(filled)) == []
    assert Visit.parse({"device": "nobody's"}).ask(filled)["items"] == []


def test_the_newest_are_shown(filled: LogReader) -> None:
    """And it says that there is more."""
    answer = Visit.parse({"device": "phone", "limit": "2"}).ask(filled)
    assert _told(answer) == ["call e14", "event sessionEnd", "call e25", "event Look"]
    assert answer["more"]


@pytest.mark.parametrize("given", [{}, {"user": "a", "session": "b"}, {"device": "d", "limit": "0"}])
def test_parameters_are_read(given: dict[str, str]) -> None:
    """One who is asked about, and a limit."""
    with pytest.raises(RequestInvalid):
        Visit.parse(given)
