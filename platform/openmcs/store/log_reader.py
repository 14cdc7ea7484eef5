"""
Reading the log: hot rows and closed segments as one, through DuckDB.

A process has one reader. It keeps a copy of the hot rows in memory, which each question brings up to date by what
was loaded since the last one. A question sees one state of the log: the hot rows behind a batch and the segments up
to it, from one revision of the list of segments, whatever compaction does meanwhile.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, select

from openmcs.errors import StoreUnavailable
from openmcs.store import columnar, log, log_segments
from openmcs.store.database import Database
from openmcs.store.log_kinds import (
    HOUR_US,
    KINDS,
    RAW_MEASURES,
    REQUESTS,
    SAMPLE,
    SAMPLE_EVERY,
    VIRTUAL,
    Kind,
    Rollup,
)  # fmt: skip
from openmcs.store.log_segments import State

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_AT_ONCE = 5000
_QUESTIONS_AT_ONCE = 4


class Segment(NamedTuple):
    """A closed segment."""

    id: str
    hour: int
    rows: int
    first: int
    last: int
    last_batch: int


_UNKNOWN = State(0, -1)


@dataclass(slots=True)
class _Mirror:
    """What the reader has of one kind."""

    state: State = _UNKNOWN
    newest: int = 0
    segments: tuple[Segment, ...] = ()


class LogReader:
    """Answers SQL about one log; threads may share it."""

    def __init__(self, database: Database, directory: Path, *, memory_megabytes: int = 256, threads: int = 2) -> None:
        self.database = database
        self._directory = directory
        self._memory, self._threads = memory_megabytes, threads
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(_QUESTIONS_AT_ONCE)
        self._connection: DuckDBPyConnection | None = None
        self._mirrors = {kind.name: _Mirror() for kind in KINDS}

    @contextlib.contextmanager
    def view(self) -> Iterator[View]:
        """
        One state of the log, for the questions asked within the block.

        Raises `StoreUnavailable` when the database does not answer, or a question needs more memory than it may.
        """
        import duckdb

        with self._places, contextlib.ExitStack() as stack:
            try:
                with self._lock:
                    connection = self._synchronised()
                    cursor = stack.enter_context(contextlib.closing(connection.cursor()))
                    cursor.begin()
                    for kind in KINDS:  # the first statement fixes what the transaction sees
                        cursor.execute(f'SELECT 1 FROM "{kind.name}" LIMIT 0')
                    mirrors = {name: (mirror.newest, mirror.segments) for name, mirror in self._mirrors.items()}
                yield View(cursor, self._directory, mirrors)
            except duckdb.OutOfMemoryException as error:
                raise StoreUnavailable(
                    "The question needs more memory than log.query_megabytes allows; take a shorter period."
                ) from error
            except duckdb.IOException as error:
                raise StoreUnavailable(f"A segment of the log cannot be read: {error}") from error

    def close(self) -> None:
        """Give the memory back."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _synchronised(self) -> DuckDBPyConnection:
        if self._connection is None:
            self._connection = columnar.connect(self._memory, self._threads, self._directory / "spill")
            for kind in KINDS:
                columnar.create(self._connection, kind.name, kind.columns)
                self._mirrors[kind.name] = _Mirror()
        for kind in KINDS:
            while not self._follow(self._connection, kind):
                pass
        return self._connection

    def _follow(self, connection: DuckDBPyConnection, kind: Kind) -> bool:
        """Fetch what is new; False when compaction went on meanwhile, and hot rows may have been deleted."""
        mirror = self._mirrors[kind.name]
        with self.database.read() as database:
            state = log_segments.state(database, kind.name)
            newest = log.newest_batch(database)
            if newest < mirror.newest:  # another database has taken the place of the one before
                columnar.create(connection, kind.name, kind.columns)
                mirror.newest, mirror.state = 0, _UNKNOWN
            segments = mirror.segments
            if state.revision != mirror.state.revision:
                segments = tuple(map(_segment, log_segments.segments(database, kind.name)))
            after = max(mirror.newest, state.batch)
            try:
                _copy(database, connection, kind, after, newest)
                # A server that does not repeat its reads may have shown a later state to the later questions.
                same = log_segments.state(database, kind.name) == state
            except BaseException:
                _drop(connection, kind, f"batch > {after}")
                raise
        if not same:
            _drop(connection, kind, f"batch > {after}")
            return False
        if state.batch > mirror.state.batch:
            _drop(connection, kind, f"batch <= {state.batch}")
        mirror.state, mirror.newest, mirror.segments = state, newest, segments
        return True


def _copy(database: Connection, connection: DuckDBPyConnection, kind: Kind, after: int, until: int) -> None:
    """Hot rows behind one batch up to another."""
    if until <= after:
        return
    columns = kind.table.c
    query = select(kind.table).where(columns.batch > after, columns.batch <= until)
    for rows in database.execution_options(yield_per=_AT_ONCE).execute(query).partitions():
        columnar.insert(connection, kind.name, kind.columns, [tuple(row) for row in rows])


def _drop(connection: DuckDBPyConnection, kind: Kind, where: str) -> None:
    connection.execute(f'DELETE FROM "{kind.name}" WHERE {where}')


def _segment(row: Mapping[Any, Any]) -> Segment:
    return Segment(row["id"], row["hour"], row["row_count"], row["first"], row["last"], row["last_batch"])


class View:
    """One state of the log. Its statements take named parameters; what it names itself begins with `files`."""

    def __init__(
        self, cursor: DuckDBPyConnection, directory: Path, mirrors: Mapping[str, tuple[int, tuple[Segment, ...]]]
    ) -> None:
        self.cursor = cursor
        self._directory = directory
        self._mirrors = mirrors

    def newest_batch(self, kind: Kind = REQUESTS) -> int:
        """The last batch that is seen."""
        return self._mirrors[kind.name][0]

    def segments(self, kind: Kind) -> tuple[Segment, ...]:
        """The closed segments."""
        return self._mirrors[kind.name][1]

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows of an answer."""
        return self.cursor.execute(sql, dict(parameters or {})).fetchall()

    def documents(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """All rows of an answer, by column."""
        rows = self.rows(sql, parameters)
        names = [each[0] for each in self.cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def source(
        self,
        kind: Kind,
        columns: Iterable[str],
        start: int | None = None,
        end: int | None = None,
        *,
        whole_hours: bool = False,
        sampled: bool = False,
        segments: Sequence[Segment] | None = None,
        hot: bool = True,
    ) -> str:
        """
        SQL: rows of a period, with *columns* and `time`.

        *whole_hours*: the question looks at times by the hour at most (and at the period's ends), so sums of whole
        hours will do; then a row stands for `calls` calls.
        *sampled*: one row of `SAMPLE_EVERY`. *segments*: only these of the closed ones.
        """
        wanted = sorted({"time", *columns})
        first, last = -(2**62) if start is None else start, 2**62 if end is None else end
        # Inlined, as whole numbers of ours: DuckDB skips what a file's statistics rule out.
        period = f"time >= {int(first)} AND time < {int(last)}"
        chosen = self.segments(kind) if segments is None else segments
        chosen = [each for each in chosen if each.last >= first and each.first < last]
        parts = []
        if sampled:
            parts += self._part(kind, f"{kind.name}_{SAMPLE}", wanted, chosen, period)
            period += f" AND time % {SAMPLE_EVERY} = 0"
            chosen = []
        elif whole_hours and (rollup := _rollup(kind, wanted)):
            begin, end = -(-first // HOUR_US) * HOUR_US, last // HOUR_US * HOUR_US
            whole = [s for s in chosen if s.hour * HOUR_US >= begin and (s.hour + 1) * HOUR_US <= end]
            hours = f"time >= {begin} AND time < {end}"
            parts += self._part(kind, f"{kind.name}_{rollup.name}", wanted, whole, hours, raw=False)
            inside = {each.id for each in whole}
            chosen = [each for each in chosen if each.id not in inside]
        parts += self._part(kind, kind.name, wanted, chosen, period)
        if hot or not parts:
            only = period if hot else "false"
            parts.append(f'SELECT {_selected(kind, wanted)} FROM "{kind.name}" WHERE {only}')
        return "(" + " UNION ALL ".join(parts) + ")"

    def _part(
        self,
        kind: Kind,
        folder: str,
        columns: Sequence[str],
        segments: Sequence[Segment],
        where: str,
        *,
        raw: bool = True,
    ) -> list[str]:
        if not segments:
            return []
        files = self._files(kind, folder, segments)
        # A column that no file has would be a mistake; a file without rows has them all.
        newer = raw and not kind.added.isdisjoint(columns)
        if newer:
            files.append(columnar.template(self.cursor, self._directory, kind))
        selected = _selected(kind, columns) if raw else ", ".join(f'"{column}"' for column in columns)
        return [f"SELECT {selected} FROM {columnar.read_parquet(columnar.quoted(files), by_name=newer)} WHERE {where}"]

    def _files(self, kind: Kind, folder: str, segments: Sequence[Segment]) -> list[Path]:
        """
        Those of *segments*; for sums and samples, one for all of a day where there is one.

        It has the rows of the day's other segments too: whoever reads such a file says which times are meant.
        """
        places = {each.id: columnar.place(self._directory, folder, each.hour, each.id) for each in segments}
        if folder == kind.name:
            return list(places.values())
        days: dict[int, list[str]] = {}
        for each in self.segments(kind):
            days.setdefault(each.hour // 24, []).append(each.id)
        chosen: dict[int, list[str]] = {}
        for each in segments:
            chosen.setdefault(each.hour // 24, []).append(each.id)
        files: list[Path] = []
        for day, members in chosen.items():
            copy = columnar.bundle(self._directory, folder, days[day])
            files += [copy] if len(members) > 1 and copy.exists() else [places[each] for each in members]
        return files


def _rollup(kind: Kind, columns: Sequence[str]) -> Rollup | None:
    """The smallest one that has these columns."""
    for rollup in kind.rollups:
        if set(columns) <= {"time", *rollup.keys, *rollup.measures}:
            return rollup
    return None


def _selected(kind: Kind, columns: Sequence[str]) -> str:
    """Columns of single rows, with what they have in place of a rollup's."""
    made = {**RAW_MEASURES, **VIRTUAL}
    return ", ".join(f'"{each}"' if each in kind.columns else f'{made[each]} AS "{each}"' for each in columns)
