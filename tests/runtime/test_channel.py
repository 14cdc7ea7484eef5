"""
The platform's end of the wire, against a peer that is honest, dies, or is hostile.

The peer is a task of the test at the other end of a real socketpair: it says exactly what a test wants.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmcs.exchange import InnerCall, Reply
from openmcs.runtime import channel as channel_module
from openmcs.runtime import protocol as wire
from openmcs.runtime.channel import Channel, DeadlinePassed, HandlerRaised, WorkerLost
from openmcs.runtime.protocol import Decoder, FrameReader, Kind, frame

FAULT = wire.Fault("ValueError", "no", "Traceback …", "a.py", 3, None, None)


class Peer:
    """What the test says as the worker, and what it heard."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._reader = FrameReader()
        self.heard: list[tuple[int, int, bytes]] = []

    async def hear(self) -> tuple[int, int, bytes]:
        while not self.heard:
            data = await asyncio.get_running_loop().sock_recv(self._sock, 65536)
            if not data:
                raise EOFError
            self.heard += list(self._reader.feed(data))
        return self.heard.pop(0)

    async def hear_kind(self, kind: Kind) -> tuple[int, int, bytes]:
        while True:
            got = await self.hear()
            if got[0] == kind:
                return got

    async def say(self, kind: Kind, stream: int, body: Any = None) -> None:
        await self.say_bytes(frame(kind, stream, body))

    async def say_bytes(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._sock, data)

    def die(self) -> None:
        self._sock.close()


class Ends:
    """The channel under test, and what it told its owner."""

    def __init__(self, perform: Any = None) -> None:
        self.logs: list[tuple[wire.Log, Any]] = []
        self.controls: list[Any] = []
        self.lost: list[str] = []
        self.stuck = 0
        self.channel = Channel(
            lambda log, owner: self.logs.append((log, owner)),
            lambda kind, body: self.controls.append(body),
            self.lost.append,
            self._on_stuck,
            perform,
        )

    def _on_stuck(self) -> None:
        self.stuck += 1

    def call(self, method: str = "GET", body: bytes = b"", seconds: float = 5.0, owner: Any = "owner") -> Any:
        return asyncio.ensure_future(self.channel.call(req(method), body, time.monotonic() + seconds, owner))


@asynccontextmanager
async def connected(perform: Any = None) -> AsyncIterator[tuple[Ends, Peer]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    ends = Ends(perform)
    await asyncio.get_running_loop().create_unix_connection(lambda: ends.channel, sock=ours)
    peer = Peer(theirs)
    try:
        yield ends, peer
    finally:
        peer.die()
        ends.channel.abort()
        await asyncio.sleep(0)


def req(method: str = "GET") -> wire.Req:
    return wire.Req(
        method=method, path="/mobile/custom/a/x", query="", headers={}, body=b"", more=False, resource="/x",
        parameters={}, ecid="e", rid="0", backend="b", backend_version="1.0", backend_id="id", user="joe",
        anonymous=False, roles=[], seconds_left=5.0,
    )  # fmt: skip


def scenario(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 20))  # type: ignore[arg-type]


def test_an_answer_reaches_its_caller() -> None:
    async def test() -> None:
        async with connected() as (ends, peer):
            call = ends.call()
            _, stream, payload = await peer.hear()
            assert Decoder()(payload, wire.Req).path == "/mobile/custom/a/x"
            await peer.say(Kind.ACK, stream)
            await peer.say(Kind.RESP, stream, wire.Resp(200, [("A", "b")], b"hello", False))
            head, chunks = await call
            assert (head.status, head.body, chunks) == (200, b"hello", None)
            assert ends.channel.in_flight == 0

    scenario(test)


def test_a_large_body_goes_out_in_pieces() -> None:
    async def test() -> None:
        async with connected() as (ends, peer):
            body = bytes(range(256)) * 4096
            call = ends.call("POST", body)
            kind, stream, payload = await peer.hear()
            first = Decoder()(payload, wire.Req)
            assert (kind, first.body, first.more) == (Kind.REQ, b"", True)
            received = b""
            more = True
            while more:
                _, _, payload = await peer.hear()
                piece = Decoder()(payload, wire.Piece)
                received, more = received + piece.data, piece.more
            assert received == body
            await peer.say(Kind.ACK, stream)
            await peer.say(Kind.RESP, stream, wire.Resp(204, [], b"", False))
            await call

    scenario(test)


@pytest.mark.parametrize("acked", [False, True])
def test_when_the_worker_dies_every_caller_is_told_whether_its_handler_had_begun(acked: bool) -> None:
    async def test() -> None:
        async with connected() as (ends, peer):
            calls = [ends.call() for _ in range(3)]
            for _ in calls:
                _, stream, _ = await peer.hear()
                if acked:
                    await peer.say(Kind.ACK, stream)
            if acked:
                while not all(each.acked for each in ends.channel._streams.values()):
                    await asyncio.sleep(0.001)
            peer.die()
            for call in calls:
                with pytest.raises(WorkerLost) as lost:
                    await call
                assert lost.value.begun is acked
            assert len(ends.lost) == 1

    scenario(test)


def test_what_the_handler_raised_reaches_the_caller() -> None:
    async def test() -> None:
        async with connected() as (ends, peer):
            call = ends.call()
            _, stream, _ = await peer.hear()
            await peer.say(Kind.ACK, stream)
            await peer.say(Kind.FAIL, stream, FAULT)
            with pytest.raises(HandlerRaised) as raised:
                await call
            assert raised.value.fault == FAULT

    scenario(test)


def test_at_the_deadline_the_caller_is_told_and_the_handler_cancelled() -> None:
    async def test() -> None:
        async with connected() as (ends, peer):
            call = ends.call(seconds=0.05)
            _, stream, _ = await peer.hear()
            await peer.say(Kind.ACK, stream)
            with pytest.raises(DeadlinePassed):
                await call
            assert (await peer.hear_kind(Kind.CANCEL))[1] == stream
            await peer.say(Kind.GONE, stream)
            while ends.channel.in_flight:
                await asyncio.sleep(0.001)
            assert ends.stuck == 0

    scenario(test)


def test_a_handler_that_ignores_its_cancellation_counts_as_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_module, "CANCEL_GRACE", 0.05)

    async def test() -> None:
        async with connected() as (ends, peer):
            call = ends.call(seconds=0.02)
            _, stream, _ = await peer.hear()
            await peer.say(Kind.ACK, stream)
            with pytest.raises(DeadlinePassed):
                await call
            while not ends.stuck:
                await asyncio.sleep(0.005)

    scenario(test)


def test_a_caller_that_goes_away_cancels_the_handler() -> None:
    async def test() -> None:
        async with connected() as (ends, peer):
            call = ends.call()
            _, stream, _ = await peer.hear()
            await peer.say(Kind.ACK, stream)
            call.cancel()
            assert (await peer.hear_kind(Kind.CANCEL))[1] == stream

    scenario(test)


def test_a_streamed_answer_is_credited_as_the_client_takes_it() -> None:
    async def test() -> None:
        async with connected() as (ends, peer):
            call = ends.call()
            _, stream, _ = await peer.hear()
            await peer.say(Kind.ACK, stream)
            await peer.say(Kind.RESP, stream, wire.Resp(200, [], b"", True))
            await peer.say(Kind.CHUNK, stream, wire.Piece(b"one", True))
            _, chunks = await call
            assert await anext(chunks) == b"one"
            second = asyncio.ensure_future(anext(chunks))
            _, _, payload = await peer.hear_kind(Kind.CREDIT)
            assert Decoder()(payload, int) == 3
            await peer.say(Kind.CHUNK, stream, wire.Piece(b"two", False))
            assert await second == b"two"
            with pytest.raises(StopAsyncIteration):
                await anext(chunks)

    scenario(test)


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (lambda peer, stream: peer.say(Kind.FAIL, stream, FAULT), HandlerRaised),
        (lambda peer, stream: asyncio.sleep(0, peer.die()), WorkerLost),
        (lambda peer, stream: asyncio.sleep(0), DeadlinePassed),
    ],
    ids=["the handler raises", "the worker dies", "the deadline passes"],
)
def test_an_answer_that_breaks_off_says_why(end: Any, expected: type[Exception]) -> None:
    async def test() -> None:
        async with connected() as (ends, peer):
            call = ends.call(seconds=0.3)
            _, stream, _ = await peer.hear()
            await peer.say(Kind.ACK, stream)
            await peer.say(Kind.RESP, stream, wire.Resp(200, [], b"", True))
            await peer.say(Kind.CHUNK, stream, wire.Piece(b"one", True))
            _, chunks = await call
            assert await anext(chunks) == b"one"
            await end(peer, stream)
            with pytest.raises(expected):
                await anext(chunks)

    scenario(test)


def test_a_client_that_leaves_a_streamed_answer_cancels_it() -> None:
    async def test() -> None:
        async with connected() as (ends, peer):
            call = ends.call()
            _, stream, _ = await peer.hear()
            await peer.say(Kind.ACK, stream)
            await peer.say(Kind.RESP, stream, wire.Resp(200, [], b"", True))
            await peer.say(Kind.CHUNK, stream, wire.Piece(b"one", True))
            _, chunks = await call
            await anext(chunks)
            await chunks.aclose()
            assert (await peer.hear_kind(Kind.CANCEL))[1] == stream

    scenario(test)


def test_a_log_line_belongs_to_its_call_also_shortly_after_its_end() -> None:
    async def test() -> None:
        async with connected() as (ends, peer):
            line = wire.Log(1.0, 800, "text", "console", None, None)
            call = ends.call(owner="the call")
            _, stream, _ = await peer.hear()
            await peer.say(Kind.ACK, stream)
            await peer.say(Kind.LOG, stream, line)
            await peer.say(Kind.RESP, stream, wire.Resp(200, [], b"", False))
            await call
            await peer.say(Kind.LOG, stream, line)
            await peer.say(Kind.LOG, 0, line)
            while len(ends.logs) < 3:
                await asyncio.sleep(0.001)
            assert [owner for _, owner in ends.logs] == ["the call", "the call", None]

    scenario(test)


# ── inner calls ──────────────────────────────────────────────────────────────────────────────────────


def test_an_inner_call_is_performed_for_the_owner_of_its_stream_and_counted() -> None:
    async def test() -> None:
        seen: list[tuple[Any, InnerCall]] = []

        async def perform(owner: Any, inner: InnerCall) -> Reply:
            seen.append((owner, inner))
            return Reply(status=201, headers=(("A", "b"),), body=b"made")

        async with connected(perform) as (ends, peer):
            ends.call(owner="joe's")
            _, stream, _ = await peer.hear()
            await peer.say(Kind.ACK, stream)
            for number in (7, 9):
                await peer.say(Kind.CALL, stream, wire.Outgoing(number, "POST", "/x", {"a": "b"}, b"in", False, 1.5))
                _, at, payload = await peer.hear_kind(Kind.RESULT)
                result = Decoder()(payload, wire.Result)
                assert (at, result.number, result.status, result.body) == (stream, number, 201, b"made")
            assert [(owner, inner.index, inner.body) for owner, inner in seen] == [
                ("joe's", 1, b"in"),
                ("joe's", 2, b"in"),
            ]

    scenario(test)


def test_an_inner_call_without_a_call_it_is_made_for_is_refused_and_the_worker_lives() -> None:
    async def test() -> None:
        async with connected(lambda owner, inner: None) as (ends, peer):
            await peer.say(Kind.CALL, 4711, wire.Outgoing(1, "GET", "/x", {}, b"", False, 0))
            _, _, payload = await peer.hear_kind(Kind.RESULT)
            result = Decoder()(payload, wire.Result)
            assert result.status == 0
            assert "user" in result.error
            assert not ends.lost

    scenario(test)


# ── hostile peers ────────────────────────────────────────────────────────────────────────────────────

RESP = wire.Resp(200, [], b"", False)
MORE = wire.Resp(200, [], b"", True)
VIOLATIONS: dict[str, list[tuple[Kind, int | None, Any]]] = {
    "an answer to a call that does not exist": [(Kind.RESP, 99, RESP)],
    "an answer before its ACK": [(Kind.RESP, None, RESP)],
    "a failure before its ACK": [(Kind.FAIL, None, FAULT)],
    "ACK twice": [(Kind.ACK, None, None), (Kind.ACK, None, None)],
    "two answers": [(Kind.ACK, None, None), (Kind.RESP, None, MORE), (Kind.RESP, None, RESP)],
    "a chunk before its answer": [(Kind.ACK, None, None), (Kind.CHUNK, None, wire.Piece(b"", True))],
    "GONE without CANCEL": [(Kind.ACK, None, None), (Kind.GONE, None, None)],
    "a status that does not exist": [(Kind.ACK, None, None), (Kind.RESP, None, wire.Resp(99, [], b"", False))],
    "an answer of another shape": [(Kind.ACK, None, None), (Kind.RESP, None, FAULT)],
    "a frame that only the platform sends": [(Kind.REQ, None, req())],
    "an inner call before ACK": [(Kind.CALL, None, wire.Outgoing(1, "GET", "/", {}, b"", False, 0))],
    "a kind that does not exist": [(250, 0, None)],  # type: ignore[list-item]
}


@pytest.mark.parametrize("frames", VIOLATIONS.values(), ids=VIOLATIONS)
def test_a_violation_ends_the_connection_and_tells_the_caller(frames: list[tuple[Any, int | None, Any]]) -> None:
    async def test() -> None:
        async with connected() as (ends, peer):
            call = ends.call()
            _, stream, _ = await peer.hear()
            for kind, at, body in frames:
                await peer.say(kind, stream if at is None else at, body)
            if (Kind.RESP, None, MORE) in frames:
                _, chunks = await call
                with pytest.raises(WorkerLost, match="broke the protocol"):
                    await anext(chunks)
            else:
                with pytest.raises(WorkerLost, match="broke the protocol"):
                    await call
            assert "protocol" in ends.lost[0]

    scenario(test)


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_module, "LARGEST_ANSWER", 10)

    async def test() -> None:
        async with connected() as (ends, peer):
            call = ends.call()
            _, stream, _ = await peer.hear()
            await peer.say(Kind.ACK, stream)
            await peer.say(Kind.RESP, stream, MORE)
            _, chunks = await call
            for _ in range(4):
                await peer.say(Kind.CHUNK, stream, wire.Piece(b"xxxx", True))
            with pytest.raises(WorkerLost, match="more than 10 bytes"):
                while True:
                    await anext(chunks)

    scenario(test)


STREAMS = st.integers(0, 4)
ANY_FRAME = st.one_of(
    st.tuples(st.just(Kind.ACK), STREAMS, st.none()),
    st.tuples(st.just(Kind.RESP), STREAMS, st.sampled_from([RESP, MORE])),
    st.tuples(st.just(Kind.CHUNK), STREAMS, st.builds(wire.Piece, st.binary(max_size=4), st.booleans())),
    st.tuples(st.just(Kind.FAIL), STREAMS, st.just(FAULT)),
    st.tuples(st.just(Kind.GONE), STREAMS, st.none()),
    st.tuples(st.just(Kind.PONG), st.just(0), st.none()),
    st.tuples(
        st.just(Kind.CALL),
        STREAMS,
        st.builds(wire.Outgoing, st.integers(0, 3), st.just("GET"), st.just("/"), st.just({}), st.just(b""),
                  st.booleans(), st.just(0.0)),
    ),
    st.tuples(st.just(Kind.CALL_BODY), STREAMS, st.builds(wire.Part, st.integers(0, 3), st.just(b"x"), st.booleans())),
    st.tuples(st.just(Kind.LOG), STREAMS, st.just(wire.Log(1.0, 800, "x", "console", None, None))),
)  # fmt: skip


@settings(max_examples=150)
@given(st.lists(ANY_FRAME, max_size=12))
def test_whatever_a_worker_says_every_caller_gets_an_end(frames: list[tuple[Kind, int, Any]]) -> None:
    async def test() -> None:
        async def perform(owner: Any, inner: InnerCall) -> Reply:
            return Reply(status=200, body=b"")

        async with connected(perform) as (ends, peer):
            calls = [ends.call() for _ in range(3)]
            for _ in calls:
                await peer.hear()
            for kind, stream, body in frames:
                try:
                    await peer.say(kind, stream, body)
                except OSError:  # it was thrown out already
                    break
            await asyncio.sleep(0)
            peer.die()
            for call in calls:
                try:
                    _, chunks = await call
                    if chunks is not None:
                        async for _ in chunks:
                            pass
                except (WorkerLost, HandlerRaised):
                    pass
            assert ends.channel.in_flight == 0
            assert len(ends.lost) == 1

    scenario(test)


class Coming:
    """A body that the test lets in piece by piece."""

    def __init__(self) -> None:
        self.begun = False
        self.pieces: asyncio.Queue[bytes | Exception] = asyncio.Queue()

    async def next(self) -> bytes:
        self.begun = True
        piece = await self.pieces.get()
        if isinstance(piece, Exception):
            raise piece
        return piece


@asynccontextmanager
async def uploading(body: bytes = b"begin") -> AsyncIterator[tuple[Ends, Peer, Coming, Any, int]]:
    """A call whose body comes in while it runs; REQ was heard."""
    async with connected() as (ends, peer):
        coming = Coming()
        call = asyncio.ensure_future(ends.channel.call(req("POST"), body, time.monotonic() + 5, "owner", coming))
        _, stream, payload = await peer.hear_kind(Kind.REQ)
        sent = Decoder()(payload, wire.Req)
        assert (sent.more, sent.streamed, sent.body) == (True, True, b"")
        try:
            yield ends, peer, coming, call, stream
        finally:
            call.cancel()


async def heard_bytes(peer: Peer, least: int) -> tuple[bytes, bool]:
    """So much of a body, and whether more follows."""
    data = b""
    while len(data) < least:
        _, _, payload = await peer.hear_kind(Kind.BODY)
        piece = Decoder()(payload, wire.Piece)
        data += piece.data
        if not piece.more:
            return data, False
    return data, True


def test_a_body_is_passed_on_while_it_comes() -> None:
    async def test() -> None:
        async with uploading() as (_, peer, coming, call, stream):
            assert await heard_bytes(peer, 5) == (b"begin", True)
            await peer.say(Kind.ACK, stream)
            await coming.pieces.put(b"middle")
            assert await heard_bytes(peer, 6) == (b"middle", True)
            await coming.pieces.put(b"")
            assert await heard_bytes(peer, 1) == (b"", False)
            await peer.say(Kind.RESP, stream, wire.Resp(200, [], b"done", False))
            head, _ = await call
            assert head.body == b"done"

    scenario(test)


def test_nobody_sends_faster_than_the_worker_takes() -> None:
    """A window ahead, and then as much as credit was given for."""

    async def test() -> None:
        async with uploading(b"x" * wire.WINDOW) as (_, peer, coming, _, stream):
            for _ in range(3):
                coming.pieces.put_nowait(b"y" * wire.PIECE)
            data, _ = await heard_bytes(peer, wire.WINDOW)
            assert data == b"x" * wire.WINDOW
            await asyncio.sleep(0.05)
            assert peer.heard == [] and coming.pieces.qsize() == 2
            await peer.say(Kind.CREDIT, stream, wire.PIECE)
            assert (await heard_bytes(peer, wire.PIECE))[0] == b"y" * wire.PIECE
            await asyncio.sleep(0.05)
            assert coming.pieces.qsize() == 1

    scenario(test)


@pytest.mark.parametrize("size", [0, -1, 6, wire.WINDOW])
def test_credit_for_what_was_not_sent_ends_the_worker(size: int) -> None:
    async def test() -> None:
        async with uploading() as (ends, peer, _, call, stream):
            await heard_bytes(peer, 5)
            await peer.say(Kind.CREDIT, stream, size)
            with pytest.raises(WorkerLost, match="credit"):
                await call
            assert ends.lost

    scenario(test)


def test_credit_for_a_body_that_does_not_come_is_a_violation() -> None:
    async def test() -> None:
        async with connected() as (ends, peer):
            call = ends.call("POST", b"whole")
            _, stream, _ = await peer.hear()
            await peer.say(Kind.ACK, stream)
            await peer.say(Kind.CREDIT, stream, 1)
            with pytest.raises(WorkerLost):
                await call

    scenario(test)


def test_an_early_answer_ends_the_body() -> None:
    """The rest is not asked for any more, and credit that crosses the answer is no violation."""

    async def test() -> None:
        async with uploading() as (ends, peer, coming, call, stream):
            await heard_bytes(peer, 5)
            await peer.say(Kind.ACK, stream)
            await peer.say(Kind.RESP, stream, wire.Resp(422, [], b"no", False))
            await peer.say(Kind.CREDIT, stream, 5)
            head, _ = await call
            assert head.status == 422
            coming.pieces.put_nowait(b"more")
            await asyncio.sleep(0.02)
            assert coming.pieces.qsize() == 1
            assert ends.lost == [] and ends.channel.in_flight == 0

    scenario(test)


def test_a_body_that_fails_ends_its_call_and_no_other() -> None:
    """Such as one that turns out too large: its handler is cancelled, and may say so before it has begun."""

    async def test() -> None:
        async with uploading() as (ends, peer, coming, call, stream):
            await coming.pieces.put(ValueError("too large"))
            with pytest.raises(ValueError, match="too large"):
                await call
            await peer.hear_kind(Kind.CANCEL)
            await peer.say(Kind.GONE, stream)
            other = ends.call()
            _, number, _ = await peer.hear_kind(Kind.REQ)
            await peer.say(Kind.ACK, number)
            await peer.say(Kind.RESP, number, wire.Resp(200, [], b"", False))
            assert (await other)[0].status == 200
            assert ends.channel.in_flight == 0 and ends.lost == []

    scenario(test)


def test_a_worker_that_dies_during_a_body_is_told_at_once() -> None:
    async def test() -> None:
        async with uploading() as (_, peer, coming, call, stream):
            await heard_bytes(peer, 5)
            await peer.say(Kind.ACK, stream)
            await asyncio.sleep(0.02)
            peer.die()
            with pytest.raises(WorkerLost) as lost:
                await call
            assert lost.value.begun and coming.begun

    scenario(test)
