"""The question behind `GET /analytics/facets`: which values the fields of the filtered calls have, and how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from openmcs.analytics import parameters as read
from openmcs.analytics.calls import sums
from openmcs.analytics.filters import Binds, Filter
from openmcs.analytics.intervals import read_period
from openmcs.analytics.period import Period
from openmcs.errors import RequestInvalid
from openmcs.store.clock import to_iso
from openmcs.store.log_kinds import DAY_US, REQUESTS
from openmcs.store.log_reader import LogReader, View

MOST = 100
FACETS: dict[str, tuple[str, tuple[str, ...]]] = {
    "backend": ("backend", ("backend",)),
    "api": ("api", ("api",)),
    "version": ("api_version", ("api_version",)),
    "endpoint": ("method || ' ' || resource", ("method", "resource")),
    "method": ("method", ("method",)),
    "statusClass": ("status_class || 'xx'", ("status_class",)),
    "status": ("status::VARCHAR", ("status",)),
    "caller": ("caller_kind", ("caller_kind",)),
    "client": ("application_key", ("application_key",)),
    "sdk": ("client_sdk", ("client_sdk",)),
    "implementation": ("implementation", ("implementation",)),
    "error": ("error_code", ("error_code",)),
}
"""Facet to its SQL and the columns that it looks at."""
ON_DEMAND: dict[str, tuple[str, tuple[str, ...]]] = {
    "user": ('"user"', ("user",)),
    "session": ("session_id", ("session_id",)),
    "device": ("device_id", ("device_id",)),
}
"""Facets with very many values, only when asked for."""
_FIELD = {"statusClass": "status"}


@dataclass(frozen=True, slots=True)
class Facets:
    """Values with their counts. A facet's own filter does not narrow it: its other values can be chosen."""

    period: Period
    wanted: Filter = field(default_factory=Filter)
    facets: tuple[str, ...] = tuple(FACETS)
    limit: int = 20

    @classmethod
    def parse(cls, parameters: read.Parameters) -> Facets:
        """From the query of the call. Raises `RequestInvalid`, which names the parameter."""
        known = FACETS | ON_DEMAND
        asked = tuple(dict.fromkeys(read.every(parameters, "facet")))
        for each in asked:
            if each not in known:
                raise RequestInvalid(f"The parameter facet is {each[:64]!r}; write some of {', '.join(known)}.")
        limit = read.number(parameters, "limit", default=20, least=1, most=MOST)
        return cls(read_period(parameters), Filter.parse(parameters), asked or tuple(FACETS), limit)

    def ask(self, log: LogReader) -> dict[str, Any]:
        """The counts. Raises `StoreUnavailable`."""
        with log.view() as view:
            total = sums(view, self.wanted, self.period, {"calls": "coalesce(sum(calls), 0)::BIGINT"})[0]["calls"]
            found: dict[str, list[dict[str, Any]]] = {}
            own = [each for each in self.facets if self._narrowed(each) is not self.wanted]
            shared = [each for each in self.facets if each not in own]
            if shared:
                found |= self._count(view, shared, self.wanted)
            for each in own:
                found |= self._count(view, [each], self._narrowed(each))
        return {
            "from": to_iso(self.period.start),
            "to": to_iso(self.period.end),
            "total": total,
            "facets": {each: found[each] for each in self.facets},
        }

    def _narrowed(self, facet: str) -> Filter:
        rest = self.wanted.without(_FIELD.get(facet, facet))
        return self.wanted if rest == self.wanted else rest

    def _count(self, view: View, facets: Sequence[str], wanted: Filter) -> dict[str, list[dict[str, Any]]]:
        """All *facets* in one pass over the calls."""
        known = FACETS | ON_DEMAND
        columns = {column for each in facets for column in known[each][1]}
        names = [f"f{number}" for number in range(len(facets))]
        rows = _grouping_sets(view, wanted, self.period, [known[each][0] for each in facets], columns, self.limit)
        return {
            facet: [
                {"value": row[name], "calls": row["calls"], "errors": row["errors"]}
                for row in rows
                if row["which"] == number
            ]
            for number, (facet, name) in enumerate(zip(facets, names, strict=True))
        }


def _grouping_sets(
    view: View, wanted: Filter, period: Period, expressions: Sequence[str], columns: set[str], limit: int
) -> list[dict[str, Any]]:
    """Sums by each expression by itself; those of calls are added up by all of them first, which leaves few rows."""
    binds = Binds()
    names = [f"f{number}" for number in range(len(expressions))]
    source = view.source(
        REQUESTS, {"calls", "status_class", *columns, *wanted.columns}, *period, grain=DAY_US, extract=wanted.extract
    )
    made = ", ".join(f"{sql} AS {name}" for sql, name in zip(expressions, names, strict=True))
    bits = [1 << (len(names) - 1 - number) for number in range(len(names))]
    everything = sum(bits)
    which = " ".join(f"WHEN {everything - bit} THEN {number}" for number, bit in enumerate(bits))
    value = f"coalesce({', '.join(names)})"
    return view.documents(
        f"""
        WITH base AS (
            SELECT {made}, sum(calls)::BIGINT AS calls, coalesce(sum(calls) FILTER (status_class = 5), 0)::BIGINT AS errors
            FROM {source} WHERE {wanted.sql(binds)} GROUP BY ALL
        ), counted AS (
            SELECT CASE grouping({", ".join(names)}) {which} END AS which, {", ".join(names)},
                sum(calls)::BIGINT AS calls, sum(errors)::BIGINT AS errors
            FROM base GROUP BY GROUPING SETS ({", ".join(f"({name})" for name in names)})
        )
        SELECT * FROM counted WHERE {value} IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY which ORDER BY calls DESC, {value}) <= {limit}
        ORDER BY which, calls DESC, {value}
        """,
        binds,
    )
