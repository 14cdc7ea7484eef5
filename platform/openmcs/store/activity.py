"""Questions and changes of the activity and of the trash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Connection, and_, delete, func, insert, select, true, update

from openmcs.errors import ResourceNotFound
from openmcs.store.clock import now_us
from openmcs.store.ids import new_id
from openmcs.store.tables import activity, trash

Row = Mapping[str, Any]
Page = tuple[Sequence[Row], int]


def insert_activity(connection: Connection, values: Row) -> None:
    """Keep a change, now."""
    connection.execute(insert(activity).values(id=new_id(), at=now_us(), **values))


def activities(connection: Connection, filters: Row, limit: int, offset: int) -> Page:
    """Changes, newest first; *filters* are columns to values, empty ones are left out."""
    wanted = and_(true(), *(activity.c[name] == value for name, value in filters.items() if value))
    query = select(activity).where(wanted).order_by(activity.c.id.desc()).limit(limit).offset(offset)
    total = connection.scalar(select(func.count()).select_from(activity).where(wanted)) or 0
    return cast(Sequence[Row], connection.execute(query).mappings().all()), total


def activity_row(connection: Connection, id_: str) -> Row:
    """One change. Raises `ResourceNotFound`."""
    row = connection.execute(select(activity).where(activity.c.id == id_)).mappings().first()
    if row is None:
        raise ResourceNotFound(f"There is no change with the id {id_!r}.")
    return cast(Row, row)


def set_undone(connection: Connection, id_: str, by: str) -> bool:
    """Mark a change as undone; True for the one caller that did."""
    wanted = and_(activity.c.id == id_, activity.c.undone_by.is_(None))
    return connection.execute(update(activity).where(wanted).values(undone_by=by)).rowcount == 1


def insert_trash(connection: Connection, values: Row) -> None:
    """Put a deleted asset's document away."""
    connection.execute(insert(trash).values(deleted_at=now_us(), **values))


def trash_page(connection: Connection, kind: str | None, limit: int, offset: int) -> Page:
    """Deleted assets without their documents, the newest first."""
    wanted = trash.c.kind == kind if kind else true()
    columns = (trash.c.id, trash.c.kind, trash.c.name, trash.c.deleted_by, trash.c.deleted_at)
    query = select(*columns).where(wanted).order_by(trash.c.deleted_at.desc(), trash.c.id).limit(limit).offset(offset)
    total = connection.scalar(select(func.count()).select_from(trash).where(wanted)) or 0
    return cast(Sequence[Row], connection.execute(query).mappings().all()), total


def trash_row(connection: Connection, id_: str) -> Row:
    """One deleted asset. Raises `ResourceNotFound`."""
    row = connection.execute(select(trash).where(trash.c.id == id_)).mappings().first()
    if row is None:
        raise ResourceNotFound(f"Nothing with the id {id_!r} is in the trash.")
    return cast(Row, row)


def delete_trash(connection: Connection, id_: str) -> None:
    """Forget a deleted asset."""
    connection.execute(delete(trash).where(trash.c.id == id_))
