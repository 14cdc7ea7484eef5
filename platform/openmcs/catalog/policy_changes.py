"""
Changes of policies: several at once or none, each kept with what was before, and undone as a whole.

A change set is what one call changed. Undoing it is another change set, so undoing that one does it again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping

from openmcs.catalog import policy_file, trash
from openmcs.catalog.policies import PolicyName, read_value
from openmcs.catalog.policy_definitions import DEFINITIONS, Definition, Value
from openmcs.errors import PreconditionFailed, RequestInvalid, ResourceNotFound
from openmcs.exchange import Finding
from openmcs.store import catalog, policies
from openmcs.store.ids import new_id

MOST = 1000
"""Policies in one change set."""
LONGEST_COMMENT = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """One policy as it is to be; *value* None takes it away."""

    name: str
    value: Any
    line: int | None = None
    """Where it stands in a file."""


@dataclass(frozen=True, slots=True)
class Change:
    """One policy, before and after; JSON, None: not set."""

    name: str
    before: str | None
    after: str | None


def checked(wanted: Iterable[Wanted]) -> dict[str, str | None]:
    """
    Full names and their values as JSON.

    Raises `RequestInvalid` with a finding for each that is wrong.
    """
    values: dict[str, str | None] = {}
    findings = []
    for number, each in enumerate(wanted):
        if number == MOST:
            raise RequestInvalid(f"More than {MOST} policies at once.")
        code = "POLICY_NAME"
        try:
            name = PolicyName.parse(each.name)
            code = "POLICY_VALUE"
            value = None if each.value is None else json.dumps(read_value(name.definition, each.value))
        except RequestInvalid as error:
            findings.append(Finding(code, error.detail, line=each.line))
            continue
        values[str(name)] = value
    if findings:
        raise RequestInvalid("; ".join(each.message for each in findings[:5]), findings=findings)
    return values


def apply(connection: Connection, values: Mapping[str, str | None], by: str, comment: str) -> list[Change]:
    """Set all of them, in the caller's transaction; what is as it should be stays untouched."""
    present = {row["name"]: row["value"] for row in policies.policies(connection)}
    changes = [Change(name, present.get(name), value) for name, value in values.items() if present.get(name) != value]
    change_set = new_id()
    for each in changes:
        policies.set_policy(
            connection, each.name, each.after, by, change_set=change_set, comment=comment[:LONGEST_COMMENT]
        )
    if changes:
        trash.note(connection, by, "changed", "policy", change_set, _name_of(changes))
        catalog.bump_revision(connection)
    return changes


def _name_of(changes: Sequence[Change]) -> str:
    more = f" and {len(changes) - 1} more" if len(changes) > 1 else ""
    return f"{changes[0].name[: 200 - len(more)]}{more}"


def from_file(connection: Connection, text: str, *, overwrite: bool, purge: bool) -> dict[str, str | None]:
    """
    What importing a `policies.properties` would set: not those set already unless *overwrite*; *purge* takes away
    what is not in the file.

    Raises `RequestInvalid` with a finding for each line that is wrong.
    """
    try:
        entries = list(policy_file.read(text))
    except policy_file.Malformed as error:
        finding = Finding("POLICY_FILE", error.message, line=error.line)
        raise RequestInvalid(f"policies.properties, {error}", findings=[finding]) from None
    values = checked(Wanted(each.name, each.value, each.line) for each in entries)
    present = {row["name"] for row in policies.policies(connection)}
    if not overwrite:
        values = {name: value for name, value in values.items() if name not in present}
    if purge:
        kept = {str(PolicyName.parse(each.name)) for each in entries}
        values |= dict.fromkeys(present - kept)
    return values


def as_file(connection: Connection, *, instance: str, version: str) -> str:
    """All that are set, as `policies.properties`."""
    entries = []
    for row in policies.policies(connection):
        definition = PolicyName.parse(row["name"]).definition
        entries.append((row["name"], as_text(definition, json.loads(row["value"]))))
    return policy_file.write(entries, instance=instance, version=version)


def as_text(definition: Definition, value: Value) -> str:
    """A value as a properties file has it."""
    if definition.kind == "list":
        return ", ".join(value)
    if definition.kind == "boolean":
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def undo(connection: Connection, change_set: str, by: str) -> list[Change]:
    """
    Bring back what a change set changed.

    Raises `ResourceNotFound`, and `PreconditionFailed` when one of its policies was changed again since.
    """
    rows = policies.change_set(connection, change_set)
    if not rows:
        raise ResourceNotFound(f"There is no change {change_set[:64]!r} of policies.")
    present = {row["name"]: row["value"] for row in policies.policies(connection)}
    later = [row["name"] for row in rows if present.get(row["name"]) != row["after"]]
    if later:
        raise PreconditionFailed(f"{', '.join(later[:5])} was changed again since; undo that first, or set the value.")
    comment = f"undoes {change_set}"
    return apply(connection, {row["name"]: row["before"] for row in rows}, by, comment)


def listed(rows: Sequence[RowMapping], defaults: Mapping[str, Value]) -> list[dict[str, Any]]:
    """Every known policy with its default, and those that are set, by name."""
    given = {row["name"]: row for row in rows}
    names = set(given) | {f"*.*.{name}" for name, each in DEFINITIONS.items() if "environment" in each.scopes}
    return [shown(name, given.get(name), defaults) for name in sorted(names, key=_order)]


def shown(name: str, row: Mapping[Any, Any] | None, defaults: Mapping[str, Value]) -> dict[str, Any]:
    """One policy at a scope; *row* is None when it is not set there. Raises `RequestInvalid` for an unknown name."""
    read = PolicyName.parse(name)
    definition = read.definition
    default = defaults.get(definition.name, definition.default)
    value = default if row is None else json.loads(row["value"])
    return {
        "name": str(read),
        "policy": definition.name,
        "scope": f"{read.backend}.{read.artifact}",
        "value": value,
        "text": as_text(definition, value),
        "default": default,
        "isDefault": row is None,
        "type": definition.kind,
        "unit": definition.unit,
        "choices": list(definition.choices),
        "least": definition.least,
        "most": definition.most,
        "scopes": list(definition.scopes),
        "served": definition.served,
        "desc": definition.effect,
        "modifiedBy": None if row is None else row["modified_by"],
        "modifiedAt": None if row is None else row["modified_at"],
    }


def _order(name: str) -> tuple[str, str]:
    scope, _, policy = name.rpartition(".")
    return policy, scope
