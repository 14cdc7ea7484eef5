"""The question behind `GET /messages?grouped=true`: lines that say the same, counted together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from openmcs.analytics import parameters as read
from openmcs.analytics.filters import Binds
from openmcs.analytics.messages import MessageFilter
from openmcs.analytics.period import EVER, Period
from openmcs.store.clock import to_iso
from openmcs.store.log_kinds import HOUR_US, MESSAGES
from openmcs.store.log_reader import LogReader
from openmcs.store.log_records import level_name

MOST = 200


@dataclass(frozen=True, slots=True)
class GroupedMessages:
    """Groups by level, API, place and normalised text; the worst level first, then the most frequent."""

    period: Period = EVER
    wanted: MessageFilter = field(default_factory=MessageFilter)
    limit: int = 50

    @classmethod
    def parse(cls, parameters: read.Parameters) -> GroupedMessages:
        """From the query of the call. Raises `RequestInvalid`, which names the parameter."""
        limit = read.number(parameters, "limit", default=50, least=1, most=MOST)
        return cls(read.open_period(parameters), MessageFilter.parse(parameters), limit)

    def ask(self, log: LogReader) -> dict[str, Any]:
        """The groups. Raises `StoreUnavailable`."""
        binds = Binds()
        columns = {"level", "api", "file", "line", "message", "lines", "first", "last", "newest_ecid", "newest_text"}
        with log.view() as view:
            source = view.source(MESSAGES, columns | self.wanted.columns, *self.period, grain=HOUR_US)
            rows = view.documents(
                f"""
                SELECT level, api, file, line, message, sum(lines)::BIGINT AS count, min(first) AS first,
                    max(last) AS last, arg_max({{'ecid': newest_ecid, 'text': newest_text}}, last) AS newest
                FROM {source} WHERE {self.wanted.sql(binds)} GROUP BY level, api, file, line, message
                ORDER BY level DESC, count DESC, message LIMIT {self.limit + 1}
                """,
                binds,
            )
        items = [
            {
                "level": level_name(row["level"]), "message": row["message"], "example": row["newest"]["text"],
                "count": row["count"], "first": to_iso(row["first"]), "last": to_iso(row["last"]), "ecid": row["newest"]["ecid"],
                "api": row["api"], "file": row["file"], "line": row["line"],
            }
            for row in rows[: self.limit]
        ]  # fmt: skip
        return {"items": items, "more": len(rows) > self.limit}
