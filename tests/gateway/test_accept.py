"""What the vendor's SDKs send besides what is right is put right at the door (contract: wire, section 5)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.errors import RequestTooLarge
from openmcs.gateway.accept import (
    WHOLE,
    ClientGone,
    accept,
    begin_body,
    is_token_endpoint,
    may_stream,
    new_ecid,
    read_body,
)
from tests.platform_server import PlatformServer, anonymous


def _scope(target: str = "/", query: str = "", headers: list[tuple[bytes, bytes]] | None = None) -> dict[str, Any]:
    return {
        "method": "GET",
        "path": target,
        "raw_path": target.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "headers": headers or [],
        "client": ("192.0.2.1", 1234),
    }


PATHS = [
    ("Q4", "/mobile/custom//echo/all", "/mobile/custom/echo/all"),
    ("Q4, Q6", "//mobile/platform///users/~", "/mobile/platform/users/~"),
    ("Q4, at the end", "/mobile/custom/echo/all//", "/mobile/custom/echo/all/"),
    ("Q5", "/mobile/customecho/all/", "/mobile/custom/echo/all/"),
    ("Q4 and Q5", "/mobile//customecho//all", "/mobile/custom/echo/all"),
    ("Q5 only at the start", "/mobile/custom/echo/mobile/customx", "/mobile/custom/echo/mobile/customx"),
    ("nothing below", "/mobile/custom", "/mobile/custom"),
    ("percent stays", "/mobile/custom/echo/items/a%2F%2Fb", "/mobile/custom/echo/items/a%2F%2Fb"),
]


@pytest.mark.parametrize(("sent", "read"), [row[1:] for row in PATHS], ids=[row[0] for row in PATHS])
def test_paths_are_put_right(sent: str, read: str) -> None:
    """Duplicate slashes collapse, and the slash that J1 loses comes back."""
    assert accept(_scope(sent)).path == read


QUERIES = [
    ("Q1 alone", "_=1511600000000", ""),
    ("Q1 after others", "a=1&_=1511600000000", "a=1"),
    ("Q1 before others", "_=1&a=1&b=2", "a=1&b=2"),
    ("Q1 without a value", "_&a=1", "a=1"),
    ("other names with underscores", "_a=1&a_=2&__=3", "_a=1&a_=2&__=3"),
    ("a repeated parameter", "a=1&a=2", "a=1&a=2"),
]


@pytest.mark.parametrize(("sent", "read"), [row[1:] for row in QUERIES], ids=[row[0] for row in QUERIES])
def test_the_cache_breaker_is_dropped(sent: str, read: str) -> None:
    """Nobody behind the door sees `_`."""
    assert accept(_scope("/", sent)).query == read


@pytest.mark.parametrize("value", [b"null", b"undefined", b" null "])
def test_q16_validators_that_are_none_are_dropped(value: bytes) -> None:
    """React Native sends JavaScript's `null` for a validator that it does not have."""
    headers = [(b"if-none-match", value), (b"if-modified-since", value), (b"accept", b"null")]
    assert accept(_scope(headers=headers)).headers == {"accept": "null"}


def test_true_validators_stay() -> None:
    """Custom code may answer 304."""
    assert accept(_scope(headers=[(b"if-none-match", b'"null"')])).headers == {"if-none-match": '"null"'}


def test_repeated_fields_are_joined() -> None:
    """As HTTP says: by a comma, in order."""
    assert accept(_scope(headers=[(b"accept", b"a"), (b"accept", b"b")])).headers == {"accept": "a, b"}


@given(st.floats(min_value=0, max_value=4e9))
def test_an_ecid_has_33_characters_and_grows_with_time(now: float) -> None:
    """Letters, digits and one underscore."""
    one, later = new_ecid(now), new_ecid(now + 1)
    assert len(one) == 33 and one.replace("_", "").isalnum() and one[:9] < later[:9]


def test_a_body_is_refused_by_its_announced_length_before_it_is_read() -> None:
    """Nothing is received for it."""

    async def never() -> dict[str, Any]:
        raise AssertionError("read")

    arrival = accept(_scope(headers=[(b"content-length", b"11")]))
    with pytest.raises(RequestTooLarge, match="11 bytes; at most 10"):
        asyncio.run(read_body(arrival, never, 10))


@pytest.mark.parametrize("pieces", [[b"x" * 11], [b"x" * 6, b"x" * 6]])
def test_a_body_without_length_is_refused_when_it_grows_too_large(pieces: list[bytes]) -> None:
    """In one piece or in several."""

    async def receive() -> dict[str, Any]:
        return {"body": pieces.pop(0), "more_body": bool(pieces)}

    arrival = accept(_scope(headers=[(b"transfer-encoding", b"chunked")]))
    with pytest.raises(RequestTooLarge):
        asyncio.run(read_body(arrival, receive, 10))


def test_a_request_that_announces_no_body_has_none() -> None:
    """Nothing is received: HTTP/1.1 has a body where there is a length or a transfer encoding."""

    async def never() -> dict[str, Any]:
        raise AssertionError("read")

    assert asyncio.run(read_body(accept(_scope()), never, 10)) == b""


def _receiving(*pieces: bytes, gone: bool = False) -> Any:
    """What the edge hands out: *pieces*, then the end, or that the client has gone."""
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": each, "more_body": True} for each in pieces]
    messages.append({"type": "http.disconnect"} if gone else {"type": "http.request", "body": b""})

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    return receive


@pytest.mark.parametrize(
    ("headers", "streams"),
    [
        ({}, False),
        ({"content-length": "7"}, False),
        ({"content-length": str(WHOLE + 1)}, True),
        ({"content-length": str(WHOLE + 1), "content-type": "application/json; charset=utf-8"}, False),
        ({"content-length": str(WHOLE + 1), "content-type": "application/vnd.a+json"}, False),
        ({"content-length": str(WHOLE + 1), "content-type": "multipart/form-data; boundary=x"}, False),
        ({"content-length": str(WHOLE + 1), "content-type": "image/svg+xml"}, False),
        ({"content-length": str(WHOLE + 1), "content-type": "image/png"}, True),
        ({"transfer-encoding": "chunked"}, True),
        ({"transfer-encoding": "chunked", "content-type": "application/json"}, False),
        ({"content-length": "a lot"}, False),
    ],
)
def test_a_large_body_that_nobody_parses_may_be_passed_on(headers: dict[str, str], streams: bool) -> None:
    """What is parsed, or held against the RAML, is read whole."""
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert may_stream(accept(_scope(headers=raw))) is streams


def test_a_body_begins_with_what_is_always_read_whole() -> None:
    """One that ends there has no rest; of another one nothing more was asked for."""

    async def test() -> None:
        arrival = accept(_scope())
        assert await begin_body(arrival, _receiving(b"a", b"b"), 10) == (b"ab", None)
        assert await begin_body(arrival, _receiving(), 10) == (b"", None)
        begin, rest = await begin_body(arrival, _receiving(b"x" * WHOLE, b"y", b"z"), WHOLE + 2)
        assert rest is not None and (len(begin), rest.begun) == (WHOLE + 1, False)
        assert [await rest.next(), await rest.next(), await rest.next()] == [b"z", b"", b""]
        assert (rest.begun, rest.received) == (True, WHOLE + 2)

    asyncio.run(test())


def test_a_rest_that_grows_too_large_is_refused_where_it_does() -> None:
    """What was announced is refused before, as for any body."""

    async def test() -> None:
        _, rest = await begin_body(accept(_scope()), _receiving(b"x" * (WHOLE + 1), b"y", b"z"), WHOLE + 2)
        assert rest is not None and await rest.next() == b"y"
        with pytest.raises(RequestTooLarge):
            await rest.next()
        announced = accept(_scope(headers=[(b"content-length", b"11")]))
        with pytest.raises(RequestTooLarge):
            await begin_body(announced, _receiving(), 10)

    asyncio.run(test())


@pytest.mark.parametrize("pieces", [(), (b"half",), (b"x" * (WHOLE + 1),)])
def test_half_a_body_is_none(pieces: tuple[bytes, ...]) -> None:
    """A client that goes away in the middle of it has made no request."""

    async def test() -> None:
        chunked = accept(_scope(headers=[(b"transfer-encoding", b"chunked")]))
        for read in (read_body, begin_body):
            with pytest.raises(ClientGone):
                found: Any = await read(chunked, _receiving(*pieces, gone=True), 10**7)
                await found[1].next()

    asyncio.run(test())


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/oam/oauth2/tokens", True), ("/oam/oauth2/tokens/", True), ("//oauth2/v1/token", True),
        ("/oam/oauth2/tokens/oauth2/v1/token", True), ("/oauth2/v1/token/oauth2/v1/token", True),
        ("/favicon.ico", False), ("/", False), ("/oauth2/v1/tokens", False),
    ],
)  # fmt: skip
def test_2_4_a_token_endpoint_is_known_in_every_spelling(path: str, answer: bool) -> None:
    """What the SDKs of all generations make of one configured value."""
    assert is_token_endpoint(path) is answer


# (contract row, path, what custom code sees as its URL)
SEEN = [
    ("Q1", "/mobile/custom/echo/all?_=1511600000000", "/mobile/custom/echo/all"),
    ("Q1", "/mobile/custom/echo/all?a=1&_=1511600000000", "/mobile/custom/echo/all?a=1"),
    ("Q4", "//mobile//custom//echo//all?a=1", "/mobile/custom/echo/all?a=1"),
    ("Q5", "/mobile/customecho/all", "/mobile/custom/echo/all"),
]


@pytest.mark.parametrize(("path", "seen"), [row[1:] for row in SEEN], ids=[f"{row[0]} {row[1]}" for row in SEEN])
def test_custom_code_sees_what_was_meant(platform: PlatformServer, path: str, seen: str) -> None:
    """From the socket to the handler and back."""
    answer = platform.call("GET", path, anonymous())
    assert (answer.status, answer.json()["url"]) == (200, seen)


def test_q5_of_an_api_that_is_not_there_is_a_missing_api(platform: PlatformServer) -> None:
    """`/mobile/customers` is no way to anything."""
    answer = platform.call("GET", "/mobile/customers/1", anonymous())
    assert (answer.status, answer.json()["o:errorCode"]) == (404, "MOBILE-57926")


def test_q16_custom_code_sees_no_null_validator(platform: PlatformServer) -> None:
    """And the answer is no 304."""
    headers = anonymous(**{"if-none-match": "null", "if-modified-since": "null"})
    answer = platform.call("GET", "/mobile/custom/echo/all", headers)
    assert answer.status == 200 and "if-none-match" not in answer.json()["headers"]
