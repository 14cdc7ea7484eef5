"""Reads the query parameters that questions have in common; what is wrong is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from openmcs.analytics.period import EVER, Period, parse_time
from openmcs.errors import RequestInvalid
from openmcs.store.clock import now_us
from openmcs.store.log import END, MOST, Cursor

Parameters = Mapping[str, str]
"""The query of a call to the tools API; an empty value is a missing one."""


def text(parameters: Parameters, name: str) -> str | None:
    """A text, or None."""
    return parameters.get(name) or None


def time(parameters: Parameters, name: str) -> int | None:
    """A time in microseconds since the epoch, or None. Raises `RequestInvalid`."""
    value = text(parameters, name)
    return None if value is None else parse_time(name, value, now_us())


def open_period(parameters: Parameters) -> Period:
    """From `from` and `to`, either of which may be missing: then the log's beginning and end. Raises `RequestInvalid`."""
    start, end = time(parameters, "from"), time(parameters, "to")
    return Period(EVER.start if start is None else start, EVER.end if end is None else end)


def number(parameters: Parameters, name: str, *, default: int, least: int, most: int) -> int:
    """A whole number within its bounds. Raises `RequestInvalid`."""
    value = text(parameters, name)
    if value is None:
        return default
    if not (value.isascii() and value.isdigit() and len(value) < 19 and least <= int(value) <= most):
        raise RequestInvalid(f"The parameter {name} is {value[:64]!r}; write a whole number from {least} to {most}.")
    return int(value)


def flag(parameters: Parameters, name: str) -> bool:
    """True or false; false when missing. Raises `RequestInvalid`."""
    value = (text(parameters, name) or "false").lower()
    if value not in ("true", "false"):
        raise RequestInvalid(f"The parameter {name} is {value[:64]!r}; write true or false.")
    return value == "true"


def paging(parameters: Parameters) -> tuple[int, int]:
    """Limit and offset. Raises `RequestInvalid`."""
    limit = number(parameters, "limit", default=50, least=1, most=MOST)
    return limit, number(parameters, "offset", default=0, least=0, most=10**9)


def cursor(parameters: Parameters, name: str = "after") -> Cursor | None:
    """A place in the log that an earlier answer gave. Raises `RequestInvalid`."""
    value = text(parameters, name)
    if value is None:
        return None
    parts = value.split(".")
    if len(parts) > 2 or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
        raise RequestInvalid(f"The parameter {name} is {value[:64]!r}; hand back the cursor of an earlier answer.")
    return Cursor(int(parts[0]), int(parts[1]) if len(parts) == 2 else END)


def cursor_text(cursor: Cursor) -> str:
    """The form in which a cursor is handed out."""
    return str(cursor.batch) if cursor.position == END else f"{cursor.batch}.{cursor.position}"


def every(parameters: Parameters, name: str) -> list[str]:
    """All values of a parameter that may be repeated."""
    many = getattr(parameters, "getlist", None)
    values = many(name) if many else [parameters.get(name, "")]
    return [value for value in values if value]


def choice(parameters: Parameters, name: str, choices: Sequence[str], default: str) -> str:
    """One of some words. Raises `RequestInvalid`."""
    value = text(parameters, name) or default
    if value not in choices:
        raise RequestInvalid(f"The parameter {name} is {value[:64]!r}; write one of {', '.join(choices)}.")
    return value
