"""
W3C trace context (https://www.w3.org/TR/trace-context/), and how it is joined to the ECID.

    traceparent: 00-<trace id, 32 hex>-<parent span id, 16 hex>-<flags, 2 hex>

A call belongs to the trace that its caller names; a call without one begins a trace whose id is made of the ECID.
A span's id is made of ECID and RID. So everybody who knows a call knows its ids, and nothing has to be kept.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

SAMPLED = "01"
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-((?!0{16})[0-9a-f]{16}-[0-9a-f]{2})(?:-.*)?", re.ASCII
)


class TraceContext(NamedTuple):
    """Where a call belongs."""

    trace: str
    """The trace's id."""
    parent: str
    """Id of the span that it was made in and flags, as they stand in the header: `00f067aa0ba902b7-01`."""

    @property
    def flags(self) -> str:
        """`01`: the caller keeps this trace."""
        return self.parent[17:]


def parse(traceparent: str | None) -> TraceContext | None:
    """What a caller's header says; what is no context is none."""
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent is not None else None
    return TraceContext(found[1], found[2]) if found else None


def trace_of(ecid: str) -> str:
    """The id of the trace that a call begins."""
    return hashlib.blake2b(ecid.encode(), digest_size=16).hexdigest()


def flags_of(trace: str, share: float) -> str:
    """Whether a trace that begins here is kept, when this *share* of them is; the same for all its calls."""
    return SAMPLED if int(trace[:8], 16) < share * 2**32 else "00"


def span_of(ecid: str, rid: str) -> str:
    """The id of a call's span."""
    return hashlib.blake2b(f"{ecid} {rid}".encode(), digest_size=8).hexdigest()


def traceparent(trace: str, ecid: str, rid: str, flags: str) -> str:
    """The header of a call that is made within the call of that ECID and RID."""
    return f"00-{trace}-{span_of(ecid, rid)}-{flags}"
