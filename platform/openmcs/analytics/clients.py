"""The question behind `GET /analytics/clients`: which apps call, and with which version of which SDK."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from openmcs.analytics import parameters as read
from openmcs.analytics.calls import rate
from openmcs.analytics.filters import Binds, Filter
from openmcs.analytics.intervals import read_period
from openmcs.analytics.period import Period
from openmcs.analytics.users import WHO
from openmcs.store.clock import to_iso
from openmcs.store.log_kinds import REQUESTS
from openmcs.store.log_reader import LogReader

MOST = 200


@dataclass(frozen=True, slots=True)
class Clients:
    """Application keys and SDKs, those with most calls first."""

    period: Period
    wanted: Filter = field(default_factory=Filter)

    @classmethod
    def parse(cls, parameters: read.Parameters) -> Clients:
        """From the query of the call. Raises `RequestInvalid`, which names the parameter."""
        return cls(read_period(parameters, default="-7d"), Filter.parse(parameters))

    def ask(self, log: LogReader) -> dict[str, Any]:
        """The list. Raises `StoreUnavailable`."""
        binds = Binds()
        columns = {
            "application_key", "client_sdk", "caller_kind", "user", "device_id", "session_id", "calls", "status_class",
            "first", "last", *self.wanted.columns,
        }  # fmt: skip
        with log.view() as view:
            source = view.source(REQUESTS, columns, *self.period, whole_hours=True)
            rows = view.rows(
                f"""
                SELECT application_key, client_sdk, sum(calls)::BIGINT AS calls,
                    coalesce(sum(calls) FILTER (status_class = 5), 0)::BIGINT, count(DISTINCT {WHO["user"]}),
                    count(DISTINCT device_id), count(DISTINCT session_id), min(first), max(last)
                FROM {source} WHERE {self.wanted.sql(binds)} GROUP BY 1, 2
                ORDER BY calls DESC, 1 NULLS FIRST, 2 NULLS FIRST LIMIT {MOST}
                """,
                binds,
            )
        items = [
            {
                "client": client, "sdk": sdk, "calls": calls, "errors": errors, "errorRate": rate(errors, calls),
                "users": users, "devices": devices, "sessions": sessions, "first": to_iso(first), "last": to_iso(last),
            }
            for client, sdk, calls, errors, users, devices, sessions, first, last in rows
        ]  # fmt: skip
        return {"from": to_iso(self.period.start), "to": to_iso(self.period.end), "items": items}
