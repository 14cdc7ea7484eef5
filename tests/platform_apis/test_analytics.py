"""What apps report, from the socket to the tables (contract: wire 2.13, Q10, Q11 and Q25; portal 4.2)."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from openmcs.store.tables import analytics_event, analytics_session
from tests.platform_apis.test_event_batch import AT, AT_US, odd_events
from tests.platform_server import APPLICATION_KEY, BACKEND_ID, PlatformServer, anonymous, basic, joe

URL = "/mobile/platform/analytics/events"
JSON = {"Content-Type": "application/json"}


def _batch(session: str) -> list[dict[str, Any]]:
    """What the JavaScript SDK of J2 sends, by the table of the contract."""
    context = {
        "timezone": "-3600", "model": "<unknown>", "manufacturer": "<unknown>", "osName": "iOS", "osVersion": "10",
        "osBuild": "<unknown>", "carrier": "<unknown>", "latitude": "46.95", "longitude": "7.45",
    }  # fmt: skip
    return [
        {"name": "context", "type": "system", "timestamp": AT, "properties": context},
        {"name": "sessionStart", "type": "system", "timestamp": AT, "sessionID": session, "properties": {}},
        {"name": "AcceptOffer", "timestamp": AT, "sessionID": session, "properties": {"offerId": "10001"}},
        {"name": "sessionEnd", "type": "system", "timestamp": AT, "sessionID": session, "properties": {}},
    ]


GOOD = json.dumps(_batch("table")).encode()

# (scenario, method, headers, body, status)
SCENARIOS = [
    ("no backend", "POST", JSON, GOOD, 401),
    ("wrong caller", "POST", {**JSON, "Oracle-Mobile-Backend-Id": BACKEND_ID, "Authorization": basic("joe", "no")},
     GOOD, 401),
    ("anonymous", "POST", anonymous(**JSON), GOOD, 202),
    ("ordinary user", "POST", joe(**JSON), GOOD, 202),
    ("Q11 Android's casing", "POST", joe(**{"Content-Type": "Application/JSON"}), GOOD, 202),
    ("no content type", "POST", joe(), GOOD, 202),
    ("an empty batch", "POST", joe(**JSON), b"[]", 202),
    ("one wrong event", "POST", joe(**JSON), b'[{"name": "a"}]', 400),
    ("not JSON", "POST", joe(**JSON), b"[", 400),
    ("nothing", "POST", joe(**JSON), None, 400),
    ("a body of more than 1 MB", "POST", joe(**JSON), b"[" + b" " * 1024 * 1024 + b"]", 413),
    ("another method", "GET", joe(), None, 405),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "headers", "body", "status"), [row[1:] for row in SCENARIOS], ids=[row[0] for row in SCENARIOS]
)
def test_a_batch_is_taken_or_refused(
    platform: PlatformServer, method: str, headers: dict[str, str], body: bytes | None, status: int
) -> None:
    """202 with an object (Q10, Q25), or the error document."""
    answer = platform.call(method, URL, headers, body)
    assert answer.status == status and isinstance(answer.json(), dict)


def _of(rows: list[dict[str, Any]], **wanted: str) -> list[dict[str, Any]]:
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def test_a_batch_becomes_rows_of_events_and_of_a_session(platform: PlatformServer) -> None:
    """With who, by which app, where, on what, and the request that brought it."""
    session = str(uuid.uuid4())
    headers = joe(**JSON, **{
        "Oracle-Mobile-Application-Key": APPLICATION_KEY, "Oracle-Mobile-DEVICE-ID": "device",
        "Oracle-Mobile-Client-SDK-Info": "Cordova 17.4.5.0 [MCSAnalytics]",
    })  # fmt: skip
    answer = platform.call("POST", URL, headers, json.dumps(_batch(session)))
    assert answer.json() == {"message": "4 events accepted for processing.", "accepted": 4}
    events = _of(platform.rows(analytics_event), ecid=answer.header("X-ORACLE-DMS-ECID") or "")
    assert [event["name"] for event in events] == ["context", "sessionStart", "AcceptOffer", "sessionEnd"]
    offer = events[2]
    assert {name: offer[name] for name in (
        "backend", "type", "session_id", "user", "caller_kind", "application_key", "device_id", "client_sdk",
        "os_name", "model", "latitude", "longitude", "timezone", "properties", "client_time", "skew_us",
    )} == {
        "backend": "wired", "type": "custom", "session_id": session, "user": "joe", "caller_kind": "user",
        "application_key": APPLICATION_KEY, "device_id": "device", "client_sdk": "Cordova 17.4.5.0 [MCSAnalytics]",
        "os_name": "iOS", "model": None, "latitude": 46.95, "longitude": 7.45, "timezone": "-3600",
        "properties": '{"offerId":"10001"}', "client_time": AT_US, "skew_us": None,
    }  # fmt: skip
    with platform.database.read() as connection:
        row = connection.execute(
            analytics_session.select().where(analytics_session.c.session_id == session)
        ).mappings().one()  # fmt: skip
    assert (row["started_at"], row["ended_at"], row["events"], row["user"]) == (AT_US, AT_US, 1, "joe")


def test_the_clock_of_the_device_is_put_right_and_kept(platform: PlatformServer) -> None:
    """The request says what time the device believes it is; the event happened a minute before."""
    now = datetime.now(UTC)
    wrong = now - timedelta(days=400)

    def text(moment: datetime) -> str:
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    headers = anonymous(**JSON, **{"Oracle-Mobile-CLIENT-REQUEST-TIME": text(wrong)})
    body = json.dumps([{"name": "late", "timestamp": text(wrong - timedelta(minutes=1))}])
    answer = platform.call("POST", URL, headers, body)
    event = _of(platform.rows(analytics_event), ecid=answer.header("X-ORACLE-DMS-ECID") or "")[0]
    assert abs(event["received_at"] - event["time"] - 60_000_000) < 10_000
    assert event["client_time"] == read(text(wrong - timedelta(minutes=1)))
    assert event["skew_us"] == event["received_at"] - read(text(wrong))


def read(text: str) -> int:
    """Microseconds since the epoch."""
    return round(datetime.fromisoformat(text).timestamp() * 1_000_000)


def test_an_event_is_never_later_than_it_was_received(platform: PlatformServer) -> None:
    """A device whose clock is ahead, and that does not say so."""
    body = json.dumps([{"name": "future", "timestamp": "2099-01-01T00:00:00Z"}])
    answer = platform.call("POST", URL, anonymous(**JSON), body)
    event = _of(platform.rows(analytics_event), ecid=answer.header("X-ORACLE-DMS-ECID") or "")[0]
    assert event["time"] == event["received_at"] < event["client_time"]


def test_the_header_names_the_session(platform: PlatformServer) -> None:
    """Smartface's client sends it so."""
    headers = anonymous(**JSON, **{"Oracle-Mobile-Analytics-Session-ID": "of-the-header"})
    answer = platform.call("POST", URL, headers, json.dumps([{"name": "a", "timestamp": AT}]))
    event = _of(platform.rows(analytics_event), ecid=answer.header("X-ORACLE-DMS-ECID") or "")[0]
    assert event["session_id"] == "of-the-header"


def test_a_refused_batch_leaves_nothing(platform: PlatformServer) -> None:
    """All or nothing; the answer tells index and field."""
    session = str(uuid.uuid4())
    batch = [*_batch(session), {"name": "bad", "timestamp": "never"}]
    answer = platform.call("POST", URL, joe(**JSON), json.dumps(batch))
    assert [each["o:errorPath"] for each in answer.json()["o:errorDetails"]] == ["[4].timestamp"]
    assert _of(platform.rows(analytics_event), session_id=session) == []


def test_a_batch_of_a_megabyte_is_taken(platform: PlatformServer) -> None:
    """Ten thousand events of a hundred bytes."""
    events = [{"name": "many", "timestamp": AT, "properties": {"n": f"{number:020}"}} for number in range(9000)]
    body = json.dumps(events).encode()
    assert 800_000 < len(body) <= 1024 * 1024
    answer = platform.call("POST", URL, anonymous(**JSON), body)
    assert (answer.status, answer.json()["accepted"]) == (202, 9000)
    ecid = answer.header("X-ORACLE-DMS-ECID") or ""
    while len(_of(platform.rows(analytics_event), ecid=ecid)) < 9000:
        pass


@settings(max_examples=60)
@given(odd_events)
def test_no_batch_makes_the_platform_fail(platform: PlatformServer, event: object) -> None:
    """Whatever it is made of."""
    assert platform.call("POST", URL, anonymous(**JSON), json.dumps([event])).status in (202, 400)
