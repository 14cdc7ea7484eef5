"""`/apis/{id}/implementations` and `/artifacts`"""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from openmcs.tools import implementations
from tests.tools.desk import API, CODE, Desk, packed, project


def test_an_upload_takes_over_at_once(desk: Desk, api: dict[str, Any]) -> None:
    """The answer says what was uploaded, what it answers, and which methods it does not."""
    data = project()
    response = desk.upload(api["id"], data)
    assert response.status_code == 201, response.text
    told = response.json()
    assert told["artifactId"] == hashlib.sha256(data).hexdigest()
    assert told["unresolvedDependencies"] == []
    shown = told["implementation"]
    assert (shown["active"], shown["uploadedBy"], shown["version"]) == (True, "admin", "1.0")
    assert shown["routes"] == [{"method": "GET", "path": "/mobile/custom/synapse/event"}]
    assert [f"{each['method']} {each['path']}" for each in shown["missingRoutes"]] == [
        "GET /event/{id}", "PUT /event/{id}",
    ]  # fmt: skip
    assert desk.get(f"/apis/{api['id']}")["implementation"]["id"] == told["implementationId"]
    assert desk.call("GET", f"/artifacts/{told['artifactId']}").content == data


def test_a_draft_is_replaced_by_the_same_version(desk: Desk, api: dict[str, Any]) -> None:
    """The same name and version is the same implementation; another version is another."""
    first = desk.upload(api["id"], project()).json()
    again = desk.upload(api["id"], project(code="def register(service): ...\n")).json()
    assert first["implementationId"] == again["implementationId"]
    assert first["artifactId"] != again["artifactId"]
    desk.upload(api["id"], project("2.0"))
    listed = desk.get(f"/apis/{api['id']}/implementations")["items"]
    assert [(each["version"], each["active"]) for each in listed] == [("2.0", True), ("1.0", False)]


def test_one_can_go_back_and_to_the_mock(desk: Desk, api: dict[str, Any]) -> None:
    """Any upload can be made the one that answers; another API's cannot."""
    first = desk.upload(api["id"], project()).json()["implementationId"]
    second = desk.upload(api["id"], project("2.0")).json()["implementationId"]
    path = f"/apis/{api['id']}/implementations/default"
    assert desk.put(f"{path}/{first}")["implementation"]["version"] == "1.0"
    assert desk.put(f"{path}/mock")["implementation"] is None
    assert desk.put(f"{path}/{second}")["implementation"]["version"] == "2.0"
    assert desk.call("PUT", f"{path}/nothing").status_code == 404
    other = desk.post("/apis", {**API, "version": "2.0"})
    assert desk.call("PUT", f"/apis/{other['id']}/implementations/default/{first}").status_code == 400


def test_the_way_back_leads_to_what_answered_before(desk: Desk, api: dict[str, Any]) -> None:
    """Also to the mock, and forward again; without anything before there is no way back."""
    path = f"/apis/{api['id']}/implementations/rollback"
    assert desk.call("POST", path).status_code == 409
    desk.upload(api["id"], project())
    assert desk.post(path)["implementation"] is None
    assert desk.post(path)["implementation"]["version"] == "1.0"
    desk.upload(api["id"], project("2.0"))
    desk.upload(api["id"], project("2.0"))
    assert desk.post(path)["implementation"]["version"] == "1.0"
    assert desk.post(path)["implementation"]["version"] == "2.0"


def test_calls_are_split_between_two(desk: Desk, api: dict[str, Any]) -> None:
    """By an upload, or between what is there; whatever makes one answer for all ends it."""
    path = f"/apis/{api['id']}/implementations"

    def uploaded(version: str, percent: int) -> Any:
        files = {"file": ("synapse.zip", project(version))}
        return desk.call("POST", f"{path}?percent={percent}", files=files)

    def shares() -> dict[str, int]:
        return {each["version"]: each["percent"] for each in desk.get(path)["items"]}

    assert uploaded("1.0", 10).status_code == 409
    first = desk.upload(api["id"], project()).json()["implementationId"]
    second = uploaded("2.0", 0).json()["implementationId"]
    assert shares() == {"1.0": 100, "2.0": 0}
    assert desk.get(f"/apis/{api['id']}")["canary"] is None
    shown = desk.put(f"{path}/{second}/share", {"percent": 25})
    assert shown["canary"] == {"id": second, "name": "synapse", "version": "2.0", "percent": 25}
    assert desk.get("/apis")["items"][0]["canary"]["percent"] == 25
    assert shares() == {"1.0": 75, "2.0": 25}
    assert desk.call("DELETE", f"{path}/{second}").status_code == 409
    assert desk.call("PUT", f"{path}/{first}/share", json={"percent": 5}).status_code == 409
    for wrong in (-1, 101, "x"):
        assert desk.call("PUT", f"{path}/{second}/share", json={"percent": wrong}).status_code == 400
    assert desk.call("PUT", f"{path}/nothing/share", json={"percent": 5}).status_code == 404
    uploaded("3.0", 40)
    assert shares() == {"1.0": 60, "2.0": 0, "3.0": 40}
    desk.put(f"{path}/default/{second}")
    assert shares() == {"1.0": 0, "2.0": 100, "3.0": 0}
    desk.put(f"{path}/{first}/share", {"percent": 1})
    desk.post(f"{path}/rollback")
    assert shares() == {"1.0": 100, "2.0": 0, "3.0": 0}


def test_what_is_published_never_changes(desk: Desk, api: dict[str, Any]) -> None:
    """The same version is refused afterwards, another one is not; and there is nothing to publish elsewhere."""
    id_ = desk.upload(api["id"], project()).json()["implementationId"]
    assert desk.put(f"/apis/{api['id']}/implementations/{id_}/published")["published"] is True
    refused = desk.upload(api["id"], project(code="def register(service): ...\n"))
    assert refused.status_code == 400
    assert "upload a new version" in refused.json()["detail"]
    assert desk.upload(api["id"], project("1.1")).status_code == 201
    other = desk.post("/apis", {**API, "version": "2.0"})
    assert desk.call("PUT", f"/apis/{other['id']}/implementations/{id_}/published").status_code == 404


def test_the_build_log_of_a_version_is_kept(desk: Desk, api: dict[str, Any]) -> None:
    """Of each by itself, that of its newest upload; of an API's own implementations only."""
    first = desk.upload(api["id"], project()).json()
    second = desk.upload(api["id"], project("2.0")).json()
    base = f"/apis/{api['id']}/implementations"
    told = desk.get(f"{base}/{first['implementationId']}/build-log")
    assert told["text"] == first["buildLog"] and "synapse 1.0: 2 files" in told["text"]
    assert (told["by"], bool(told["at"])) == ("admin", True)
    desk.put(f"{base}/default/{first['implementationId']}")
    assert desk.get(f"{base}/{second['implementationId']}/build-log")["text"] == second["buildLog"]
    again = desk.upload(api["id"], project(**{"more.py": ""})).json()
    assert again["implementationId"] == first["implementationId"]
    assert "3 files" in desk.get(f"{base}/{first['implementationId']}/build-log")["text"]
    other = desk.post("/apis", {**API, "version": "2.0"})
    assert (
        desk.call("GET", f"/apis/{other['id']}/implementations/{first['implementationId']}/build-log").status_code
        == 404
    )
    assert desk.call("GET", f"{base}/nothing/build-log").status_code == 404


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "ARCHIVE"), (b"no zip", "ARCHIVE"), (packed({"../x.py": ""}), "ARCHIVE"),
        (packed({"synapse.py": ""}), "MANIFEST_MISSING"), (packed({"pyproject.toml": "["}), "MANIFEST_SYNTAX"),
    ],
)  # fmt: skip
def test_an_archive_that_cannot_serve_is_refused(desk: Desk, api: dict[str, Any], data: bytes, code: str) -> None:
    """With a finding; the active one goes on serving, and the attempt is on record."""
    active = desk.upload(api["id"], project()).json()["implementationId"]
    response = desk.upload(api["id"], data)
    assert response.status_code == 400
    assert response.json()["o:errorDetails"][0]["title"].startswith(code)
    assert desk.get(f"/apis/{api['id']}")["implementation"]["id"] == active
    (problem,) = desk.get("/problems")["items"]
    assert (problem["kind"], problem["subject"], problem["succeeded"]) == ("implementation", "synapse(1.0)", False)


def test_an_upload_has_a_largest_size(desk: Desk, api: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """413, and nothing is kept."""
    monkeypatch.setattr(implementations, "LARGEST_UPLOAD", 100)
    assert desk.upload(api["id"], project()).status_code == 413
    assert desk.get(f"/apis/{api['id']}/implementations")["totalResults"] == 0


def test_what_does_not_exist_is_not_uploaded_to(desk: Desk, api: dict[str, Any]) -> None:
    """404 for the API and for an artifact; 400 without a file."""
    assert desk.upload("nothing", project()).status_code == 404
    assert desk.call("POST", f"/apis/{api['id']}/implementations").status_code == 400
    for artifact in ("0" * 64, "x", "%2e%2e%2fcanary"):
        assert desk.call("GET", f"/artifacts/{artifact}").status_code == 404


def test_an_archives_files_can_be_read(desk: Desk, api: dict[str, Any]) -> None:
    """Text as text; what is none is told by its size; a path outside of it is not there."""
    data = project(**{"data/logo.bin": "\0\1", "page.html": "<script>alert(1)</script>"})
    artifact = desk.upload(api["id"], data).json()["artifactId"]
    listed = {each["path"]: each["size"] for each in desk.get(f"/artifacts/{artifact}/files")["items"]}
    assert set(listed) == {"data/logo.bin", "page.html", "pyproject.toml", "synapse.py"}
    assert desk.get(f"/artifacts/{artifact}/files/synapse.py")["text"] == CODE
    assert desk.get(f"/artifacts/{artifact}/files/data/logo.bin") == {"path": "data/logo.bin", "size": 2, "text": None}
    page = desk.call("GET", f"/artifacts/{artifact}/files/page.html")
    assert page.headers["content-type"] == "application/json"
    assert desk.call("GET", f"/artifacts/{artifact}/files/nothing.py").status_code == 404
    assert desk.call("GET", f"/artifacts/{artifact}/files/%2e%2e/canary").status_code == 404
