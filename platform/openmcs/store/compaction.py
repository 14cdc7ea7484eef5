"""
Compaction: moves the log from the hot tables into closed segments, and old segments out.

One process at a time does it, by lease. Every step may end in the middle and be done again:

1. whole files are written under names that nobody knows, and flushed to the disk,
2. one transaction makes them count and moves the batch up to which rows are in segments,
3. the hot rows up to that batch, which no question reads any more, are deleted in short transactions.

A file that no transaction made count is deleted by the next run. Rows are divided by the batch in which they were
loaded, not by their time: a row that comes hours late, or from a clock that jumped, is in a later batch, and goes
into a segment of its own in the hour it belongs to. The small segments of an hour that is over become one, in the
same three steps. Segments that no longer count keep their files for an hour, for whoever is still reading them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import delete, func, select

from openmcs.errors import StoreUnavailable
from openmcs.store import columnar, leases, log, log_segments
from openmcs.store.clock import now_us
from openmcs.store.database import Database
from openmcs.store.ids import new_id
from openmcs.store.log_kinds import DAY_US, EVENTS, HOUR_US, KINDS, Daily, Extract, Kind, Rollup
from openmcs.store.log_segments import State

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LEASE = "compaction"
LEASE_SECONDS = 300.0
_AT_ONCE = 5000
"""Rows read or deleted in one transaction."""
_TOGETHER = 8192
"""Rows that are packed together, of which a list shows a few: less would be quicker to fetch and slower to search."""
_log = structlog.get_logger("openmcs.compaction")


@dataclass(frozen=True, slots=True)
class Limits:
    """When something is done, and how much at once."""

    rows: int = 20_000
    """So many hot rows become segments at once…"""
    seconds: float = 300.0
    """…and so do fewer, when the oldest has waited for so long."""
    most: int = 100_000
    """Rows of one run, which are in memory meanwhile."""
    small: int = 24
    """An hour with more segments than this becomes one before it is over."""
    settle_seconds: float = 600.0
    """So long after its end an hour becomes one segment."""
    grace_seconds: float = 3600.0
    """So long files outlive their segment."""
    retention_days: int = 30
    event_retention_days: int = 365
    """Of what apps report."""
    retention_bytes: int = 0
    """All segments of one kind; 0: no limit."""
    memory_megabytes: int = 256


class LeaseLost(Exception):
    """Another process compacts by now; what this one has written does not count."""


class Compactor:
    """Compacts one log into one folder."""

    def __init__(
        self,
        database: Database,
        directory: Path,
        limits: Limits | None = None,
        *,
        holder: str | None = None,
        passing: Callable[[str], None] = lambda step: None,
    ) -> None:
        """*passing* is told before and after each step; tests end the process there."""
        self._database = database
        self._directory = directory
        self._limits = limits or Limits()
        self._holder = holder or new_id()
        self._passing = passing
        self._stale: dict[Path, int] = {}
        """Copies that are wanted no more, and since when."""
        self._whole: dict[str, set[str]] = {}
        """Of each kind, the segments that have everything beside them."""

    def run_once(self, *, everything: bool = False, now: int | None = None) -> int:
        """
        Do what is due; *everything*: also what could wait. Returns how many rows became part of segments.

        Raises `StoreUnavailable`. A full disk is none of the errors: rows stay hot, and the next run tries again.
        """
        now = now_us() if now is None else now
        if not leases.take(self._database, LEASE, self._holder, LEASE_SECONDS):
            return 0
        moved = 0
        try:
            for kind in KINDS:
                with self._reported(kind):
                    moved += self._run(kind, everything, now)
        except LeaseLost:
            _log.warning("another process has taken over compacting the log")
        finally:
            leases.release(self._database, LEASE, self._holder)
        return moved

    @contextlib.contextmanager
    def _reported(self, kind: Kind) -> Any:
        """What goes wrong with one kind is said and shown, and the other kinds go on."""
        import duckdb

        try:
            yield
        except (OSError, duckdb.Error) as error:
            _log.error(
                "the log could not be compacted; its rows stay in the database", kind=kind.name, reason=str(error)
            )
            with self._database.write() as connection:
                log_segments.report_problem(connection, kind.name, str(error))

    def _run(self, kind: Kind, everything: bool, now: int) -> int:
        self._clean(kind)
        moved = 0
        while count := self._compact(kind, everything, now):
            moved += count
        self._merge(kind, everything, now)
        self._retire(kind, now)
        self._unlink(kind, now)
        self._complete(kind)
        self.bundle(kind, now)
        return moved

    # ── hot rows become segments ─────────────────────────────────────────────────────────────────

    def _compact(self, kind: Kind, everything: bool, now: int) -> int:
        before, batch = self._due(kind, everything, now)
        if batch is None:
            return 0
        connection = columnar.connect(self._limits.memory_megabytes, 1, self._spill)
        try:
            columnar.create(connection, "rows", kind.columns)
            self._read(connection, kind, before.batch, batch)
            return self._close(connection, kind, before, batch)
        finally:
            connection.close()

    def _due(self, kind: Kind, everything: bool, now: int) -> tuple[State, int | None]:
        """The state, and up to which batch rows are to become segments; None: not yet."""
        columns = kind.table.c
        with self._database.read() as connection:
            before = log_segments.state(connection, kind.name)
            newest = log.newest_batch(connection)
            hot = (columns.batch > before.batch, columns.batch <= newest)
            count = connection.scalar(select(func.count()).select_from(kind.table).where(*hot)) or 0
            oldest = connection.scalar(select(columns.time).where(*hot).order_by(columns.batch).limit(1))
            waited = oldest is not None and abs(now - oldest) >= self._limits.seconds * 1_000_000
            if not count or not (everything or waited or count >= self._limits.rows):
                return before, None
            inside = select(columns.batch).where(*hot).order_by(columns.batch).limit(1).offset(self._limits.most)
            beyond = connection.scalar(inside)
            if beyond is None:
                return before, newest
            # A batch is never divided; one has at most as many rows as the loader takes at once.
            return before, max(beyond - 1, before.batch + 1)

    def _read(self, connection: DuckDBPyConnection, kind: Kind, after: int, until: int) -> None:
        columns = kind.table.c
        with self._database.read() as hot:
            query = select(kind.table).where(columns.batch > after, columns.batch <= until)
            result = hot.execution_options(yield_per=_AT_ONCE).execute(query)
            for rows in result.partitions():
                columnar.insert(connection, "rows", kind.columns, [tuple(row) for row in rows])

    def _close(self, connection: DuckDBPyConnection, kind: Kind, before: State, batch: int) -> int:
        partition = columnar.hour_of(kind.partition)
        hours = connection.execute(f"SELECT DISTINCT {partition} FROM rows ORDER BY 1").fetchall()
        made = [
            self.write(connection, kind, f"SELECT * FROM rows WHERE {partition} = {hour}", hour) for (hour,) in hours
        ]
        self._commit(kind, before, batch=batch, add=made)
        self._delete_hot(kind, batch)
        return sum(each["row_count"] for each in made)

    def write(self, connection: DuckDBPyConnection, kind: Kind, query: str, hour: int) -> dict[str, Any]:
        """The files of one segment; its row for the list of segments."""
        segment, source = new_id(), f"({query})"
        ordered = f"{query} ORDER BY time, segment, position"
        self._passing(f"write {kind.name}")
        size = columnar.write_parquet(connection, ordered, self._place(kind.name, hour, segment), together=_TOGETHER)
        for part in kind.beside:
            self._passing(f"write {part.name}")
            file = self._place(kind.folder(part), hour, segment)
            size += columnar.write_parquet(connection, f"{part.select(source)} ORDER BY time", file)
        count, *span = (
            connection.execute(
                f"SELECT count(*), min(time), max(time), min(batch), max(batch) FROM {source}"
            ).fetchone()
            or (0,) * 5
        )
        return {
            "id": segment, "hour": hour, "row_count": count, "bytes": size,
            "first": span[0], "last": span[1], "first_batch": span[2], "last_batch": span[3],
        }  # fmt: skip

    def _commit(
        self, kind: Kind, before: State, *, batch: int, add: Sequence[dict[str, Any]], remove: Iterable[str] = ()
    ) -> None:
        self._passing("commit")
        with self._database.write() as connection:
            if not leases.is_held(connection, LEASE, self._holder):
                raise LeaseLost
            if not log_segments.change(connection, kind.name, before, batch=batch, add=add, remove=remove):
                raise LeaseLost
        self._passing("committed")
        if not leases.take(self._database, LEASE, self._holder, LEASE_SECONDS):
            raise LeaseLost

    def _delete_hot(self, kind: Kind, batch: int) -> None:
        """Rows that are in segments, oldest batch first."""
        columns = kind.table.c
        while True:
            self._passing("delete hot rows")
            with self._database.write() as connection:
                old = select(columns.batch).where(columns.batch <= batch).order_by(columns.batch)
                last = connection.scalar(old.limit(1).offset(_AT_ONCE - 1))
                until = batch if last is None else last
                connection.execute(delete(kind.table).where(columns.batch <= until))
            if last is None:
                return

    # ── an hour's segments become one ────────────────────────────────────────────────────────────

    def _merge(self, kind: Kind, everything: bool, now: int) -> None:
        settled = (now - int(self._limits.settle_seconds * 1_000_000)) // HOUR_US
        with self._database.read() as connection:
            listed = log_segments.segments(connection, kind.name)
        for hour, group in groupby(listed, key=lambda each: each["hour"]):
            members = list(group)
            if len(members) > 1 and (everything or hour < settled or len(members) > self._limits.small):
                self._merge_hour(kind, hour, [each["id"] for each in members])

    def _merge_hour(self, kind: Kind, hour: int, ids: Sequence[str]) -> None:
        with self._database.read() as database:
            before = log_segments.state(database, kind.name)
        connection = columnar.connect(self._limits.memory_megabytes, 1, self._spill)
        try:
            files = columnar.quoted(self._place(kind.name, hour, each) for each in ids)
            made = self.write(connection, kind, f"SELECT * FROM {columnar.read_parquet(files, by_name=True)}", hour)
        finally:
            connection.close()
        self._commit(kind, before, batch=before.batch, add=[made], remove=ids)

    # ── what is old leaves ───────────────────────────────────────────────────────────────────────

    def _retire(self, kind: Kind, now: int) -> None:
        """By age, then by size, the oldest hours first: those segments no longer count."""
        with self._database.read() as connection:
            before = log_segments.state(connection, kind.name)
            listed = log_segments.segments(connection, kind.name)
        days = self._limits.event_retention_days if kind is EVENTS else self._limits.retention_days
        oldest = now - days * DAY_US
        gone = [each for each in listed if each["last"] < oldest]
        if self._limits.retention_bytes:
            rest = [each for each in listed if each["last"] >= oldest]
            size = sum(each["bytes"] for each in rest)
            for each in rest:
                if size <= self._limits.retention_bytes:
                    break
                gone.append(each)
                size -= each["bytes"]
        if gone:
            self._commit(kind, before, batch=before.batch, add=(), remove=[each["id"] for each in gone])

    def _unlink(self, kind: Kind, now: int) -> None:
        """Files of segments that no longer count, then their rows."""
        with self._database.read() as connection:
            gone = log_segments.removed(connection, kind.name, now - int(self._limits.grace_seconds * 1_000_000))
        for each in gone:
            self._passing("unlink")
            for folder in kind.files:
                self._place(folder, each["hour"], each["id"]).unlink(missing_ok=True)
        for start in range(0, len(gone), 500):
            with self._database.write() as connection:
                log_segments.forget(connection, [each["id"] for each in gone[start : start + 500]])

    # ── what can be made of the rows again ───────────────────────────────────────────────────────

    def _complete(self, kind: Kind) -> None:
        """What is missing beside segments: an earlier version did not write it, or somebody has deleted it."""
        with self._database.read() as database:
            listed = [(each["hour"], each["id"]) for each in log_segments.segments(database, kind.name)]
        for hour, segment in listed:
            if segment in self._whole.get(kind.name, ()):
                continue
            places = [(part, self._place(kind.folder(part), hour, segment)) for part in kind.beside]
            for part, file in places:
                if not file.exists():
                    self._passing("complete")
                    self._make(part, file, [self._place(kind.name, hour, segment)], kind)
        self._whole[kind.name] = {segment for _, segment in listed}

    def bundle(self, kind: Kind, now: int) -> None:
        """
        Of each day that is over, in one file a day: what lies beside its segments, and what is made of that.

        Files of other lists of segments go, after a while.
        """
        with self._database.read() as connection:
            listed = log_segments.segments(connection, kind.name)
        days: dict[int, list[tuple[int, str]]] = {}
        for each in listed:
            if each["hour"] // 24 < now // DAY_US:
                days.setdefault(each["hour"] // 24, []).append((each["hour"], each["id"]))
        wanted = set()
        for members in days.values():
            for part in (*kind.beside, *kind.daily) if len(members) > 1 else ():
                file = columnar.bundle(self._directory, kind.folder(part), [name for _, name in members])
                wanted.add(file)
                if not file.exists():
                    self._passing("bundle")
                    of = part.of if isinstance(part, Daily) else part
                    parts = [self._place(kind.folder(of), hour, name) for hour, name in members]
                    self._make(part if isinstance(part, Daily) else None, file, parts, kind)
        for part in (*kind.beside, *kind.daily):
            for file in (self._directory / "bundles" / kind.folder(part)).glob("*/*"):
                if file in wanted:
                    self._stale.pop(file, None)
                elif now - self._stale.setdefault(file, now) >= self._limits.grace_seconds * 1_000_000:
                    file.unlink(missing_ok=True)
                    del self._stale[file]

    def _make(self, part: Rollup | Extract | Daily | None, file: Path, of: Sequence[Path], kind: Kind) -> None:
        """A file of a part, made *of* others; None: of the same rows."""
        connection = columnar.connect(self._limits.memory_megabytes, 1, self._spill)
        try:
            if isinstance(part, Rollup | Extract):  # of rows, which an earlier version may have written
                of = [*of, columnar.template(connection, self._directory, kind)]
            source = columnar.read_parquet(columnar.quoted(of), by_name=True)
            query = part.select(source) if part else f"SELECT * FROM {source}"
            columnar.write_parquet(connection, f"{query} ORDER BY time", file)
        finally:
            connection.close()

    def _clean(self, kind: Kind) -> None:
        """What a run that ended in the middle has left: rows that are in segments, files that are none."""
        with self._database.read() as connection:
            batch = log_segments.state(connection, kind.name).batch
            known = log_segments.known(connection, kind.name)
        self._delete_hot(kind, batch)
        for file in columnar.files(self._directory, kind):
            if file.suffix != ".parquet" or file.stem not in known:
                file.unlink(missing_ok=True)
        for folder in kind.files:
            _remove_empty(self._directory / folder)

    def _place(self, folder: str, hour: int, segment: str) -> Path:
        return columnar.place(self._directory, folder, hour, segment)

    @property
    def _spill(self) -> Path:
        return self._directory / "spill"


def _remove_empty(folder: Path) -> None:
    """Days and hours without files."""
    for day in folder.glob("day=*"):
        for each in [*day.glob("hour=*"), day]:
            with contextlib.suppress(OSError):
                each.rmdir()


def run_forever(compactor: Compactor, stop: Any, seconds: float = 30.0) -> None:
    """Run every *seconds* until *stop* (an event) is set."""
    while not stop.wait(seconds):
        try:
            compactor.run_once()
        except StoreUnavailable as error:
            _log.warning("compacting the log waits for the database", reason=error.detail)
        except Exception:
            _log.exception("the log could not be compacted")
