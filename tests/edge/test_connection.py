"""The HTTP edge, byte by byte over a socket: what is no proper request is refused, and proper ones are answered after it."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.server import ServerState

from openmcs.edge.connection import LONGEST_URL, MOST_FIELDS, hardened

HEADER_LIMIT = 4096
MOST_CONNECTIONS = 8
GOOD = b"GET /ok HTTP/1.1\r\nHost: a\r\n\r\n"


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answers with the path and the length of the body."""
    size = 0
    while True:
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    body = f"{scope['path']} {size}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


class Edge:
    """A uvicorn with hardened connections, in a thread."""

    def __init__(self, idle_seconds: float, application: Any = application, keep_alive: int = 5) -> None:
        config = uvicorn.Config(
            application,
            timeout_keep_alive=keep_alive,
            http=hardened(HEADER_LIMIT, idle_seconds, MOST_CONNECTIONS),
            ws="none",
            loop="uvloop",
            lifespan="off",
            log_config=None,
        )
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]})

    def __enter__(self) -> Edge:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *error: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()

    def connect(self) -> socket.socket:
        """An open connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def send(self, *pieces: bytes) -> bytes:
        """All that is answered to *pieces* until the edge closes; a good request at the end closes it."""
        with self.connect() as connection:
            try:
                for piece in pieces:
                    connection.sendall(piece)
            except OSError:
                pass  # Refused before it was all sent.
            return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    """Read until the other side closes."""
    answer = bytearray()
    while True:
        try:
            piece = connection.recv(65536)
        except ConnectionResetError:
            return bytes(answer)
        if not piece:
            return bytes(answer)
        answer += piece


def status(answer: bytes) -> int:
    """The status of the (first) answer."""
    return int(answer.split(b" ", 2)[1])


@pytest.fixture(scope="module")
def edge() -> Iterator[Edge]:
    """An edge that waits long."""
    with Edge(idle_seconds=30) as running:
        yield running


@pytest.fixture(scope="module")
def hasty() -> Iterator[Edge]:
    """An edge that waits half a second."""
    with Edge(idle_seconds=0.5) as running:
        yield running


def test_a_proper_request_is_answered(edge: Edge) -> None:
    """In one piece, byte by byte, and two at once on one connection."""
    closing = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    assert b"/last 0" in edge.send(closing)
    assert b"/last 0" in edge.send(*(bytes([each]) for each in closing))
    both = edge.send(GOOD + closing)
    assert both.index(b"/ok 0") < both.index(b"/last 0")


def test_a_body_is_passed_on(edge: Edge) -> None:
    """With a length and in chunks."""
    assert b"/p 5" in edge.send(b"POST /p HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello")
    chunked = (
        b"POST /p HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    )
    assert b"/p 5" in edge.send(chunked)


HOST = b"Host: a\r\n"
CORPUS = [
    pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 60, 400, id="TLS on a plain port"),
    pytest.param(b"\x00" * 64 + b"\r\n\r\n", 400, id="zeros"),
    pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, id="HTTP/2 preface"),
    pytest.param(b"GET / HTTP/9.9\r\n" + HOST + b"\r\n", 400, id="unknown version"),
    pytest.param(b"GET /\r\n\r\n", 400, id="HTTP/0.9"),
    pytest.param(b"GE T / HTTP/1.1\r\n" + HOST + b"\r\n", 400, id="space in the method"),
    pytest.param(b"NONSENSE / HTTP/1.1\r\n" + HOST + b"\r\n", 400, id="unknown method"),
    pytest.param(b"GET / HTTP/1.1\r\n\r\n", 400, id="no Host"),
    pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, id="two Hosts"),
    pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\nhOST: a\r\n\r\n", 400, id="the same Host twice"),
    pytest.param(b"GET / HTTP/1.1\r\n" + HOST + b"Bad Name: x\r\n\r\n", 400, id="space in a header's name"),
    pytest.param(b"GET / HTTP/1.1\r\n" + HOST + b"X : y\r\n\r\n", 400, id="space before the colon"),
    pytest.param(b"GET / HTTP/1.1\r\n" + HOST + b"nothing\r\n\r\n", 400, id="header without a colon"),
    pytest.param(b"GET / HTTP/1.1\r\n" + HOST + b"X: a\x00b\r\n\r\n", 400, id="zero byte in a value"),
    pytest.param(b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n folded\r\n\r\n", 400, id="folded header"),
    pytest.param(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n", 400, id="negative length"),
    pytest.param(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: +5\r\n\r\nhello", 400, id="length with a sign"),
    pytest.param(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5x\r\n\r\nhello", 400, id="length no number"),
    pytest.param(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n", 400, id="endless length"),
    pytest.param(
        b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", 400, id="two lengths"
    ),
    pytest.param(
        b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
        id="length and chunks",
    ),
    pytest.param(
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400, id="chunked twice",
    ),
    pytest.param(
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400,
        id="chunked is not last",
    ),
    pytest.param(b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400, id="xchunked"),
    pytest.param(
        b"POST / HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, id="chunks in HTTP/1.0"
    ),
    pytest.param(b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, id="chunk no number"),
    pytest.param(
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 20 + b"\r\n", 400,
        id="endless chunk",
    ),
    pytest.param(b"GET /" + b"a" * (LONGEST_URL - 1) + b"b HTTP/1.1\r\n" + HOST + b"\r\n", 414, id="long URL"),
    pytest.param(b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * HEADER_LIMIT + b"\r\n\r\n", 431, id="long header"),
    pytest.param(b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 3 * HEADER_LIMIT, 431, id="header without an end"),
    pytest.param(b"GET / HTTP/1.1\r\n" + HOST + b"x: y\r\n" * MOST_FIELDS + b"\r\n", 431, id="many headers"),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "expected"), CORPUS)
@pytest.mark.parametrize("in_pieces", [False, True], ids=["at once", "in pieces"])
def test_what_is_no_proper_request_is_refused(edge: Edge, sent: bytes, expected: int, in_pieces: bool) -> None:
    """The vendor's error document with the status that fits, then the end; however the bytes arrive."""
    pieces = [sent[at : at + 97] for at in range(0, len(sent), 97)] if in_pieces else [sent]
    answer = edge.send(*pieces)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert status(answer) == expected, answer
    assert b"Connection: close" in head and answer.count(b"\r\n\r\n") == 1
    document = json.loads(body)
    assert document["status"] == expected and document["o:errorCode"] == "MOBILE-90002" and document["detail"]
    with edge.connect() as connection:
        connection.sendall(GOOD)
        assert b"/ok 0" in connection.recv(65536)


def test_a_refusal_waits_for_the_answers_before_it(edge: Edge) -> None:
    """Whoever sends several requests at once can tell which of them was refused, also a later one's broken body."""
    for bad in (b"nonsense\r\n\r\n", b"PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"):
        answer = edge.send(GOOD + GOOD + bad)
        assert [int(each) for each in re.findall(rb"HTTP/1.1 (\d+)", answer)] == [200, 200, 400]


def test_headers_that_do_not_come_are_given_up(hasty: Edge) -> None:
    """408 after the idle time, whether nothing, a part, or a byte now and then is sent."""
    with hasty.connect() as silent, hasty.connect() as partial:
        partial.sendall(b"GET / HTTP/1.1\r\nHost:")
        assert status(read_all(silent)) == 408
        assert status(read_all(partial)) == 408
    with hasty.connect() as slow:
        slow.settimeout(0.1)
        answer = b""
        for each in b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 40:
            try:
                slow.sendall(bytes([each]))
                answer += slow.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                break
            break
        assert status(answer) == 408


def test_a_body_that_hardly_comes_is_given_up(hasty: Edge) -> None:
    """A body slower than the least rate ends with 408 and not with a worker that waits for it."""
    with hasty.connect() as slow:
        slow.sendall(b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nx")
        assert status(read_all(slow)) == 408


def test_connections_beyond_the_most_are_closed(edge: Edge) -> None:
    """The one too many is closed at once; when others have gone, the next is taken."""
    open_ones = [edge.connect() for _ in range(MOST_CONNECTIONS)]
    try:
        for each in open_ones:
            each.sendall(GOOD)
            assert b"/ok 0" in each.recv(65536)
        with edge.connect() as one_too_many:
            assert read_all(one_too_many) == b""
    finally:
        for each in open_ones:
            each.close()
    for _ in range(100):
        with edge.connect() as next_one:
            next_one.sendall(GOOD)
            try:
                if b"/ok 0" in next_one.recv(65536):
                    return
            except OSError:
                pass
        time.sleep(0.05)
    pytest.fail("no connection is taken any more")


class Wire(asyncio.Transport):
    """A transport without a socket: keeps what is written, and says when it is not read from."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.reads = True
        self.closed = False

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


async def answers(pieces: list[bytes]) -> tuple[bytes, bool]:
    """What is written for *pieces*, each given to the connection when it reads, and whether it ends there."""
    config = uvicorn.Config(application, lifespan="off", log_config=None)
    connection = hardened(HEADER_LIMIT, 30, MOST_CONNECTIONS)(config, ServerState(), {}, None)
    wire = Wire()
    connection.connection_made(wire)
    for piece in pieces:
        for _ in range(100):
            if wire.reads or wire.closed:
                break
            await asyncio.sleep(0)
        if wire.closed:
            break
        connection.data_received(piece)
    for _ in range(200):
        await asyncio.sleep(0)
    connection.connection_lost(None)
    return re.sub(rb"Date: [^\r]*\r\n", b"", wire.written), wire.closed


requests = st.one_of(
    st.sampled_from([GOOD, b"GET /ok?q HTTP/1.0\r\n\r\n", b"GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"]),
    st.binary(max_size=300).map(
        lambda body: b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    ),
    st.lists(st.binary(min_size=1, max_size=60), max_size=4).map(
        lambda parts: (
            b"PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
            + b"0\r\n\r\n"
        )
    ),
    st.sampled_from(
        [b"GET /two HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"]
    ),
)


@given(sent=st.lists(requests, min_size=1, max_size=5), cuts=st.lists(st.integers(0, 2000), max_size=12))
def test_where_the_network_cuts_makes_no_difference(sent: list[bytes], cuts: list[int]) -> None:
    """Requests one after the other get the same answers however their bytes are cut into pieces."""
    stream = b"".join(sent)
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    pieces = [stream[start:end] for start, end in itertools.pairwise(places)]
    apart, ended_apart = asyncio.run(answers(pieces))
    each, ended_each = asyncio.run(answers(sent))
    assert (apart, ended_apart) == (each, ended_each)
