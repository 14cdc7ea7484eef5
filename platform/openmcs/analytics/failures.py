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
from openmcs.store.log_kinds import EXCEPTIONS, HOUR_US, MESSAGES, REQUESTS
from openmcs.store.log_patterns import normalised
from openmcs.store.log_reader import LogReader

MOST = 200
_CALL = "hash(ecid, rid)"
"""Which call, as a number of 64 bits: those are joined in half the time of texts."""


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
            calls = view.source(REQUESTS, columns, *intervals.period, extract=self.wanted.extract)
            told = view.source(
                MESSAGES, EXCEPTIONS.made, intervals.period.start - HOUR_US, extract=EXCEPTIONS
            )  # fmt: skip
            newest = ", ".join(
                f"arg_max_null({name}, time) AS {name}" for name in ("type", "said", "message", "file", "line")
            )
            rows = view.documents(
                f"""
                WITH failing AS (SELECT *, {_CALL} AS call FROM {calls} WHERE {self.wanted.sql(binds)}),
                told AS (
                    SELECT {_CALL} AS call, {newest} FROM {told} WHERE {_CALL} IN (SELECT call FROM failing) GROUP BY 1
                ), known AS (
                    SELECT coalesce(told.type, error_code, status::VARCHAR) AS type,
                        coalesce(told.said, error_detail, '') AS said, message, error_code AS code, file, line, api,
                        api_version, time, failing.ecid, backend, method || ' ' || resource AS endpoint, implementation,
                        {WHO["user"]} AS who, {intervals.sql} AS number
                    FROM failing LEFT JOIN told USING (call)
                ), grouped AS (
                    SELECT type, CASE WHEN message IS NULL THEN {normalised("said")} ELSE message END AS message, code,
                        file, line, api, api_version, count(*) AS calls, count(DISTINCT who) AS users,
                        count(DISTINCT endpoint) AS endpoints, min(time) AS first, max(time) AS last,
                        arg_max({{'ecid': ecid, 'said': said, 'backend': backend, 'endpoint': endpoint,
                            'implementation': implementation}}, time) AS newest,
                        list(number) AS numbers
                    FROM known GROUP BY ALL
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
        for number in row["numbers"]:
            series[number] += 1
        newest, place = row["newest"], f"{row['file']}:{row['line']}" if row["file"] else None
        parts = (row["type"], row["message"], row["code"], place, row["api"], row["api_version"])
        return {
            "id": hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16],
            "type": row["type"], "message": row["message"], "code": row["code"],
            "place": place, "file": row["file"], "line": row["line"],
            "backend": newest["backend"], "api": row["api"], "apiVersion": row["api_version"],
            "endpoint": newest["endpoint"], "endpoints": row["endpoints"], "implementation": newest["implementation"],
            "calls": row["calls"], "users": row["users"], "first": to_iso(row["first"]), "last": to_iso(row["last"]),
            "ecid": newest["ecid"], "example": f"{row['type']}: {newest['said']}" if newest["said"] else row["type"],
            "series": series,
        }  # fmt: skip
