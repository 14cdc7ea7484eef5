"""The question behind `GET /analytics/ranking`: which endpoints, clients, users … call most, fail most, take longest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from openmcs.analytics import parameters as read
from openmcs.analytics.calls import COUNTS, NO_PERCENTILES, TIMES, average_ms, is_sampled, percentiles, rate, sums
from openmcs.analytics.filters import FIELDS, Filter
from openmcs.analytics.intervals import read_period
from openmcs.analytics.period import Period
from openmcs.store.clock import to_iso
from openmcs.store.log_reader import LogReader

MOST = 200
DIMENSIONS: dict[str, tuple[str, ...]] = {
    "backend": ("backend",),
    "api": ("api", "version"),
    "endpoint": ("api", "version", "method", "resource"),
    "resource": ("resource",),
    "client": ("client",),
    "user": ("user",),
    "implementation": ("implementation",),
    "sdk": ("sdk",),
    "status": ("status",),
    "error": ("error",),
    "method": ("method",),
    "device": ("device",),
    "caller": ("caller",),
}
"""What may be ranked, and the fields that make it up."""
_OWN = ("backend", "api", "version", "method", "resource")
_ORDERS = {
    "calls": "sum(calls)",
    "errors": COUNTS["serverErrors"],
    "errorRate": f"{COUNTS['serverErrors']} / sum(calls)",
    "average": "sum(duration_sum) / sum(calls)",
    "total": "sum(duration_sum)",
    "p95": "sum(calls)",
}
_GROUPS_FOR_PERCENTILES = 5000


@dataclass(frozen=True, slots=True)
class Ranking:
    """The first of some groups, in an order; groups without a value are none."""

    period: Period
    wanted: Filter = field(default_factory=Filter)
    by: str = "endpoint"
    order: str = "calls"
    limit: int = 20

    @classmethod
    def parse(cls, parameters: read.Parameters) -> Ranking:
        """From the query of the call. Raises `RequestInvalid`, which names the parameter."""
        by = read.choice(parameters, "by", tuple(DIMENSIONS), "endpoint")
        order = read.choice(parameters, "order", tuple(_ORDERS), "calls")
        limit = read.number(parameters, "limit", default=20, least=1, most=MOST)
        return cls(read_period(parameters), Filter.parse(parameters), by, order, limit)

    def ask(self, log: LogReader) -> dict[str, Any]:
        """The list. Raises `StoreUnavailable`."""
        fields = DIMENSIONS[self.by]
        by = {name: f'"{FIELDS[name].columns[0]}"' for name in fields}
        columns = [FIELDS[name].columns[0] for name in fields]
        exists = " AND ".join(f"{sql} IS NOT NULL" for sql in by.values() if sql != '"api_version"')
        names = ", ".join(f"{name} NULLS FIRST" for name in map(str, range(1, len(by) + 1)))
        most = _GROUPS_FOR_PERCENTILES if self.order == "p95" else self.limit
        measures = {
            **COUNTS,
            **TIMES,
            "groups": "count(*) OVER ()",
            "every": "sum(sum(calls)) OVER ()::BIGINT",
            "ranked": _ORDERS[self.order],
        }
        with log.view() as view:
            found = sums(
                view, self.wanted, self.period, measures, by=by, columns=columns,
                tail=f"HAVING {exists} ORDER BY ranked DESC, sum(calls) DESC, {names} LIMIT {most}",
            )  # fmt: skip
            calls = found[0]["every"] if found else 0
            (ranks,) = percentiles(
                view, self.wanted, self.period, calls, sets=(by,), columns=columns, **self._only(found, by)
            )
        items = [self._item(row, ranks.get(tuple(row[name] for name in fields), NO_PERCENTILES)) for row in found]
        if self.order == "p95":
            items.sort(key=lambda each: (-(each["p95Ms"] or 0), -each["calls"]))
        return {
            "from": to_iso(self.period.start),
            "to": to_iso(self.period.end),
            "by": self.by,
            "order": self.order,
            "sampled": is_sampled(calls),
            "groups": found[0]["groups"] if found else 0,
            "items": items[: self.limit],
        }

    def _only(self, found: list[dict[str, Any]], by: dict[str, str]) -> dict[str, Any]:
        """Of groups by one text, the percentiles of those that are listed: there may be very many."""
        if len(by) > 1 or self.by == "status":
            return {}
        ((name, column),) = by.items()
        return {
            "only": f"{column} IN (SELECT unnest($listed::VARCHAR[]))",
            "values": {"listed": [row[name] for row in found]},
        }

    def _item(self, row: dict[str, Any], ranks: dict[str, float | None]) -> dict[str, Any]:
        fields, calls = DIMENSIONS[self.by], row["calls"]
        values = {name: row.get(name) for name in _OWN}
        value = None if fields[0] in _OWN else row[fields[0]]
        return {
            "key": _key(self.by, row),
            **values,
            "value": value,
            "calls": calls,
            "share": rate(calls, row["every"]),
            "clientErrors": row["clientErrors"],
            "serverErrors": row["serverErrors"],
            "errorRate": rate(row["serverErrors"], calls),
            "averageMs": average_ms(row["duration"], calls),
            "p50Ms": ranks["p50Ms"],
            "p95Ms": ranks["p95Ms"],
            "totalMs": row["duration"] / 1000,
        }


def _key(by: str, row: dict[str, Any]) -> str:
    if by in ("api", "endpoint"):
        api = f"{row['api']}/{row['version']}" if row["version"] else row["api"]
        return api if by == "api" else f"{api} {row['method']} {row['resource']}"
    return str(row[DIMENSIONS[by][0]])
