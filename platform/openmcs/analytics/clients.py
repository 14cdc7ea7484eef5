"""The question behind `GET /analytics/clients`: which apps call, and with which version of which SDK."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from openmcs.analytics import parameters as read
from openmcs.analytics.calls import COUNTS, rate, sums
from openmcs.analytics.filters import Binds, Filter
from openmcs.analytics.intervals import read_period
from openmcs.analytics.period import Period
from openmcs.analytics.users import WHO
from openmcs.store.clock import to_iso
from openmcs.store.log_kinds import DAY_US, REQUESTS
from openmcs.store.log_reader import LogReader, View

MOST = 200
_BY = ("application_key", "client_sdk")
_MEASURES = {
    "calls": COUNTS["calls"], "serverErrors": COUNTS["serverErrors"], "begin": "min(first)", "end": "max(last)"
}  # fmt: skip


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
        with log.view() as view:
            found = sums(
                view, self.wanted, self.period, _MEASURES, by={name: name for name in _BY}, columns=(*_BY, "first", "last"),
                tail=f"ORDER BY calls DESC, 1 NULLS FIRST, 2 NULLS FIRST LIMIT {MOST}",
            )  # fmt: skip
            people = self._people(view)
        items = [
            {
                "client": row["application_key"], "sdk": row["client_sdk"], "calls": row["calls"],
                "errors": row["serverErrors"], "errorRate": rate(row["serverErrors"], row["calls"]),
                **people[row["application_key"], row["client_sdk"]],
                "first": to_iso(row["begin"]), "last": to_iso(row["end"]),
            }
            for row in found
        ]  # fmt: skip
        return {"from": to_iso(self.period.start), "to": to_iso(self.period.end), "items": items}

    def _people(self, view: View) -> dict[tuple[str | None, str | None], dict[str, int]]:
        """Different users, devices and sessions of each client."""
        binds, columns = Binds(), {*_BY, "caller_kind", "user", "device_id", "session_id", *self.wanted.columns}
        source = view.source(REQUESTS, columns, *self.period, grain=DAY_US, extract=self.wanted.extract)
        rows = view.rows(
            f"SELECT application_key, client_sdk, count(DISTINCT {WHO['user']}), count(DISTINCT device_id), "
            f"count(DISTINCT session_id) FROM {source} WHERE {self.wanted.sql(binds)} GROUP BY 1, 2",
            binds,
        )
        return {(row[0], row[1]): dict(zip(("users", "devices", "sessions"), row[2:], strict=True)) for row in rows}
