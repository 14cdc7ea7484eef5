"""
Configuration and secrets of implementations: set for an API, or for a backend, whose values win.

They reach a worker when it starts; a change makes new workers, so no call sees half of one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from openmcs.catalog import activity
from openmcs.catalog.secrets import SecretUnreadable, Vault
from openmcs.errors import RequestInvalid
from openmcs.store import catalog as questions
from openmcs.store import configuration as store
from openmcs.store.configuration import Owner
from openmcs.store.database import Database

LONGEST_VALUE = 16 * 1024
SHORTEST_MASKED = 4
"""Shorter secrets are not masked in log lines: they would turn every other word into stars."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,99}")


@dataclass(frozen=True, slots=True)
class Configurations:
    """Sets and takes away values."""

    database: Database
    vault: Vault

    def put(self, kind: Owner, owner: str, name: str, value: str, secret: bool, by: str) -> None:
        """Set a value. Raises `RequestInvalid`, and `ResourceNotFound` for the owner."""
        if not _NAME.fullmatch(name):
            raise RequestInvalid(f"{name[:120]!r}: a name is a letter, then letters, digits, _, . and -, at most 100.")
        if len(value.encode()) > LONGEST_VALUE:
            raise RequestInvalid(f"{name}: the value has more than {LONGEST_VALUE} bytes.")
        kept = self.vault.seal(value) if secret else value
        with self.database.write() as connection:
            subject = _require_owner(connection, kind, owner)
            with activity.change(connection, by, "configuration", owner, subject):
                store.put(connection, kind, owner, name, kept, secret, by)
            questions.bump_revision(connection)

    def remove(self, kind: Owner, owner: str, name: str, by: str) -> None:
        """Take a value away. Raises `ResourceNotFound`."""
        with self.database.write() as connection:
            subject = _require_owner(connection, kind, owner)
            with activity.change(connection, by, "configuration", owner, subject):
                store.remove(connection, kind, owner, name)
            questions.bump_revision(connection)

    def rows(self, kind: Owner, owner: str, limit: int, offset: int) -> tuple[Any, int]:
        """What is set for an API or a backend, by name. Raises `ResourceNotFound` for the owner."""
        with self.database.read() as connection:
            _require_owner(connection, kind, owner)
            return store.values(connection, kind, owner, limit, offset)


class Configured(NamedTuple):
    """What an API's workers get."""

    values: dict[str, dict[str, str]]
    """The API's under "", each backend's under `name(version)`."""
    secrets: frozenset[str]
    digest: str
    """Changes when any value does."""


NOTHING = Configured({}, frozenset(), "")


class Opened:
    """All configuration of one revision, secrets opened."""

    def __init__(self, rows: Iterable[Mapping[Any, Any]], vault: Vault) -> None:
        self._values: dict[tuple[str, str], dict[str, str]] = {}
        self._secrets: dict[tuple[str, str], set[str]] = {}
        self.unreadable: list[str] = []
        """Names whose secret no key here opens; they are missing from what workers get."""
        for row in rows:
            self._add((row["kind"], row["owner"]), row, vault)

    def _add(self, owner: tuple[str, str], row: Mapping[Any, Any], vault: Vault) -> None:
        value = row["value"]
        if row["secret"]:
            try:
                value = vault.unseal(value)
            except SecretUnreadable:
                self.unreadable.append(row["name"])
                return
            if len(value) >= SHORTEST_MASKED:
                self._secrets.setdefault(owner, set()).add(value)
        self._values.setdefault(owner, {})[row["name"]] = value

    def of(self, api_id: str, backends: Mapping[str, str]) -> Configured:
        """What the workers of an API get that *backends* (id to `name(version)`) make available."""
        owners = {("api", api_id): "", **{("backend", id_): name for id_, name in backends.items()}}
        values = {name: self._values[owner] for owner, name in owners.items() if owner in self._values}
        if not values:
            return NOTHING
        secrets = frozenset().union(*(self._secrets.get(owner, set()) for owner in owners))
        text = repr(sorted((name, sorted(each.items())) for name, each in values.items()))
        return Configured(values, secrets, hashlib.sha256(text.encode()).hexdigest()[:16])


def _require_owner(connection: Any, kind: Owner, owner: str) -> str:
    row = questions.api_row(connection, owner) if kind == "api" else questions.backend(connection, owner)
    return f"{row['name']}({row['version']})"
