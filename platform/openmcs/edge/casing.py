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
    """A name that keeps its casing: the server lowers names before it writes them."""

    def lower(self) -> bytes:
        """As it is."""
        return self


class FramingName(HeaderName):
    """One of the names that the server looks for; it equals the same name in any casing."""

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
                headers = message["headers"]
                names, framed = _names(tuple([name for name, _ in headers]))
                fields = list(zip(names, [value for _, value in headers], strict=True))
                fields.append((_DATE, self._now()))
                if not framed and scope["method"] != "HEAD" and message["status"] not in _BODILESS:
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
    return _FRAMING.get(name.lower()) or HeaderName(canonical(bytes(name)))


@lru_cache(maxsize=4096)
def _names(sent: tuple[bytes, ...]) -> tuple[tuple[HeaderName, ...], bool]:
    """The names of an answer as they go out, and whether it says itself where it ends; answers of a kind share theirs."""
    names = tuple(map(name_of, sent))
    return names, _CONTENT_LENGTH in names or _TRANSFER_ENCODING in names


_DATE = HeaderName(b"Date")
_CONTENT_LENGTH = FramingName(b"Content-Length")
_TRANSFER_ENCODING = FramingName(b"Transfer-Encoding")
_FRAMING: dict[bytes, FramingName] = {
    b"content-length": _CONTENT_LENGTH,
    b"transfer-encoding": _TRANSFER_ENCODING,
    b"connection": FramingName(b"Connection"),
}
