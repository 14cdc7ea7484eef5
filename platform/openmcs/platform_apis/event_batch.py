"""
A batch of events as JSON, read and checked.

    [{"name": "context", "type": "system", "timestamp": "…", "properties": {"model": "…", "timezone": "-3600"}},
     {"name": "sessionStart", "type": "system", "timestamp": "…", "sessionID": "…"},
     {"name": "AcceptOffer", "component": "Offers", "timestamp": "…", "sessionID": "…", "properties": {…}}]

A context event tells where and on what the events after it happened; a later one changes what it names.
The session is spelled `sessionID` by every SDK and `sessionId` by the documentation; a header may name it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from openmcs.errors import RequestInvalid
from openmcs.exchange import Finding

MOST_EVENTS = 10_000
MOST_PROPERTIES = 100
LONGEST_NAME = 100
LARGEST_PROPERTIES = 8 * 1024
MOST_FINDINGS = 20
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TYPES = ("custom", "system")

_TEXTS = {
    "timezone": "timezone", "carrier": "carrier", "manufacturer": "manufacturer", "model": "model",
    "osName": "os_name", "osVersion": "os_version", "osBuild": "os_build", "locality": "locality",
    "region": "region", "postalCode": "postal_code", "country": "country",
}  # fmt: skip
_NUMBERS = {"latitude": 90.0, "longitude": 180.0}
_UNKNOWN = frozenset({"", "null", "undefined", "<unknown>", "unknown"})
"""What SDKs write for what they do not know."""

Context = dict[str, Any]
_to_json = msgspec.json.Encoder().encode


class Event(NamedTuple):
    """One event, with the context that it happened in."""

    name: str
    type: str
    client_time: int
    """Microseconds since the epoch, by the device's clock."""
    component: str | None
    session_id: str | None
    properties: str
    """A JSON object, as text."""
    context: Context
    """By column of `analytics_event`."""


def read_batch(body: bytes, session_id: str | None) -> list[Event]:
    """
    The events of a body, in order; *session_id* is for those that name none.

    Raises `RequestInvalid` with a finding for each field that is wrong, by index and name.
    """
    try:
        batch = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise RequestInvalid(f"The body is not JSON: {error}.") from None
    if not isinstance(batch, list):
        raise RequestInvalid("The body is no JSON array; send the events as [{…}, {…}].")
    if len(batch) > MOST_EVENTS:
        raise RequestInvalid(f"The batch has {len(batch)} events; at most {MOST_EVENTS} are taken at once.")
    return _Reading(session_id).read(batch)


def read_time(text: object) -> int | None:
    """An ISO 8601 time in microseconds since the epoch, UTC where it names no zone; None when it is none."""
    if not isinstance(text, str) or len(text) > 64:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        since = moment - EPOCH
    except (ValueError, OverflowError):
        return None
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


class _Reading:
    """One pass over a batch: the context so far, and what was found wrong."""

    def __init__(self, session_id: str | None) -> None:
        self._session_id = session_id
        self._context: Context = {}
        self._findings: list[Finding] = []
        self._wrong = 0

    def read(self, batch: list[Any]) -> list[Event]:
        events = [self._event(index, each) for index, each in enumerate(batch)]
        if self._wrong:
            first = self._findings[0]
            more = f" And {self._wrong - 1} more." if self._wrong > 1 else ""
            raise RequestInvalid(f"No event was taken. {first.message}{more}", findings=self._findings)
        return [event for event in events if event is not None]

    def _event(self, index: int, sent: object) -> Event | None:
        if not isinstance(sent, dict):
            self._complain(index, "", "EVENT_INVALID", "is no JSON object")
            return None
        before = self._wrong
        name = self._name(index, sent.get("name"))
        type_ = self._type(index, sent.get("type"))
        moment = self._time(index, sent.get("timestamp"))
        component = self._text(index, sent, "component")
        session_id = self._text(index, sent, "sessionID") or self._text(index, sent, "sessionId") or self._session_id
        properties = self._properties(index, sent.get("properties"))
        if self._wrong > before:
            return None
        if type_ == "system" and name == "context":
            self._context = {**self._context, **_context(properties), **_context(sent)}
            context = self._context
        else:
            context = {**self._context, **_context(sent)}  # Android names the place in events themselves
        return Event(name, type_, moment, component, session_id, _to_json(properties).decode(), context)

    def _name(self, index: int, name: object) -> str:
        if not isinstance(name, str) or not name.strip():
            self._complain(index, "name", "EVENT_NAME_MISSING", "is missing; every event has a name")
        elif len(name) > LONGEST_NAME:
            self._complain(index, "name", "EVENT_NAME_LONG", f"has more than {LONGEST_NAME} characters")
        else:
            return name
        return ""

    def _type(self, index: int, type_: object) -> str:
        if type_ is None:
            return "custom"
        if isinstance(type_, str) and type_.lower() in TYPES:
            return type_.lower()
        self._complain(index, "type", "EVENT_TYPE_UNKNOWN", f"is none of {', '.join(TYPES)}")
        return ""

    def _time(self, index: int, timestamp: object) -> int:
        moment = read_time(timestamp)
        if moment is None:
            wanted = "is no ISO 8601 time such as 2017-07-13T02:10:11.123Z"
            self._complain(index, "timestamp", "EVENT_TIME_INVALID", wanted)
        return moment or 0

    def _text(self, index: int, sent: Mapping[str, Any], field: str) -> str | None:
        value = sent.get(field)
        if value is None or value == "":
            return None
        if not isinstance(value, str) or len(value) > LONGEST_NAME:
            wanted = f"is no text of at most {LONGEST_NAME} characters"
            self._complain(index, field, "EVENT_FIELD_INVALID", wanted)
            return None
        return value

    def _properties(self, index: int, properties: object) -> Mapping[str, Any]:
        if properties is None:
            return {}
        if not isinstance(properties, dict):
            self._complain(index, "properties", "EVENT_PROPERTIES_INVALID", "is no JSON object")
        elif len(properties) > MOST_PROPERTIES or len(_to_json(properties)) > LARGEST_PROPERTIES:
            wanted = f"has more than {MOST_PROPERTIES} properties or {LARGEST_PROPERTIES} bytes"
            self._complain(index, "properties", "EVENT_PROPERTIES_LARGE", wanted)
        else:
            return properties
        return {}

    def _complain(self, index: int, field: str, code: str, wrong: str) -> None:
        self._wrong += 1
        if len(self._findings) < MOST_FINDINGS:
            path = f"[{index}].{field}" if field else f"[{index}]"
            self._findings.append(Finding(code, f"{path} {wrong}.", place=path))


def _context(properties: Mapping[str, Any]) -> Context:
    """What an event's *properties* tell of where and on what it happened; what is unknown counts as not said."""
    found: Context = {}
    for name, column in _TEXTS.items():
        value = properties.get(name)
        if isinstance(value, str | int | float) and str(value).strip().lower() not in _UNKNOWN:
            found[column] = str(value)
    for name, most in _NUMBERS.items():
        try:
            degrees = float(properties.get(name, ""))
        except (TypeError, ValueError, OverflowError):
            continue
        if -most <= degrees <= most:
            found[name] = degrees
    return found
