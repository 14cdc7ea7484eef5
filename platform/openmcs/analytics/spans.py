"""
Calls as the spans of a trace, made of what the log has of them.

    GET /event/{id}             the call, in the trace that its caller names, or in one of its own
      worker                    the implementation at work
      GET connector/weather     what it called, with the calls below that

Attributes are names of the catalogue and figures: nothing of what a client sent but the method, nothing that was said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from openmcs.analytics.filters import is_preflight
from openmcs.store.log import TOOLS
from openmcs.trace_context import flags_of, span_of, trace_of

_COLUMNS = {
    "http.route": "resource",
    "http.response.status_code": "status",
    "openmcs.ecid": "ecid",
    "openmcs.rid": "rid",
    "openmcs.backend": "backend",
    "openmcs.backend.version": "backend_version",
    "openmcs.api": "api",
    "openmcs.api.version": "api_version",
    "openmcs.implementation": "implementation",
    "error.type": "error_code",
}
CONNECTOR = "connector/"
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class Span(NamedTuple):
    """One; times are nanoseconds since the epoch, ids hexadecimal."""

    name: str
    trace: str
    id: str
    parent: str | None
    kind: Literal["server", "client", "internal"]
    start: int
    end: int
    failed: bool
    attributes: Mapping[str, str | int]


def spans(row: Mapping[str, Any], share: float = 1.0) -> Iterator[Span]:
    """
    Those of a row of requests, none of the tools API's and of preflights.

    A caller that does not keep its trace has none here; of calls that begin their own trace this *share* has some.
    """
    trace = row["trace_id"] or trace_of(row["ecid"])
    if row["api"] == TOOLS or is_preflight(row) or not _is_kept(row["trace_parent"], trace, share):
        return
    own, start = span_of(row["ecid"], row["rid"]), row["time"] * 1000
    end = start + row["duration_us"] * 1000
    method = row["method"] if row["method"] in _METHODS else "_OTHER"
    connects = (row["api"] or "").startswith(CONNECTOR)
    place = row["api"] if connects else row["resource"]
    attributes = {"http.request.method": method, **_attributes(row, _COLUMNS)}
    if connects:  # what is asked of the system behind it is a path that code has made
        del attributes["http.route"]
    yield Span(
        name=f"{method} {place}" if place else method,
        trace=trace,
        id=own,
        parent=_parent(row),
        kind="client" if connects else "server",
        start=start,
        end=end,
        failed=row["status"] >= (400 if connects else 500),
        attributes=attributes,
    )
    if row["worker_us"] is not None:
        worker = {"openmcs.implementation": "implementation"}
        begin = max(start, end - row["worker_us"] * 1000)
        yield Span(
            "worker", trace, span_of(row["ecid"], f"{row['rid']} worker"), own, "internal", begin, end,
            row["status"] >= 500, _attributes(row, worker),
        )  # fmt: skip


def _attributes(row: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, str | int]:
    return {name: row[column] for name, column in columns.items() if row[column] is not None}


def _parent(row: Mapping[str, Any]) -> str | None:
    """The span that the caller names; of a call within a call, the one around it."""
    if row["trace_parent"]:
        return str(row["trace_parent"][:16])
    outer = row["rid"].rpartition(":")[0]
    return span_of(row["ecid"], outer) if outer else None


def _is_kept(parent: str | None, trace: str, share: float) -> bool:
    flags = parent[17:] if parent else flags_of(trace, share)
    return bool(int(flags, 16) & 1)
