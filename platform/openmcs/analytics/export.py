"""
Export: rows of the log as a file, oldest first, made while it is sent.

It goes hour by hour, so that no more than an hour of rows is ever sorted at once.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from openmcs.analytics import event_filter, messages
from openmcs.analytics import parameters as read
from openmcs.analytics.event_filter import EventFilter
from openmcs.analytics.filters import Binds, Filter
from openmcs.analytics.messages import MessageFilter
from openmcs.analytics.period import Period
from openmcs.analytics.requests import row_document
from openmcs.store.log_kinds import EVENTS, HOUR_US, MESSAGES, REQUESTS, Kind
from openmcs.store.log_reader import LogReader, View

Format = Literal["jsonl", "csv", "parquet"]
FORMATS: dict[str, str] = {
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
MOST = 10_000_000
_AT_ONCE = 2000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Export:
    """Rows of one kind that a filter lets through."""

    kind: Kind
    period: Period
    wanted: Filter | MessageFilter | EventFilter
    format: Format = "jsonl"
    limit: int = 100_000

    @classmethod
    def parse(cls, kind: str, parameters: read.Parameters) -> Export:
        """From the query of a call for `requests`, `messages` or `events`. Raises `RequestInvalid`."""
        chosen: Any = read.choice(parameters, "format", tuple(FORMATS), "jsonl")
        limit = read.number(parameters, "limit", default=100_000, least=1, most=MOST)
        kinds: dict[str, tuple[Kind, Callable[[read.Parameters], Any]]] = {
            "requests": (REQUESTS, Filter.parse),
            "messages": (MESSAGES, MessageFilter.parse),
            "events": (EVENTS, EventFilter.parse),
        }
        table, parse = kinds[kind]
        return cls(table, read.open_period(parameters), parse(parameters), chosen, limit)

    def chunks(self, log: LogReader, spill: Path) -> Iterator[bytes]:
        """
        The file, in pieces; a Parquet file lies in *spill* meanwhile.

        Raises `StoreUnavailable`.
        """
        with log.view() as view:
            if self.format == "parquet":
                yield from self._parquet(view, spill)
            else:
                yield from (self._csv if self.format == "csv" else self._jsonl)(view)

    def rows(self, view: View) -> Iterator[dict[str, Any]]:
        """Rows as the tools API shows them."""
        shown: Callable[[Mapping[str, Any]], dict[str, Any]] = {
            REQUESTS.name: row_document, MESSAGES.name: messages.document, EVENTS.name: event_filter.document
        }[self.kind.name]  # fmt: skip
        left = self.limit
        for period in self._hours(view):
            binds, source = Binds(), self._source(view, period)
            view.cursor.execute(f"{self._select(source, binds)} ORDER BY time, segment, position LIMIT {left}", binds)
            names = [each[0] for each in view.cursor.description or ()]
            while found := view.cursor.fetchmany(_AT_ONCE):
                left -= len(found)
                for row in found:
                    yield shown(dict(zip(names, row, strict=True)))
            if left <= 0:
                return

    def _source(self, view: View, period: Period) -> str:
        looked = self.wanted.columns if not isinstance(self.wanted, EventFilter) else ()
        return view.source(self.kind, {*self.kind.columns, *looked}, *period)

    def _select(self, source: str, binds: Binds) -> str:
        columns = ", ".join(f'"{each}"' for each in self.kind.columns)
        return f"SELECT {columns} FROM {source} WHERE {self.wanted.sql(binds)}"

    def _hours(self, view: View) -> Iterator[Period]:
        """The hours in which there is something, cut to the period."""
        hours: set[int] = set()
        for each in view.segments(self.kind):
            first, last = max(each.first, self.period.start), min(each.last, self.period.end - 1)
            if last // HOUR_US - first // HOUR_US > 24:  # of events, which apps may date as they like
                source = view.source(self.kind, (), *self.period, segments=[each], hot=False)
                hours.update(hour for (hour,) in view.rows(_HOURS.format(source)))
            else:
                hours.update(range(first // HOUR_US, last // HOUR_US + 1))
        hot = f'(SELECT time FROM "{self.kind.name}" WHERE time >= {self.period.start} AND time < {self.period.end})'
        hours.update(hour for (hour,) in view.rows(_HOURS.format(hot)))
        for hour in sorted(hours):
            yield Period(max(hour * HOUR_US, self.period.start), min((hour + 1) * HOUR_US, self.period.end))

    def _jsonl(self, view: View) -> Iterator[bytes]:
        lines: list[str] = []
        for row in self.rows(view):
            lines.append(json.dumps(row, ensure_ascii=False, separators=(",", ":")))
            if len(lines) == _AT_ONCE:
                yield ("\n".join(lines) + "\n").encode("utf-8", "replace")
                lines = []
        if lines:
            yield ("\n".join(lines) + "\n").encode("utf-8", "replace")

    def _csv(self, view: View) -> Iterator[bytes]:
        buffer = io.StringIO()
        writer: Any = None
        for number, row in enumerate(self.rows(view)):
            if writer is None:
                writer = csv.writer(buffer)
                writer.writerow(row)
            writer.writerow([_cell(value) for value in row.values()])
            if number % _AT_ONCE == 0:
                yield buffer.getvalue().encode("utf-8", "replace")
                buffer.seek(0)
                buffer.truncate()
        yield buffer.getvalue().encode("utf-8", "replace")

    def _parquet(self, view: View, spill: Path) -> Iterator[bytes]:
        spill.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=spill) as folder:
            binds, file = Binds(), Path(folder) / "export.parquet"
            query = f"{self._select(self._source(view, self.period), binds)} ORDER BY time LIMIT {self.limit}"
            view.cursor.execute(
                f"COPY ({query}) TO '{str(file).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)", binds
            )
            with open(file, "rb") as stream:
                while piece := stream.read(256 * 1024):
                    yield piece


_HOURS = f'SELECT DISTINCT "time" // {HOUR_US} - (("time" % {HOUR_US}) < 0)::BIGINT FROM {{}}'


def _cell(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
