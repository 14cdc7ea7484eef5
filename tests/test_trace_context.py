"""W3C trace context, and the ids that calls have in it."""

from __future__ import annotations

import pytest

from openmcs.trace_context import TraceContext, flags_of, parse, span_of, trace_of, traceparent

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f"00-{TRACE}-{SPAN}-01", TraceContext(TRACE, f"{SPAN}-01")),
        (f"00-{TRACE}-{SPAN}-00", TraceContext(TRACE, f"{SPAN}-00")),
        (f"01-{TRACE}-{SPAN}-01-later", TraceContext(TRACE, f"{SPAN}-01")),
        (None, None), ("", None), ("00-x", None), (f"ff-{TRACE}-{SPAN}-01", None), (f"00-{'0' * 32}-{SPAN}-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None), (f"00-{TRACE.upper()}-{SPAN}-01", None), (f"00-{TRACE}-{SPAN}-01\n", None),
    ],
)  # fmt: skip
def test_a_header_says_trace_span_and_flags(header: str | None, expected: TraceContext | None) -> None:
    """As W3C's trace context has it; anything else is no context."""
    assert parse(header) == expected


def test_the_ids_of_a_call_are_made_of_ecid_and_rid() -> None:
    """Whoever knows a call knows its ids, and another call has others."""
    assert trace_of("e1") == trace_of("e1") != trace_of("e2")
    assert len({span_of(ecid, rid) for ecid in ("e1", "e2") for rid in ("0", "0:1", "0:1 worker")}) == 6
    header = traceparent(trace_of("e1"), "e1", "0:1", "01")
    assert parse(header) == (trace_of("e1"), f"{span_of('e1', '0:1')}-01")


def test_a_share_of_the_traces_is_kept() -> None:
    """None, all, or about so many; always the same ones."""
    traces = [trace_of(f"e{number}") for number in range(1000)]
    assert {flags_of(trace, 0.0) for trace in traces} == {"00"}
    assert {flags_of(trace, 1.0) for trace in traces} == {"01"}
    kept = [trace for trace in traces if flags_of(trace, 0.25) == "01"]
    assert 150 < len(kept) < 350
    assert all(flags_of(trace, 0.5) == "01" for trace in kept)
