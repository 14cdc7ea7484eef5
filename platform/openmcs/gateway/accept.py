"""First stage: what came in, before anyone asks who sent it."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from openmcs.errors import RequestTooLarge
from openmcs.exchange import Arrival

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]

WHOLE = 256 * 1024
"""Bytes of a body up to which it is always read whole."""
_PARSED = frozenset(
    {
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/xml",
        "text/xml",
    }
)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_SLASHES = re.compile("//+")
_CUSTOM = "/mobile/custom"
_random = random.Random()
_NO_VALUES = ("null", "undefined")


class ClientGone(Exception):
    """The client's connection ended before its request did."""


def accept(scope: Scope) -> Arrival:
    """
    Read the request line and headers.

    What the vendor's SDKs are known to send is put right here, once for all stages (contract: wire):
    the cache breaker `_` (Q1), duplicate slashes (Q4), `/mobile/custom<api>` for `/mobile/custom/<api>` (Q5),
    and JavaScript's `null` for a validator that is not there (Q16).
    """
    now = time.time()
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
    client = scope.get("client")
    return Arrival(
        method=scope["method"],
        path=_path(raw_path.decode("latin-1")),
        query=_without_cache_breaker(scope["query_string"].decode("latin-1")),
        headers=_joined(scope["headers"]),
        ecid=new_ecid(now),
        rid="0",
        arrived=now,
        started=time.monotonic(),
        peer=client[0] if client else "",
    )


def is_token_endpoint(path: str) -> bool:
    """
    True for what the vendor's SDKs make of a configured token endpoint (contract: wire 2.4).

    Apps in OAuth mode ask there, with a preflight first: they get an answer that they can read.
    """
    end = path.rstrip("/")
    return end.endswith(("/oam/oauth2/tokens", "/oauth2/v1/token"))


def new_ecid(now: float) -> str:
    """
    An execution context id: 33 characters, the first nine of which grow with time.

    It is unique and no secret, so its random part asks the operating system for nothing.
    """
    ms = int(now * 1000)
    return f"{_stamp(ms >> 5)}{_ALPHABET[ms & 31]}_{_random.getrandbits(88):022x}0"


@lru_cache(maxsize=4)
def _stamp(time: int) -> str:
    """Eight characters; calls of the same moment share them."""
    return _PAIRS[time >> 30 & 1023] + _PAIRS[time >> 20 & 1023] + _PAIRS[time >> 10 & 1023] + _PAIRS[time & 1023]


async def read_body(arrival: Arrival, receive: Receive, limit: int) -> bytes:
    """
    The whole body.

    Raises `RequestTooLarge`, before reading it where its length was announced, and `ClientGone`.
    """
    announced = arrival.headers.get("content-length", "")
    if not announced and "transfer-encoding" not in arrival.headers:
        return b""
    _refuse_announced(announced, limit)
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        _refuse_disconnect(message)
        if len(body) > limit:
            raise RequestTooLarge(f"The body has more than {limit} bytes.")
        return body
    rest = Rest(receive, limit, len(body))
    pieces = [body]
    while piece := await rest.next():
        pieces.append(piece)
    return b"".join(pieces)


def may_stream(arrival: Arrival) -> bool:
    """
    True for a body that may be passed on while it comes: large, or of a length that nobody knows.

    What is held against the RAML or parsed (JSON, forms, XML) is read whole.
    """
    announced = arrival.headers.get("content-length")
    if announced is None:
        large = "transfer-encoding" in arrival.headers
    else:
        large = announced.isdigit() and int(announced) > WHOLE
    return large and not is_parsed(arrival.headers.get("content-type", ""))


def is_parsed(content_type: str) -> bool:
    """True for types whose bodies the platform or the worker parses."""
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type in _PARSED or media_type.endswith(("+json", "+xml"))


async def begin_body(arrival: Arrival, receive: Receive, limit: int) -> tuple[bytes, Rest | None]:
    """
    The first bytes of a body, `WHOLE` or somewhat more, and what follows; None where that was all.

    Raises as `read_body` does.
    """
    _refuse_announced(arrival.headers.get("content-length", ""), limit)
    rest = Rest(receive, limit, 0)
    pieces: list[bytes] = []
    while rest.received <= WHOLE:
        piece = await rest.next()
        if not piece:
            return b"".join(pieces), None
        pieces.append(piece)
    rest.begun = False
    return b"".join(pieces), rest


class Rest:
    """The part of a body that is still to come, within the limit for all of it."""

    __slots__ = ("_limit", "_more", "_receive", "begun", "received")

    def __init__(self, receive: Receive, limit: int, received: int) -> None:
        self._receive = receive
        self._limit = limit
        self._more = True
        self.received = received
        """Bytes of the whole body so far."""
        self.begun = False

    async def next(self) -> bytes:
        """The next piece; empty at the end. Raises `RequestTooLarge` and `ClientGone`."""
        self.begun = True
        while self._more:
            body, self._more = await _piece(self._receive)
            self.received += len(body)
            if self.received > self._limit:
                raise RequestTooLarge(f"The body has more than {self._limit} bytes.")
            if body:
                return body
        return b""


def _refuse_announced(announced: str, limit: int) -> None:
    if announced.isdigit() and int(announced) > limit:
        raise RequestTooLarge(f"The body has {announced} bytes; at most {limit} are taken.")


async def _piece(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    _refuse_disconnect(message)
    body: bytes = message.get("body", b"")
    return body, message.get("more_body", False)


def _refuse_disconnect(message: Mapping[str, Any]) -> None:
    if message.get("type") == "http.disconnect":
        raise ClientGone("the client went away in the middle of its body")


def _joined(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    for validator in ("if-none-match", "if-modified-since"):
        if validator in headers and headers[validator].strip() in _NO_VALUES:
            del headers[validator]
    return headers


def _path(path: str) -> str:
    if "//" in path:
        path = _SLASHES.sub("/", path)
    if path.startswith(_CUSTOM) and path[len(_CUSTOM) : len(_CUSTOM) + 1] not in ("/", ""):
        return f"{_CUSTOM}/{path[len(_CUSTOM) :]}"
    return path


def _without_cache_breaker(query: str) -> str:
    if "_" not in query:
        return query
    return "&".join(part for part in query.split("&") if not (part.startswith("_=") or part == "_"))
