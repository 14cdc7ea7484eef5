"""`/apis/raml/edits` and `/apis/{id}/export`"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.tools.desk import RAML, Desk


def test_an_edit_answers_the_new_text_and_what_it_comes_to(desk: Desk) -> None:
    edits = [{"op": "put", "at": ["/event", "post", "description"], "value": "New"}]
    found = desk.post("/apis/raml/edits", {"apiDefn": [RAML], "edits": edits})
    assert (found["valid"], found["file"]) == (True, "api.raml")
    assert found["text"] != RAML and "description: New" in found["text"]
    assert {"path": "/event", "methods": ["GET", "POST"]} in found["resources"]
    assert [each["verb"] for each in found["model"]["resources"][0]["methods"]] == ["GET", "POST"]
    assert desk.get("/apis")["totalResults"] == 0


def test_another_file_than_the_root_can_be_edited(desk: Desk) -> None:
    files = {"a.raml": "#%RAML 1.0\ntitle: T\nuses: {l: l.raml}\n", "l.raml": "#%RAML 1.0 Library\ntypes: {}\n"}
    edits = [{"op": "put", "at": ["types", "X"], "value": "string"}]
    found = desk.post("/apis/raml/edits", {"files": files, "root": "a.raml", "file": "l.raml", "edits": edits})
    assert (found["valid"], found["text"]) == (True, "#%RAML 1.0 Library\ntypes: {X: string}\n")


def test_an_edit_that_cannot_be_done_is_refused_with_its_index(desk: Desk) -> None:
    edits = [{"op": "put", "at": ["version"], "value": "2"}, {"op": "remove", "at": ["/none"]}]
    response = desk.call("POST", "/apis/raml/edits", json={"apiDefn": [RAML], "edits": edits})
    assert response.status_code == 400
    assert "edit 1" in response.json()["detail"]
    assert response.json()["o:errorDetails"][0]["o:errorCode"] == "RAML_EDIT_INVALID"


@pytest.mark.parametrize(
    "body",
    [
        {"apiDefn": [RAML], "edits": [{"op": "move", "at": ["x"]}]},
        {"apiDefn": [RAML], "edits": [{"op": "remove", "at": []}]},
        {"apiDefn": [RAML], "edits": [{"op": "remove", "at": ["x"]}] * 201},
        {"apiDefn": [RAML], "file": "other.raml", "edits": []},
    ],
)
def test_what_is_no_edit_is_refused(desk: Desk, body: dict[str, Any]) -> None:
    assert desk.call("POST", "/apis/raml/edits", json=body).status_code == 400


def test_checking_tells_the_model(desk: Desk) -> None:
    """With line and file of everything; none when the text cannot be read."""
    found = desk.post("/apis/raml", {"apiDefn": [RAML]})["model"]
    assert (found["ramlVersion"], found["resources"][0]["at"]) == ("0.8", ["/event"])
    line = found["resources"][0]["line"]
    assert RAML.splitlines()[line - 1].startswith("/event")
    assert desk.post("/apis/raml", {"apiDefn": ["a: ["]})["model"] is None


@pytest.mark.parametrize(
    ("format", "media_type", "begins"),
    [
        ("raml08", "application/raml+yaml", "#%RAML 0.8\n"),
        ("raml10", "application/raml+yaml", "#%RAML 1.0\n"),
        ("openapi", "application/json", '{\n  "openapi": "3.1.0"'),
        ("jsonschema", "application/schema+json", '{\n  "$schema"'),
        ("typescript", "text/typescript", "// "),
        ("html", "text/html", "<!doctype html>"),
    ],
)
def test_an_api_can_be_had_in_every_form(
    desk: Desk, api: dict[str, Any], format: str, media_type: str, begins: str
) -> None:
    response = desk.call("GET", f"/apis/{api['id']}/export?format={format}")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith(media_type)
    assert response.text.startswith(begins)
    assert "default-src 'none'" in response.headers["content-security-policy"]


def test_the_schema_of_one_type_can_be_had(desk: Desk, api: dict[str, Any]) -> None:
    assert desk.call("GET", f"/apis/{api['id']}/export?format=jsonschema&type=None").status_code == 404
    assert json.loads(desk.call("GET", f"/apis/{api['id']}/export?format=jsonschema").text)["$defs"] == {}


def test_another_form_and_another_api_are_refused(desk: Desk, api: dict[str, Any]) -> None:
    assert desk.call("GET", f"/apis/{api['id']}/export?format=wadl").status_code == 400
    assert desk.call("GET", "/apis/none/export").status_code == 404
