"""`/requests`, `/messages` and `/kpis`: parameters are handed on, and what is wrong is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from openmcs.store.clock import now_us
from tests.store.records import load, message, request
from tests.tools.desk import Desk


def test_the_log_is_shown(desk: Desk, tmp_path: Path) -> None:
    """A list, one call's tree, its lines, and the figures of the hour."""
    now = now_us()
    load(desk.shop.database, tmp_path, request(1, time=now, status=500), message(1, time=now, level=1000))
    (row,) = desk.get("/requests?status=5xx")["items"]
    assert (row["ecid"], row["worst"]) == ("e1", "severe")
    tree = desk.get("/requests/e1")
    assert (len(tree["requests"]), len(tree["messages"])) == (1, 1)
    assert desk.get("/messages?level=warning")["count"] == 1
    assert desk.get("/kpis?from=-1h")["total"]["errors"] == 1


@pytest.mark.parametrize("path", ["/requests?status=abc", "/requests?limit=0", "/messages?level=loud", "/kpis?from=x"])
def test_a_wrong_parameter_is_refused(desk: Desk, path: str) -> None:
    """The message names it."""
    response = desk.call("GET", path)
    name = path.partition("?")[2].partition("=")[0]
    assert (response.status_code, name in response.json()["detail"]) == (400, True)
