"""The gate, and who may do what behind it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import APIRouter

from openmcs.tools.application import FAMILIES, PREFIX, PUBLIC
from openmcs.tools.gate import require_roles
from tests.tools.desk import Desk

TABLE = Path(__file__).with_name("allowed.txt")
ROLES = ("analyst", "developer", "administrator")


def table() -> dict[tuple[str, str], str]:
    """(method, path) to the least role, as written down."""
    lines = (line.split() for line in TABLE.read_text().splitlines() if line and not line.startswith("#"))
    return {(method, path): role for method, path, role in lines}


def test_every_route_has_its_row(desk: Desk) -> None:
    """A new route is a decision about who may use it; the table is where it is seen."""
    found = {
        (method.upper(), path.removeprefix(PREFIX))
        for path, methods in desk.app.openapi()["paths"].items()
        for method in methods
    }
    assert found == set(table())


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_what_the_table_says(desk: Desk, role: str) -> None:
    """Each route is called as each role: refused with 403 above it, and looked at from it on."""
    for (method, path), least in table().items():
        if least == "anybody":
            continue
        caller = desk.as_(role, f"{role} {method} {path}"[:100])
        allowed = ROLES.index(role) >= ROLES.index(least)
        if allowed and path.startswith("/live/"):
            continue  # a stream that was allowed does not end
        status = caller.call(method, path.replace("{", "").replace("}", "")).status_code
        assert (status != 403) == allowed, (method, path, role, status)
        assert status != 401


def test_a_route_without_a_role_stops_the_start() -> None:
    """What nobody thought of is refused, not allowed."""
    router = APIRouter()

    @router.get("/forgotten")
    async def forgotten() -> None: ...

    with pytest.raises(RuntimeError, match="/forgotten"):
        require_roles([router], PUBLIC)
    require_roles((each.router for each in FAMILIES), PUBLIC)


def test_a_stranger_sends_no_bodies(desk: Desk) -> None:
    """The upload is refused before it is read: its broken form is not even looked at."""
    stranger = desk.without_credentials()
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert stranger.call("POST", "/apis/x/implementations", content=b"no form", headers=headers).status_code == 401


def test_analysts_see_no_keys(desk: Desk) -> None:
    """Neither a backend's nor its clients', in the list or alone."""
    made = desk.post("/mobilebackends", {"name": "b", "clients": [{"name": "web", "applicationKey": "secret-key"}]})
    analyst = desk.as_("analyst")
    shown = analyst.get(f"/mobilebackends/{made['id']}")
    assert (shown["backendId"], shown["anonymousKey"], shown["name"]) == (None, None, "b")
    for text in (str(shown), str(analyst.get("/mobilebackends"))):
        assert "secret-key" not in text and made["anonymousKey"] not in text
