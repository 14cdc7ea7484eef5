"""
Header names of answers, in the casing in which clients look for them.

Old web views and Android's sync library read some names in exact casing (contract: wire, Q17); the server
beneath would send all of them in lower case. HTTP allows any casing, so the canonical one harms nobody.
"""

from __future__ import annotations

import time
from email.utils import formatdate
from functools import lru_cache
from typing import Any

_OWN_CASING = {
    b"etag": b"ETag",
    b"www-authenticate": b"WWW-Authenticate",
    b"x-oracle-dms-ecid": b"X-ORACLE-DMS-ECID",
    b"x-oracle-dms-rid": b"X-ORACLE-DMS-RID",
}
_BODILESS = frozenset({204, 304})


class HeaderName(bytes):
    """A name that keeps its casing, and equals the same name in any other."""

    def lower(self) -> bytes:
        """As it is: the server lowers names before it writes them."""
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, bytes) and bytes.lower(self) == bytes.lower(other)

    def __hash__(self) -> int:
        return hash(bytes.lower(self))


class Cased:
    """Wraps the application: canonical names, and `Date` and `Transfer-Encoding` where the server would add them."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._second = 0
        self._date = b""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Pass the request on, and give the names of its answer their casing."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return

        async def cased(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                fields = [(name_of(name), value) for name, value in message["headers"]]
                fields.append((_DATE, self._now()))
                if scope["method"] != "HEAD" and message["status"] not in _BODILESS and not _has_length(fields):
                    fields.append((_TRANSFER_ENCODING, b"chunked"))
                message["headers"] = fields
            await send(message)

        await self._inner(scope, receive, cased)

    def _now(self) -> bytes:
        second = int(time.time())
        if second != self._second:
            self._second, self._date = second, formatdate(second, usegmt=True).encode()
        return self._date


@lru_cache(maxsize=4096)
def canonical(name: bytes) -> bytes:
    """*name* as it is when it has upper case in it, else in its canonical casing."""
    if name != name.lower():
        return name
    return _OWN_CASING.get(name) or b"-".join(part.capitalize() for part in name.split(b"-"))


@lru_cache(maxsize=4096)
def name_of(name: bytes) -> HeaderName:
    """The name as it goes out."""
    return HeaderName(canonical(bytes(name)))


def _has_length(fields: list[tuple[HeaderName, bytes]]) -> bool:
    return any(name in (_CONTENT_LENGTH, _TRANSFER_ENCODING) for name, _ in fields)


_DATE = HeaderName(b"Date")
_CONTENT_LENGTH = HeaderName(b"Content-Length")
_TRANSFER_ENCODING = HeaderName(b"Transfer-Encoding")
