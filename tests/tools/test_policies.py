"""`/policies`: all or nothing, with history, undo, export and import."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tools.desk import BASIC, Desk

LEVEL = "*.*.Logging_Level"
LONG = "*.*.Diagnostics_LongRequestThreshold"
ONE = {"name": LEVEL, "value": 500}

# (scenario, method, path, body, status of nobody, mobile user, analyst, developer, administrator)
SCENARIOS: list[tuple[str, str, str, Any, tuple[int, ...]]] = [
    ("list", "GET", "/policies", None, (401, 401, 200, 200, 200)),
    ("one", "GET", f"/policies/{LEVEL}", None, (401, 401, 200, 200, 200)),
    ("none of that name", "GET", "/policies/*.*.Loging_Level", None, (401, 401, 400, 400, 400)),
    ("set", "PUT", "/policies", ONE, (401, 401, 403, 403, 200)),
    ("several", "PATCH", "/policies", {"policies": [ONE]}, (401, 401, 403, 403, 200)),
    ("a wrong value", "PUT", "/policies", {**ONE, "value": "loud"}, (401, 401, 403, 403, 400)),
    ("no value", "PUT", "/policies", {**ONE, "value": None}, (401, 401, 403, 403, 400)),
    ("delete what is not set", "DELETE", f"/policies/{LEVEL}", None, (401, 401, 403, 403, 404)),
    ("history", "GET", "/policies/history", None, (401, 401, 200, 200, 200)),
    ("undo of nothing", "POST", "/policies/history/x/undo", None, (401, 401, 403, 403, 404)),
    ("export", "GET", "/policies/export", None, (401, 401, 200, 200, 200)),
    ("import of nothing", "POST", "/policies/import", None, (401, 401, 403, 403, 400)),
]


@pytest.mark.parametrize(
    ("method", "path", "body", "statuses"), [row[1:] for row in SCENARIOS], ids=[row[0] for row in SCENARIOS]
)
def test_who_may_do_what(desk: Desk, method: str, path: str, body: Any, statuses: tuple[int, ...]) -> None:
    """Nobody without signing in, no mobile user; team members by their role."""
    callers = [
        desk.without_credentials(), desk.with_headers(authorization=BASIC), desk.as_("analyst"), desk.as_("developer"),
        desk,
    ]  # fmt: skip
    options = {} if body is None else {"json": body}
    assert tuple(caller.call(method, path, **options).status_code for caller in callers) == statuses


def test_a_policy_is_set_shown_and_taken_away(desk: Desk) -> None:
    """With its default, type, unit and who set it; the change is brought into service."""
    before = desk.get(f"/policies/{LONG}")
    assert (before["value"], before["isDefault"], before["unit"], before["type"]) == (8000, True, "ms", "integer")
    after = desk.put("/policies", {"name": LONG, "value": "5000", "desc": "slow partner"})
    assert (after["value"], after["default"], after["isDefault"], after["modifiedBy"]) == (5000, 8000, False, "admin")
    assert len(desk.refreshed) == 1
    listed = desk.get("/policies?name=LongRequestThreshold")["items"]
    assert [(each["name"], each["value"]) for each in listed] == [(LONG, 5000)]
    assert desk.call("DELETE", f"/policies/{LONG}").status_code == 200
    assert desk.get(f"/policies/{LONG}") == before


def test_the_list_has_every_policy_and_pages(desk: Desk) -> None:
    """Also those at narrower scopes; it is filtered by name and scope on the server."""
    desk.put("/policies", {"name": "synapse(1.0).custom/events(1.0).Logging_Level", "value": 300})
    names = [each["name"] for each in desk.get("/policies?name=Logging_Level")["items"]]
    assert names == [LEVEL, "synapse(1.0).custom/events(1.0).Logging_Level"]
    everything = desk.get("/policies?limit=1000")
    assert everything["count"] == everything["totalResults"] > 40
    assert desk.get("/policies?limit=2&offset=1")["items"] == everything["items"][1:3]
    assert desk.get("/policies?scope=synapse(1.0).custom/events(1.0)")["count"] == 1


def test_several_are_set_together_or_not_at_all(desk: Desk) -> None:
    """What is wrong is said of each, by name."""
    good, bad = {"name": LONG, "value": 1}, {"name": LEVEL, "value": "x"}
    refused = desk.call("PATCH", "/policies", json={"policies": [good, bad, {"name": "nonsense", "value": 1}]})
    assert refused.status_code == 400
    codes = [each["o:errorCode"] for each in refused.json()["o:errorDetails"]]
    assert codes == ["POLICY_VALUE", "POLICY_NAME"]
    assert desk.get(f"/policies/{LONG}")["isDefault"]
    changed = desk.call("PATCH", "/policies", json={"policies": [good, {"name": LEVEL, "value": 700}]}).json()
    assert (changed["valid"], len(changed["changes"])) == (True, 2)


def test_a_change_set_is_undone_and_done_again(desk: Desk) -> None:
    """As a whole; not when one of its policies was changed again since."""
    desk.call(
        "PATCH",
        "/policies",
        json={"policies": [{"name": LONG, "value": 1}, {"name": LEVEL, "value": 700}], "desc": "try"},
    )
    (first,) = desk.get("/policies/history")["items"]
    assert (first["by"], first["comment"], len(first["changes"])) == ("admin", "try", 2)
    desk.post(f"/policies/history/{first['id']}/undo")
    assert desk.get(f"/policies/{LONG}")["isDefault"]
    undone = desk.get("/policies/history")["items"][0]
    assert undone["comment"] == f"undoes {first['id']}"
    desk.post(f"/policies/history/{undone['id']}/undo")
    assert desk.get(f"/policies/{LONG}")["value"] == 1
    desk.put("/policies", {"name": LEVEL, "value": 900})
    refused = desk.call("POST", f"/policies/history/{first['id']}/undo")
    assert (refused.status_code, LEVEL in refused.json()["detail"]) == (412, True)
    assert desk.get(f"/policies/{LONG}")["value"] == 1
    history = desk.get(f"/policies/history?name={LONG}")
    assert history["totalResults"] == 3


def test_what_is_exported_is_imported(desk: Desk) -> None:
    """Escaped as Java's properties; a dry run says what it would change and changes nothing."""
    value = '{"a": "b=c:d\u00e9"}'
    desk.put("/policies", {"name": "*.*.Admin_DcsConfig", "value": value})
    desk.put("/policies", {"name": LONG, "value": 7})
    file = desk.call("GET", "/policies/export")
    assert file.headers["content-disposition"] == 'attachment; filename="policies.properties"'
    assert "*.*.Diagnostics_LongRequestThreshold=7" in file.text
    desk.put("/policies", {"name": LONG, "value": 8})
    desk.put("/policies", {"name": LEVEL, "value": 300})

    def upload(query: str = "", **form: str) -> Any:
        return desk.call("POST", f"/policies/import{query}", files={"file": ("p.properties", file.content)}, data=form)

    expected = [{"name": LONG, "before": 8, "after": 7}]
    assert upload("?dryRun=true").json()["changes"] == expected
    assert desk.get(f"/policies/{LONG}")["value"] == 8
    assert upload(overwrite="false").json()["changes"] == []
    assert upload().json()["changes"] == expected
    assert upload(purge="true").json()["changes"] == [{"name": LEVEL, "before": 300, "after": None}]
    assert desk.get("/policies/history")["items"][0]["comment"] == "import of p.properties"
    assert desk.get("/policies/*.*.Admin_DcsConfig")["value"] == {"a": "b=c:d\u00e9"}


def test_a_wrong_file_changes_nothing_and_its_lines_are_named(desk: Desk) -> None:
    """Each line that cannot be taken, with its number."""
    text = f"# title\n{LONG}=1\n*.*.Nothing_Known=1\n{LEVEL}=loud\n"
    refused = desk.call("POST", "/policies/import", files={"file": ("p", text.encode())})
    assert refused.status_code == 400
    assert [each["line"] for each in refused.json()["o:errorDetails"]] == [3, 4]
    assert desk.get(f"/policies/{LONG}")["isDefault"]
    assert desk.call("POST", "/policies/import", files={"file": ("p", b"x" * (4 * 1024 * 1024 + 1))}).status_code == 413
