"""Optimistic locking: `If-Match` with an integer, `*` to force (contract: custom code, section 2)."""

from __future__ import annotations

from openmcs.errors import RequestInvalid


def expected(if_match: str | None) -> int | None:
    """The etag that a change relies on; None for any. Raises `RequestInvalid`."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not text.isdigit():
        raise RequestInvalid("If-Match: an etag is an integer, or * for any.")
    return int(text)
