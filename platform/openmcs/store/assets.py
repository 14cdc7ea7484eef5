"""
An asset as one value: what it looks like for comparing and undoing, and all its rows for the trash.

    backend          its row, its clients, the ids of its APIs
    api              its row (its implementations and backends go to the trash with it)
    configuration    what is set for an API or a backend, by name; its id is the owner's
    implementation, user, member, connector
                     one row

A secret is there as `store.configuration.hidden` shows it: no history keeps one.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Connection, LargeBinary, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from openmcs.errors import Conflict
from openmcs.store import configuration
from openmcs.store.clock import now_us
from openmcs.store.ids import new_id
from openmcs.store.tables import (
    api,
    association,
    client,
    connector,
    implementation,
    mobile_backend,
    mobile_user,
    team_member,
)

State = dict[str, Any]
"""Columns to JSON values; `clients` and `apis` beside them for a backend."""

_TABLES: Mapping[str, Table] = {
    "backend": mobile_backend, "api": api, "implementation": implementation, "user": mobile_user, "member": team_member,
    "connector": connector,
}  # fmt: skip
_CHILDREN: Mapping[str, Sequence[tuple[Table, str]]] = {
    "backend": ((client, "backend"), (association, "backend")),
    "api": ((implementation, "api"), (association, "api")),
}
_UNCOMPARED = frozenset({"etag", "modified_at", "created_at", "password_hash"})
"""What differs without a meaning, and what no history may keep."""


def state(connection: Connection, kind: str, id_: str) -> State | None:
    """What an asset is now; None when there is none."""
    if kind == "configuration":
        return configuration.state(connection, id_)
    table = _TABLES[kind]
    row = connection.execute(select(table).where(table.c.id == id_)).mappings().first()
    if row is None:
        return None
    found = {name: value for name, value in _plain(table, row).items() if name not in _UNCOMPARED}
    if found.get("credentials") is not None:
        found["credentials"] = configuration.hidden(found["credentials"])
    if kind == "backend":
        columns = [column for column in client.c if column.name not in ("id", "backend")]
        clients = select(*columns).where(client.c.backend == id_).order_by(client.c.application_key)
        found["clients"] = [dict(each) for each in connection.execute(clients).mappings()]
        apis = select(association.c.api).where(association.c.backend == id_).order_by(association.c.api)
        found["apis"] = list(connection.scalars(apis))
    return found


def change(connection: Connection, kind: str, id_: str, values: State, by: str) -> None:
    """Set some of an asset's parts. Raises `Conflict` when what they name is taken or gone."""
    if kind == "configuration":
        configuration.put_back(connection, id_, values, by)
        return
    table = _TABLES[kind]
    columns = {name: value for name, value in values.items() if name in table.c}
    if "etag" in table.c:
        columns |= {"etag": table.c.etag + 1, "modified_at": now_us()}
    try:
        with connection.begin_nested():
            if columns:
                plain = {name: _back(table, name, value) for name, value in columns.items()}
                connection.execute(update(table).where(table.c.id == id_).values(**plain))
            if "clients" in values:
                connection.execute(delete(client).where(client.c.backend == id_))
                for each in values["clients"]:
                    connection.execute(insert(client).values(id=new_id(), backend=id_, **each))
            if "apis" in values:
                connection.execute(delete(association).where(association.c.backend == id_))
                for each in values["apis"]:
                    connection.execute(insert(association).values(backend=id_, api=each))
    except IntegrityError as error:
        raise Conflict("A name, a key or an API that it had is taken or gone meanwhile.") from error


def set_published(connection: Connection, kind: str, id_: str) -> None:
    """Mark an asset as published; its etag tells that it was changed."""
    table = _TABLES[kind]
    values: State = {"published": True}
    if "etag" in table.c:
        values |= {"etag": table.c.etag + 1, "modified_at": now_us()}
    connection.execute(update(table).where(table.c.id == id_).values(**values))


def was_published(kind: str, document: str) -> bool:
    """Whether what `take_out` deleted was published."""
    return any(row.get("published") for row in json.loads(document)[_TABLES[kind].name])


def take_out(connection: Connection, kind: str, id_: str) -> str:
    """Delete an asset with all that belongs to it; returns its rows as a document for `bring_back`."""
    table = _TABLES[kind]
    rows = {table.name: _rows(connection, table, "id", id_)}
    for child, column in _CHILDREN.get(kind, ()):
        rows[child.name] = _rows(connection, child, column, id_)
    connection.execute(delete(table).where(table.c.id == id_))
    return json.dumps(rows)


def bring_back(connection: Connection, kind: str, document: str) -> None:
    """Insert what `take_out` deleted, without what belonged to it and is gone. Raises `Conflict`."""
    rows = json.loads(document)
    tables = [_TABLES[kind], *(child for child, _ in _CHILDREN.get(kind, ()))]
    try:
        with connection.begin_nested():
            for table in tables:
                for row in rows[table.name]:
                    if table is association and not _both_ends(connection, row):
                        continue
                    plain = {name: _back(table, name, value) for name, value in row.items() if name in table.c}
                    connection.execute(insert(table).values(**plain))
    except IntegrityError as error:
        raise Conflict("Something else has its name, its version or one of its keys now; rename that first.") from error


def _rows(connection: Connection, table: Table, column: str, id_: str) -> list[State]:
    return [_plain(table, row) for row in connection.execute(select(table).where(table.c[column] == id_)).mappings()]


def _both_ends(connection: Connection, row: Mapping[str, Any]) -> bool:
    backend = connection.scalar(select(mobile_backend.c.id).where(mobile_backend.c.id == row["backend"]))
    return bool(backend and connection.scalar(select(api.c.id).where(api.c.id == row["api"])))


def _plain(table: Table, row: Any) -> State:
    """A row for JSON: bytes in base64."""
    binary = {name for name, column in table.c.items() if isinstance(column.type, LargeBinary)}
    return {
        name: base64.b64encode(cast(bytes, value)).decode() if name in binary and value is not None else value
        for name, value in row.items()
    }


def _back(table: Table, name: str, value: Any) -> Any:
    return base64.b64decode(value) if isinstance(table.c[name].type, LargeBinary) and isinstance(value, str) else value
