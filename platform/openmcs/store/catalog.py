"""Questions and changes of the catalogue: backends, clients, APIs, implementations, deployments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Connection, Select, Table, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from openmcs.errors import Conflict, PreconditionFailed, ResourceNotFound
from openmcs.store.clock import now_us
from openmcs.store.ids import new_id
from openmcs.store.tables import (
    activation,
    api,
    association,
    catalog_revision,
    client,
    deployment,
    implementation,
    mobile_backend,
)

Row = Mapping[str, Any]
"""A row, or the values for one, by column. What is JSON in `tables` is text here."""
Page = tuple[Sequence[Row], int]
"""Rows, and how many there are in all."""


def revision(connection: Connection) -> int:
    """The catalogue's revision; gateways follow it."""
    return connection.scalar(select(catalog_revision.c.revision)) or 0


def bump_revision(connection: Connection) -> None:
    """Tell gateways that something they serve has changed."""
    connection.execute(update(catalog_revision).values(revision=catalog_revision.c.revision + 1))


# ── backends ─────────────────────────────────────────────────────────────────────────────────────


def backends(connection: Connection, limit: int, offset: int, text: str = "", api_id: str = "") -> Page:
    """Backends by name and version; those with *text* in name or description, that make an API available."""
    table = mobile_backend
    order = [table.c.name, table.c.version]
    wanted = _containing(text, table.c.name, table.c.description)
    if api_id:
        wanted.append(table.c.id.in_(select(association.c.backend).where(association.c.api == api_id)))
    return _page(connection, table, order, limit, offset, *wanted)


def realms_of_backends(connection: Connection) -> Sequence[str]:
    """The realms that backends name."""
    return connection.scalars(select(mobile_backend.c.realm).distinct()).all()


def backend(connection: Connection, id_: str) -> Row:
    """One backend. Raises `ResourceNotFound`."""
    return _one(connection, mobile_backend, id_, "mobile backend")


def backend_named(connection: Connection, name: str, version: str) -> Row | None:
    """A backend by name and version."""
    return _named(connection, mobile_backend, name, version)


def insert_backend(connection: Connection, values: Row) -> None:
    """Add a backend. Raises `Conflict`."""
    _insert(connection, mobile_backend, values, f"mobile backend {values['name']} {values['version']}")


def update_backend(connection: Connection, id_: str, values: Row, etag: int | None) -> None:
    """Change a backend. Raises `PreconditionFailed` when *etag* is not its current one."""
    _update(connection, mobile_backend, id_, values, etag)


def clients(connection: Connection, of: Sequence[str] | None = None) -> Sequence[Row]:
    """The clients of some backends by their ids, or all."""
    query = select(client).order_by(client.c.name)
    if of is not None:
        query = query.where(client.c.backend.in_(of))
    return _all(connection, query)


def replace_clients(connection: Connection, backend_id: str, rows: Sequence[Row]) -> None:
    """Set the clients of a backend. Raises `Conflict` when an application key is taken."""
    connection.execute(delete(client).where(client.c.backend == backend_id))
    for row in rows:
        _insert(connection, client, {**row, "backend": backend_id}, f"client with the key of {row['name']}")


def associations(connection: Connection, of: Sequence[str] | None = None) -> Sequence[Row]:
    """(backend, api, name, version, title) of what some backends by their ids make available, or all."""
    query = select(association.c.backend, association.c.api, api.c.name, api.c.version, api.c.title).join(
        api, api.c.id == association.c.api
    )
    if of is not None:
        query = query.where(association.c.backend.in_(of))
    return _all(connection, query.order_by(api.c.name, api.c.version))


def backends_of(connection: Connection, api_id: str) -> Sequence[Row]:
    """The backends that make an API available."""
    query = select(mobile_backend).join(association, association.c.backend == mobile_backend.c.id)
    return _all(connection, query.where(association.c.api == api_id).order_by(mobile_backend.c.name))


def associate(connection: Connection, backend_id: str, api_id: str) -> None:
    """Make an API available through a backend; once is enough."""
    wanted = and_(association.c.backend == backend_id, association.c.api == api_id)
    if connection.scalar(select(func.count()).select_from(association).where(wanted)) == 0:
        connection.execute(insert(association).values(backend=backend_id, api=api_id))


def dissociate(connection: Connection, backend_id: str, api_id: str) -> None:
    """Make it unavailable again."""
    connection.execute(delete(association).where(association.c.backend == backend_id, association.c.api == api_id))


# ── APIs ─────────────────────────────────────────────────────────────────────────────────────────


def apis(connection: Connection, limit: int, offset: int, text: str = "") -> Page:
    """APIs by name and version; those with *text* in name, title or description."""
    named = _containing(text, api.c.name, api.c.title, api.c.description)
    return _page(connection, api, [api.c.name, api.c.version], limit, offset, *named)


def api_heads(connection: Connection, limit: int, offset: int, text: str = "") -> Page:
    """`apis` without what is large: the definitions."""
    heads = [column for column in api.c if column.name not in ("raml_files", "contract")]
    wanted = _containing(text, api.c.name, api.c.title, api.c.description)
    query = select(*heads).where(*wanted).order_by(api.c.name, api.c.version).limit(limit).offset(offset)
    total = connection.scalar(select(func.count()).select_from(api).where(*wanted)) or 0
    return _all(connection, query), total


def apis_with_roles(connection: Connection) -> Sequence[Row]:
    """(name, version, roles, endpoint_roles) of the APIs that ask for any role."""
    query = select(api.c.name, api.c.version, api.c.roles, api.c.endpoint_roles)
    return _all(connection, query.where(or_(api.c.roles != "[]", api.c.endpoint_roles != "{}")))


def api_row(connection: Connection, id_: str) -> Row:
    """One API. Raises `ResourceNotFound`."""
    return _one(connection, api, id_, "API")


def api_named(connection: Connection, name: str, version: str) -> Row | None:
    """An API by name and version."""
    return _named(connection, api, name, version)


def insert_api(connection: Connection, values: Row) -> None:
    """Add an API. Raises `Conflict`."""
    _insert(connection, api, values, f"API {values['name']} {values['version']}")


def update_api(connection: Connection, id_: str, values: Row, etag: int | None) -> None:
    """Change an API. Raises `PreconditionFailed` when *etag* is not its current one."""
    _update(connection, api, id_, values, etag)


# ── implementations ──────────────────────────────────────────────────────────────────────────────


def implementations(connection: Connection, api_id: str, limit: int, offset: int) -> Page:
    """Implementations of an API, the newest upload first."""
    order = [implementation.c.uploaded_at.desc(), implementation.c.id.desc()]
    return _page(connection, implementation, order, limit, offset, implementation.c.api == api_id)


def implementation_row(connection: Connection, id_: str) -> Row:
    """One implementation. Raises `ResourceNotFound`."""
    return _one(connection, implementation, id_, "implementation")


def implementation_named(connection: Connection, api_id: str, name: str, version: str) -> Row | None:
    """An API's implementation by name and version."""
    query = select(implementation).where(
        implementation.c.api == api_id, implementation.c.name == name, implementation.c.version == version
    )
    return _first(connection, query)


def active_implementations(connection: Connection, of: Sequence[str] | None = None) -> Sequence[Row]:
    """The implementations that answer now for some APIs by their ids, or for all."""
    query = select(implementation).join(api, api.c.implementation == implementation.c.id)
    return _all(connection, query if of is None else query.where(api.c.id.in_(of)))


def canary_implementations(connection: Connection, of: Sequence[str] | None = None) -> Sequence[Row]:
    """The implementations that some calls of their APIs go to."""
    query = select(implementation).join(api, api.c.canary == implementation.c.id)
    return _all(connection, query if of is None else query.where(api.c.id.in_(of)))


def set_canary(connection: Connection, api_id: str, implementation_id: str | None, percent: int) -> None:
    """Have *percent* of an API's calls go to an implementation; None: all to the active one."""
    update_api(connection, api_id, {"canary": implementation_id, "canary_percent": percent}, None)
    bump_revision(connection)


def save_implementation(connection: Connection, values: Row) -> None:
    """Add an implementation, or put a newer upload in the place of the draft with that id."""
    changed = connection.execute(update(implementation).where(implementation.c.id == values["id"]).values(**values))
    if changed.rowcount == 0:
        connection.execute(insert(implementation).values(**values))


def publish_implementation(connection: Connection, id_: str) -> None:
    """Make it published: it never changes again. Raises `ResourceNotFound`."""
    _one(connection, implementation, id_, "implementation")
    connection.execute(update(implementation).where(implementation.c.id == id_).values(published=True))


def set_active(connection: Connection, api_id: str, implementation_id: str | None, by: str) -> None:
    """Have an implementation (None: the mock) answer all calls of its API, and keep that it does."""
    values: Row = {"implementation": implementation_id, "canary": None, "canary_percent": 0}
    update_api(connection, api_id, values, None)
    bump_revision(connection)
    values = {"id": new_id(), "api": api_id, "implementation": implementation_id, "at": now_us(), "team_member": by}
    connection.execute(insert(activation).values(values))


def answered_before(connection: Connection, api_id: str) -> tuple[bool, str | None]:
    """Whether something else answered before the active implementation, and which one (None: the mock)."""
    active = api_row(connection, api_id)["implementation"]
    query = (
        select(activation.c.implementation)
        .where(activation.c.api == api_id)
        .order_by(activation.c.id.desc())
        .limit(1000)
    )
    for (before,) in connection.execute(query):
        if before != active:
            return True, before
    return active is not None, None


# ── deployments ──────────────────────────────────────────────────────────────────────────────────


def insert_deployment(connection: Connection, values: Row) -> None:
    """Record an attempt to change what is served."""
    connection.execute(insert(deployment).values(**values))


def upload_of(connection: Connection, implementation_id: str) -> Row | None:
    """The newest attempt that made an implementation what it is."""
    query = select(deployment).where(deployment.c.implementation == implementation_id)
    return _first(connection, query.order_by(deployment.c.id.desc()).limit(1))


def deployments(
    connection: Connection, kind: str | None, subject: str | None, failed: bool | None, limit: int, offset: int
) -> Page:
    """Attempts, the newest first."""
    conditions = []
    if kind:
        conditions.append(deployment.c.kind == kind)
    if subject:
        conditions.append(deployment.c.subject == subject)
    if failed is not None:
        conditions.append(deployment.c.succeeded.is_(not failed))
    return _page(connection, deployment, [deployment.c.at.desc(), deployment.c.id.desc()], limit, offset, *conditions)


def problems(connection: Connection) -> Sequence[Row]:
    """For each subject whose newest attempt failed, that attempt."""
    newest = (
        select(deployment.c.kind, deployment.c.subject, func.max(deployment.c.id).label("id"))
        .group_by(deployment.c.kind, deployment.c.subject)
        .subquery()
    )
    query = (
        select(deployment)
        .join(newest, newest.c.id == deployment.c.id)
        .where(deployment.c.succeeded.is_(False))
        .order_by(deployment.c.at.desc())
        .limit(100)
    )
    return _all(connection, query)


# ── what they share ──────────────────────────────────────────────────────────────────────────────


def _page(
    connection: Connection, table: Table, order: Sequence[Any], limit: int, offset: int, *conditions: Any
) -> Page:
    query = select(table).where(*conditions).order_by(*order).limit(limit).offset(offset)
    total = connection.scalar(select(func.count()).select_from(table).where(*conditions)) or 0
    return _all(connection, query), total


def _containing(text: str, *columns: Any) -> list[Any]:
    """A condition for words that one of the columns contains, in any case; none without words."""
    if not text:
        return []
    return [or_(*(func.lower(each).contains(text.lower(), autoescape=True) for each in columns))]


def _one(connection: Connection, table: Table, id_: str, what: str) -> Row:
    row = _first(connection, select(table).where(table.c.id == id_))
    if row is None:
        raise ResourceNotFound(f"There is no {what} with the id {id_!r}.")
    return row


def _named(connection: Connection, table: Table, name: str, version: str) -> Row | None:
    return _first(connection, select(table).where(table.c.name == name, table.c.version == version))


def _all(connection: Connection, query: Select[Any]) -> Sequence[Row]:
    return cast(Sequence[Row], connection.execute(query).mappings().all())


def _first(connection: Connection, query: Select[Any]) -> Row | None:
    return cast("Row | None", connection.execute(query).mappings().first())


def _insert(connection: Connection, table: Table, values: Row, what: str) -> None:
    try:
        with connection.begin_nested():
            connection.execute(insert(table).values(**values))
    except IntegrityError as error:
        raise Conflict(f"There is a {what} already.") from error


def _update(connection: Connection, table: Table, id_: str, values: Row, etag: int | None) -> None:
    wanted = table.c.id == id_
    if etag is not None:
        wanted = and_(wanted, table.c.etag == etag)
    change = update(table).where(wanted).values(**values, etag=table.c.etag + 1, modified_at=now_us())
    try:
        with connection.begin_nested():
            changed = connection.execute(change).rowcount
    except IntegrityError as error:
        raise Conflict("Something of this name and version exists already.") from error
    if changed == 0:
        _one(connection, table, id_, table.name.replace("_", " "))  # not found is another error than changed
        raise PreconditionFailed("It was changed by somebody else meanwhile; read it again.")
