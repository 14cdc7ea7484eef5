"""
What the log consists of, as its closed segments keep it: kinds of records, their columns, and the files beside them.

A segment is one Parquet file of whole rows. Beside those of requests lie three smaller ones with the same name,
which answer what needs no single row: sums by everything but people, sums by people, and an even sample.
Column names and SQL expressions come from here and from the tables only, never from what anybody sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import BigInteger, Float, Integer, Table

from openmcs.store.tables import analytics_event, log_message, request_log

HOUR_US = 3_600_000_000
SAMPLE_EVERY = 16
"""One of so many requests is in the sample: those whose time divides by it, as arrivals fall evenly on microseconds."""
SAMPLE = "sample"

VIRTUAL = {
    "tools": "coalesce(api = 'tools', false)",
    "status_class": "CASE WHEN status < 300 THEN 2 WHEN status < 400 THEN 3 WHEN status < 500 THEN 4 ELSE 5 END",
}
"""Columns of requests that are made of others, as SQL."""


@dataclass(frozen=True, slots=True)
class Rollup:
    """Sums of an hour's rows by some of their columns; `time` is the hour's beginning."""

    name: str
    keys: tuple[str, ...]
    measures: Mapping[str, str]
    """Column to the aggregate of raw rows that it keeps."""

    def select(self, source: str) -> str:
        """SQL: the rollup of the raw rows of *source*."""
        keys = ", ".join(f'"{key}"' for key in self.keys)
        measures = ", ".join(f"{sql} AS {name}" for name, sql in self.measures.items())
        hour = f"time - ((time % {HOUR_US}) + {HOUR_US}) % {HOUR_US}"
        virtual = ", ".join(f"{sql} AS {name}" for name, sql in VIRTUAL.items())
        return f"SELECT {hour} AS time, {keys}, {measures} FROM (SELECT *, {virtual} FROM {source}) GROUP BY ALL"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record."""

    name: str
    table: Table
    partition: str = "time"
    """The column (microseconds) that says into which day and hour a row belongs."""
    rollups: tuple[Rollup, ...] = ()
    sampled: bool = False
    added: frozenset[str] = frozenset()
    """Columns that segments of earlier versions lack; there they are NULL."""
    columns: Mapping[str, str] = field(init=False)
    """Name to DuckDB's type, in the order of the table."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", {column.name: _type(column.type) for column in self.table.columns})

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the folders in which a segment has a file: the rows, then what lies beside them."""
        beside = [rollup.name for rollup in self.rollups] + ([SAMPLE] if self.sampled else [])
        return (self.name, *(f"{self.name}_{each}" for each in beside))


def _type(kind: object) -> str:
    if isinstance(kind, Float):
        return "DOUBLE"
    return "BIGINT" if isinstance(kind, BigInteger) else "INTEGER" if isinstance(kind, Integer) else "VARCHAR"


_MEASURES = {
    "calls": "count(*)::BIGINT",
    "bytes_in_sum": "sum(bytes_in)::BIGINT",
    "bytes_out_sum": "sum(bytes_out)::BIGINT",
    "duration_sum": "sum(duration_us)::BIGINT",
    "longest_us": "max(duration_us)::BIGINT",
    "first": "min(time)::BIGINT",
    "last": "max(time)::BIGINT",
}
RAW_MEASURES = {
    "calls": "1::BIGINT",
    "bytes_in_sum": "bytes_in",
    "bytes_out_sum": "bytes_out",
    "duration_sum": "duration_us",
    "longest_us": "duration_us",
    "first": "time",
    "last": "time",
}
"""What a single row has in place of a rollup's measures. No measure has the name of a column: a filter is about rows."""

CALLS = Rollup(
    "sums",
    (
        "tools", "backend", "backend_version", "api", "api_version", "resource", "method", "status", "caller_kind",
        "application_key", "client_sdk", "implementation", "error_code",
    ),
    _MEASURES,
)  # fmt: skip
PEOPLE = Rollup(
    "people",
    (
        "tools", "backend", "backend_version", "status_class", "caller_kind", "user", "application_key", "client_sdk",
        "device_id", "session_id",
    ),
    _MEASURES,
)  # fmt: skip

REQUESTS = Kind("requests", request_log, rollups=(CALLS, PEOPLE), sampled=True, added=frozenset({"trace_id"}))
MESSAGES = Kind("messages", log_message)
EVENTS = Kind("events", analytics_event, partition="received_at")
"""What apps report may be dated anywhere; an hour's segment has what came in that hour."""
KINDS = (REQUESTS, MESSAGES, EVENTS)
