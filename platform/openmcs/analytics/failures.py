"""The question behind `GET /analytics/errors`: what fails, the same mistake counted together."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

from openmcs.analytics import parameters as read
from openmcs.analytics.filters import FIELDS, Binds, Condition, Filter
from openmcs.analytics.intervals import Intervals
from openmcs.analytics.users import WHO
from openmcs.store.clock import to_iso
from openmcs.store.log_kinds import MESSAGES, REQUESTS
from openmcs.store.log_reader import LogReader

MOST = 200
_VARIABLE = (
    r"""'[^']*'|"[^"]*"|[0-9a-z]{9}_[0-9a-f]{23}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"""
    r"|0x[0-9a-fA-F]+|\b[0-9a-fA-F]{16,}\b|\d+([.:,-]\d+)*"
)
"""What differs between two messages that mean the same: quoted values, ids, numbers, times."""
_LAST_LINE = r"(?m)^[A-Za-z_][\w.]*(?:: [^\n]*)?$"
"""The line of a traceback that names the exception, with its message."""


def normalised(column: str, binds: Binds) -> str:
    """SQL: a message without what differs from call to call."""
    return f"regexp_replace({column}, {binds.add(_VARIABLE)}, '#', 'g')"


@dataclass(frozen=True, slots=True)
class Failures:
    """Failing calls by type, normalised message and place: of the exception, or else of the answer's detail."""

    intervals: Intervals
    wanted: Filter = field(default_factory=Filter)
    limit: int = 50

    @classmethod
    def parse(cls, parameters: read.Parameters) -> Failures:
        """From the query of the call. Raises `RequestInvalid`, which names the parameter."""
        wanted = Filter.parse(parameters)
        if not any(test.field.name == "status" for test in wanted.tests):
            failing = Condition(FIELDS["status"], "is", ((500, 999),))
            wanted = replace(wanted, tests=(*wanted.tests, failing))
        limit = read.number(parameters, "limit", default=50, least=1, most=MOST)
        return cls(Intervals.parse(parameters), wanted, limit)

    def ask(self, log: LogReader) -> dict[str, Any]:
        """The groups, those with most calls first. Raises `StoreUnavailable`."""
        intervals, binds = self.intervals, Binds()
        columns = {
            "ecid", "rid", "user", "caller_kind", "backend", "api", "api_version", "method", "resource",
            "implementation", "error_code", "error_detail", "status", *self.wanted.columns,
        }  # fmt: skip
        with log.view() as view:
            calls = view.source(REQUESTS, columns, *intervals.period)
            said = view.source(
                MESSAGES, {"ecid", "rid", "level", "logger", "text", "file", "line"}, intervals.period.start - 3_600_000_000
            )  # fmt: skip
            rows = view.documents(
                f"""
                WITH failing AS (SELECT * FROM {calls} WHERE {self.wanted.sql(binds)}),
                said AS (
                    SELECT ecid, coalesce(rid, '0') AS rid, arg_max(text, time) AS text, arg_max(file, time) AS file,
                        arg_max(line, time) AS line
                    FROM {said} WHERE level >= 1000 AND logger IN ('exception', 'runtime') AND ecid IN (SELECT ecid FROM failing)
                    GROUP BY 1, 2
                ), known AS (
                    SELECT failing.*, said.file, said.line,
                        regexp_extract_all(said.text, {binds.add(_LAST_LINE)})[-1] AS last_line
                    FROM failing LEFT JOIN said USING (ecid, rid)
                ), told AS (
                    SELECT *, coalesce(nullif(split_part(last_line, ': ', 1), ''), error_code, status::VARCHAR) AS type,
                        coalesce(CASE WHEN contains(last_line, ': ') THEN substr(last_line, strpos(last_line, ': ') + 2)
                            WHEN last_line IS NOT NULL THEN '' END, error_detail, '') AS said
                    FROM known
                ), grouped AS (
                    SELECT type, {normalised("said", binds)} AS message, error_code AS code, file, line, api,
                        api_version, count(*) AS calls, count(DISTINCT {WHO["user"]}) AS users,
                        count(DISTINCT method || ' ' || resource) AS endpoints, min(time) AS first, max(time) AS last,
                        arg_max(ecid, time) AS ecid, arg_max(said, time) AS example, arg_max(backend, time) AS backend,
                        arg_max(method || ' ' || resource, time) AS endpoint,
                        arg_max(implementation, time) AS implementation, histogram({intervals.sql}) AS numbers
                    FROM told GROUP BY ALL
                )
                SELECT *, sum(calls) OVER ()::BIGINT AS total FROM grouped
                ORDER BY calls DESC, last DESC, type, message LIMIT {self.limit + 1}
                """,
                binds,
            )
        items = [self._item(row) for row in rows[: self.limit]]
        total = rows[0]["total"] if rows else 0
        return {**intervals.document(), "total": total, "items": items, "more": len(rows) > self.limit}

    def _item(self, row: dict[str, Any]) -> dict[str, Any]:
        series = [0] * len(self.intervals)
        for number, calls in row["numbers"].items():
            series[number] = calls
        place = f"{row['file']}:{row['line']}" if row["file"] else None
        parts = (row["type"], row["message"], row["code"], place, row["api"], row["api_version"])
        return {
            "id": hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16],
            "type": row["type"], "message": row["message"], "code": row["code"],
            "place": place, "file": row["file"], "line": row["line"],
            "backend": row["backend"], "api": row["api"], "apiVersion": row["api_version"],
            "endpoint": row["endpoint"], "endpoints": row["endpoints"], "implementation": row["implementation"],
            "calls": row["calls"], "users": row["users"], "first": to_iso(row["first"]), "last": to_iso(row["last"]),
            "ecid": row["ecid"], "example": f"{row['type']}: {row['example']}" if row["example"] else row["type"],
            "series": series,
        }  # fmt: skip
