"""
Policies: settings of what is served, for everything, for a backend, for an API, or for one in the other.

    *.*.Logging_Level                                    everything
    synapse(1.0).*.Logging_Level                         one mobile backend
    *.custom/events(1.0).Logging_Level                   one API
    synapse(1.0).custom/events(1.0).Logging_Level        that API, called through that backend

The narrowest value counts, in the order backend and API, API, backend, everything (contract: portal,
section 5; the order of the two in the middle is ours). Below them stand `platform.toml` and the default.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from openmcs.catalog.policy_definitions import DEFINITIONS, Definition, Value
from openmcs.errors import RequestInvalid

ANY = "*"
LONGEST_NAME = 506
"""As in MCS (contract: portal, 6.2)."""
LONGEST_VALUE = 64 * 1024

_SUBJECT = r"[A-Za-z]\w*\([\w.]+\)"
_NAME = re.compile(rf"(\*|{_SUBJECT})\.(\*|(?:[a-z]+/)?{_SUBJECT})\.([A-Za-z]\w*)")
_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off")


@dataclass(frozen=True, slots=True)
class PolicyName:
    """A policy at a scope."""

    backend: str
    """`name(version)` or `*`."""
    artifact: str
    """`custom/name(version)`, `connector/name(version)` … or `*`."""
    definition: Definition

    @classmethod
    def parse(cls, text: str) -> PolicyName:
        """
        Read `<backend>.<artifact>.<Policy>`; an artifact without a namespace is a custom API.

        Raises `RequestInvalid`, with a suggestion for a policy that does not exist.
        """
        found = _NAME.fullmatch(text) if len(text) <= LONGEST_NAME else None
        if found is None:
            raise RequestInvalid(
                f"{text[:200]!r} names no policy; write *.*.Logging_Level, mybackend(1.0).*.Logging_Level or "
                "*.custom/myapi(1.0).Logging_Level."
            )
        backend, artifact, name = found.groups()
        definition = DEFINITIONS.get(name)
        if definition is None:
            close = difflib.get_close_matches(name, DEFINITIONS, n=1)
            hint = f" Did you mean {close[0]}?" if close else ""
            raise RequestInvalid(f"{text}: there is no policy {name}.{hint}")
        if artifact != ANY and "/" not in artifact:
            artifact = f"custom/{artifact}"
        read = cls(backend, artifact, definition)
        wanted = {scope for scope, part in (("backend", backend), ("api", artifact)) if part != ANY}
        if not (wanted or {"environment"}) <= set(definition.scopes):
            raise RequestInvalid(f"{text}: {name} is set for {' or '.join(definition.scopes)} only.")
        return read

    def __str__(self) -> str:
        return f"{self.backend}.{self.artifact}.{self.definition.name}"


def read_value(definition: Definition, given: Any) -> Value:
    """
    A value as its definition wants it, from JSON or from the text of a properties file.

    Raises `RequestInvalid` that says what would be taken.
    """
    try:
        value = _READERS[definition.kind](given)
    except (ValueError, TypeError):
        value = None
    if value is None:
        raise RequestInvalid(f"{definition.name}: {str(given)[:100]!r} is not {_KINDS[definition.kind]}.")
    if definition.choices:
        # As in MCS, whose own files have them in either case (contract: portal, 6.2).
        value = next((each for each in definition.choices if each.lower() == value.lower()), value)
    if definition.choices and value not in definition.choices:
        raise RequestInvalid(f"{definition.name}: one of {', '.join(definition.choices)}.")
    if definition.least is not None and value < definition.least:
        raise RequestInvalid(f"{definition.name}: at least {definition.least:g}.")
    if definition.most is not None and value > definition.most:
        raise RequestInvalid(f"{definition.name}: at most {definition.most:g}.")
    if len(json.dumps(value)) > LONGEST_VALUE:
        raise RequestInvalid(f"{definition.name}: the value is longer than {LONGEST_VALUE} characters.")
    return value


def _integer(given: Any) -> int | None:
    if isinstance(given, bool) or (isinstance(given, float) and not given.is_integer()):
        return None
    return int(given)


def _decimal(given: Any) -> float | None:
    value = float(given)
    return None if isinstance(given, bool) or value != value or value in (float("inf"), float("-inf")) else value


def _boolean(given: Any) -> bool | None:
    if isinstance(given, bool):
        return given
    word = given.strip().lower() if isinstance(given, str) else ""
    return True if word in _TRUE else False if word in _FALSE else None


def _text(given: Any) -> str | None:
    return given if isinstance(given, str) else None


def _list(given: Any) -> list[str] | None:
    parts = given.split(",") if isinstance(given, str) else given
    if not isinstance(parts, list) or not all(isinstance(each, str) for each in parts):
        return None
    return [each.strip() for each in parts if each.strip()]


def _json(given: Any) -> Any:
    return json.loads(given) if isinstance(given, str) else given


_READERS: Mapping[str, Any] = {
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "text": _text,
    "choice": _text,
    "list": _list,
    "json": _json,
}
_KINDS = {
    "integer": "a whole number",
    "decimal": "a number",
    "boolean": "true or false",
    "text": "a text",
    "choice": "a text",
    "list": "a list of texts, separated by commas",
    "json": "JSON",
}


class Policies:
    """What is set, frozen: part of a snapshot."""

    def __init__(self, values: Mapping[str, Value], defaults: Mapping[str, Value] | None = None) -> None:
        """*values* by full name; *defaults* by policy, for those that `platform.toml` sets."""
        self._values = dict(values)
        self._defaults = {name: each.default for name, each in DEFINITIONS.items()} | dict(defaults or {})
        self._found: dict[tuple[str, str, str], Value] = {}

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[Any, Any]], defaults: Mapping[str, Value] | None = None) -> Policies:
        """From rows of the table `policy`."""
        return cls({row["name"]: json.loads(row["value"]) for row in rows}, defaults)

    def value(self, policy: str, backend: str = ANY, api: str = ANY) -> Value:
        """
        What counts for an API (`name(version)`) called through a backend (`name(version)`).

        Raises `KeyError` for a policy without a definition.
        """
        key = (policy, backend, api)
        if key not in self._found:
            self._found[key] = self._search(policy, backend, api)
        return self._found[key]

    def _search(self, policy: str, backend: str, api: str) -> Value:
        artifact = api if api == ANY or "/" in api else f"custom/{api}"
        for scope in (f"{backend}.{artifact}", f"*.{artifact}", f"{backend}.*", "*.*"):
            name = f"{scope}.{policy}"
            if name in self._values:
                return self._values[name]
        return self._defaults[policy]
