"""
Questions of the log: requests, messages, what is lost, how far the spool is loaded, and what is too old.

Every list is bounded. Rows of the tools API (`api = 'tools'`) are left out unless asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, RowMapping, Table, and_, delete, func, or_, select, tuple_

from openmcs.store.database import Database
from openmcs.store.tables import (
    analytics_event,
    analytics_session,
    log_batch,
    log_cursor,
    log_loss,
    log_message,
    request_log,
)

TOOLS = "tools"
"""What stands as the API of a call to `/mobile/tools`."""
MOST = 1000
"""The longest list."""
_AT_ONCE = 5000
"""Rows deleted in one transaction."""


class Cursor(NamedTuple):
    """A place in the order in which records were loaded: all before it was seen."""

    batch: int
    position: int


END = 2**63 - 1
"""Behind every position of a batch."""


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """Which requests; None: whichever. Times are microseconds since the epoch, the end is not included."""

    start: int | None = None
    end: int | None = None
    backend: str | None = None
    api: str | None = None
    method: str | None = None
    status: tuple[int, int] | None = None
    """First and last status."""
    user: str | None = None
    path: str | None = None
    """Part of the path, in any case."""
    ecid: str | None = None
    min_duration_us: int | None = None
    tools: bool = False


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages; None: whichever."""

    start: int | None = None
    end: int | None = None
    level: int | None = None
    """The least number of the level."""
    backend: str | None = None
    api: str | None = None
    ecid: str | None = None
    text: str | None = None
    """Part of the text, in any case."""
    tools: bool = False


class Found(NamedTuple):
    """One page, and how many rows there are in all."""

    rows: Sequence[RowMapping]
    total: int


def requests(
    connection: Connection,
    wanted: RequestFilter,
    *,
    newest: int,
    after: Cursor | None = None,
    order: Literal["newest", "slowest"] = "newest",
    limit: int = 50,
    offset: int = 0,
) -> Found:
    """
    Requests up to batch *newest* (see `newest_batch`).

    With *after*, those loaded later, in the order of loading, whatever *order* says.
    """
    columns = request_log.c
    conditions = _common(request_log, wanted.start, wanted.end, wanted.tools)
    for column in ("backend", "api", "method", "user", "ecid"):
        value = getattr(wanted, column)
        if value is not None:
            conditions.append(columns[column] == value)
    if wanted.status is not None:
        conditions.append(columns.status.between(*wanted.status))
    if wanted.path is not None:
        conditions.append(columns.path.icontains(wanted.path, autoescape=True))
    if wanted.min_duration_us is not None:
        conditions.append(columns.duration_us >= wanted.min_duration_us)
    slowest = [columns.duration_us.desc()] if order == "slowest" else []
    return _found(connection, request_log, conditions, slowest, newest, after, limit, offset)


def messages(
    connection: Connection,
    wanted: MessageFilter,
    *,
    newest: int,
    after: Cursor | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Found:
    """Messages up to batch *newest*; with *after*, those loaded later, in the order of loading."""
    columns = log_message.c
    conditions = _common(log_message, wanted.start, wanted.end, wanted.tools)
    for column in ("backend", "api", "ecid"):
        value = getattr(wanted, column)
        if value is not None:
            conditions.append(columns[column] == value)
    if wanted.level is not None:
        conditions.append(columns.level >= wanted.level)
    if wanted.text is not None:
        conditions.append(columns.text.icontains(wanted.text, autoescape=True))
    return _found(connection, log_message, conditions, [], newest, after, limit, offset)


def newest_batch(connection: Connection) -> int:
    """The number of the last loaded batch; what is loaded after this answer has a greater one."""
    return connection.scalar(select(log_batch.c.batch)) or 0


def message_counts(connection: Connection, calls: Iterable[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, int]]:
    """For calls given as (ecid, rid): how many messages each has, and the highest level among them."""
    ecids = sorted({ecid for ecid, _ in calls})
    if not ecids:
        return {}
    rid = func.coalesce(log_message.c.rid, "0")
    query = (
        select(log_message.c.ecid, rid, func.count(), func.max(log_message.c.level))
        .where(log_message.c.ecid.in_(ecids))
        .group_by(log_message.c.ecid, rid)
    )
    return {(ecid, rid): (count, worst) for ecid, rid, count, worst in connection.execute(query)}


def tree(connection: Connection, ecid: str) -> tuple[Sequence[RowMapping], Sequence[RowMapping]]:
    """Requests and messages of one inbound request and all it caused, oldest first; at most `MOST` of each."""
    both = []
    for table in (request_log, log_message):
        query = (
            select(table)
            .where(table.c.ecid == ecid)
            .order_by(table.c.time, table.c.segment, table.c.position)
            .limit(MOST)
        )
        both.append(connection.execute(query).mappings().all())
    return both[0], both[1]


def lost(connection: Connection, start: int, end: int) -> int:
    """How many records of that time never reached the tables."""
    query = select(func.coalesce(func.sum(log_loss.c.lost), 0)).where(log_loss.c.time >= start, log_loss.c.time < end)
    return int(connection.scalar(query) or 0)


def loaded(database: Database, segment: str, offset: int) -> bool:
    """
    Whether everything up to *offset* of a live writer's *segment* (`Spool.position`) is in the tables.

    Raises `StoreUnavailable`.
    """
    if offset == 0:
        return True
    writer = segment.rpartition("-")[0]
    own = and_(log_cursor.c.segment == segment, log_cursor.c.position >= offset)
    # A segment that has left had a successor, whose cursor was made when its own was deleted.
    gone = and_(log_cursor.c.segment > segment, log_cursor.c.segment.startswith(f"{writer}-", autoescape=True))
    with database.read() as connection:
        cursors = set(connection.scalars(select(log_cursor.c.segment).where(or_(own, gone))))
        if segment in cursors:
            return True
        still_there = select(log_cursor.c.segment).where(log_cursor.c.segment == segment)
        return bool(cursors) and connection.execute(still_there).first() is None


def expire(database: Database, before_us: int) -> int:
    """Delete what is older, in short transactions; returns the number of rows. Raises `StoreUnavailable`."""
    return sum(_expire(database, table.c.time, before_us) for table in (request_log, log_message, log_loss))


def expire_events(database: Database, before_us: int) -> int:
    """The same for what apps have reported: events, and sessions without any later one."""
    columns = (analytics_event.c.time, analytics_session.c.last_at)
    return sum(_expire(database, column, before_us) for column in columns)


def _expire(database: Database, time: Column[Any], before: int) -> int:
    deleted = 0
    while True:
        with database.write() as connection:
            old = select(time).where(time < before).order_by(time)
            last = connection.scalar(old.limit(1).offset(_AT_ONCE - 1))
            until = before - 1 if last is None else last
            deleted += connection.execute(delete(time.table).where(time <= until)).rowcount
        if last is None:
            return deleted


def not_tools(table: Table) -> ColumnElement[bool]:
    """The condition that leaves the tools API out; calls that were refused early have no API at all."""
    return or_(table.c.api.is_(None), table.c.api != TOOLS)


def _common(table: Table, start: int | None, end: int | None, tools: bool) -> list[ColumnElement[bool]]:
    conditions = []
    if start is not None:
        conditions.append(table.c.time >= start)
    if end is not None:
        conditions.append(table.c.time < end)
    if not tools:
        conditions.append(not_tools(table))
    return conditions


def _found(
    connection: Connection,
    table: Table,
    conditions: list[ColumnElement[bool]],
    order: list[Any],
    newest: int,
    after: Cursor | None,
    limit: int,
    offset: int,
) -> Found:
    columns = table.c
    conditions = [*conditions, columns.batch <= newest]
    if after is None:
        order = [*order, columns.time.desc(), columns.segment.desc(), columns.position.desc()]
    else:
        conditions.append(tuple_(columns.batch, columns.position) > tuple_(after.batch, after.position))
        order = [columns.batch, columns.position]
    total = connection.scalar(select(func.count()).select_from(table).where(*conditions)) or 0
    query = select(table).where(*conditions).order_by(*order).limit(min(limit, MOST)).offset(offset)
    return Found(connection.execute(query).mappings().all(), total)
