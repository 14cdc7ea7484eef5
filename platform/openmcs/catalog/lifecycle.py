"""
Draft and published (contract: custom code, section 2; portal, 1.12): what is published never changes again, a
change is a new version. What policies tune, and what keeps callers out, stays open: keys, CORS, credentials, timeouts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection

from openmcs.catalog.policy_definitions import DEFINITIONS
from openmcs.errors import Conflict
from openmcs.store import activity, assets, connectors, policies
from openmcs.store import catalog as questions
from openmcs.store.assets import State
from openmcs.store.database import Database

FROZEN: Mapping[str, tuple[str, ...]] = {
    "api": (
        "name", "version", "title", "description", "login_required", "roles", "endpoint_roles", "raml_root",
        "raml_files",
    ),
    "backend": ("name", "version", "description", "realm", "apis"),
    "connector": ("name", "version", "kind", "title", "description", "rules", "wsdl", "port"),
}  # fmt: skip
"""Parts of an asset that do not change any more once it is published."""
KINDS = (*FROZEN, "implementation")


class Asset(NamedTuple):
    """What can be published."""

    kind: str
    id: str
    name: str
    """`name(version)`"""


def publish(database: Database, kind: str, id_: str, by: str, *, with_dependencies: bool) -> list[Asset]:
    """
    Publish an asset; what was published, dependencies first.

    Raises `ResourceNotFound`, and `Conflict` that names what it depends on and is a draft, unless *with_dependencies*
    is given; that something is missing cannot be helped by that.
    """
    with database.write() as connection:
        drafts, missing = _needed(connection, kind, id_)
        if missing:
            raise Conflict(f"It depends on what does not exist: {', '.join(missing)}.")
        if len(drafts) > 1 and not with_dependencies:
            names = ", ".join(f"{each.kind} {each.name}" for each in drafts[:-1][:20])
            raise Conflict(f"It depends on drafts: {names}. Publish them with it: dependencies=true.")
        for each in drafts:
            assets.set_published(connection, each.kind, each.id)
            note = {"team_member": by, "action": "published", "kind": each.kind, "asset": each.id, "name": each.name}
            activity.insert_activity(connection, {**note, "before": "{}", "after": "{}"})
        return drafts


def unpublished(database: Database, kind: str, id_: str) -> tuple[list[Asset], list[str]]:
    """What publishing an asset would publish, itself last, and what it needs that does not exist."""
    with database.read() as connection:
        return _needed(connection, kind, id_)


def refuse_change(kind: str, before: State | None, after: State | None) -> None:
    """Raise `Conflict` when a published asset is about to change in a part that is frozen."""
    if before is None or after is None or not before.get("published"):
        return
    changed = [each for each in FROZEN.get(kind, ()) if not _same(before.get(each), after.get(each))]
    if changed:
        raise Conflict(
            f"{before['name']} {before['version']} is published and does not change any more "
            f"({', '.join(changed)}); make a new version."
        )


def refuse_by_policy(connection: Connection, policy: str, kind: str, *, published: bool) -> None:
    """Raise `Conflict` where `Asset_AllowTrash` and its kin do not allow something for drafts or published assets."""
    if kind not in KINDS:
        return
    stored = policies.value(connection, f"*.*.{policy}")
    allowed = str(json.loads(stored) if stored is not None else DEFINITIONS[policy].default).upper()
    state = "PUBLISHED" if published else "DRAFT"
    if allowed not in ("ALL", state):
        raise Conflict(f"The policy {policy} is {allowed}; this {kind} is {state.lower()}.")


def _same(before: Any, after: Any) -> bool:
    """JSON in a text is the same in any order of its members."""
    if before == after:
        return True
    try:
        return bool(json.loads(before) == json.loads(after))
    except (TypeError, ValueError):
        return False


def _needed(connection: Connection, kind: str, id_: str) -> tuple[list[Asset], list[str]]:
    """Drafts among an asset and what it depends on, in the order in which they are published; and what is missing."""
    drafts: dict[str, Asset] = {}
    missing: list[str] = []
    seen: set[str] = set()

    def visit(kind: str, row: Mapping[Any, Any]) -> None:
        if row["id"] in seen:
            return
        seen.add(row["id"])
        for found in _dependencies(connection, kind, row):
            if isinstance(found, str):
                missing.append(found)
            else:
                visit(*found)
        if not row["published"]:
            drafts[row["id"]] = Asset(kind, row["id"], f"{row['name']}({row['version']})")

    visit(kind, _ROWS[kind](connection, id_))
    return list(drafts.values()), missing


def _dependencies(
    connection: Connection, kind: str, row: Mapping[Any, Any]
) -> Iterator[tuple[str, Mapping[Any, Any]] | str]:
    if kind == "backend":
        for each in questions.associations(connection, [row["id"]]):
            yield "api", questions.api_row(connection, each["api"])
    elif kind == "api":
        for id_ in (row["implementation"], row["canary"]):
            if id_ is not None:
                yield "implementation", questions.implementation_row(connection, id_)
    elif kind == "implementation":
        declared = json.loads(row["manifest"])
        for name, version in declared["apis"].items():
            short = name.rpartition("/")[2]
            api = questions.api_named(connection, short, version)
            yield ("api", api) if api is not None else f"custom/{short}({version})"
        for name, version in declared["connectors"].items():
            short = name.rpartition("/")[2]
            found = connectors.connector_named(connection, short, version)
            yield ("connector", found) if found is not None else f"connector/{short}({version})"


_ROWS: Mapping[str, Any] = {
    "api": questions.api_row,
    "backend": questions.backend,
    "implementation": questions.implementation_row,
    "connector": connectors.connector_row,
}
