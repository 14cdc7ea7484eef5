"""
Values against JSON Schema 2020-12, by jsonschema-rs.

Two things are always set: a retriever that refuses, since the library would fetch remote references and read
`file:` ones, and limits of the engine for regular expressions, since patterns are somebody else's.
"""

from __future__ import annotations

import datetime
import re
from functools import lru_cache
from typing import Any, NamedTuple, NoReturn

import jsonschema_rs
from jsonschema_rs import Draft202012Validator, FancyRegexOptions

MOST_MISFITS = 50
_PATTERNS = FancyRegexOptions(backtrack_limit=10_000, size_limit=1_000_000, dfa_size_limit=2_000_000)
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?", re.ASCII)


class Misfit(NamedTuple):
    """One thing in a value that does not fit."""

    path: tuple[str | int, ...]
    message: str

    @property
    def pointer(self) -> str:
        """The path as a JSON pointer."""
        return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in self.path)


class Validator:
    """A schema that is ready to be asked."""

    __slots__ = ("_validator",)

    def __init__(self, schema: Any, *, mask: str | None = None) -> None:
        """With *mask*, messages say that in place of the value. Raises `ValueError` for what is no schema."""
        self._validator = Draft202012Validator(
            schema,
            validate_formats=True,
            formats={"datetime-only": _is_datetime_only, "binary": _is_anything},
            retriever=_refuse,
            pattern_options=_PATTERNS,
            mask=mask,
        )

    def fits(self, value: Any) -> bool:
        """True when *value* fits."""
        return self._validator.is_valid(value)

    def misfits(self, value: Any) -> list[Misfit]:
        """All that does not fit, up to a limit."""
        found = []
        for error in self._validator.iter_errors(value):
            found.append(Misfit(tuple(error.instance_path), error.message[:300]))
            if len(found) >= MOST_MISFITS:
                break
        return found


def problem_of(schema: Any) -> str | None:
    """
    Why *schema* cannot be used; None when it can.

    References into other definitions are taken as right: those may not be there yet.
    """
    try:
        Validator(_without_references(schema))
    except (ValueError, RecursionError, jsonschema_rs.ReferencingError) as error:
        return str(error).split("\n")[0][:200]
    return None


@lru_cache(maxsize=4096)
def is_pattern(pattern: str) -> bool:
    """True for a regular expression that the engine takes."""
    return problem_of({"pattern": pattern}) is None


def _without_references(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            key: _without_references(each)
            for key, each in schema.items()
            if not (key == "$ref" and isinstance(each, str))
        }
    return [_without_references(each) for each in schema] if isinstance(schema, list) else schema


def _refuse(uri: str) -> NoReturn:
    raise ValueError(f"{uri} is not fetched")


def _is_datetime_only(value: str) -> bool:
    if not _DATETIME.fullmatch(value):
        return False
    try:
        datetime.datetime.fromisoformat(value[:19])
    except ValueError:
        return False
    return True


def _is_anything(value: str) -> bool:
    return True
