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
    "Oracle-Mobile-Sync-No-Store, X-ORACLE-DMS-ECID, X-ORACLE-DMS-RID"
)
MAX_AGE = "600"

Pairs = list[tuple[str, str]]


def is_allowed(origin: str, allowed: Iterable[str]) -> bool:
    """True when *origin* is one of *allowed*: exact, `https://*.example.com`, `http://localhost:*`, or `*`."""
    return any(_pattern(each).fullmatch(origin) is not None for each in allowed)


def headers_for(origin: str | None, allowed: Iterable[str]) -> Pairs:
    """What an answer to *origin* carries; `Vary` also when it is refused, so that no cache mixes them up."""
    if origin is None:
        return []
    if not is_allowed(origin, allowed):
        return [("Vary", "Origin")]
    return [
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Expose-Headers", EXPOSED),
        ("Vary", "Origin"),
    ]


def preflight_headers(origin: str, requested_headers: str | None) -> Pairs:
    """The grant: the names that were asked for are echoed, whatever they are."""
    granted = [
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Allow-Methods", METHODS),
        ("Access-Control-Max-Age", MAX_AGE),
        ("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),
    ]
    if requested_headers:
        granted.append(("Access-Control-Allow-Headers", requested_headers))
    return granted


@lru_cache(maxsize=1024)
def _pattern(allowed: str) -> re.Pattern[str]:
    if allowed == "*":
        return re.compile(".+")
    pieces = re.escape(allowed.rstrip("/")).split(re.escape("*"))
    # A star stands for labels of a host name or for a port, never for a slash or a colon.
    return re.compile(r"[A-Za-z0-9.-]+".join(pieces), re.IGNORECASE)
