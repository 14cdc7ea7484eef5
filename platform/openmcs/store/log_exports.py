"""How far the log was sent elsewhere: a place in the order of loading, by the name of who sends."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from openmcs.store.log import END, Cursor, newest_batch
from openmcs.store.tables import log_export


def place(connection: Connection, name: str) -> Cursor:
    """Behind what was sent; at first behind all that is there: what came before is not sent."""
    row = connection.execute(select(log_export.c.batch, log_export.c.position).where(log_export.c.name == name)).first()
    if row is not None:
        return Cursor(*row)
    begin = Cursor(newest_batch(connection), END)
    connection.execute(insert(log_export).values(name=name, batch=begin.batch, position=begin.position))
    return begin


def move(connection: Connection, name: str, to: Cursor) -> None:
    """All before *to* was sent."""
    connection.execute(update(log_export).where(log_export.c.name == name).values(batch=to.batch, position=to.position))
