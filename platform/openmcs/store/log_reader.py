"""
Reading the log: hot rows and closed segments as one, through DuckDB.

A process has one reader. It keeps a copy of the hot rows in memory, which each question brings up to date by what
was loaded since the last one. A question sees one state of the log: the hot rows behind a batch and the segments up
to it, from one revision of the list of segments, whatever compaction does meanwhile.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, select

from openmcs.errors import StoreUnavailable
from openmcs.store import columnar, log, log_segments
from openmcs.store.database import Database
from openmcs.store.log_kinds import (
    DAY_US,
    HOUR_US,
    KINDS,
    OF_A_ROW,
    REQUESTS,
    SAMPLE,
    SAMPLE_EVERY,
    Daily,
    Extract,
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
        self._seen: set[Path] = set()

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
                yield View(cursor, self._directory, mirrors, self._seen)
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
                self._seen.clear()
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
        self,
        cursor: DuckDBPyConnection,
        directory: Path,
        mirrors: Mapping[str, tuple[int, tuple[Segment, ...]]],
        seen: set[Path],
    ) -> None:
        """*seen*: files that are known to be there."""
        self.cursor = cursor
        self._directory = directory
        self._mirrors = mirrors
        self._seen = seen
        self._days_of: dict[str, dict[int, list[Segment]]] = {}

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
        grain: int | None = None,
        every: int = 1,
        extract: Extract | None = None,
        segments: Sequence[Segment] | None = None,
        hot: bool = True,
    ) -> str:
        """
        SQL: rows of a period, with *columns* and `time`.

        *grain*: the question looks at times by this at most, `HOUR_US` or `DAY_US` (and at the period's ends), so sums
        will do; then a row stands for `calls` calls.
        *every*: one row of so many, `SAMPLE_EVERY` or one of `SPARSER`. *extract*: only its rows, with its columns.
        *segments*: only these of the closed ones.
        """
        wanted = sorted({"time", *columns})
        first, last = -(2**62) if start is None else int(start), 2**62 if end is None else int(end)
        chosen: Sequence[Segment] = self.segments(kind) if segments is None else segments
        chosen = [each for each in chosen if each.last >= first and each.first < last]
        # Inlined, as whole numbers of ours: DuckDB skips what a file's statistics rule out.
        where = f"time >= {first} AND time < {last}"
        parts: list[str] = []
        whole_days = segments is not None
        if every > 1:
            where += f" AND time % {every} = 0"
            extract = SAMPLE
            if every > SAMPLE_EVERY:
                sparser = next(each for each in kind.daily if each.every == every)
                files, chosen = self._days(kind, sparser, chosen)
                parts += self._read(kind, files, wanted, where, kind.columns)
        elif grain and (rollup := self.rollup(kind, wanted)):
            sums, chosen = self._sums(kind, rollup, wanted, chosen, first, last, by_day=grain % DAY_US == 0)
            parts += sums
            whole_days = True
        made: Mapping[str, str] = {}
        if extract is not None:
            made = extract.made
            files, chosen = self._beside(kind, extract, chosen, whole_days=whole_days)
            parts += self._read(kind, files, wanted, where, made or kind.columns)
            where += f" AND {extract.where}"
        files = [columnar.place(self._directory, kind.name, each.hour, each.id) for each in chosen]
        parts += self._read(kind, files, wanted, where, kind.columns, made)
        if hot or not parts:
            only = where if hot else "false"
            parts.append(f'SELECT {_selected(wanted, kind.columns, made)} FROM "{kind.name}" WHERE {only}')
        return "(" + " UNION ALL ".join(parts) + ")"

    def rollup(self, kind: Kind, columns: Iterable[str]) -> Rollup | None:
        """The sums that have these columns: a question about them needs no single rows."""
        wanted = {"time", *columns}
        return next((each for each in kind.rollups if wanted <= each.columns), None)

    def _sums(
        self,
        kind: Kind,
        rollup: Rollup,
        wanted: Sequence[str],
        chosen: Sequence[Segment],
        first: int,
        last: int,
        *,
        by_day: bool,
    ) -> tuple[list[str], list[Segment]]:
        """SQL of the days and hours that lie within a period; the segments that are left."""
        begin, end = -(-first // HOUR_US) * HOUR_US, last // HOUR_US * HOUR_US
        whole = [each for each in chosen if each.hour * HOUR_US >= begin and (each.hour + 1) * HOUR_US <= end]
        inside = {each.id for each in whole}
        parts: list[str] = []
        daily = next((each for each in kind.daily if each.every == 1 and set(wanted) <= each.columns), None)
        if by_day and daily:
            files, whole = self._days(kind, daily, whole)
            parts += self._read(kind, files, wanted, "true", {"time", *daily.keys, *rollup.measures})
        files, missing = self._beside(kind, rollup, whole)
        hours = f"time >= {begin} AND time < {end}"
        parts += self._read(kind, files, wanted, hours, {"time", *rollup.keys, *rollup.measures})
        inside -= {each.id for each in missing}
        return parts, [each for each in chosen if each.id not in inside]

    def _days(self, kind: Kind, daily: Daily, chosen: Sequence[Segment]) -> tuple[list[Path], list[Segment]]:
        """Files of the days of which every segment is chosen; the segments of the other days."""
        files, rest = [], []
        for day, members in _by_day(chosen).items():
            file = self._copy(kind, daily, day)
            if len(members) == len(self._in_days(kind)[day]) and self._exists(file):
                files.append(file)
            else:
                rest += members
        return files, rest

    def _beside(
        self, kind: Kind, part: Rollup | Extract, chosen: Sequence[Segment], *, whole_days: bool = False
    ) -> tuple[list[Path], list[Segment]]:
        """
        What lies beside the segments, in one file for all of a day where there is one; segments that have none.

        Such a file has the rows of the day's other segments too: whoever reads it says which times are meant, or
        wants *whole_days*.
        """
        files, missing = [], []
        for day, members in _by_day(chosen).items():
            every = len(members) == len(self._in_days(kind)[day])
            copy = self._copy(kind, part, day)
            if len(members) > 1 and (every or not whole_days) and self._exists(copy):
                files.append(copy)
                continue
            for each in members:
                file = columnar.place(self._directory, kind.folder(part), each.hour, each.id)
                if self._exists(file):
                    files.append(file)
                else:
                    missing.append(each)
        return files, missing

    def _copy(self, kind: Kind, part: Rollup | Extract | Daily, day: int) -> Path:
        return columnar.bundle(self._directory, kind.folder(part), (each.id for each in self._in_days(kind)[day]))

    def _in_days(self, kind: Kind) -> dict[int, list[Segment]]:
        if kind.name not in self._days_of:
            self._days_of[kind.name] = _by_day(self.segments(kind))
        return self._days_of[kind.name]

    def _exists(self, file: Path) -> bool:
        """A file's content never changes, and it stays as long as a view that may read it."""
        if file in self._seen:
            return True
        if file.exists():
            self._seen.add(file)
            return True
        return False

    def _read(
        self,
        kind: Kind,
        files: Sequence[Path],
        wanted: Sequence[str],
        where: str,
        own: Container[str],
        made: Mapping[str, str] | None = None,
    ) -> list[str]:
        """SQL: columns of some files of one part, which have *own*; others are made of those."""
        if not files:
            return []
        newer = own is kind.columns and not kind.added.isdisjoint(wanted)
        if newer:  # A column that no file has would be a mistake; a file without rows has them all.
            files = [*files, columnar.template(self.cursor, self._directory, kind)]
        source = columnar.read_parquet(columnar.quoted(files), by_name=newer)
        return [f"SELECT {_selected(wanted, own, made or {})} FROM {source} WHERE {where}"]


def _by_day(segments: Iterable[Segment]) -> dict[int, list[Segment]]:
    days: dict[int, list[Segment]] = {}
    for each in segments:
        days.setdefault(each.hour // 24, []).append(each)
    return days


def _selected(wanted: Sequence[str], own: Container[str], made: Mapping[str, str]) -> str:
    """Columns as they are, or as *made* has them, or as they are made of a row."""
    known = {**OF_A_ROW, **made}
    return ", ".join(
        f'"{each}"' if each in own and each not in made else f'{known[each]} AS "{each}"' for each in wanted
    )
