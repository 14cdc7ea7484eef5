"""
Sessions of apps, followed while their events are loaded.

A session is whatever events name it: it begins with its `sessionStart` or, when none came, with the earliest
event, and it ends with its `sessionEnd` or not at all. Batches come late and in any order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, tuple_, update

from openmcs.store.tables import analytics_session

Row = dict[str, Any]
Key = tuple[str, str]

AT_ONCE = 200
_OF_EVENTS = frozenset({"started_at", "ended_at", "last_at", "events"})
_KNOWN = [column.name for column in analytics_session.columns if column.name not in _OF_EVENTS]


def follow(connection: Connection, events: Sequence[Mapping[str, Any]]) -> None:
    """
    Bring the sessions of *events* up to date, in the transaction that inserts the events.

    That transaction holds the row of `log_batch`, so no two loaders count for the same session at once.
    """
    changed: dict[Key, Row] = {}
    for event in events:
        if event["session_id"]:
            key = (event["backend"], event["session_id"])
            changed[key] = _merged(changed.get(key), _seen(event))
    keys = list(changed)
    for start in range(0, len(keys), AT_ONCE):
        _save(connection, {key: changed[key] for key in keys[start : start + AT_ONCE]})


def _seen(event: Mapping[str, Any]) -> Row:
    """The session as one event shows it."""
    system = event["name"] if event["type"] == "system" else None
    row: Row = {name: event[name] for name in _KNOWN}
    row["started_at"] = row["last_at"] = event["time"]
    row["ended_at"] = event["time"] if system == "sessionEnd" else None
    row["events"] = 0 if system else 1
    return row


def _merged(before: Row | None, now: Row) -> Row:
    """What is known of both; of what may change (the place, the user) the later word counts."""
    if before is None:
        return now
    earlier, later = (before, now) if now["last_at"] >= before["last_at"] else (now, before)
    row: Row = {name: earlier[name] if later[name] is None else later[name] for name in _KNOWN}
    if earlier["caller_kind"] == "user":  # somebody who has signed out is still whose session it was
        row |= {"caller_kind": "user", "user": earlier["user"]}
    if later["caller_kind"] == "user":
        row |= {"caller_kind": "user", "user": later["user"]}
    ends = [each["ended_at"] for each in (before, now) if each["ended_at"] is not None]
    row["started_at"] = min(before["started_at"], now["started_at"])
    row["last_at"] = max(before["last_at"], now["last_at"])
    row["ended_at"] = max(ends, default=None)
    row["events"] = before["events"] + now["events"]
    return row


def _save(connection: Connection, changed: Mapping[Key, Row]) -> None:
    keys = (analytics_session.c.backend, analytics_session.c.session_id)
    query = select(analytics_session).where(tuple_(*keys).in_(list(changed)))
    known = {(row["backend"], row["session_id"]): dict(row) for row in connection.execute(query).mappings()}
    added = [row for key, row in changed.items() if key not in known]
    if added:
        connection.execute(insert(analytics_session), added)
    for key, before in known.items():
        row = _merged(before, changed[key])
        mine = (keys[0] == key[0], keys[1] == key[1])
        connection.execute(update(analytics_session).where(*mine).values(**row))


def named(
    connection: Connection, column: str, value: str, start: int, end: int, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Sessions with a value in `session_id`, `device_id` or `user` that were under way in a period, newest first."""
    columns = analytics_session.c
    under_way = (columns.started_at < end, columns.last_at >= start)
    query = select(analytics_session).where(columns[column] == value, *under_way)
    rows = connection.execute(query.order_by(columns.started_at.desc()).limit(limit)).mappings()
    return [dict(row) for row in rows]
