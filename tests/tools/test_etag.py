"""Optimistic locking."""

from __future__ import annotations

from typing import Any

import pytest

from openmcs.errors import RequestInvalid
from openmcs.tools.etag import expected
from tests.tools.desk import API, BACKEND, Desk


@pytest.mark.parametrize(("header", "etag"), [(None, None), ("*", None), ("3", 3), ('"3"', 3), ('W/"3"', 3)])
def test_the_header_is_an_integer_or_a_star(header: str | None, etag: int | None) -> None:
    """As in MCS, with or without the quotation marks of HTTP."""
    assert expected(header) == etag


@pytest.mark.parametrize("header", ["", "x", "-1", "1.0", "1, 2"])
def test_anything_else_is_refused(header: str) -> None:
    """Silently taking it for `*` would overwrite somebody's work."""
    with pytest.raises(RequestInvalid):
        expected(header)


@pytest.mark.parametrize(
    ("if_match", "status"), [({}, 200), ({"If-Match": "*"}, 200), ({"If-Match": "1"}, 412), ({"If-Match": "2"}, 200)]
)
def test_an_older_state_is_not_written_over(
    desk: Desk, backend: dict[str, Any], api: dict[str, Any], if_match: dict[str, str], status: int
) -> None:
    """A change relies on the etag it read; each change adds one."""
    for path, before, body in (("mobilebackends", backend, BACKEND), ("apis", api, API)):
        changed = desk.put(f"/{path}/{before['id']}", {**body, "title": "B", "description": "B"})
        assert (before["etag"], changed["etag"]) == (1, 2)
        response = desk.call("PUT", f"/{path}/{before['id']}", json={**body, "title": "C"}, headers=if_match)
        assert response.status_code == status
        assert desk.get(f"/{path}/{before['id']}")["etag"] == (3 if status == 200 else 2)
