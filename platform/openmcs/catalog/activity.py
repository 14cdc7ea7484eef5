"""Who changed what: written in the transaction of the change itself, and undone where nothing has changed since."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from openmcs.catalog import trash
from openmcs.errors import Conflict
from openmcs.store import activity, assets
from openmcs.store import catalog as questions
from openmcs.store.assets import State
from openmcs.store.database import Database

UNDOABLE = ("created", "changed", "deleted")


@contextmanager
def change(connection: Connection, by: str, kind: str, id_: str) -> Iterator[None]:
    """Whatever the block changes of an asset is kept as one change; nothing when it changes nothing."""
    before = assets.state(connection, kind, id_)
    yield
    after = assets.state(connection, kind, id_)
    if before != after:
        _keep(connection, by, kind, id_, before, after)


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
        if row["action"] not in UNDOABLE:
            raise Conflict("This cannot be undone.")
        if not activity.set_undone(connection, id_, by):
            raise Conflict(f"{row['undone_by']} has undone this already.")
        kind, asset = row["kind"], row["asset"]
        if row["action"] == "deleted":
            trash.restore_in(connection, asset, by)
        elif row["action"] == "created":
            trash.move_in(connection, kind, asset, by)
        else:
            with change(connection, by, kind, asset):
                _put_back(connection, kind, asset, json.loads(row["before"]), json.loads(row["after"]))
        questions.bump_revision(connection)


def _put_back(connection: Connection, kind: str, asset: str, before: State, after: State) -> None:
    now = assets.state(connection, kind, asset)
    if now is None:
        raise Conflict("It was deleted since; restore it first.")
    changed = [name for name, value in after.items() if now.get(name) != value]
    if changed:
        raise Conflict(f"It was changed again since: {', '.join(changed)}.")
    assets.change(connection, kind, asset, before)


def _keep(connection: Connection, by: str, kind: str, id_: str, before: State | None, after: State | None) -> None:
    action = "created" if before is None else "deleted" if after is None else "changed"
    shown = after or before or {}
    # All of a new or deleted asset is in its rows or in the trash; the history need not have it again.
    names = [name for name in shown if (before or {}).get(name) != (after or {}).get(name)] if before and after else []
    values: Mapping[str, Any] = {
        "team_member": by,
        "action": action,
        "kind": kind,
        "asset": id_,
        "name": trash.name_of(shown),
        "before": json.dumps({name: (before or {})[name] for name in names}),
        "after": json.dumps({name: (after or {})[name] for name in names}),
    }
    activity.insert_activity(connection, values)
