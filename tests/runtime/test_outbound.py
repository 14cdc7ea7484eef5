"""Inner calls at the worker's end."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from openmcs.runtime import protocol as wire
from openmcs.runtime.console import current_stream
from openmcs.runtime.outbound import Outbound, Outcome
from openmcs.runtime.protocol import Kind


def outbound() -> tuple[Outbound, list[tuple[Kind, int, Any]]]:
    sent: list[tuple[Kind, int, Any]] = []
    return Outbound(lambda *frame: sent.append(frame)), sent


def test_a_call_belongs_to_the_call_it_is_made_in() -> None:
    """Its stream is what gives it a user; calls are told apart by their numbers."""
    calls, sent = outbound()
    token = current_stream.set(5)
    try:
        calls.ask("GET", "/a", {"x": "y"}, b"", 1.5)
        calls.ask("GET", "/b", {}, b"", 0)
    finally:
        current_stream.reset(token)
    assert [(kind, stream, body.number, body.uri) for kind, stream, body in sent] == [
        (Kind.CALL, 5, 1, "/a"), (Kind.CALL, 5, 2, "/b"),
    ]  # fmt: skip
    assert (sent[0][2].headers, sent[0][2].seconds, sent[0][2].more) == ({"x": "y"}, 1.5, False)


@given(st.integers(0, 3), st.integers(-1, 1))
def test_a_body_goes_out_in_pieces_that_are_all_of_it(pieces: int, more: int) -> None:
    """Of any size, at the edges of frames too."""
    body = bytes(max(0, pieces * wire.PIECE + more))
    calls, sent = outbound()
    calls.ask("POST", "/a", {}, body, 0)
    parts = [each.body if kind == Kind.CALL else each.data for kind, _, each in sent]
    assert b"".join(parts) == body
    assert [each.more for _, _, each in sent] == [True] * (len(sent) - 1) + [False]


def test_a_result_in_pieces_is_put_together() -> None:
    """Names of header fields are in lower case, repeated ones joined."""
    calls, _ = outbound()
    first, second = calls.ask("GET", "/a", {}, b"", 0), calls.ask("GET", "/b", {}, b"", 0)
    calls.on_result(wire.Result(2, 200, [("A", "1"), ("a", "2")], b"x", True, ""))
    calls.on_result(wire.Result(1, 404, [], b"no", False, ""))
    assert first.result(0) == Outcome(404, {}, b"no", "")
    assert not second.done()
    calls.on_part(wire.Part(2, b"y", True))
    calls.on_part(wire.Part(2, b"z", False))
    assert second.result(0) == Outcome(200, {"a": "1, 2"}, b"xyz", "")


def test_a_result_that_nobody_waits_for_is_dropped() -> None:
    """A promise may be cancelled; a number may be unknown."""
    calls, _ = outbound()
    future = calls.ask("GET", "/a", {}, b"", 0)
    future.cancel()
    calls.on_result(wire.Result(1, 200, [], b"", False, ""))
    calls.on_result(wire.Result(9, 200, [], b"", False, ""))
    assert future.cancelled()
