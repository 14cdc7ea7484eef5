"""Questions and changes of connectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, func, insert, or_, select, true, update
from sqlalchemy.exc import IntegrityError

from openmcs.errors import Conflict, PreconditionFailed, ResourceNotFound
from openmcs.store.clock import now_us
from openmcs.store.tables import connector

MOST = 10_000


def connectors(
    connection: Connection, limit: int = MOST, offset: int = 0, text: str = ""
) -> tuple[Sequence[RowMapping], int]:
    """Connectors by name and version, and how many there are; *text* is in the name, the title or the address."""
    columns = (connector.c.name, connector.c.title, connector.c.base_url)
    wanted = or_(*(func.lower(each).contains(text.lower(), autoescape=True) for each in columns)) if text else true()
    query = select(connector).where(wanted).order_by(connector.c.name, connector.c.version).limit(limit).offset(offset)
    total = connection.scalar(select(func.count()).select_from(connector).where(wanted)) or 0
    return connection.execute(query).mappings().all(), total


def connector_row(connection: Connection, id_: str) -> RowMapping:
    """One connector. Raises `ResourceNotFound`."""
    row = connection.execute(select(connector).where(connector.c.id == id_)).mappings().one_or_none()
    if row is None:
        raise ResourceNotFound(f"There is no connector with the id {id_!r}.")
    return row


def connector_named(connection: Connection, name: str, version: str) -> RowMapping | None:
    """A connector by name and version."""
    query = select(connector).where(connector.c.name == name, connector.c.version == version)
    return connection.execute(query).mappings().one_or_none()


def insert_connector(connection: Connection, values: Mapping[str, Any]) -> None:
    """Add a connector. Raises `Conflict`."""
    try:
        with connection.begin_nested():
            connection.execute(insert(connector).values(**values))
    except IntegrityError as error:
        raise Conflict(f"There is a connector {values['name']} {values['version']} already.") from error


def update_connector(connection: Connection, id_: str, values: Mapping[str, Any], etag: int | None) -> None:
    """Change a connector. Raises `ResourceNotFound`, `Conflict`, or `PreconditionFailed` when *etag* is an old one."""
    wanted = connector.c.id == id_ if etag is None else and_(connector.c.id == id_, connector.c.etag == etag)
    change = update(connector).where(wanted).values(**values, etag=connector.c.etag + 1, modified_at=now_us())
    try:
        with connection.begin_nested():
            changed = connection.execute(change).rowcount
    except IntegrityError as error:
        raise Conflict("There is a connector of this name and version already.") from error
    if changed == 0:
        connector_row(connection, id_)
        raise PreconditionFailed("It was changed by somebody else meanwhile; read it again.")
