"""The form of a list of the log: the list of the tools API with a cursor."""

from __future__ import annotations

from typing import Any

from openmcs.analytics.parameters import cursor_text
from openmcs.analytics.rows import Found
from openmcs.store.log import END, Cursor


def page(
    found: Found,
    items: list[dict[str, Any]],
    *,
    limit: int,
    offset: int,
    newest: int,
    after: Cursor | None,
) -> dict[str, Any]:
    """
    One page as the tools API answers it.

    The cursor is behind all that is loaded; when following, and when there is more, behind the last item.
    A total that was not counted to the end says so.
    """
    rows, total = found.rows, found.total
    more = offset + len(items) < total
    place = Cursor(newest, END)
    if after is not None and more:
        place = Cursor(rows[-1]["batch"], rows[-1]["position"]) if items else after
    return {
        "items": items,
        "count": len(items),
        "limit": limit,
        "offset": offset,
        "totalResults": total,
        **({} if found.exact else {"totalIsLeast": True}),
        "hasMore": more,
        "cursor": cursor_text(place),
    }
