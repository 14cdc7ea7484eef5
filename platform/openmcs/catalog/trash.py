"""Deleted assets can be brought back with the keys and ids they had, until they are purged."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection

from openmcs.catalog import lifecycle
from openmcs.errors import Conflict, ResourceNotFound
from openmcs.store import activity, assets
from openmcs.store import catalog as questions
from openmcs.store import connectors as store
from openmcs.store.assets import State
from openmcs.store.database import Database

WORDS = {
    "backend": "mobile backend",
    "api": "API",
    "implementation": "implementation",
    "user": "mobile user",
    "connector": "connector",
}


def name_of(state: State) -> str:
    """`synapse(1.0)`, or a user's name."""
    if "version" in state:
        return f"{state['name']}({state['version']})"
    return str(state.get("username") or state.get("name"))[:210]


def dependents(database: Database, kind: str, id_: str) -> list[dict[str, Any]]:
    """What relies on an asset: backends that make an API available, implementations that call it, app clients."""
    with database.read() as connection:
        return _dependents(connection, kind, id_)


def move(database: Database, kind: str, id_: str, by: str, *, force: bool = False) -> None:
    """
    Delete an asset into the trash; it serves no more.

    Raises `ResourceNotFound`, and `Conflict` while something relies on it, unless *force* is given.
    """
    with database.write() as connection:
        relying = _dependents(connection, kind, id_)
        if relying and not force:
            names = ", ".join(f"{each['kind']} {each['name']}" for each in relying[:10])
            raise Conflict(f"Something relies on it: {names}. Delete it all the same with force=true.")
        move_in(connection, kind, id_, by)
        questions.bump_revision(connection)


def move_in(connection: Connection, kind: str, id_: str, by: str) -> None:
    """`move` within a transaction, without asking what relies on it."""
    state = assets.state(connection, kind, id_)
    if state is None or kind not in WORDS:
        raise ResourceNotFound(f"There is no {WORDS.get(kind, kind)} with the id {id_!r}.")
    if kind == "implementation":
        api = questions.api_row(connection, state["api"])
        if api["implementation"] == id_:
            raise Conflict("This implementation answers now. Activate another one, or the mock, first.")
        if api["canary"] == id_:
            raise Conflict("Some of the calls go to this implementation. End that first.")
    lifecycle.refuse_by_policy(connection, "Asset_AllowTrash", kind, published=bool(state.get("published")))
    name = name_of(state)
    document = assets.take_out(connection, kind, id_)
    activity.insert_trash(connection, {"id": id_, "kind": kind, "name": name, "document": document, "deleted_by": by})
    note(connection, by, "deleted", kind, id_, name)


def restore(database: Database, id_: str, by: str) -> None:
    """Bring a deleted asset back. Raises `ResourceNotFound`, or `Conflict` when its place is taken."""
    with database.write() as connection:
        restore_in(connection, id_, by)
        questions.bump_revision(connection)


def restore_in(connection: Connection, id_: str, by: str) -> None:
    """`restore` within a transaction."""
    row = activity.trash_row(connection, id_)
    was_published = assets.was_published(row["kind"], row["document"])
    lifecycle.refuse_by_policy(connection, "Asset_AllowUntrash", row["kind"], published=was_published)
    assets.bring_back(connection, row["kind"], row["document"])
    activity.delete_trash(connection, id_)
    note(connection, by, "restored", row["kind"], id_, row["name"])


def purge(database: Database, id_: str, by: str) -> None:
    """Forget a deleted asset for good. Raises `ResourceNotFound`, or `Conflict` where a policy forbids it."""
    with database.write() as connection:
        row = activity.trash_row(connection, id_)
        was_published = assets.was_published(row["kind"], row["document"])
        lifecycle.refuse_by_policy(connection, "Asset_AllowPurge", row["kind"], published=was_published)
        activity.delete_trash(connection, id_)
        note(connection, by, "purged", row["kind"], id_, row["name"])


def _dependents(connection: Connection, kind: str, id_: str) -> list[dict[str, Any]]:
    if kind == "backend":
        return [
            {"kind": "client", "name": each["name"], "id": each["id"]} for each in questions.clients(connection, [id_])
        ]
    if kind == "connector":
        return _callers_of(connection, store.connector_row(connection, id_))
    if kind != "api":
        return []
    found = [
        {"kind": "backend", "name": f"{each['name']}({each['version']})", "id": each["id"]}
        for each in questions.backends_of(connection, id_)
    ]
    api = questions.api_row(connection, id_)
    for each in questions.active_implementations(connection):
        called = {name.rpartition("/")[2]: version for name, version in json.loads(each["manifest"])["apis"].items()}
        if called.get(api["name"]) == api["version"] and each["api"] != id_:
            found.append({"kind": "implementation", "name": f"{each['name']}({each['version']})", "id": each["id"]})
    return found


def _callers_of(connection: Connection, connector: Any) -> list[dict[str, Any]]:
    """Implementations in service that declare a connector."""
    found = []
    for each in questions.active_implementations(connection):
        declared = json.loads(each["manifest"])["connectors"]
        called = {name.rpartition("/")[2].lower(): version for name, version in declared.items()}
        if called.get(connector["name"].lower()) == connector["version"]:
            name = f"{each['name']}({each['version']})"
            found.append({"kind": "implementation", "name": name, "id": each["id"], "api": each["api"]})
    return found


def note(connection: Connection, by: str, action: str, kind: str, id_: str, name: str) -> None:
    """Keep in the activity that something happened, where there is no more to show of it."""
    values = {"team_member": by, "action": action, "kind": kind, "asset": id_, "name": name[:210]}
    activity.insert_activity(connection, {**values, "before": "{}", "after": "{}"})
