"""The question behind `GET /messages`: what was logged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openmcs.analytics import parameters as read
from openmcs.analytics.filters import Binds
from openmcs.analytics.page import page
from openmcs.analytics.period import EVER, Period
from openmcs.analytics.rows import Sought, listed
from openmcs.errors import RequestInvalid
from openmcs.store.clock import to_iso
from openmcs.store.log import Cursor
from openmcs.store.log_kinds import MESSAGES
from openmcs.store.log_reader import LogReader
from openmcs.store.log_records import LEVELS, level_name, level_number

_EXACT = ("backend", "api", "implementation", "user", "ecid", "logger", "file")


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages."""

    level: int | None = None
    """The least number of the level."""
    text: str | None = None
    """Part of the text, in any case."""
    exact: Mapping[str, str] = field(default_factory=dict)
    """Columns with the value they must have."""
    tools: bool = False

    @property
    def columns(self) -> set[str]:
        """What it looks at."""
        looked = {"level": self.level is not None, "text": self.text is not None, "tools": not self.tools}
        return {name for name, is_looked_at in looked.items() if is_looked_at} | set(self.exact)

    @classmethod
    def parse(cls, parameters: read.Parameters) -> MessageFilter:
        """From the query of a call. Raises `RequestInvalid`, which names the parameter."""
        given = {name: read.text(parameters, name) for name in _EXACT}
        return cls(
            level=_level(read.text(parameters, "level")),
            text=read.text(parameters, "text"),
            exact={name: value for name, value in given.items() if value is not None},
            tools=read.flag(parameters, "tools"),
        )

    def sql(self, binds: Binds) -> str:
        """The condition of a statement."""
        conditions = [f'"{name}" = {binds.add(value)}' for name, value in self.exact.items()]
        if not self.tools:
            conditions.append("NOT tools")
        if self.level is not None:
            conditions.append(f"level >= {binds.add(self.level)}")
        if self.text is not None:
            conditions.append(f"contains(lower(text), lower({binds.add(self.text)}))")
        return " AND ".join(conditions) or "true"

    def holds(self, row: Mapping[str, Any]) -> bool:
        """The same of one row."""
        return (
            (self.tools or row["api"] != "tools")
            and (self.level is None or row["level"] >= self.level)
            and (self.text is None or self.text.lower() in row["text"].lower())
            and all(row[name] == value for name, value in self.exact.items())
        )


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages that a filter lets through, one page of them."""

    period: Period = EVER
    wanted: MessageFilter = field(default_factory=MessageFilter)
    limit: int = 50
    offset: int = 0
    after: Cursor | None = None
    """Only what was loaded later, oldest first."""

    @classmethod
    def parse(cls, parameters: read.Parameters) -> Messages:
        """From the query of `GET /messages`. Raises `RequestInvalid`, which names the parameter."""
        limit, offset = read.paging(parameters)
        return cls(
            read.open_period(parameters), MessageFilter.parse(parameters), limit, offset, read.cursor(parameters)
        )

    def ask(self, log: LogReader) -> dict[str, Any]:
        """The list, as the tools API answers it, with `cursor`. Raises `StoreUnavailable`."""
        binds = Binds()
        where = self.wanted.sql(binds)
        with log.view() as view:
            sought = Sought(MESSAGES, self.period, self.wanted.columns, where, binds)
            found = listed(view, sought, limit=self.limit, offset=self.offset, after=self.after)
            newest = view.newest_batch(MESSAGES)
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
