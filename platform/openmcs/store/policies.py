"""Questions and changes of policies, and the history that lets a change be undone."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from openmcs.store.clock import now_us
from openmcs.store.ids import new_id
from openmcs.store.tables import policy, policy_change


def policies(connection: Connection) -> Sequence[RowMapping]:
    """All that are set, by name."""
    return connection.execute(select(policy).order_by(policy.c.name)).mappings().all()


def set_policy(connection: Connection, name: str, value: str | None, by: str) -> None:
    """Set a policy to *value* (JSON), or take it away with None; what it was is kept as its history."""
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
    change = {"id": new_id(), "at": at, "team_member": by, "name": name, "before": before, "after": value}
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
