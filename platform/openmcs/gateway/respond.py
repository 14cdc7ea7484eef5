"""Seventh stage: the only place where answers and errors become bytes."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import lru_cache
from typing import Any

import msgspec

from openmcs.errors import MethodNotAllowed, PlatformError, document
from openmcs.exchange import Arrival, Edge, Reply

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

_DIALOGS = ("basic", "digest", "negotiate", "ntlm")
"""Schemes for which a browser asks for a password itself."""
_CHALLENGE = "www-authenticate"
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


_APART = (b"Content-Security-Policy", b"sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts")


@lru_cache(maxsize=1024)
def _name(name: str) -> bytes | None:
    """The name in bytes, or None when an answer of an implementation's must not have it."""
    lower = name.lower()
    if lower in _HOP_BY_HOP or lower.startswith("access-control-") or _NAME.fullmatch(name) is None:
        return None
    return name.encode("ascii")


def _value(value: str) -> bytes:
    if value.isascii() and value.isprintable():
        return value.encode("ascii")
    return _CONTROL.sub(b" ", value.encode("latin-1", "replace"))


def refusal(error: PlatformError, arrival: Arrival) -> Reply:
    """
    The answer to a call that ended in *error*.

    No `WWW-Authenticate: Basic`: it would make browsers ask for a password (contract: wire, Q19).
    """
    headers = [("Content-Type", "application/json")]
    if isinstance(error, MethodNotAllowed):
        headers.append(("Allow", ", ".join(error.allow)))
    if error.retry_after is not None:
        headers.append(("Retry-After", str(error.retry_after)))
    body = msgspec.json.encode(document(error, arrival.path, arrival.ecid))
    return Reply(status=error.status, headers=tuple(headers), body=body, error_code=error.code)


def head(arrival: Arrival, reply: Reply, extra: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """
    The header fields that go out: the answer's own, correlation, and *extra* (CORS).

    A page that custom code answers has an origin of its own: opened in the browser of a signed-in team
    member it must not be able to use the console's session.

    Who may read an answer across origins is the backend's to say and not the implementation's.
    """
    fields = [
        (encoded, _value(value))
        for name, value in reply.headers
        if (encoded := _name(name)) is not None and not _asks_for_password(name, value)
    ]
    fields.append(_APART)
    fields.append((b"X-ORACLE-DMS-ECID", arrival.ecid.encode()))
    fields.append((b"X-ORACLE-DMS-RID", arrival.rid.encode()))
    fields.extend([(name.encode("ascii"), value.encode("latin-1")) for name, value in extra])
    return fields


def _asks_for_password(name: str, value: str) -> bool:
    """True for a challenge that would make a browser open its own dialog (contract: wire, Q19)."""
    return len(name) == len(_CHALLENGE) and name.lower() == _CHALLENGE and value.strip().lower().startswith(_DIALOGS)


async def respond(arrival: Arrival, reply: Reply, extra: list[tuple[str, str]], edge: Edge) -> None:
    """Send a complete answer."""
    assert isinstance(reply.body, bytes)
    await edge.answer(reply.status, head(arrival, reply, extra), reply.body)


async def stream(arrival: Arrival, reply: Reply, extra: list[tuple[str, str]], send: Send) -> int:
    """Send an answer that comes in chunks; returns how many bytes its body had."""
    assert not isinstance(reply.body, bytes)
    await send({"type": "http.response.start", "status": reply.status, "headers": head(arrival, reply, extra)})
    size = 0
    try:
        async for chunk in reply.body:
            size += len(chunk)
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    finally:
        # Whoever stops listening tells the implementation so, at once.
        if isinstance(reply.body, AsyncGenerator):
            await reply.body.aclose()
    await send({"type": "http.response.body", "body": b""})
    return size
