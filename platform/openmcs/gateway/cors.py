"""
Cross-origin calls (contract: wire, section 3).

Every SDK call is preflighted and credentialed, so the origin is always echoed and never `*`, names are
listed and never starred, and errors carry the same headers, or the app would see status 0.
A preflight carries no backend id: it is granted when any backend allows the origin. The call itself
is then judged by its own backend.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

METHODS = "GET, POST, PUT, DELETE, HEAD, PATCH, OPTIONS"
EXPOSED = (
    "ETag, Location, Link, Date, Oracle-Mobile-Name, Oracle-Mobile-Created-By, Oracle-Mobile-Created-On, "
    "Oracle-Mobile-Modified-By, Oracle-Mobile-Modified-On, Oracle-Mobile-Canonical-Link, "
    "Oracle-Mobile-Sync-Resource-Type, Oracle-Mobile-Sync-Expires, Oracle-Mobile-Sync-Evict, "
    "Oracle-Mobile-Sync-No-Store, X-ORACLE-DMS-ECID, X-ORACLE-DMS-RID, Retry-After"
)
"""What the SDKs read, of every answer; an implementation's own names are added to them."""
REQUEST_HEADERS = (
    "Accept, Authorization, Content-Type, If-Match, If-None-Match, If-Modified-Since, X-User-Identity-Domain-Name, "
    "X-Resource-Identity-Domain-Name, Oracle-Mobile-Backend-ID, Oracle-Mobile-Application-Key, "
    "Oracle-Mobile-Device-ID, Oracle-Mobile-Diagnostic-Session-ID, Oracle-Mobile-Client-Request-Time, "
    "Oracle-Mobile-Client-SDK-Info, Oracle-Mobile-Analytics-Session-ID, Oracle-Mobile-Analytics-Application-ID, "
    "Oracle-Mobile-Name, Oracle-Mobile-Sync-Agent, Oracle-Mobile-Social-Access-Token, "
    "Oracle-Mobile-Social-Identity-Provider, Oracle-Mobile-API-Version, _keys, _values"
)
"""What the SDKs send, of all generations."""
MAX_AGE = "600"

_SAFE = frozenset(
    {"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"}
)
"""Response headers that every page may read, without being told so (Fetch standard)."""
_LISTED = frozenset(name.lower() for name in EXPOSED.split(", "))
_UNREADABLE = frozenset({"set-cookie", "set-cookie2", "vary", "www-authenticate", "connection", "transfer-encoding"})
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'+.^_`|~-]+")

Pairs = list[tuple[str, str]]
Fields = tuple[tuple[str, str], ...]


def is_allowed(origin: str, allowed: Iterable[str]) -> bool:
    """True when *origin* is one of *allowed*: exact, `https://*.example.com`, `http://localhost:*`, or `*`."""
    return any(_pattern(each).fullmatch(origin) is not None for each in allowed)


def headers_for(origin: str | None, allowed: Iterable[str], answer: Fields = ()) -> Pairs:
    """What an *answer* to *origin* carries; `Vary` also when there is none, so that no cache mixes them up."""
    if origin is None or not is_allowed(origin, allowed):
        return [("Vary", "Origin")]
    return [
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Expose-Headers", _exposed(tuple(name for name, _ in answer))),
        ("Vary", "Origin"),
    ]


def preflight_headers(origin: str, requested_headers: str | None) -> Pairs:
    """The grant to an allowed origin: it may send the names it asks for, whatever they are."""
    return [
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Allow-Methods", METHODS),
        ("Access-Control-Allow-Headers", _named(requested_headers) or REQUEST_HEADERS),
        ("Access-Control-Max-Age", MAX_AGE),
        ("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),
    ]


@lru_cache(maxsize=1024)
def _named(requested: str | None) -> str:
    """The header names in a list; a star is none, and counts for nothing with credentials."""
    names = (each.strip() for each in (requested or "").split(","))
    return ", ".join(name for name in names if _TOKEN.fullmatch(name))


@lru_cache(maxsize=1024)
def _exposed(names: tuple[str, ...]) -> str:
    own = {name.lower(): name for name in names if _TOKEN.fullmatch(name)}
    unlisted = _SAFE | _LISTED | _UNREADABLE
    readable = [name for key, name in own.items() if key not in unlisted and not key.startswith("access-control-")]
    return ", ".join([EXPOSED, *readable])


@lru_cache(maxsize=1024)
def _pattern(allowed: str) -> re.Pattern[str]:
    if allowed == "*":
        return re.compile(".+", re.DOTALL)
    expression = re.escape(allowed)
    # A star stands for the labels of a subdomain or for a port, never for a slash, a colon or a whole host.
    expression = expression.replace(r"://\*\.", r"://[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.")
    expression = re.sub(r":\\\*$", r":[0-9]+", expression)
    return re.compile(expression, re.IGNORECASE)
