"""
What is written to the spool: one struct a kind of record, tagged by `k`.

The names are those of the columns of `request_log`, `log_message` and `analytics_event`; times are microseconds since the epoch.
Every text is cut to the width of its column, so that a record always fits into the tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from operator import attrgetter, gt
from typing import Annotated
from urllib.parse import unquote_plus

import msgspec
from msgspec import Meta
from sqlalchemy import String, Table

from openmcs.store.tables import analytics_event, log_message, request_log

Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Int32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]

LONGEST_PATH = 2048
LONGEST_TEXT = 10_000
LONGEST_DETAIL = 2000
AMPLE = 2048
"""Bytes of a record that may be written as they are: too few for anybody to fill the spool with."""

LEVELS = {"severe": 1000, "warning": 900, "info": 800, "config": 700, "fine": 500, "finer": 400, "finest": 300}
"""The levels of MCS's console, with the numbers that java.util.logging gives them."""
_NAMES = {number: name for name, number in LEVELS.items()}
_ALIASES = {"error": 1000, "critical": 1000, "fatal": 1000, "warn": 900, "log": 800, "debug": 500, "trace": 300}
_SECRET = re.compile(r"password|token|secret|key|authorization|^_values$", re.IGNORECASE)


class RequestRecord(msgspec.Struct, tag_field="k", tag="r", omit_defaults=True, kw_only=True):
    """One request and its answer."""

    time: Int64
    ecid: str
    rid: str = "0"
    backend: str | None = None
    backend_version: str | None = None
    api: str | None = None
    api_version: str | None = None
    resource: str | None = None
    method: str
    path: str
    status: Int32
    duration_us: Int64
    worker_us: Int64 | None = None
    bytes_in: Int64 = 0
    bytes_out: Int64 = 0
    caller_kind: str | None = None
    user: str | None = None
    application_key: str | None = None
    client_sdk: str | None = None
    device_id: str | None = None
    session_id: str | None = None
    client_time: str | None = None
    implementation: str | None = None
    error_code: str | None = None
    error_detail: str | None = None
    trace_id: str | None = None
    trace_parent: str | None = None


class MessageRecord(msgspec.Struct, tag_field="k", tag="m", omit_defaults=True, kw_only=True):
    """One line that was logged."""

    time: Int64
    level: Int32
    text: str
    logger: str = "console"
    ecid: str | None = None
    rid: str | None = None
    backend: str | None = None
    api: str | None = None
    api_version: str | None = None
    implementation: str | None = None
    user: str | None = None
    file: str | None = None
    line: Int32 | None = None


class EventRecord(msgspec.Struct, tag_field="k", tag="e", omit_defaults=True, kw_only=True):
    """One event that an app has reported, with the context that it happened in."""

    time: Int64
    received_at: Int64
    client_time: Int64
    skew_us: Int64 | None = None
    ecid: str
    backend: str
    backend_version: str
    name: str
    type: str
    component: str | None = None
    session_id: str | None = None
    caller_kind: str
    user: str
    application_key: str | None = None
    client_sdk: str | None = None
    device_id: str | None = None
    timezone: str | None = None
    carrier: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    os_name: str | None = None
    os_version: str | None = None
    os_build: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    locality: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None
    properties: str = "{}"
    """A JSON object, as text."""


class LossRecord(msgspec.Struct, tag_field="k", tag="l", kw_only=True):
    """So many records were lost just before this one."""

    time: Int64
    lost: Int64
    reason: str


Written = RequestRecord | MessageRecord | EventRecord
Record = Written | LossRecord


def _widths(table: Table, **others: int) -> tuple[tuple[str, int], ...]:
    widths = {
        column.name: column.type.length
        for column in table.columns
        if isinstance(column.type, String) and column.type.length is not None and column.name != "segment"
    }
    return tuple((widths | others).items())


_WIDTHS: dict[type[Written], tuple[tuple[str, int], ...]] = {
    RequestRecord: _widths(request_log, path=LONGEST_PATH, error_detail=LONGEST_DETAIL),
    MessageRecord: _widths(log_message, text=LONGEST_TEXT),
    EventRecord: _widths(analytics_event),
}
_TEXTS = {kind: attrgetter(*(name for name, _ in widths)) for kind, widths in _WIDTHS.items()}
"""All texts of a record at once."""
_LIMITS = {kind: tuple(width for _, width in widths) for kind, widths in _WIDTHS.items()}
_to_json = msgspec.json.Encoder().encode
_from_json: Callable[[bytes], Record] = msgspec.json.Decoder(Record).decode


def encode(record: Written) -> bytes:
    """
    The JSON of *record*. Never raises for what a client sent.

    A long one has its texts cut to what the log keeps; a short one is looked at when it is loaded (see `fit`).
    """
    try:
        data = _to_json(record)
        if len(data) <= AMPLE:
            return data
        cut(record)
        return _to_json(record)
    except UnicodeEncodeError:  # half of a surrogate pair, which no encoding has a place for
        for name in record.__struct_fields__:
            value = getattr(record, name)
            if isinstance(value, str):
                setattr(record, name, value.encode("utf-8", "replace").decode())
        return encode(record)


def encode_loss(record: LossRecord) -> bytes:
    """The JSON of a report of lost records."""
    return _to_json(record)


def decode(record: bytes) -> Record:
    """
    The record in a line of the spool. Raises `msgspec.MsgspecError` (a `ValueError`) when it is none.

    Its texts are as long as they were written, which need not have been by this version: see `fit`.
    """
    return _from_json(record)


def fit(records: Sequence[Written]) -> None:
    """Cut the texts of records of one kind; most fit, so a whole column is looked at in one go."""
    if not records:
        return
    kind = type(records[0])
    columns = zip(*map(_TEXTS[kind], records), strict=True)
    widest = [max(map(len, filter(None, column)), default=0) for column in columns]
    if any(map(gt, widest, _LIMITS[kind])):
        for record in records:
            cut(record)


def cut(record: Written) -> None:
    """Cut each text to the width of its column."""
    for name, width in _WIDTHS[type(record)]:
        value = getattr(record, name)
        if value is not None and len(value) > width:
            setattr(record, name, value[:width])


def level_number(name: str) -> int:
    """The number of a level of MCS, or of one of Python's or JavaScript's names for it; an unknown one is `info`."""
    name = name.lower()
    return LEVELS.get(name) or _ALIASES.get(name, LEVELS["info"])


def level_name(number: int) -> str:
    """The name of a level; a number between two levels has the name of the lower one."""
    name = _NAMES.get(number)
    if name is not None:
        return name
    return next((name for name, least in LEVELS.items() if number >= least), "finest")


def redact(path: str, query: str) -> tuple[str, str]:
    """
    Path and query with `***` for the values of parameters that sound like secrets.

    The names are those with password, token, secret, key or authorization in them, however they are escaped,
    in the query and in the path's matrix parameters (`;token=…`).
    """
    if ";" in path:
        segments = [";".join(map(_masked, segment.split(";"))) for segment in path.split("/")]
        path = "/".join(segments)
    if query:
        query = "&".join(map(_masked, query.split("&")))
    return path, query


def _masked(parameter: str) -> str:
    name, equals, value = parameter.partition("=")
    if value and _SECRET.search(unquote_plus(name)):
        return f"{name}{equals}***"
    return parameter
