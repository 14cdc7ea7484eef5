"""
What the log consists of, as its closed segments keep it: kinds of records, their columns, and the files beside them.

A segment is one Parquet file of whole rows. Beside it lie smaller ones with the same name, which answer what does not
need every row: sums, an even sample, the failing calls, the exceptions. Of a day that is over there are sums of the
whole day, too. All of them can be made from the rows again, at any time.
Column names and SQL expressions come from here and from the tables only, never from what anybody sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import BigInteger, Float, Integer, Table

from openmcs.store import log_patterns
from openmcs.store.tables import analytics_event, log_message, request_log

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
SAMPLE_EVERY = 16
"""One of so many requests is in the sample: those whose time divides by it, as arrivals fall evenly on microseconds."""
SPARSER = (64, 256)
"""Of days that are over there are these samples as well."""

VIRTUAL = {
    "tools": "coalesce(api = 'tools', false)",
    "status_class": "CASE WHEN status < 300 THEN 2 WHEN status < 400 THEN 3 WHEN status < 500 THEN 4 ELSE 5 END",
}
"""Columns that are made of others, as SQL."""
_VIRTUAL_OF = {"tools": "api", "status_class": "status"}
OF_A_ROW = {
    **VIRTUAL,
    "calls": "1::BIGINT",
    "bytes_in_sum": "bytes_in",
    "bytes_out_sum": "bytes_out",
    "duration_sum": "duration_us",
    "longest_us": "duration_us",
    "first": "time",
    "last": "time",
    "lines": "1::BIGINT",
    "newest_ecid": "ecid",
    "newest_text": "text",
    "message": log_patterns.normalised(f"left(text, {log_patterns.COMPARED})"),
}
"""
What a single row has in place of a rollup's keys and measures, as SQL.

No measure has the name of a column: a filter is about rows.
"""


@dataclass(frozen=True, slots=True)
class Rollup:
    """Sums of an hour's rows by some of their columns; `time` is the hour's beginning."""

    name: str
    keys: tuple[str, ...]
    measures: Mapping[str, str]
    """Column to the aggregate of raw rows that it keeps."""

    @property
    def columns(self) -> frozenset[str]:
        """What a question may look at, with what is made of the keys."""
        virtual = (name for name, column in _VIRTUAL_OF.items() if column in self.keys)
        return frozenset({"time", *self.keys, *self.measures, *virtual})

    def select(self, source: str) -> str:
        """SQL: the rollup of the raw rows of *source*."""
        keys = ", ".join(f'{OF_A_ROW[key]} AS "{key}"' if key in OF_A_ROW else f'"{key}"' for key in self.keys)
        measures = ", ".join(f"{sql} AS {name}" for name, sql in self.measures.items())
        return f"SELECT {_floor(HOUR_US)} AS time, {keys}, {measures} FROM {source} GROUP BY ALL"


@dataclass(frozen=True, slots=True)
class Extract:
    """Some of an hour's rows: all columns, or what is made of them."""

    name: str
    where: str
    made: Mapping[str, str] = field(default_factory=dict)

    def select(self, source: str) -> str:
        """SQL: those of the raw rows of *source*."""
        chosen = ", ".join(f'{sql} AS "{name}"' for name, sql in self.made.items()) or "*"
        return f"SELECT {chosen} FROM {source} WHERE {self.where}"


@dataclass(frozen=True, slots=True)
class Daily:
    """A file of a day that is over, made of the files *of* its hours."""

    name: str
    of: Rollup | Extract
    keys: tuple[str, ...] = ()
    """Of sums: by what. `time` is the day's beginning."""
    every: int = 1
    """Of a sample."""

    @property
    def columns(self) -> frozenset[str]:
        """What a question that does not look at times may look at."""
        return Rollup(self.name, self.keys, _MEASURES).columns

    def select(self, source: str) -> str:
        """SQL: the day's file of the hours' rows of *source*."""
        if self.every > 1:
            return f"SELECT * FROM {source} WHERE time % {self.every} = 0"
        keys = ", ".join(f'"{key}"' for key in self.keys)
        measures = ", ".join(f"{sql} AS {name}" for name, sql in _MERGED.items())
        return f"SELECT {_floor(DAY_US)} AS time, {keys}, {measures} FROM {source} GROUP BY ALL"


def _floor(step: int) -> str:
    return f"time - ((time % {step}) + {step}) % {step}"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record."""

    name: str
    table: Table
    partition: str = "time"
    """The column (microseconds) that says into which day and hour a row belongs."""
    rollups: tuple[Rollup, ...] = ()
    """The smaller ones first."""
    extracts: tuple[Extract, ...] = ()
    daily: tuple[Daily, ...] = ()
    added: frozenset[str] = frozenset()
    """Columns that segments of earlier versions lack; there they are NULL."""
    columns: Mapping[str, str] = field(init=False)
    """Name to DuckDB's type, in the order of the table."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", {column.name: _type(column.type) for column in self.table.columns})

    @property
    def beside(self) -> tuple[Rollup | Extract, ...]:
        """What lies beside a segment's rows."""
        return (*self.rollups, *self.extracts)

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the folders in which a segment has a file: the rows, then what lies beside them."""
        return (self.name, *(self.folder(each) for each in self.beside))

    def folder(self, part: Rollup | Extract | Daily) -> str:
        """Where files of a part lie."""
        return f"{self.name}_{part.name}"


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
_MERGED = {
    **{name: f"sum({name})::BIGINT" for name in ("calls", "bytes_in_sum", "bytes_out_sum", "duration_sum")},
    "longest_us": "max(longest_us)",
    "first": "min(first)",
    "last": "max(last)",
}
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
SAMPLE = Extract("sample", f"time % {SAMPLE_EVERY} = 0")
FAILING = Extract("failing", "status >= 500")
_LAST_LINE = log_patterns.last_line("text")
_SAID = f"CASE WHEN contains({_LAST_LINE}, ': ') THEN substr({_LAST_LINE}, strpos({_LAST_LINE}, ': ') + 2) WHEN {_LAST_LINE} IS NOT NULL THEN '' END"
EXCEPTIONS = Extract(
    "exceptions",
    "level >= 1000 AND logger IN ('exception', 'runtime')",
    {
        "time": "time", "ecid": "ecid", "rid": "coalesce(rid, '0')", "file": "file", "line": "line",
        "type": f"nullif(split_part({_LAST_LINE}, ': ', 1), '')", "said": _SAID, "message": log_patterns.normalised(_SAID),
    },
)  # fmt: skip
"""What went wrong in which call."""
LINES = Rollup(
    "lines",
    ("level", "backend", "api", "implementation", "logger", "file", "line", "message"),
    {
        "lines": "count(*)::BIGINT",
        "first": "min(time)::BIGINT",
        "last": "max(time)::BIGINT",
        "newest_ecid": "arg_max(ecid, time)",
        "newest_text": "arg_max(text, time)",
    },
)
"""Lines that say the same, with the newest of them."""

REQUESTS = Kind(
    "requests",
    request_log,
    rollups=(CALLS, PEOPLE),
    extracts=(SAMPLE, FAILING),
    daily=(
        Daily("day_visits", PEOPLE, ("tools", "caller_kind", "user", "device_id", "session_id")),
        Daily("day_sums", CALLS, CALLS.keys),
        Daily("day_clients", PEOPLE, tuple(key for key in PEOPLE.keys if key != "status_class")),
        *(Daily(f"day_sample_{every}", SAMPLE, every=every) for every in SPARSER),
    ),
    added=frozenset({"trace_id", "trace_parent"}),
)
MESSAGES = Kind("messages", log_message, rollups=(LINES,), extracts=(EXCEPTIONS,))
EVENTS = Kind("events", analytics_event, partition="received_at")
"""What apps report may be dated anywhere; an hour's segment has what came in that hour."""
KINDS = (REQUESTS, MESSAGES, EVENTS)
