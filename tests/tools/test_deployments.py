"""`/deployments` and `/problems`"""

from __future__ import annotations

from typing import Any

from tests.tools.desk import API, BACKEND, BROKEN, Desk


def test_every_attempt_is_on_record(desk: Desk, api: dict[str, Any], backend: dict[str, Any]) -> None:
    """Newest first, filtered by kind, subject and failure."""
    desk.call("PUT", f"/apis/{api['id']}", json={**API, "apiDefn": [BROKEN]})
    newest = desk.get("/deployments")["items"]
    assert [(each["kind"], each["succeeded"], each["by"]) for each in newest] == [
        ("api", False, "admin"), ("backend", True, "admin"), ("api", True, "admin"),
    ]  # fmt: skip
    assert newest[0]["findings"][0]["line"] == 4
    assert desk.get("/deployments?kind=backend")["totalResults"] == 1
    assert desk.get("/deployments?failed=true")["totalResults"] == 1
    assert desk.get("/deployments?subject=other(1.0)")["totalResults"] == 0


def test_a_problem_goes_with_the_next_success(desk: Desk, api: dict[str, Any]) -> None:
    """A subject is a problem while its newest attempt has failed."""
    desk.call("PUT", f"/apis/{api['id']}", json={**API, "apiDefn": [BROKEN]})
    assert desk.get("/problems")["totalResults"] == 1
    desk.put(f"/apis/{api['id']}", API)
    assert desk.get("/problems")["totalResults"] == 0


def test_a_refused_backend_is_on_record(desk: Desk) -> None:
    """Its reason is the answer's."""
    response = desk.call("POST", "/mobilebackends", json={**BACKEND, "corsOrigins": ["x"]})
    (problem,) = desk.get("/problems")["items"]
    assert problem["summary"] == response.json()["detail"]
