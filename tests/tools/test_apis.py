"""`/apis`"""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from tests.tools.desk import API, BROKEN, RAML, Desk


def test_a_new_api_is_answered_by_the_mock(desk: Desk, api: dict[str, Any]) -> None:
    """Its resources come from the RAML; no implementation is bound."""
    assert api["implementation"] is None
    assert api["basePath"] == "/mobile/custom/synapse"
    assert api["resources"] == [
        {"path": "/event", "methods": ["GET"]}, {"path": "/event/{id}", "methods": ["GET", "PUT"]},
    ]  # fmt: skip
    assert (api["apiDefn"], api["root"], api["etag"]) == ([RAML], "synapse.raml", 1)
    assert desk.get(f"/apis/{api['id']}") == api
    (listed,) = desk.get("/apis")["items"]
    assert "apiDefn" not in listed and listed["id"] == api["id"]
    assert desk.refreshed == [1]


@pytest.mark.parametrize(
    "change",
    [{"name": "two words"}, {"name": "1"}, {"name": ""}, {"name": "../x"}, {"version": "1 0"}, {"version": "1.0\n"}],
)
def test_names_are_checked(desk: Desk, change: dict[str, Any]) -> None:
    """They become parts of paths."""
    response = desk.call("POST", "/apis", json={**API, **change})
    assert response.status_code == 400
    assert next(iter(change)) in response.json()["detail"]
    assert desk.get("/apis")["totalResults"] == 0


def test_a_raml_with_errors_is_refused_with_their_places(desk: Desk, api: dict[str, Any]) -> None:
    """A new API is not made, an old one keeps its RAML; the attempt is in the list of deployments."""
    for method, path in (("POST", "/apis"), ("PUT", f"/apis/{api['id']}")):
        response = desk.call(method, path, json={**API, "apiDefn": [BROKEN]})
        (finding, *_) = response.json()["o:errorDetails"]
        assert response.status_code == 400
        assert (finding["file"], finding["line"], finding["severity"]) == ("synapse.raml", 4, "error")
    assert desk.get(f"/apis/{api['id']}")["apiDefn"] == [RAML]
    assert [each["subject"] for each in desk.get("/problems")["items"]] == ["synapse(1.0)"]


def test_checking_keeps_nothing(desk: Desk) -> None:
    """A valid one tells its resources, a broken one its errors."""
    good = desk.post("/apis/raml", {"apiDefn": [RAML]})
    assert (good["valid"], good["title"], good["errors"]) == (True, "Disaster events", [])
    bad = desk.post("/apis/raml", {"apiDefn": [BROKEN]})
    assert (bad["valid"], bad["errors"][0]["line"]) == (False, 4)
    assert desk.get("/apis")["totalResults"] == 0


def test_several_files_make_one_definition(desk: Desk) -> None:
    """`root` names the one to start from; includes find the others, and nothing outside of them."""
    files = {"main.raml": "#%RAML 0.8\ntitle: T\n/a: !include a.raml\n", "a.raml": "get:\n  description: x\n"}
    made = desk.post("/apis", {"name": "parts", "files": files, "root": "main.raml"})
    assert made["resources"] == [{"path": "/a", "methods": ["GET"]}] and made["files"] == files
    escaping = {"main.raml": "#%RAML 0.8\ntitle: T\n/a: !include ../../../etc/passwd\n"}
    response = desk.call("POST", "/apis", json={"name": "escape", "files": escaping, "root": "main.raml"})
    assert response.status_code == 400 and "root:" not in response.text


def test_security_is_kept_beside_the_raml(desk: Desk, api: dict[str, Any]) -> None:
    """Roles of an endpoint that the RAML does not have are refused."""
    endpoint = {"method": "get", "path": "/event/{id}", "roles": ["clerk"]}
    security = {"loginRequired": True, "roles": ["staff"], "endpoints": [endpoint]}
    changed = desk.put(f"/apis/{api['id']}", {**API, "security": security})
    assert changed["security"] == {**security, "endpoints": [{**endpoint, "method": "GET"}]}
    missing = {**security, "endpoints": [{**endpoint, "path": "/nothing"}]}
    response = desk.call("PUT", f"/apis/{api['id']}", json={**API, "security": missing})
    assert (response.status_code, "GET /nothing" in response.json()["detail"]) == (400, True)


def test_a_project_says_what_an_api_is(desk: Desk, api: dict[str, Any]) -> None:
    """By name; the same again leaves even the etag alone."""
    again = desk.put("/apis/by-name/synapse/1.0", API)
    assert (again["id"], again["etag"]) == (api["id"], 1)
    assert desk.put("/apis/by-name/synapse/2.0", API)["id"] != api["id"]
    assert desk.call("POST", "/apis", json=API).status_code == 409


def test_the_raml_and_a_scaffold_can_be_fetched(desk: Desk, api: dict[str, Any]) -> None:
    """The text as its author wrote it; a project with a route for each method."""
    assert desk.call("GET", f"/apis/{api['id']}/raml").text == RAML
    response = desk.call("GET", f"/apis/{api['id']}/scaffold")
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert "synapse/pyproject.toml" in archive.namelist()
    assert desk.call("GET", "/apis/nothing/scaffold").status_code == 404


def test_the_scaffold_can_be_uploaded_as_it_is(desk: Desk, api: dict[str, Any]) -> None:
    """What the platform hands out it takes back."""
    scaffold = desk.call("GET", f"/apis/{api['id']}/scaffold").content
    response = desk.upload(api["id"], scaffold)
    assert response.status_code == 201, response.text
