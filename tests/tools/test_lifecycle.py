"""`/{assets}/{id}/published`: what is published never changes again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tools.desk import API, BACKEND, RAML, Desk, packed, project

ERP = {"name": "erp", "version": "1.0", "baseUrl": "https://erp.example.com", "rules": [{"headers": {"X-A": "1"}}]}
MANIFEST = """[project]
name = "shop"
version = "1.0"

[tool.openmcs]
main = "shop.py"
apis = { prices = "1.0" }
connectors = { erp = "1.0" }
"""


def uploaded(desk: Desk, api: str) -> str:
    """An implementation that calls the API `prices` and the connector `erp`."""
    files = {"pyproject.toml": MANIFEST, "shop.py": "def register(service): ...\n"}
    return str(desk.upload(api, packed(files)).json()["implementationId"])


def test_an_api_is_published_with_what_it_depends_on(desk: Desk, api: dict[str, Any], backend: dict[str, Any]) -> None:
    """What is missing is named, then what is a draft; then all of it is published, what is needed first."""
    implementation = uploaded(desk, api["id"])
    path = f"/apis/{api['id']}/published"
    assert desk.get(path)["missing"] == ["custom/prices(1.0)", "connector/erp(1.0)"]
    refused = desk.call("PUT", f"{path}?dependencies=true")
    assert (refused.status_code, "connector/erp(1.0)" in refused.json()["detail"]) == (409, True)
    prices = desk.post("/apis", {**API, "name": "prices"})
    erp = desk.post("/connectors", ERP)
    refused = desk.call("PUT", path)
    assert refused.status_code == 409
    assert "api prices(1.0), connector erp(1.0), implementation shop(1.0)" in refused.json()["detail"]
    assert desk.get(f"/apis/{api['id']}")["published"] is False
    named = desk.get(path)
    assert named["published"] is False
    assert [each["id"] for each in named["drafts"]] == [prices["id"], erp["id"], implementation, api["id"]]
    done = desk.put(f"{path}?dependencies=true")["items"]
    assert done == named["drafts"]
    assert desk.get(f"/apis/{api['id']}")["published"] is True
    assert desk.get(f"/connectors/{erp['id']}")["published"] is True
    assert desk.get(f"/apis/{api['id']}/implementations")["items"][0]["published"] is True
    assert desk.put(path)["items"] == []
    actions = [(each["action"], each["name"]) for each in desk.get("/activity")["items"]]
    assert ("published", "erp(1.0)") in actions


def test_a_backend_is_published_with_its_apis(desk: Desk, api: dict[str, Any], backend: dict[str, Any]) -> None:
    """Its keys, its CORS origins and its clients go on being looked after."""
    path = f"/mobilebackends/{backend['id']}"
    desk.put(f"{path}/apis/{api['id']}")
    assert desk.call("PUT", f"{path}/published").status_code == 409
    desk.put(f"{path}/published?dependencies=true")
    assert desk.get(path)["published"] is True
    for change in ({"description": "New"}, {"version": "2.0"}, {"realm": "Other"}):
        refused = desk.call("PUT", path, json={**BACKEND, **change})
        assert (refused.status_code, next(iter(change)) in refused.json()["detail"]) == (409, True)
    assert desk.call("DELETE", f"{path}/apis/{api['id']}").status_code == 409
    assert len(desk.get(path)["apis"]) == 1
    changed = desk.put(path, {**BACKEND, "corsOrigins": ["https://a.example"], "clients": [{"name": "web"}]})
    assert changed["corsOrigins"] == ["https://a.example"]
    assert desk.post(f"{path}/keys/anonymousKey/refresh")["anonymousKey"] != backend["anonymousKey"]
    assert desk.post(f"{path}/keys/anonymousKey/revoke")["anonymousAuth"] is False


def test_a_published_api_keeps_its_definition(desk: Desk, api: dict[str, Any]) -> None:
    """The same again is no change; another implementation may still answer for it."""
    desk.put(f"/apis/{api['id']}/published")
    path = f"/apis/by-name/{api['name']}/{api['version']}"
    assert desk.put(path, API)["published"] is True
    for change in ({"title": "New"}, {"apiDefn": [RAML + "/more:\n  get:\n"]}, {"security": {"loginRequired": True}}):
        refused = desk.call("PUT", path, json={**API, **change})
        assert (refused.status_code, "make a new version" in refused.json()["detail"]) == (409, True)
    assert desk.upload(api["id"], project()).status_code == 201
    assert desk.post("/apis", {**API, "version": "1.1"})["published"] is False


def test_a_published_connector_keeps_what_code_sees_of_it(desk: Desk) -> None:
    """Where it leads, what it may reach and with which credentials belongs to each environment."""
    erp = desk.post("/connectors", ERP)
    desk.put(f"/connectors/{erp['id']}/published")
    path = f"/connectors/{erp['id']}"
    assert desk.call("PUT", path, json={**ERP, "rules": []}).status_code == 409
    assert desk.put(path, {**ERP, "baseUrl": "https://test.example", "allow": ["10.0.0.0/8"]})["etag"] == 3
    assert desk.put(f"{path}/credentials", {"kind": "bearer", "token": "x"})["credentials"] == {"kind": "bearer"}


def test_what_was_changed_before_is_not_undone_afterwards(desk: Desk, api: dict[str, Any]) -> None:
    """Undoing is a change like any other."""
    desk.put(f"/apis/{api['id']}", {**API, "title": "New"})
    (change,) = [each for each in desk.get("/activity")["items"] if each["action"] == "changed"]
    desk.put(f"/apis/{api['id']}/published")
    assert desk.call("POST", f"/activity/{change['id']}/undo").status_code == 409
    assert desk.get(f"/apis/{api['id']}")["title"] == "New"


def test_the_same_upload_again_is_no_change(desk: Desk, api: dict[str, Any]) -> None:
    """A deployment of what is published already answers; other code of that version does not."""
    archive = project()
    id_ = desk.upload(api["id"], archive).json()["implementationId"]
    desk.put(f"/apis/{api['id']}/published?dependencies=true")
    desk.put(f"/apis/{api['id']}/implementations/default/mock")
    again = desk.upload(api["id"], archive)
    assert (again.status_code, again.json()["implementationId"]) == (201, id_)
    assert desk.get(f"/apis/{api['id']}")["implementation"]["id"] == id_
    assert desk.upload(api["id"], project(code="def register(service): ...\n")).status_code == 400


@pytest.mark.parametrize("assets", ["apis", "mobilebackends", "connectors"])
def test_what_does_not_exist_is_not_published(desk: Desk, assets: str) -> None:
    """404; and by an analyst nothing is."""
    assert desk.call("PUT", f"/{assets}/nothing/published").status_code == 404
    assert desk.call("GET", f"/{assets}/nothing/published").status_code == 404
    assert desk.as_("analyst").call("PUT", f"/{assets}/nothing/published").status_code == 403


@pytest.mark.parametrize(
    ("policy", "draft", "published"),
    [("All", 200, 200), ("None", 409, 409), ("Draft", 200, 409), ("PUBLISHED", 409, 200)],
)
def test_policies_say_what_goes_into_the_trash_and_out_of_it(
    desk: Desk, api: dict[str, Any], policy: str, draft: int, published: int
) -> None:
    """`Asset_AllowTrash`, `Asset_AllowUntrash` and `Asset_AllowPurge`, whatever the casing of their values."""
    other = desk.post("/apis", {**API, "version": "2.0"})
    desk.put(f"/apis/{other['id']}/published")

    def statuses(name: str, method: str, path: str) -> tuple[int, int]:
        desk.put("/policies", {"name": f"*.*.{name}", "value": policy})
        got = [desk.call(method, path.format(each["id"])).status_code for each in (api, other)]
        desk.call("DELETE", f"/policies/*.*.{name}")
        return got[0], got[1]

    assert statuses("Asset_AllowTrash", "DELETE", "/apis/{}") == (draft, published)
    for each in (api, other):
        desk.call("DELETE", f"/apis/{each['id']}")
    assert statuses("Asset_AllowUntrash", "POST", "/trash/{}/restore") == (draft, published)
    for each in (api, other):
        desk.call("DELETE", f"/apis/{each['id']}")
    assert statuses("Asset_AllowPurge", "DELETE", "/trash/{}") == (draft, published)


def test_a_new_asset_gets_the_version_that_a_policy_says(desk: Desk) -> None:
    """`Asset_DefaultInitialVersion`, where none is given."""
    without = {key: value for key, value in API.items() if key != "version"}
    assert desk.post("/apis", without)["version"] == "1.0"
    assert desk.post("/connectors", {"name": "erp", "baseUrl": "https://erp.example.com"})["version"] == "1.0"
    object.__setattr__(desk.shop, "policy", {"Asset_DefaultInitialVersion": "0.1"}.__getitem__)
    assert desk.post("/mobilebackends", {"name": "shop"})["version"] == "0.1"
    assert desk.post("/mobilebackends", {"name": "shop", "version": "1.0"})["version"] == "1.0"
