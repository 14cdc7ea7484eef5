"""Questions and changes of what is configured for APIs and backends."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, and_, case, delete, func, insert, or_, select, true, update

from openmcs.errors import ResourceNotFound
from openmcs.store.clock import now_us
from openmcs.store.tables import api, configuration, mobile_backend

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


def everything(
    connection: Connection, text: str, secret: bool | None, limit: int, offset: int
) -> tuple[Sequence[RowMapping], int]:
    """
    What is configured anywhere, by owner and name, with `owner_name` and `owner_version`; and how much there is.

    *text* is in the value's name or in the owner's.
    """
    joined = configuration.outerjoin(api, and_(configuration.c.kind == "api", configuration.c.owner == api.c.id))
    joined = joined.outerjoin(
        mobile_backend, and_(configuration.c.kind == "backend", configuration.c.owner == mobile_backend.c.id)
    )
    of_api = configuration.c.kind == "api"
    owner_name = case((of_api, api.c.name), else_=mobile_backend.c.name)
    owner_version = case((of_api, api.c.version), else_=mobile_backend.c.version)
    # Of what is in the trash nothing is shown: it comes back with its owner.
    wanted = [owner_name.is_not(None), true() if secret is None else configuration.c.secret == secret]
    if text:
        wanted.append(
            or_(
                *(
                    func.lower(each).contains(text.lower(), autoescape=True)
                    for each in (configuration.c.name, owner_name)
                )
            )
        )
    query = (
        select(*configuration.c, owner_name.label("owner_name"), owner_version.label("owner_version"))
        .select_from(joined)
        .where(*wanted)
        .order_by(owner_name, owner_version, configuration.c.kind, configuration.c.owner, configuration.c.name)
    )
    total = connection.scalar(select(func.count()).select_from(joined).where(*wanted)) or 0
    return connection.execute(query.limit(limit).offset(offset)).mappings().all(), total


# ── the history ──────────────────────────────────────────────────────────────────────────────────────


def hidden(sealed: str) -> dict[str, str]:
    """What a history keeps of a secret: that it is one, and whether it is another than before."""
    return {"secret": hashlib.sha256(sealed.encode()).hexdigest()[:16]}


def state(connection: Connection, owner: str) -> dict[str, Any]:
    """What is configured for an owner: names to values, secrets hidden."""
    rows = connection.execute(select(configuration).where(configuration.c.owner == owner)).mappings()
    return {row["name"]: hidden(row["value"]) if row["secret"] else row["value"] for row in rows}


def put_back(connection: Connection, owner: str, wanted: Mapping[str, str | None], by: str) -> None:
    """Set values as they were; None takes one away."""
    of_api = connection.scalar(select(api.c.id).where(api.c.id == owner))
    kind: Owner = "api" if of_api else "backend"
    for name, value in wanted.items():
        if value is None:
            remove(connection, kind, owner, name)
        else:
            put(connection, kind, owner, name, value, False, by)
