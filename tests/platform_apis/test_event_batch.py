"""Batches of events as JSON (contract: wire 2.13; portal 4.2)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.errors import RequestInvalid
from openmcs.platform_apis.event_batch import MOST_EVENTS, MOST_FINDINGS, Event, read_batch, read_time

AT = "2017-07-13T02:10:11.123Z"
AT_US = 1_499_911_811_123_000


def _event(**fields: Any) -> dict[str, Any]:
    return {"name": "AcceptOffer", "timestamp": AT, **fields}


def _read(*events: object, session: str | None = None) -> list[Event]:
    return read_batch(json.dumps(events).encode(), session)


TIMES = [
    (AT, AT_US),
    ("2017-07-13T02:10:11Z", AT_US - 123_000),
    ("2017-07-13T04:10:11.123+02:00", AT_US),
    ("2017-07-13T04:10:11.123+0200", AT_US),
    ("2017-07-13T02:10:11.123", AT_US),
    ("1969-12-31T23:59:59Z", -1_000_000),
    ("yesterday", None),
    ("", None),
    (None, None),
    (1499911811123, None),
    ("9" * 10_000, None),
    ("0001-01-01T00:00:00+23:59", -62_135_683_140_000_000),
]


@pytest.mark.parametrize(("text", "moment"), TIMES, ids=[str(row[0])[:30] for row in TIMES])
def test_times_are_iso_8601(text: object, moment: int | None) -> None:
    """UTC where no zone is named; to the microsecond."""
    assert read_time(text) == moment


# (what the row of the contract says, event, field, value)
TAKEN = [
    ("type defaults to custom", _event(), "type", "custom"),
    ("Android says custom", _event(type="custom"), "type", "custom"),
    ("casing of the type", _event(type="System"), "type", "system"),
    ("sessionID, of every SDK", _event(sessionID="s1"), "session_id", "s1"),
    ("sessionId, of the documentation", _event(sessionId="s1"), "session_id", "s1"),
    ("no session at all", _event(), "session_id", None),
    ("J3 sends null", _event(sessionID=None), "session_id", None),
    ("component", _event(component="Offers"), "component", "Offers"),
    ("properties", _event(properties={"k": "v", "n": 1}), "properties", '{"k":"v","n":1}'),
    ("no properties", _event(), "properties", "{}"),
    ("properties null", _event(properties=None), "properties", "{}"),
    ("the client's time is kept", _event(), "client_time", AT_US),
    ("what nobody knows is passed over", _event(userName="joe", anything=[1]), "name", "AcceptOffer"),
]


@pytest.mark.parametrize(("event", "field", "value"), [row[1:] for row in TAKEN], ids=[row[0] for row in TAKEN])
def test_an_event_is_taken_as_it_was_meant(event: dict[str, Any], field: str, value: object) -> None:
    """All the spellings that are on the wire."""
    assert getattr(_read(event)[0], field) == value


def test_the_headers_session_is_for_events_that_name_none() -> None:
    """`Oracle-Mobile-Analytics-Session-ID`."""
    assert [event.session_id for event in _read(_event(), _event(sessionID="own"), session="header")] == [
        "header",
        "own",
    ]


def test_a_context_is_for_the_events_after_it() -> None:
    """And a later one changes what it names, no more."""
    before, first, offer, second, later = _read(
        _event(name="early"),
        _event(name="context", type="system", properties={"model": "P1", "osName": "A", "latitude": "46.9"}),
        _event(),
        _event(name="context", type="system", properties={"latitude": 47, "longitude": "7.4"}),
        _event(),
    )
    assert before.context == {}
    assert first.context == offer.context == {"model": "P1", "os_name": "A", "latitude": 46.9}
    assert second.context == later.context == {"model": "P1", "os_name": "A", "latitude": 47.0, "longitude": 7.4}


def test_a_custom_event_named_context_is_none() -> None:
    """Only the system's is."""
    assert _read(_event(name="context", properties={"model": "P1"}), _event())[1].context == {}


def test_what_an_sdk_does_not_know_counts_as_not_said() -> None:
    """`<unknown>`, and Cordova's `"null"` for a latitude."""
    properties = {
        "model": "<unknown>", "carrier": "", "osName": None, "timezone": "-28800", "latitude": "null",
        "longitude": "999", "country": {"a": 1}, "osVersion": 7,
    }  # fmt: skip
    assert _read(_event(name="context", type="system", properties=properties), _event())[1].context == {
        "timezone": "-28800", "os_version": "7"
    }  # fmt: skip


def test_android_names_the_place_in_events_themselves() -> None:
    """For that event alone."""
    one, other = _read(_event(country="CH", locality="Bern", postalCode="3000"), _event())
    assert one.context == {"country": "CH", "locality": "Bern", "postal_code": "3000"} and other.context == {}


# (what is wrong, event, path, code)
REFUSED = [
    ("no object", 7, "[1]", "EVENT_INVALID"),
    ("null", None, "[1]", "EVENT_INVALID"),
    ("no name", {"timestamp": AT}, "[1].name", "EVENT_NAME_MISSING"),
    ("a blank name", _event(name=" "), "[1].name", "EVENT_NAME_MISSING"),
    ("a name that is no text", _event(name=7), "[1].name", "EVENT_NAME_MISSING"),
    ("a long name", _event(name="x" * 101), "[1].name", "EVENT_NAME_LONG"),
    ("no timestamp", {"name": "a"}, "[1].timestamp", "EVENT_TIME_INVALID"),
    ("a timestamp that is none", _event(timestamp="today"), "[1].timestamp", "EVENT_TIME_INVALID"),
    ("an unknown type", _event(type="other"), "[1].type", "EVENT_TYPE_UNKNOWN"),
    ("a session that is no text", _event(sessionID=7), "[1].sessionID", "EVENT_FIELD_INVALID"),
    ("a component that is too long", _event(component="x" * 101), "[1].component", "EVENT_FIELD_INVALID"),
    ("properties that are none", _event(properties=[1]), "[1].properties", "EVENT_PROPERTIES_INVALID"),
    ("too many properties", _event(properties={f"p{n}": 1 for n in range(101)}), "[1].properties",
     "EVENT_PROPERTIES_LARGE"),
    ("large properties", _event(properties={"p": "x" * 9000}), "[1].properties", "EVENT_PROPERTIES_LARGE"),
]  # fmt: skip


@pytest.mark.parametrize(("event", "path", "code"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_one_wrong_event_refuses_the_batch(event: object, path: str, code: str) -> None:
    """The finding tells index and field."""
    with pytest.raises(RequestInvalid, match="No event was taken") as refused:
        _read(_event(), event, _event())
    assert [(each.place, each.code) for each in refused.value.findings] == [(path, code)]


def test_findings_have_a_bound_and_the_rest_is_counted() -> None:
    """A batch may be wrong ten thousand times."""
    with pytest.raises(RequestInvalid, match="And 99 more") as refused:
        _read(*[{"timestamp": AT}] * 100)
    assert len(refused.value.findings) == MOST_FINDINGS


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"{}", b'"x"', b"[" * 100_000, b"\xff"])
def test_what_is_no_array_is_refused(body: bytes) -> None:
    """With what was wanted."""
    with pytest.raises(RequestInvalid, match=r"no JSON array|not JSON"):
        read_batch(body, None)


def test_a_batch_has_a_bound() -> None:
    """It is said, with the number that came."""
    with pytest.raises(RequestInvalid, match=f"{MOST_EVENTS + 1} events"):
        read_batch(b"[" + b",".join([b"{}"] * (MOST_EVENTS + 1)) + b"]", None)


def test_an_empty_batch_is_one() -> None:
    """Nothing came, and nothing is wrong."""
    assert read_batch(b"[]", None) == []


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
fields = st.sampled_from(["name", "type", "timestamp", "sessionID", "sessionId", "component", "properties", "latitude"])
odd_events = st.one_of(values, st.dictionaries(fields | st.text(), values | st.just(AT), max_size=6))


@given(st.lists(odd_events, max_size=5), st.none() | st.text())
def test_any_batch_is_read_or_refused(batch: list[object], session: str | None) -> None:
    """Nothing else is raised."""
    try:
        read_batch(json.dumps(batch).encode(), session)
    except RequestInvalid as error:
        assert error.findings
