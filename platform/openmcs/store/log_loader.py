"""
The loader: moves the spool's records into the tables, each exactly once.

One transaction inserts up to `batch` records of one segment, keyed by segment and position, and moves the
segment's cursor: after a crash at any point the next run goes on behind the last record that was committed.

A segment leaves in steps that may each be repeated, so that a crash between them loads nothing twice:

1. all of it is committed, and nobody writes to it any more,
2. its file is renamed to `.done` and the folder is flushed: no run will read it again,
3. its cursor is deleted (and its successor's made, so that `store.log.loaded` still knows the writer),
4. the file is deleted.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import structlog
from sqlalchemy import Connection, Dialect, Table, delete, insert, select, update

from openmcs.errors import StoreUnavailable
from openmcs.store import segment as segments
from openmcs.store.clock import now_us
from openmcs.store.database import Database
from openmcs.store.log_records import (
    EventRecord,
    LossRecord,
    MessageRecord,
    Record,
    RequestRecord,
    Written,
    decode,
    fit,
)
from openmcs.store.objects import sync_directory
from openmcs.store.segment import DONE, SUFFIX, Line
from openmcs.store.sessions import follow
from openmcs.store.spool import LOCK, writer_lives
from openmcs.store.tables import analytics_event, log_batch, log_cursor, log_loss, log_message, request_log

LONGEST_PAUSE = 5.0
NICENESS = 5
"""Whoever calls is served first."""
_TABLES: dict[type[Written], Table] = {
    RequestRecord: request_log, MessageRecord: log_message, EventRecord: analytics_event
}  # fmt: skip
_LOADER_LOCK = "loader.lock"
_log = structlog.get_logger("openmcs.log_loader")


class _Segment(NamedTuple):
    """A segment as it was found; `closed`: nobody writes to it any more."""

    name: str
    file: Path
    closed: bool
    successor: str | None


class Loader:
    """Loads one spool folder into one database; a lock makes sure that there is one loader at a time."""

    def __init__(
        self,
        database: Database,
        directory: Path,
        *,
        batch: int = 1000,
        loaded: Callable[[list[Record]], None] = lambda records: None,
    ) -> None:
        """*loaded* is told of the records of each transaction, after it."""
        self._loaded = loaded
        self._database = database
        self._directory = directory
        self._batch = batch

    def run_once(self, stop: threading.Event | None = None) -> int:
        """
        Load all that is there, unless *stop* is set meanwhile; returns the number of records.

        Raises `StoreUnavailable`; what was not committed stays in the spool.
        """
        loaded = 0
        with self._alone() as alone:
            if not alone:
                return 0
            for folder in self._writers():
                alive = writer_lives(folder)  # asked before looking: of a dead writer, what is seen is all
                self._remove_done(folder)
                for each in _segments(folder, alive):
                    loaded += self._load(each, stop)
                    if stop is not None and stop.is_set():
                        return loaded
                if not alive:
                    _remove_writer(folder)
        return loaded

    def run_forever(self, stop: threading.Event, interval: float = 0.1) -> None:
        """
        Load every *interval* seconds until *stop* is set, and once more then.

        While the database is down it waits longer and longer, up to five seconds; nothing is lost meanwhile.
        """
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)  # of this thread alone, on Linux
        failures = 0
        while True:
            stopping = stop.is_set()
            try:
                self.run_once()
                if failures:
                    _log.info("the request log is being loaded again")
                failures = 0
            except StoreUnavailable as error:
                failures += 1
                _log.warning("the request log waits in its spool", reason=error.detail, attempt=failures)
            except Exception:
                failures += 1
                _log.exception("the request log could not be loaded and waits in its spool", attempt=failures)
            if stopping:
                return
            stop.wait(min(interval * 2**failures, LONGEST_PAUSE) if failures else interval)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[bool]:
        self._directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._directory / _LOADER_LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield True
        except BlockingIOError:
            yield False
        finally:
            os.close(descriptor)

    def _writers(self) -> list[Path]:
        """The writers' folders, oldest first."""
        return sorted(each for each in self._directory.iterdir() if each.is_dir() and not each.name.startswith("."))

    def _cursor(self, name: str) -> int | None:
        with self._database.read() as connection:
            return connection.scalar(select(log_cursor.c.position).where(log_cursor.c.segment == name))

    def _load(self, found: _Segment, stop: threading.Event | None) -> int:
        """Load the rest of a segment, and let it leave when that was all."""
        loaded, position = 0, self._cursor(found.name)
        while stop is None or not stop.is_set():
            piece = segments.read(found.file, position or 0, self._batch)
            if piece.lines:
                with self._database.write() as connection:
                    _move_cursor(connection, found.name, position, piece.end)
                    records = _insert(connection, found.name, piece.lines)
                self._loaded(records)
                position = piece.end
                loaded += len(piece.lines)
            if len(piece.lines) < self._batch:
                if found.closed:
                    if piece.torn:
                        position = self._count_torn(found, position, piece.end)
                    self._finish(found)
                break
        return loaded

    def _count_torn(self, found: _Segment, position: int | None, end: int) -> int:
        """The last record of a closed segment is not whole: the machine died while it was written."""
        after = found.file.stat().st_size
        with self._database.write() as connection:
            _move_cursor(connection, found.name, position, after)
            records = _insert(connection, found.name, [Line(end, None)])
        self._loaded(records)
        return after

    def _finish(self, found: _Segment) -> None:
        os.rename(found.file, found.file.with_suffix(DONE))
        sync_directory(found.file.parent)
        self._forget(found.name, found.successor)
        found.file.with_suffix(DONE).unlink()

    def _remove_done(self, folder: Path) -> None:
        """Take the last steps for segments that an earlier run renamed and did not see off."""
        names = sorted(folder.iterdir())
        for file in names:
            if file.suffix == DONE:
                later = [each.stem for each in names if each.suffix == SUFFIX and each.stem > file.stem]
                self._forget(file.stem, later[0] if later else None)
                file.unlink()

    def _forget(self, name: str, successor: str | None) -> None:
        with self._database.write() as connection:
            connection.execute(delete(log_cursor).where(log_cursor.c.segment == name))
            if successor is not None:
                known = select(log_cursor.c.segment).where(log_cursor.c.segment == successor)
                if connection.execute(known).first() is None:
                    connection.execute(insert(log_cursor).values(segment=successor, position=0))


def _segments(folder: Path, alive: bool) -> list[_Segment]:
    """
    The segments of a writer, oldest first.

    One is closed when its writer is dead, or when there are records in a later one: the writer turns to a new
    segment for good before it writes to it. Sizes are therefore taken before anything is read.
    """
    files = sorted(each for each in folder.iterdir() if each.suffix == SUFFIX)
    used = [file.stat().st_size > 0 for file in files]
    return [
        _Segment(
            name=file.stem,
            file=file,
            closed=not alive or any(used[number + 1 :]),
            successor=files[number + 1].stem if number + 1 < len(files) else None,
        )
        for number, file in enumerate(files)
    ]


def _move_cursor(connection: Connection, name: str, position: int | None, end: int) -> None:
    """From *position* (None: the segment has no cursor yet) to *end*; fails when another loader was here."""
    if position is None:
        connection.execute(insert(log_cursor).values(segment=name, position=end))
        return
    moved = connection.execute(
        update(log_cursor).where(log_cursor.c.segment == name, log_cursor.c.position == position).values(position=end)
    )
    if moved.rowcount != 1:
        raise StoreUnavailable(f"Another loader is moving the records of segment {name}.")


def _insert(connection: Connection, name: str, lines: Iterable[Line]) -> list[Record]:
    records: list[Record] = []
    connection.execute(update(log_batch).where(log_batch.c.id == 1).values(batch=log_batch.c.batch + 1))
    batch = connection.execute(select(log_batch.c.batch).where(log_batch.c.id == 1)).scalar_one()
    losses: list[dict[str, Any]] = []
    written: dict[type[Written], list[tuple[int, Written]]] = {}
    for line in lines:
        record = _decoded(name, line)
        records.append(record)
        if isinstance(record, LossRecord):
            losses.append(
                {"segment": name, "position": line.position, "time": record.time, "lost": record.lost,
                 "reason": record.reason[:255]}
            )  # fmt: skip
        else:
            written.setdefault(type(record), []).append((line.position, record))
    for kind, found in written.items():
        fit([record for _, record in found])
        rows = [(*msgspec.structs.astuple(record), name, position, batch) for position, record in found]
        connection.exec_driver_sql(_statement(connection.dialect, kind), rows)
    if losses:
        connection.execute(insert(log_loss), losses)
    follow(connection, [msgspec.structs.asdict(event) for _, event in written.get(EventRecord, ())])
    return records


@lru_cache
def _statement(dialect: Dialect, kind: type[Written]) -> str:
    """
    The insertion of a record's fields, its segment, position and batch, in that order, as the driver takes it.

    SQLAlchemy's own costs more for each row than SQLite does for inserting it.
    """
    quote = dialect.identifier_preparer.quote
    columns = [*kind.__struct_fields__, "segment", "position", "batch"]
    mark = "?" if dialect.paramstyle == "qmark" else "%s"
    marks = ", ".join([mark] * len(columns))
    return f"INSERT INTO {quote(_TABLES[kind].name)} ({', '.join(map(quote, columns))}) VALUES ({marks})"  # noqa: S608 — names of our own


def _decoded(name: str, line: Line) -> Record:
    """The record of a line; a damaged one is a loss of one, and said so."""
    reason = "damaged"
    if line.record is not None:
        try:
            return decode(line.record)
        except ValueError as error:
            reason = f"not a record: {error}"
    _log.warning("a line of the request log's spool is damaged", segment=name, position=line.position, reason=reason)
    return LossRecord(time=now_us(), lost=1, reason=reason)


def _remove_writer(folder: Path) -> None:
    """Remove a dead writer's folder when nothing is left in it but the lock."""
    if any(each.name != LOCK for each in folder.iterdir()):
        return
    (folder / LOCK).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()
