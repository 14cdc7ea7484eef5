"""`/trash`, and deleting into it."""

from __future__ import annotations

from typing import Any

from tests.tools.desk import API, BACKEND, Desk, project


def without_change(asset: dict[str, Any]) -> dict[str, Any]:
    """An asset but for what tells when it was touched."""
    return {key: value for key, value in asset.items() if key not in ("etag", "modifiedAt")}


def test_a_backend_comes_back_with_its_keys(desk: Desk, backend: dict[str, Any], api: dict[str, Any]) -> None:
    """Shipped apps go on working: ids, keys, clients and APIs are what they were."""
    path = f"/mobilebackends/{backend['id']}"
    desk.put(path, {**BACKEND, "clients": [{"name": "web"}]})
    before = desk.put(f"{path}/apis/{api['id']}")
    assert desk.call("DELETE", path).status_code == 409
    assert desk.get(f"{path}/dependencies")["items"][0]["name"] == "web"
    assert desk.call("DELETE", f"{path}?force=true").status_code == 200
    assert desk.call("GET", path).status_code == 404
    (deleted,) = desk.get("/trash")["items"]
    assert (deleted["kind"], deleted["name"], deleted["deletedBy"]) == ("backend", "synapse(1.0)", "admin")
    desk.post(f"/trash/{backend['id']}/restore")
    assert without_change(desk.get(path)) == without_change(before)
    assert desk.get("/trash")["items"] == []


def test_an_api_takes_its_implementations_along(desk: Desk, backend: dict[str, Any], api: dict[str, Any]) -> None:
    """It is refused while a backend makes it available; restored, it answers with the same implementation."""
    desk.upload(api["id"], project())
    desk.put(f"/mobilebackends/{backend['id']}/apis/{api['id']}")
    refused = desk.call("DELETE", f"/apis/{api['id']}")
    assert (refused.status_code, "backend synapse(1.0)" in refused.json()["detail"]) == (409, True)
    before = desk.get(f"/apis/{api['id']}")
    desk.call("DELETE", f"/apis/{api['id']}?force=true")
    assert desk.get(f"/mobilebackends/{backend['id']}")["apis"] == []
    desk.post(f"/trash/{api['id']}/restore")
    assert desk.get(f"/apis/{api['id']}") == before
    assert desk.get(f"/apis/{api['id']}/implementations")["totalResults"] == 1
    assert len(desk.get(f"/mobilebackends/{backend['id']}")["apis"]) == 1


def test_what_belonged_to_it_and_is_gone_stays_gone(desk: Desk, backend: dict[str, Any], api: dict[str, Any]) -> None:
    """An API that comes back is not tied to a backend that was deleted meanwhile."""
    desk.put(f"/mobilebackends/{backend['id']}/apis/{api['id']}")
    desk.call("DELETE", f"/apis/{api['id']}?force=true")
    desk.call("DELETE", f"/mobilebackends/{backend['id']}")
    desk.post(f"/trash/{api['id']}/restore")
    assert desk.get(f"/apis/{api['id']}/dependencies")["items"] == []


def test_the_implementation_that_answers_is_not_deleted(desk: Desk, api: dict[str, Any]) -> None:
    """Another one has to answer first; then it goes, and comes back."""
    id_ = desk.upload(api["id"], project()).json()["implementationId"]
    path = f"/apis/{api['id']}/implementations"
    assert desk.call("DELETE", f"{path}/{id_}").status_code == 409
    desk.put(f"{path}/default/mock")
    other = desk.post("/apis", {**API, "version": "2.0"})
    assert desk.call("DELETE", f"/apis/{other['id']}/implementations/{id_}").status_code == 404
    assert desk.call("DELETE", f"{path}/{id_}").status_code == 200
    assert desk.get(path)["totalResults"] == 0
    desk.post(f"/trash/{id_}/restore")
    assert desk.get(path)["totalResults"] == 1


def test_a_place_that_is_taken_is_not_taken_back(desk: Desk, backend: dict[str, Any]) -> None:
    """409 with what to do; what is in the trash stays there."""
    desk.call("DELETE", f"/mobilebackends/{backend['id']}")
    desk.post("/mobilebackends", BACKEND)
    assert desk.call("POST", f"/trash/{backend['id']}/restore").status_code == 409
    assert desk.get("/trash")["totalResults"] == 1


def test_purging_is_for_good(desk: Desk, backend: dict[str, Any]) -> None:
    """Administrators only; nothing brings it back."""
    desk.call("DELETE", f"/mobilebackends/{backend['id']}")
    assert desk.as_("developer").call("DELETE", f"/trash/{backend['id']}").status_code == 403
    assert desk.call("DELETE", f"/trash/{backend['id']}").status_code == 200
    assert desk.call("POST", f"/trash/{backend['id']}/restore").status_code == 404
