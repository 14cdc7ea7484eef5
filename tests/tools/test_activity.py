"""`/activity`"""

from __future__ import annotations

from typing import Any

import pytest

from tests.tools.desk import API, BACKEND, BROKEN, RAML, Desk, project


def newest(desk: Desk, **filters: str) -> dict[str, Any]:
    """The newest change."""
    found: dict[str, Any] = desk.get("/activity", params=filters)["items"][0]
    return found


def test_every_change_is_told_with_what_it_changed(desk: Desk, backend: dict[str, Any]) -> None:
    """Who, what, and the fields before and after; a change that changes nothing is none."""
    desk.put(f"/mobilebackends/{backend['id']}", {**BACKEND, "description": "B", "appPolicies": {"a": 1}})
    desk.put(f"/mobilebackends/{backend['id']}", {**BACKEND, "description": "B", "appPolicies": {"a": 1}})
    changed, created = desk.get("/activity")["items"]
    assert (created["action"], created["by"], created["kind"], created["name"]) == (
        "created", "admin", "backend", "synapse(1.0)",
    )  # fmt: skip
    assert {each["field"]: (each["before"], each["after"]) for each in changed["changes"]} == {
        "description": ("Disaster events", "B"), "app_policies": ("{}", '{"a": 1}'),
    }  # fmt: skip


def test_a_change_that_failed_is_no_change(desk: Desk, api: dict[str, Any]) -> None:
    """It is written in the transaction of the change itself."""
    desk.call("PUT", f"/apis/{api['id']}", json={**API, "apiDefn": [BROKEN]})
    desk.call("PUT", f"/apis/{api['id']}", json={**API, "title": "B"}, headers={"If-Match": "7"})
    assert desk.get("/activity")["totalResults"] == 1


def test_keys_are_not_told(desk: Desk, backend: dict[str, Any]) -> None:
    """That they changed is told; neither the old nor the new one is."""
    fresh = desk.post(f"/mobilebackends/{backend['id']}/keys/anonymousKey/refresh")
    text = str(desk.get("/activity"))
    assert "anonymous_key" in text
    assert fresh["anonymousKey"] not in text and backend["anonymousKey"] not in text


@pytest.mark.parametrize("key", ["backendId", "anonymousKey"])
def test_a_refreshed_key_can_be_taken_back(desk: Desk, backend: dict[str, Any], key: str) -> None:
    """The old one is of no use, until the refresh is undone."""
    fresh = desk.post(f"/mobilebackends/{backend['id']}/keys/{key}/refresh")
    assert fresh[key] != backend[key]
    desk.post(f"/activity/{newest(desk)['id']}/undo")
    assert desk.get(f"/mobilebackends/{backend['id']}")[key] == backend[key]
    assert desk.call("POST", f"/mobilebackends/{backend['id']}/keys/other/refresh").status_code == 400


def test_a_revoked_key_lets_nobody_in(desk: Desk, backend: dict[str, Any]) -> None:
    """Refreshing lets anonymous callers in again, with another key."""
    revoked = desk.post(f"/mobilebackends/{backend['id']}/keys/anonymousKey/revoke")
    assert revoked["anonymousAuth"] is False and revoked["anonymousKey"] != backend["anonymousKey"]
    again = desk.post(f"/mobilebackends/{backend['id']}/keys/anonymousKey/refresh")
    assert again["anonymousAuth"] is True


def test_undo_takes_back_just_what_was_changed(desk: Desk, backend: dict[str, Any]) -> None:
    """A later change of something else stays."""
    path = f"/mobilebackends/{backend['id']}"
    desk.put(path, {**BACKEND, "description": "B"})
    first = newest(desk)
    desk.put(path, {**BACKEND, "description": "B", "clients": [{"name": "web"}]})
    desk.post(f"/activity/{first['id']}/undo")
    shown = desk.get(path)
    assert (shown["description"], len(shown["clients"])) == ("Disaster events", 1)
    again = desk.call("POST", f"/activity/{first['id']}/undo")
    assert (again.status_code, "admin has undone" in again.json()["detail"]) == (409, True)


def test_undo_does_not_write_over_a_later_change(desk: Desk, backend: dict[str, Any]) -> None:
    """409 names the field."""
    path = f"/mobilebackends/{backend['id']}"
    desk.put(path, {**BACKEND, "description": "B"})
    first = newest(desk)
    desk.put(path, {**BACKEND, "description": "C"})
    refused = desk.call("POST", f"/activity/{first['id']}/undo")
    assert (refused.status_code, "description" in refused.json()["detail"]) == (409, True)
    assert newest(desk)["undoneBy"] is None
    assert desk.get(path)["description"] == "C"


def test_creation_and_deletion_are_undone_by_the_trash(desk: Desk, backend: dict[str, Any]) -> None:
    """What was made goes there, what was deleted comes from there."""
    desk.post(f"/activity/{newest(desk)['id']}/undo")
    assert desk.get("/trash")["totalResults"] == 1
    desk.post(f"/activity/{newest(desk)['id']}/undo")
    assert desk.get(f"/mobilebackends/{backend['id']}")["backendId"] == backend["backendId"]


def test_an_api_goes_back_to_its_raml_and_its_implementation(desk: Desk, api: dict[str, Any]) -> None:
    """Text, resources and what answers are what they were."""
    path = f"/apis/{api['id']}"
    desk.upload(api["id"], project())
    upload = newest(desk)
    desk.put(path, {**API, "apiDefn": [RAML.replace("/event:", "/events:")]})
    change = newest(desk)
    assert "contract" not in str(change)
    desk.post(f"/activity/{change['id']}/undo")
    assert desk.get(path)["resources"] == api["resources"] and desk.get(path)["apiDefn"] == [RAML]
    desk.post(f"/activity/{upload['id']}/undo")
    assert desk.get(path)["implementation"] is None


def test_a_user_is_undone_without_the_password(desk: Desk) -> None:
    """Roles go back; that a password was set is told and cannot be undone."""
    joe = desk.post("/users", {"username": "joe", "password": "Mobile1*"})
    desk.put(f"/users/{joe['id']}", {"roles": ["clerk"]})
    desk.post(f"/activity/{newest(desk)['id']}/undo")
    assert desk.get(f"/users/{joe['id']}")["roles"] == []
    desk.put(f"/users/{joe['id']}", {"password": "Mobile2*"})
    told = newest(desk, kind="user", asset=joe["id"])
    assert (told["action"], told["undoable"]) == ("password", False)
    assert desk.call("POST", f"/activity/{told['id']}/undo").status_code == 409
    assert "argon2" not in str(desk.get("/activity"))


def test_changes_are_found_by_kind_asset_and_member(desk: Desk, backend: dict[str, Any], api: dict[str, Any]) -> None:
    """Filters add up."""
    assert desk.get("/activity?kind=api")["totalResults"] == 1
    assert desk.get(f"/activity?asset={backend['id']}&member=admin")["totalResults"] == 1
    assert desk.get("/activity?member=nobody")["totalResults"] == 0


def test_policies_are_in_the_activity_and_undone_in_their_own_history(desk: Desk) -> None:
    """One entry a change set; it names one policy, and how many more."""
    both = [{"name": "*.*.Logging_Level", "value": 900}, {"name": "*.*.Database_MaxRows", "value": 7}]
    assert desk.call("PATCH", "/policies", json={"policies": both}).status_code == 200
    (entry,) = desk.get("/activity?kind=policy")["items"]
    assert (entry["name"], entry["by"], entry["undoable"]) == ("*.*.Logging_Level and 1 more", "admin", False)
    assert entry["asset"] == desk.get("/policies/history")["items"][0]["id"]
    assert desk.call("POST", f"/activity/{entry['id']}/undo").status_code == 409
