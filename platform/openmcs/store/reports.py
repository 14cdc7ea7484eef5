"""Saved reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from openmcs.errors import Conflict, ResourceNotFound
from openmcs.store.tables import report

Row = Mapping[str, Any]


def reports(connection: Connection, limit: int, offset: int) -> tuple[Sequence[Row], int]:
    """Reports by name."""
    query = select(report).order_by(report.c.name).limit(limit).offset(offset)
    total = connection.scalar(select(func.count()).select_from(report)) or 0
    return cast(Sequence[Row], connection.execute(query).mappings().all()), total


def insert_report(connection: Connection, values: Row) -> None:
    """Keep a report. Raises `Conflict` when the name is taken."""
    try:
        with connection.begin_nested():
            connection.execute(insert(report).values(**values))
    except IntegrityError as error:
        raise Conflict(f"There is a report {values['name']!r} already.") from error


def delete_report(connection: Connection, id_: str) -> None:
    """Forget a report. Raises `ResourceNotFound`."""
    if connection.execute(delete(report).where(report.c.id == id_)).rowcount == 0:
        raise ResourceNotFound(f"There is no report with the id {id_!r}.")
