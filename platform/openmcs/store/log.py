"""
Questions of the log: requests, messages, what is lost, how far the spool is loaded, and what is too old.

Every list is bounded. Rows of the tools API (`api = 'tools'`) are left out unless asked for.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, and_, delete, func, or_, select

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


def newest_batch(connection: Connection) -> int:
    """The number of the last loaded batch; what is loaded after this answer has a greater one."""
    return connection.scalar(select(log_batch.c.batch)) or 0


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
