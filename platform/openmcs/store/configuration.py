"""Questions and changes of what is configured for APIs and backends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from openmcs.errors import ResourceNotFound
from openmcs.store.clock import now_us
from openmcs.store.tables import configuration

Owner = Literal["api", "backend"]


def all_values(connection: Connection) -> Sequence[RowMapping]:
    """Everything that is configured."""
    return connection.execute(select(configuration)).mappings().all()


def values(
    connection: Connection, kind: Owner, owner: str, limit: int, offset: int
) -> tuple[Sequence[RowMapping], int]:
    """What is configured for one API or backend, by name, and how much there is."""
    wanted = (configuration.c.kind == kind, configuration.c.owner == owner)
    query = select(configuration).where(*wanted).order_by(configuration.c.name).limit(limit).offset(offset)
    total = connection.scalar(select(func.count()).select_from(configuration).where(*wanted)) or 0
    return connection.execute(query).mappings().all(), total


def put(connection: Connection, kind: Owner, owner: str, name: str, value: str, secret: bool, by: str) -> None:
    """Set a value; a secret's *value* is sealed already."""
    wanted = (configuration.c.kind == kind, configuration.c.owner == owner, configuration.c.name == name)
    changed = {"value": value, "secret": secret, "modified_by": by, "modified_at": now_us()}
    if connection.execute(update(configuration).where(*wanted).values(changed)).rowcount == 0:
        connection.execute(insert(configuration).values(kind=kind, owner=owner, name=name, **changed))


def remove(connection: Connection, kind: Owner, owner: str, name: str) -> None:
    """Take a value away. Raises `ResourceNotFound`."""
    wanted = (configuration.c.kind == kind, configuration.c.owner == owner, configuration.c.name == name)
    if connection.execute(delete(configuration).where(*wanted)).rowcount == 0:
        raise ResourceNotFound(f"Nothing is configured under the name {name!r}.")
