"""Questions and changes of policies, and the history that lets a change be undone."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, delete, func, insert, or_, select, update

from openmcs.store.clock import now_us
from openmcs.store.ids import new_id
from openmcs.store.tables import policy, policy_change


def policies(connection: Connection) -> Sequence[RowMapping]:
    """All that are set, by name."""
    return connection.execute(select(policy).order_by(policy.c.name)).mappings().all()


def value(connection: Connection, name: str) -> str | None:
    """What a policy is set to, as JSON; None when it is not set."""
    return connection.scalar(select(policy.c.value).where(policy.c.name == name))


def set_policy(
    connection: Connection, name: str, value: str | None, by: str, *, change_set: str | None = None, comment: str = ""
) -> None:
    """
    Set a policy to *value* (JSON), or take it away with None; what it was is kept as its history.

    Changes with one *change_set* (an id) are shown and undone together.
    """
    before = connection.scalar(select(policy.c.value).where(policy.c.name == name).with_for_update())
    if before == value:
        return
    at = now_us()
    if value is None:
        connection.execute(delete(policy).where(policy.c.name == name))
    elif before is None:
        connection.execute(insert(policy).values(name=name, value=value, modified_by=by, modified_at=at))
    else:
        changed = {"value": value, "modified_by": by, "modified_at": at}
        connection.execute(update(policy).where(policy.c.name == name).values(changed))
    change = {
        "id": new_id(), "at": at, "team_member": by, "name": name, "before": before, "after": value,
        "change_set": change_set, "comment": comment,
    }  # fmt: skip
    connection.execute(insert(policy_change).values(change))


def changes(connection: Connection, limit: int, *, name: str | None = None) -> Sequence[RowMapping]:
    """The newest changes, of one policy or of all."""
    query = select(policy_change).order_by(policy_change.c.id.desc()).limit(limit)
    if name is not None:
        query = query.where(policy_change.c.name == name)
    return connection.execute(query).mappings().all()


def change(connection: Connection, id_: str) -> RowMapping | None:
    """One change."""
    return connection.execute(select(policy_change).where(policy_change.c.id == id_)).mappings().one_or_none()


_SET = func.coalesce(policy_change.c.change_set, policy_change.c.id)


def change_set(connection: Connection, id_: str) -> Sequence[RowMapping]:
    """The changes of one change set, in their order."""
    query = select(policy_change).where(or_(policy_change.c.change_set == id_, policy_change.c.id == id_))
    return connection.execute(query.order_by(policy_change.c.id)).mappings().all()


def change_sets(
    connection: Connection, limit: int, offset: int, *, name: str | None = None
) -> tuple[list[Sequence[RowMapping]], int]:
    """Change sets, the newest first, of one policy or of all; and how many there are."""
    ids = select(_SET.label("id"), func.max(policy_change.c.at).label("at")).group_by(_SET)
    if name is not None:
        ids = ids.where(policy_change.c.name == name)
    total = connection.scalar(select(func.count()).select_from(ids.subquery())) or 0
    page = connection.execute(ids.order_by(func.max(policy_change.c.id).desc()).limit(limit).offset(offset)).all()
    return [change_set(connection, row.id) for row in page], total
