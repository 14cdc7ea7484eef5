"""Inner calls at the platform's end: put together, limited, performed, answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from openmcs.errors import CallsTooDeep
from openmcs.exchange import InnerCall, Reply
from openmcs.runtime import calls as module
from openmcs.runtime import protocol as wire
from openmcs.runtime.calls import MOST, Calls
from openmcs.runtime.protocol import Kind, ProtocolError


class Run:
    """Calls, what was performed, and what was sent back."""

    def __init__(self, reply: Any = None) -> None:
        self.performed: list[tuple[Any, InnerCall]] = []
        self.sent: list[tuple[Kind, int, Any]] = []
        self._reply = Reply(status=200, headers=(("A", "b"),), body=b"done") if reply is None else reply
        self.calls = Calls(self._perform, lambda *frame: self.sent.append(frame))

    async def _perform(self, owner: Any, inner: InnerCall) -> Reply:
        self.performed.append((owner, inner))
        if isinstance(self._reply, BaseException):
            raise self._reply
        if asyncio.iscoroutinefunction(self._reply):
            await self._reply()
        reply: Reply = self._reply
        return reply

    async def settled(self) -> list[wire.Result]:
        """The results, once every call that can end has ended."""
        for _ in range(20):
            await asyncio.sleep(0)
        return [body for kind, _, body in self.sent if kind == Kind.RESULT]


def outgoing(number: int = 1, body: bytes = b"", *, more: bool = False, seconds: float = 0.0) -> wire.Outgoing:
    return wire.Outgoing(number, "POST", "/mobile/custom/x", {"a": "b"}, body, more, seconds)


def run(test: Any) -> None:
    asyncio.run(asyncio.wait_for(test(), 10))


def test_a_call_is_made_as_the_caller_of_its_stream() -> None:
    """With the number that its RID grows by; what the worker said of time is never negative."""

    async def test() -> None:
        made = Run()
        made.calls.begin(7, "owner", outgoing(seconds=-3), 2)
        (result,) = await made.settled()
        assert (result.number, result.status, result.headers, result.body) == (1, 200, [("A", "b")], b"done")
        ((owner, inner),) = made.performed
        assert (owner, inner.index, inner.seconds, inner.uri) == ("owner", 2, 0.0, "/mobile/custom/x")
        assert made.sent[0][1] == 7

    run(test)


def test_a_body_in_pieces_is_put_together() -> None:
    """A piece for a call that is not known is dropped: it was refused."""

    async def test() -> None:
        made = Run()
        made.calls.begin(7, "owner", outgoing(1, b"a", more=True), 1)
        made.calls.go_on(wire.Part(9, b"x", False))
        made.calls.go_on(wire.Part(1, b"b", True))
        assert await made.settled() == []
        made.calls.go_on(wire.Part(1, b"c", False))
        await made.settled()
        assert made.performed[0][1].body == b"abc"

    run(test)


def test_a_large_answer_goes_back_in_pieces() -> None:
    """The head with the first of them."""

    async def test() -> None:
        made = Run(Reply(status=200, body=b"x" * (wire.PIECE + 1)))
        made.calls.begin(7, "owner", outgoing(), 1)
        await made.settled()
        (_, _, head), (kind, _, part) = made.sent
        assert (len(head.body), head.more, kind, part.data, part.more) == (
            wire.PIECE, True, Kind.RESULT_BODY, b"x", False
        )  # fmt: skip

    run(test)


def test_a_streamed_answer_is_whole_for_custom_code() -> None:
    """Within the limit; beyond it is an error that says so."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"abc"

    async def test() -> None:
        made = Run(Reply(status=200, body=chunks()))
        made.calls.begin(7, "owner", outgoing(), 1)
        assert (await made.settled())[0].body == b"abcabcabc"

    run(test)


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (CallsTooDeep("too deep"), "too deep"),
        (ValueError("a secret"), "the platform failed; its own log has the reason"),
    ],
)
def test_what_cannot_be_performed_is_an_answer_without_a_status(reply: Exception, told: str) -> None:
    """The reason, and of what is the platform's fault none."""

    async def test() -> None:
        made = Run(reply)
        made.calls.begin(7, "owner", outgoing(), 1)
        (result,) = await made.settled()
        assert (result.status, result.error) == (0, told)

    run(test)


def test_what_is_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bodies, answers, and calls at once; without an owner there is nobody to call as."""

    async def test() -> None:
        monkeypatch.setattr(module, "LARGEST_BODY", 3)
        made = Run(Reply(status=200, body=_endless()))
        made.calls.begin(7, "owner", outgoing(1, b"ab", more=True), 1)
        made.calls.go_on(wire.Part(1, b"cd", True))
        made.calls.go_on(wire.Part(1, b"ef", False))
        made.calls.begin(7, "owner", outgoing(2), 1)
        made.calls.begin(7, None, outgoing(3), 1)
        told = {each.number: each.error for each in await made.settled()}
        assert "at most 3 bytes" in told[1] and "more than 3 bytes" in told[2] and "no call whose user" in told[3]

        waiting = Run(asyncio.Event().wait)
        for number in range(MOST + 1):
            waiting.calls.begin(7, "owner", outgoing(number), 1)
        (refused,) = await waiting.settled()
        assert (refused.number, f"{MOST} calls" in refused.error) == (MOST, True)
        waiting.calls.close()

    async def _endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x"

    run(test)


def test_a_number_that_is_under_way_is_a_violation() -> None:
    async def test() -> None:
        made = Run()
        made.calls.begin(7, "owner", outgoing(1, b"a", more=True), 1)
        with pytest.raises(ProtocolError):
            made.calls.begin(7, "owner", outgoing(1), 1)

    run(test)


def test_with_the_outer_call_its_inner_ones_end() -> None:
    """Those of other calls go on."""

    async def test() -> None:
        made = Run(asyncio.Event().wait)
        made.calls.begin(7, "owner", outgoing(1), 1)
        made.calls.begin(8, "other", outgoing(2), 1)
        await made.settled()
        made.calls.cancel(7)
        (result,) = await made.settled()
        assert (result.number, "nobody waits" in result.error) == (1, True)
        made.calls.close()

    run(test)
