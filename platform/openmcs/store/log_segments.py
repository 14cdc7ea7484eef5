"""Questions and changes of the list of closed segments. A revision tells readers when to read it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from openmcs.store.clock import now_us
from openmcs.store.tables import log_compaction, log_segment


class State(NamedTuple):
    """How far the log is in segments."""

    batch: int
    """Rows up to this batch are in segments, later ones are hot."""
    revision: int


def state(connection: Connection, kind: str) -> State:
    """Of one kind; nothing is in segments in the beginning."""
    query = select(log_compaction.c.batch, log_compaction.c.revision).where(log_compaction.c.kind == kind)
    row = connection.execute(query).first()
    return State(*row) if row else State(0, 0)


def segments(connection: Connection, kind: str) -> Sequence[RowMapping]:
    """Those that count, by hour and age."""
    query = select(log_segment).where(log_segment.c.kind == kind, log_segment.c.removed_at.is_(None))
    return connection.execute(query.order_by(log_segment.c.hour, log_segment.c.id)).mappings().all()


def known(connection: Connection, kind: str) -> set[str]:
    """Ids of all that have files, also of those that no longer count."""
    return set(connection.scalars(select(log_segment.c.id).where(log_segment.c.kind == kind)))


def change(
    connection: Connection,
    kind: str,
    before: State,
    *,
    batch: int,
    add: Sequence[Mapping[str, Any]] = (),
    remove: Iterable[str] = (),
) -> bool:
    """
    Add segments, let others no longer count, and move to *batch*: all of it, or False and nothing of it.

    It is refused when the state is no longer *before*.
    """
    now = now_us()
    after = {"batch": batch, "revision": before.revision + 1, "at": now, "problem": None}
    here = (
        log_compaction.c.kind == kind,
        log_compaction.c.batch == before.batch,
        log_compaction.c.revision == before.revision,
    )
    if connection.execute(update(log_compaction).where(*here).values(after)).rowcount != 1:
        if (
            before != State(0, 0)
            or connection.execute(select(log_compaction).where(log_compaction.c.kind == kind)).first()
        ):
            return False
        connection.execute(insert(log_compaction).values(kind=kind, **after))
    if add:
        connection.execute(insert(log_segment), [{"kind": kind, "created_at": now, **each} for each in add])
    gone = list(remove)
    for start in range(0, len(gone), 500):
        some = log_segment.c.id.in_(gone[start : start + 500])
        connection.execute(update(log_segment).where(some).values(removed_at=now))
    return True


def removed(connection: Connection, kind: str, before_us: int) -> Sequence[RowMapping]:
    """Segments that no longer count since *before_us* or longer, and those that a clock turned back left in the future."""
    column = log_segment.c.removed_at
    query = select(log_segment).where(log_segment.c.kind == kind, column.is_not(None))
    long_ago = (column < before_us) | (column > now_us() + (now_us() - before_us))
    return connection.execute(query.where(long_ago)).mappings().all()


def forget(connection: Connection, ids: Sequence[str]) -> None:
    """The files of these are gone."""
    connection.execute(delete(log_segment).where(log_segment.c.id.in_(ids)))


def report_problem(connection: Connection, kind: str, problem: str | None) -> None:
    """Keep why the last run failed, for whoever looks."""
    text = problem[:500] if problem else None
    changed = connection.execute(update(log_compaction).where(log_compaction.c.kind == kind).values(problem=text))
    if not changed.rowcount and state(connection, kind) == State(0, 0) and problem:
        found = connection.execute(select(log_compaction).where(log_compaction.c.kind == kind)).first()
        if found is None:
            values = {"kind": kind, "batch": 0, "revision": 0, "at": now_us(), "problem": text}
            connection.execute(insert(log_compaction).values(values))


def summary(connection: Connection, kind: str) -> dict[str, Any]:
    """Files, rows, bytes, oldest and newest time of one kind, and the last run."""
    columns = log_segment.c
    query = select(
        func.count(), func.coalesce(func.sum(columns.row_count), 0), func.coalesce(func.sum(columns.bytes), 0),
        func.min(columns.first), func.max(columns.last),
    ).where(columns.kind == kind, columns.removed_at.is_(None))  # fmt: skip
    files, rows, size, first, last = connection.execute(query).one()
    run = connection.execute(select(log_compaction).where(log_compaction.c.kind == kind)).mappings().first()
    return {
        "files": int(files), "rows": int(rows), "bytes": int(size), "first": first, "last": last,
        "at": run["at"] if run else None, "problem": run["problem"] if run else None,
    }  # fmt: skip
