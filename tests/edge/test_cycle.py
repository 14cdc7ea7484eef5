"""One request and its answer, over a socket: what an ASGI application may do, and what comes of what it must not."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

from openmcs.exchange import EDGE
from tests.edge.test_connection import Edge, read_all, status

CLOSING = "Host: a\r\nConnection: close\r\n"
BIG = b"x" * 3_000_000
seen: list[str] = []
gone = threading.Event()
seen_head = threading.Event()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answers in as many ways as there are paths."""
    await WAYS[scope["path"]](scope, receive, send)


async def _answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await scope[EDGE].answer(int(scope["query_string"] or 200), [(b"x-own", b"1")], b"whole")


async def _big(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await scope[EDGE].answer(200, [], BIG)
    seen.append("big")


async def _streamed(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    for piece in (b"one", b"", b"two"):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _head_first(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    assert await asyncio.to_thread(seen_head.wait, 10)
    await send({"type": "http.response.body", "body": b"late"})


async def _slow(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await asyncio.sleep(0.2)
    await scope[EDGE].answer(200, [], b"slow")


async def _closing(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"connection", b"close")]})
    await send({"type": "http.response.body", "body": b"last"})


async def _too_much(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"more than two"})


async def _splitting(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await scope[EDGE].answer(200, [(b"x-own", b"1\r\nSet-Cookie: a=b")], b"")


async def _raising(scope: dict[str, Any], receive: Any, send: Any) -> None:
    raise RuntimeError("broken")


async def _silent(scope: dict[str, Any], receive: Any, send: Any) -> None:
    return


async def _body(scope: dict[str, Any], receive: Any, send: Any) -> None:
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message["body"]), message["more_body"]
    await scope[EDGE].answer(200, [], b"%d" % size)
    assert (await receive())["type"] == "http.disconnect"


async def _cancelled(scope: dict[str, Any], receive: Any, send: Any) -> None:
    scope[EDGE].cancel_when_gone = True
    seen.append("waiting")
    try:
        await asyncio.sleep(30)
    except asyncio.CancelledError:
        gone.set()
        raise


WAYS = {
    "/answer": _answer, "/big": _big, "/streamed": _streamed, "/head-first": _head_first, "/slow": _slow,
    "/closing": _closing, "/too-much": _too_much, "/splitting": _splitting, "/raising": _raising, "/silent": _silent,
    "/body": _body, "/cancelled": _cancelled,
}  # fmt: skip


@pytest.fixture(scope="module")
def edge() -> Any:
    """An edge before that application, with a short keep-alive."""
    with Edge(idle_seconds=30, application=application, keep_alive=1) as running:
        yield running


def request(edge: Edge, path: str, method: str = "GET") -> tuple[bytes, bytes]:
    """Head and body of the answer."""
    head, _, body = edge.send(f"{method} {path} HTTP/1.1\r\n{CLOSING}\r\n".encode()).partition(b"\r\n\r\n")
    return head, body


def test_a_whole_answer_has_its_length(edge: Edge) -> None:
    """And the names in their casing, a date, and what becomes of the connection."""
    head, body = request(edge, "/answer")
    assert body == b"whole"
    assert b"\r\nX-Own: 1\r\nContent-Length: 5\r\nDate: " in head and head.endswith(b"\r\nConnection: close")


@pytest.mark.parametrize("code", [204, 304])
def test_an_answer_that_has_no_body_has_no_length(edge: Edge, code: int) -> None:
    """As HTTP wants it."""
    head, body = request(edge, f"/answer?{code}")
    assert status(head) == code and body == b"" and b"Content-Length" not in head


def test_a_head_is_answered_without_the_body(edge: Edge) -> None:
    """Its length is told, and nothing is chunked."""
    head, body = request(edge, "/answer", "HEAD")
    assert body == b"" and b"Content-Length: 5" in head
    head, body = request(edge, "/streamed", "HEAD")
    assert body == b"" and b"Transfer-Encoding" not in head


def test_an_answer_in_pieces_is_chunked(edge: Edge) -> None:
    """An empty piece ends nothing."""
    head, body = request(edge, "/streamed")
    assert b"Transfer-Encoding: chunked" in head
    assert body == b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"


def test_a_head_does_not_wait_for_a_body_that_is_late(edge: Edge) -> None:
    """The client sees the status while the application still works."""
    seen_head.clear()
    with edge.connect() as connection:
        connection.sendall(f"GET /head-first HTTP/1.1\r\n{CLOSING}\r\n".encode())
        first = connection.recv(65536)
        assert status(first) == 200 and b"late" not in first
        seen_head.set()
        assert b"late" in read_all(connection)


def test_requests_at_once_are_answered_in_their_order(edge: Edge) -> None:
    """The fast one waits for the slow one before it."""
    slow, fast = (f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode() for path in ("/slow", "/answer"))
    received = edge.send(slow + fast * 3 + f"GET /answer HTTP/1.1\r\n{CLOSING}\r\n".encode())
    assert received.count(b"HTTP/1.1 200") == 5 and received.index(b"slow") < received.index(b"whole")


def test_an_application_may_close_the_connection(edge: Edge) -> None:
    """It is said once, and what was sent after it is not answered."""
    received = edge.send(b"GET /closing HTTP/1.1\r\nHost: a\r\n\r\n" * 2)
    assert received.count(b"Connection: close") == 1 and received.count(b"last") == 1


@pytest.mark.parametrize("path", ["/raising", "/silent", "/splitting"])
def test_an_application_that_does_not_answer_is_answered_for(edge: Edge, path: str) -> None:
    """500 without a word of what was wrong; a split head never leaves."""
    head, body = request(edge, path)
    assert status(head) == 500 and body == b"Internal Server Error" and b"Cookie" not in head


def test_a_body_of_another_length_ends_the_connection(edge: Edge) -> None:
    """Whoever reads on would take the rest for the next answer."""
    assert b"more than two" not in edge.send(b"GET /too-much HTTP/1.1\r\nHost: a\r\n\r\n")


def test_a_large_body_is_received_whole(edge: Edge) -> None:
    """Beyond what waits in memory, after `100 Continue` where that is asked for, and when it was not read to its end."""
    fields = f"Content-Length: {len(BIG)}\r\nExpect: 100-continue\r\n{CLOSING}"
    received = edge.send(f"POST /body HTTP/1.1\r\n{fields}\r\n".encode(), BIG)
    assert received.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200") and received.endswith(b"%d" % len(BIG))
    unread = f"POST /answer HTTP/1.1\r\nHost: a\r\nContent-Length: {len(BIG)}\r\n\r\n".encode() + BIG
    received = edge.send(unread, f"GET /answer HTTP/1.1\r\n{CLOSING}\r\n".encode())
    assert received.count(b"whole") == 2


def test_a_client_that_reads_slowly_is_waited_for(edge: Edge) -> None:
    """What it has not read is not answered further, so that no memory fills with it."""
    seen.clear()
    with edge.connect() as connection:
        connection.sendall(
            b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n" * 11 + f"GET /big HTTP/1.1\r\n{CLOSING}\r\n".encode()
        )
        time.sleep(0.3)
        assert len(seen) < 8
        assert read_all(connection).count(b"HTTP/1.1 200") == 12


def test_whoever_goes_away_ends_the_handler(edge: Edge) -> None:
    """Where the application has asked for that."""
    seen.clear()
    gone.clear()
    with edge.connect() as connection:
        connection.sendall(b"GET /cancelled HTTP/1.1\r\nHost: a\r\n\r\n")
        while not seen:
            time.sleep(0.01)
    assert gone.wait(5)


def test_a_connection_without_requests_is_closed(edge: Edge) -> None:
    """After the keep-alive, counted from the last answer."""
    with edge.connect() as connection:
        for _ in range(2):
            connection.sendall(b"GET /answer HTTP/1.1\r\nHost: a\r\n\r\n")
            assert status(connection.recv(65536)) == 200
            time.sleep(0.7)
        assert read_all(connection) == b""
