"""`/team`"""

from __future__ import annotations

from typing import Any

import pytest

from tests.tools.desk import Desk


def test_a_member_signs_in_after_being_added(desk: Desk) -> None:
    """Names are taken once; short passwords and unknown roles are refused."""
    added = desk.post("/team", {"name": "anna", "password": "long enough", "role": "analyst"})
    assert added == {"id": added["id"], "name": "anna", "role": "analyst"}
    signed_in = desk.without_credentials().post("/session", {"name": "anna", "password": "long enough"})
    assert (signed_in["name"], signed_in["role"]) == ("anna", "analyst")
    assert desk.call("POST", "/team", json={"name": "anna", "password": "long enough"}).status_code == 409
    assert desk.call("POST", "/team", json={"name": "b", "password": "short"}).status_code == 400
    assert desk.call("POST", "/team", json={"name": "b", "role": "owner"}).status_code == 400
    shown = {each["name"]: (each["role"], each["hasPassword"], each["disabled"]) for each in desk.get("/team")["items"]}
    assert shown == {"admin": ("administrator", True, False), "anna": ("analyst", True, False)}


def test_an_invited_member_chooses_a_password(desk: Desk) -> None:
    """The link lets them in once; the password that they set lets them in afterwards."""
    link = desk.post("/team", {"name": "anna", "role": "developer"})["link"]
    anna = desk.signed_in(link)
    assert desk.without_credentials().call("POST", "/session", json={"link": link}).status_code == 401
    assert anna.call("PUT", "/session/password", json={"password": "short"}).status_code == 400
    anna.put("/session/password", {"password": "correct battery"})
    proof = {"name": "anna", "password": "correct battery"}
    assert desk.without_credentials().post("/session", proof)["role"] == "developer"


def test_a_new_password_ends_the_other_sessions(desk: Desk) -> None:
    """Whoever had found out the old one is out; the session that changed it goes on."""
    token = desk.without_credentials().post("/session", {"name": "admin", "password": "correct horse"})["token"]
    desk.put("/session/password", {"password": "correct battery"})
    assert desk.with_headers(authorization=f"Bearer {token}").call("GET", "/session").status_code == 401
    assert desk.call("GET", "/session").status_code == 200


def member(desk: Desk, name: str) -> dict[str, Any]:
    """A member as the list shows them."""
    return next(each for each in desk.get("/team")["items"] if each["name"] == name)


def test_a_disabled_member_is_out_at_once(desk: Desk) -> None:
    """Token, link and password are refused; enabled again, they sign in anew."""
    desk.post("/team", {"name": "anna", "password": "long enough", "role": "developer"})
    anna = member(desk, "anna")
    session = desk.signed_in(desk.post(f"/team/{anna['id']}/link")["link"])
    link = desk.post(f"/team/{anna['id']}/link")["link"]
    desk.put(f"/team/{anna['id']}", {"role": "developer", "disabled": True})
    assert session.call("GET", "/session").status_code == 401
    for proof in ({"link": link}, {"name": "anna", "password": "long enough"}):
        assert desk.without_credentials().call("POST", "/session", json=proof).status_code == 401
    desk.put(f"/team/{anna['id']}", {"role": "developer", "disabled": False})
    assert desk.without_credentials().post("/session", {"name": "anna", "password": "long enough"})["name"] == "anna"


def test_a_role_holds_for_sessions_that_are_open(desk: Desk) -> None:
    """What was a developer and is an analyst now changes nothing any more."""
    anna = desk.as_("developer", "anna")
    assert anna.call("POST", "/mobilebackends", json={"name": "a"}).status_code == 201
    desk.put(f"/team/{member(desk, 'anna')['id']}", {"role": "analyst"})
    refused = anna.call("POST", "/mobilebackends", json={"name": "b"})
    assert (refused.status_code, refused.json()["detail"]) == (
        403, "You are analyst; this needs a team member who is developer.",
    )  # fmt: skip


@pytest.mark.parametrize("change", [{"role": "analyst"}, {"role": "administrator", "disabled": True}])
def test_nobody_locks_themselves_out(desk: Desk, change: dict[str, Any]) -> None:
    """So there is always an administrator."""
    assert desk.call("PUT", f"/team/{member(desk, 'admin')['id']}", json=change).status_code == 403


def test_the_team_is_part_of_the_activity(desk: Desk) -> None:
    """Who was added, and who gave them which role."""
    anna = desk.post("/team", {"name": "anna", "password": "long enough", "role": "analyst"})
    desk.put(f"/team/{anna['id']}", {"role": "developer"})
    newest, first = desk.get("/activity?kind=member")["items"]
    assert (first["action"], first["by"], first["name"]) == ("created", "admin", "anna")
    assert {each["field"]: (each["before"], each["after"]) for each in newest["changes"]}["role"] == (
        "analyst", "developer",
    )  # fmt: skip
    assert "long enough" not in str(desk.get("/activity"))
