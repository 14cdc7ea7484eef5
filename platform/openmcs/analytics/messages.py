"""The question behind `GET /messages`: what was logged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openmcs.analytics import parameters as read
from openmcs.analytics.page import page
from openmcs.errors import RequestInvalid
from openmcs.store import log
from openmcs.store.clock import to_iso
from openmcs.store.database import Database
from openmcs.store.log_records import LEVELS, level_name, level_number


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages that a filter lets through, one page of them."""

    wanted: log.MessageFilter = field(default_factory=log.MessageFilter)
    limit: int = 50
    offset: int = 0
    after: log.Cursor | None = None
    """Only what was loaded later, oldest first."""

    @classmethod
    def parse(cls, parameters: read.Parameters) -> Messages:
        """From the query of `GET /messages`. Raises `RequestInvalid`, which names the parameter."""
        limit, offset = read.paging(parameters)
        wanted = log.MessageFilter(
            start=read.time(parameters, "from"),
            end=read.time(parameters, "to"),
            level=_level(read.text(parameters, "level")),
            backend=read.text(parameters, "backend"),
            api=read.text(parameters, "api"),
            ecid=read.text(parameters, "ecid"),
            text=read.text(parameters, "text"),
            tools=read.flag(parameters, "tools"),
        )
        return cls(wanted, limit, offset, read.cursor(parameters))

    def ask(self, database: Database) -> dict[str, Any]:
        """The list, as the tools API answers it, with `cursor`. Raises `StoreUnavailable`."""
        with database.read() as connection:
            newest = log.newest_batch(connection)
            found = log.messages(
                connection, self.wanted, newest=newest, after=self.after, limit=self.limit, offset=self.offset
            )
        items = [document(row) for row in found.rows]
        return page(found, items, limit=self.limit, offset=self.offset, newest=newest, after=self.after)


def document(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row of `log_message` as the tools API shows it."""
    return {
        "time": to_iso(row["time"]),
        "ecid": row["ecid"],
        "level": level_name(row["level"]),
        "message": row["text"],
        "logger": row["logger"],
        "backend": row["backend"],
        "api": row["api"],
        "apiVersion": row["api_version"],
        "implementation": row["implementation"],
        "user": row["user"],
        "file": row["file"],
        "line": row["line"],
    }


def _level(text: str | None) -> int | None:
    if text is None:
        return None
    number = level_number(text)
    if number == LEVELS["info"] and text.lower() not in ("info", "log"):
        raise RequestInvalid(f"The parameter level is {text[:64]!r}; write one of {', '.join(LEVELS)}.")
    return number
