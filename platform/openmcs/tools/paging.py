"""Lists: `limit` and `offset` in, the vendor's envelope out. Every list has a limit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Query


class Paging(NamedTuple):
    """Which part of a list is wanted."""

    limit: int
    offset: int


def _paging(
    limit: Annotated[int, Query(ge=1, le=1000)] = 50, offset: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0
) -> Paging:
    return Paging(limit, offset)


Page = Annotated[Paging, Depends(_paging)]
Text = Annotated[str, Query(max_length=200)]
"""Words that the names of what is wanted contain, in any case."""


def envelope(items: Sequence[Any], total: int, paging: Paging) -> dict[str, Any]:
    """Items, and where they stand in the whole list."""
    return {
        "items": list(items),
        "count": len(items),
        "limit": paging.limit,
        "offset": paging.offset,
        "totalResults": total,
        "hasMore": paging.offset + len(items) < total,
    }
