"""`/reports`"""

from __future__ import annotations

import pytest

from tests.tools.desk import Desk

REPORT = {"name": "Errors of the week", "address": "/analytics?from=-7d&by=error"}


def test_a_report_is_kept_for_the_team(desk: Desk) -> None:
    """By name, once, until somebody removes it."""
    made = desk.post("/reports", REPORT)
    assert (made["address"], made["by"]) == (REPORT["address"], "admin")
    assert desk.get("/reports")["items"] == [made]
    assert desk.call("POST", "/reports", json=REPORT).status_code == 409
    assert desk.call("DELETE", f"/reports/{made['id']}").status_code == 200
    assert desk.call("DELETE", f"/reports/{made['id']}").status_code == 404


@pytest.mark.parametrize(
    "address", ["", "analytics", "//evil.example", "https://evil.example", "javascript:x", "/a b", "/analytics?x\n"]
)
def test_an_address_leads_nowhere_else(desk: Desk, address: str) -> None:
    """It is a path of the console."""
    assert desk.call("POST", "/reports", json={**REPORT, "address": address}).status_code == 400
