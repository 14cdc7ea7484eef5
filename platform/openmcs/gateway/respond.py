"""Seventh stage: the only place where answers and errors become bytes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any

import msgspec

from openmcs.errors import MethodNotAllowed, PlatformError, document
from openmcs.exchange import Arrival, Reply

Send = Callable[[dict[str, Any]], Awaitable[None]]

_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "content-length",
        "x-oracle-dms-ecid",
        "x-oracle-dms-rid",
    }
)


class HeaderName(bytes):
    """
    A name that keeps its casing.

    The server would lower it; old web views and Android's sync library look some names up in exact
    casing (contract: wire, Q17).
    """

    def lower(self) -> bytes:
        """As it is."""
        return self


@lru_cache(maxsize=1024)
def _name(name: str) -> bytes:
    return HeaderName(name.encode("latin-1"))


def refusal(error: PlatformError, arrival: Arrival) -> Reply:
    """
    The answer to a call that ended in *error*.

    No `WWW-Authenticate: Basic`: it would make browsers ask for a password (contract: wire, Q19).
    """
    headers = [("Content-Type", "application/json")]
    if isinstance(error, MethodNotAllowed):
        headers.append(("Allow", ", ".join(error.allow)))
    if error.status == 503:
        headers.append(("Retry-After", "5"))
    body = msgspec.json.encode(document(error, arrival.path, arrival.ecid))
    return Reply(status=error.status, headers=tuple(headers), body=body, error_code=error.code)


def head(arrival: Arrival, reply: Reply, extra: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """The header fields that go out: the answer's own, correlation, and *extra* (CORS)."""
    fields = [
        (_name(name), value.encode("latin-1", "replace"))
        for name, value in reply.headers
        if name.lower() not in _HOP_BY_HOP and not (extra and name.lower().startswith("access-control-"))
    ]
    fields.append((_name("X-ORACLE-DMS-ECID"), arrival.ecid.encode()))
    fields.append((_name("X-ORACLE-DMS-RID"), arrival.rid.encode()))
    for name, value in extra:
        fields.append((_name(name), value.encode("latin-1")))
    if isinstance(reply.body, bytes) and reply.status not in (204, 304):
        fields.append((b"content-length", str(len(reply.body)).encode()))
    return fields


async def respond(arrival: Arrival, reply: Reply, extra: list[tuple[str, str]], send: Send) -> None:
    """Send a complete answer."""
    body = reply.body if isinstance(reply.body, bytes) else b""
    await send({"type": "http.response.start", "status": reply.status, "headers": head(arrival, reply, extra)})
    await send({"type": "http.response.body", "body": b"" if reply.status in (204, 304) else body})


async def stream(arrival: Arrival, reply: Reply, extra: list[tuple[str, str]], send: Send) -> int:
    """Send an answer that comes in chunks; returns how many bytes its body had."""
    assert not isinstance(reply.body, bytes)
    await send({"type": "http.response.start", "status": reply.status, "headers": head(arrival, reply, extra)})
    size = 0
    async for chunk in reply.body:
        size += len(chunk)
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
    return size
