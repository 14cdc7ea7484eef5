"""Who changed what: written in the transaction of the change itself, and undone where nothing has changed since."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from openmcs.catalog import lifecycle, trash
from openmcs.errors import Conflict
from openmcs.store import activity, assets
from openmcs.store import catalog as questions
from openmcs.store.assets import State
from openmcs.store.database import Database

UNDOABLE = ("created", "changed", "deleted")


@contextmanager
def change(connection: Connection, by: str, kind: str, id_: str, name: str = "") -> Iterator[None]:
    """
    Whatever the block changes of an asset is kept as one change; nothing when it changes nothing.

    Raises `Conflict` when the asset is published and does not change any more.
    *name* is for assets that have none themselves.
    """
    before = assets.state(connection, kind, id_)
    yield
    after = assets.state(connection, kind, id_)
    lifecycle.refuse_change(kind, before, after)
    if before != after:
        _keep(connection, by, kind, id_, name, before, after)


def note(connection: Connection, by: str, action: str, kind: str, id_: str, name: str) -> None:
    """Keep that something happened of which there is nothing to show, such as a new password."""
    trash.note(connection, by, action, kind, id_, name)


def undo(database: Database, id_: str, by: str) -> None:
    """
    Take a change back; that is a change of its own.

    Raises `ResourceNotFound`, and `Conflict` when it was undone already or what it changed has changed since.
    """
    with database.write() as connection:
        row = activity.activity_row(connection, id_)
        if not undoable(row):
            raise Conflict("This cannot be undone: a secret is kept nowhere, and policies have a history of their own.")
        if not activity.set_undone(connection, id_, by):
            raise Conflict(f"{row['undone_by']} has undone this already.")
        kind, asset = row["kind"], row["asset"]
        if row["action"] == "deleted":
            trash.restore_in(connection, asset, by)
        elif row["action"] == "created":
            trash.move_in(connection, kind, asset, by)
        else:
            with change(connection, by, kind, asset, row["name"] if kind == "configuration" else ""):
                _put_back(connection, kind, asset, json.loads(row["before"]), json.loads(row["after"]), by)
        questions.bump_revision(connection)


def undoable(row: Mapping[str, Any]) -> bool:
    """Whether a change may be taken back, as far as can be told from its row."""
    if row["action"] not in UNDOABLE or row["kind"] in ("member", "policy"):
        return False
    # What was a secret before is not known any more.
    return not any(isinstance(value, dict) and "secret" in value for value in json.loads(row["before"]).values())


def _put_back(connection: Connection, kind: str, asset: str, before: State, after: State, by: str) -> None:
    now = assets.state(connection, kind, asset)
    if now is None:
        raise Conflict("It was deleted since; restore it first.")
    changed = [name for name, value in after.items() if now.get(name) != value]
    if changed:
        raise Conflict(f"It was changed again since: {', '.join(changed)}.")
    assets.change(connection, kind, asset, before, by)


def _keep(
    connection: Connection, by: str, kind: str, id_: str, name: str, before: State | None, after: State | None
) -> None:
    action = "created" if before is None else "deleted" if after is None else "changed"
    shown = after or before or {}
    # All of a new or deleted asset is in its rows or in the trash; the history need not have it again.
    names: list[str] = []
    if before is not None and after is not None:
        names = [each for each in {**before, **after} if before.get(each) != after.get(each)]
    values: Mapping[str, Any] = {
        "team_member": by,
        "action": action,
        "kind": kind,
        "asset": id_,
        "name": name[:210] or trash.name_of(shown),
        "before": json.dumps({each: (before or {}).get(each) for each in names}),
        "after": json.dumps({each: (after or {}).get(each) for each in names}),
    }
    activity.insert_activity(connection, values)
