"""Spans of what the log has of calls."""

from __future__ import annotations

from typing import Any

import pytest

from openmcs.analytics.spans import Span, spans
from openmcs.trace_context import span_of, trace_of

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def row(**values: Any) -> dict[str, Any]:
    """A row of requests."""
    known: dict[str, Any] = {
        "time": 5_000_000, "ecid": "e1", "rid": "0", "method": "GET", "resource": "/event/{id}", "status": 200,
        "path": "/mobile/custom/synapse/event/7?secret-ish=1", "duration_us": 900, "worker_us": None, "api": "synapse",
        "api_version": "1.0", "backend": "shop", "backend_version": "2.0", "implementation": "synapse(1.3)",
        "user": "anna", "device_id": "phone", "error_code": None, "error_detail": "said", "caller_kind": "user",
        "trace_id": None, "trace_parent": None,
    }  # fmt: skip
    return known | values


def one(**values: Any) -> Span:
    """The span of a row that has one."""
    (found,) = spans(row(**values))
    return found


def test_a_call_is_a_span_of_a_trace_of_its_own() -> None:
    """With names of the catalogue, and nothing that a client sent."""
    assert one() == Span(
        "GET /event/{id}", trace_of("e1"), span_of("e1", "0"), None, "server", 5_000_000_000, 5_000_900_000, False,
        {
            "http.request.method": "GET", "http.route": "/event/{id}", "http.response.status_code": 200,
            "openmcs.ecid": "e1", "openmcs.rid": "0", "openmcs.backend": "shop", "openmcs.backend.version": "2.0",
            "openmcs.api": "synapse", "openmcs.api.version": "1.0", "openmcs.implementation": "synapse(1.3)",
        },
    )  # fmt: skip


def test_the_worker_is_a_span_within() -> None:
    """It ends with the call, and never begins before it."""
    call, worker = spans(row(worker_us=400, status=500, error_code="MOBILE-90020"))
    assert (worker.parent, worker.trace, worker.kind) == (call.id, call.trace, "internal")
    assert (worker.start, worker.end) == (5_000_500_000, call.end)
    assert (call.failed, worker.failed, call.attributes["error.type"]) == (True, True, "MOBILE-90020")
    assert list(spans(row(worker_us=10_000)))[1].start == call.start


def test_a_caller_with_a_trace_has_the_call_in_it() -> None:
    """Below its span; unless it does not keep the trace, whatever share is kept here."""
    call = one(trace_id=TRACE, trace_parent=f"{SPAN}-01")
    assert (call.trace, call.parent) == (TRACE, SPAN)
    assert list(spans(row(trace_id=TRACE, trace_parent=f"{SPAN}-00"))) == []
    assert len(list(spans(row(trace_id=TRACE, trace_parent=f"{SPAN}-01"), 0.0))) == 1
    assert list(spans(row(), 0.0)) == []


def test_calls_within_a_call_are_below_it() -> None:
    """One to a connector is a client's; what it asks for there is a path that code has made, and stays out."""
    inner = one(rid="0:2")
    assert (inner.parent, inner.trace, inner.kind) == (span_of("e1", "0"), trace_of("e1"), "server")
    out = one(rid="0:2:1", api="connector/weather", resource="/of/anna", status=404)
    assert (out.name, out.kind, out.failed, out.parent) == (
        "GET connector/weather", "client", True, span_of("e1", "0:2")
    )  # fmt: skip
    assert "http.route" not in out.attributes


@pytest.mark.parametrize("values", [{"api": "tools"}, {"caller_kind": "preflight"}])
def test_what_is_no_call_of_an_app_has_none(values: dict[str, Any]) -> None:
    """The tools API, and what browsers ask before a call."""
    assert list(spans(row(**values))) == []


def test_names_are_few() -> None:
    """A method that nobody knows, and a call that was refused before its resource was known."""
    call = one(method="HACK", resource=None, api=None, implementation=None, backend=None)
    assert call.name == "_OTHER"
    assert {"http.route", "openmcs.api", "openmcs.backend"}.isdisjoint(call.attributes)
