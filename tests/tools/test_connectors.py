"""`/connectors`"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from openmcs.catalog.connectors import opened
from openmcs.store import activity as history
from openmcs.store import connectors as store
from tests.soap.definitions import WSDL
from tests.tools.desk import BASIC, CODE, Desk, packed, project

ERP = {
    "name": "erp", "version": "1.0", "title": "ERP", "baseUrl": "https://erp.example.com/api/",
    "rules": [{"resource": "/orders/*", "methods": ["GET"], "headers": {"X-A": "1"}, "query": {"expand": "lines"}}],
    "allow": ["10.1.2.3/16", "127.0.0.1"], "connectTimeoutMs": 1000, "readTimeoutMs": None,
}  # fmt: skip
PASSWORD = "pa55-of-the-erp"


@pytest.fixture
def erp(desk: Desk) -> dict[str, Any]:
    """A connector in the catalogue."""
    made: dict[str, Any] = desk.post("/connectors", ERP)
    return made


def test_nobody_but_the_team_comes_near(desk: Desk, erp: dict[str, Any]) -> None:
    """No session, a mobile user's credentials, and the cookie without the console's header."""
    for method, path in (
        ("GET", "/connectors"),
        ("PUT", f"/connectors/{erp['id']}/credentials"),
        ("POST", "/connectors"),
    ):
        assert desk.without_credentials().call(method, path, json=ERP).status_code == 401
        assert desk.with_headers(authorization=BASIC).call(method, path, json=ERP).status_code == 401
    assert desk.with_cookie().call("POST", "/connectors", json=ERP).status_code == 403


def test_a_connector_comes_back_as_it_was_given(desk: Desk, erp: dict[str, Any]) -> None:
    """With its address and networks in their plain form, and without credentials."""
    assert erp["baseUrl"] == "https://erp.example.com/api"
    assert erp["allow"] == ["10.1.0.0/16", "127.0.0.1/32"]
    assert erp["rules"] == ERP["rules"]
    assert (erp["credentials"], erp["etag"], erp["connectTimeoutMs"]) == (None, 1, 1000)
    assert desk.get(f"/connectors/{erp['id']}") == erp
    assert desk.get("/connectors")["items"] == [erp]
    assert desk.refreshed


def test_it_is_changed_by_id_and_by_name(desk: Desk, erp: dict[str, Any]) -> None:
    """An etag that is not the newest is refused."""
    changed = desk.put(f"/connectors/{erp['id']}", {**ERP, "title": "New"}, headers={"If-Match": "1"})
    assert (changed["title"], changed["etag"]) == ("New", 2)
    assert desk.call("PUT", f"/connectors/{erp['id']}", json=ERP, headers={"If-Match": "1"}).status_code == 412
    by_name = desk.put("/connectors/by-name/erp/1.0", {"baseUrl": "http://x.example"})
    assert (by_name["id"], by_name["baseUrl"]) == (erp["id"], "http://x.example")
    assert desk.put("/connectors/by-name/crm/2.0", {"baseUrl": "http://x.example"})["name"] == "crm"
    assert desk.call("POST", "/connectors", json=ERP).status_code == 409


def test_it_is_removed(desk: Desk, erp: dict[str, Any]) -> None:
    assert desk.call("DELETE", f"/connectors/{erp['id']}").status_code == 200
    assert desk.call("DELETE", f"/connectors/{erp['id']}").status_code == 404
    assert desk.get("/connectors")["totalResults"] == 0


CREDENTIALS: list[tuple[dict[str, str], dict[str, str], tuple[str, str]]] = [
    ({"kind": "basic", "username": "joe", "password": PASSWORD}, {"kind": "basic", "username": "joe"},
     ("authorization", "Basic " + base64.b64encode(f"joe:{PASSWORD}".encode()).decode())),
    ({"kind": "bearer", "token": PASSWORD}, {"kind": "bearer"}, ("authorization", f"Bearer {PASSWORD}")),
    ({"kind": "header", "name": "X-Key", "value": PASSWORD}, {"kind": "header", "name": "X-Key"}, ("x-key", PASSWORD)),
]  # fmt: skip


@pytest.mark.parametrize(("given", "shown", "header"), CREDENTIALS)
def test_credentials_are_encrypted_and_never_shown(
    desk: Desk, erp: dict[str, Any], tmp_path: Path, given: dict[str, str], shown: dict[str, str], header: Any
) -> None:
    """Answers and data folder have no trace of the secret part; a call gets it as a header field."""
    path = f"/connectors/{erp['id']}/credentials"
    answer = desk.call("PUT", path, json=given)
    assert answer.json()["credentials"] == shown
    assert PASSWORD not in answer.text + desk.call("GET", "/connectors").text
    with desk.shop.database.read() as connection:
        rows, _ = store.connectors(connection)
    assert PASSWORD not in rows[0]["credentials"]
    assert not [f for f in tmp_path.rglob("*") if f.is_file() and PASSWORD.encode() in f.read_bytes()]
    known = opened(rows, desk.shop.connectors.vault)[("erp", "1.0")]
    assert known.header == header
    assert PASSWORD not in repr(known)
    assert desk.put("/connectors/by-name/erp/1.0", ERP)["credentials"] == shown
    assert desk.call("DELETE", path).json()["credentials"] is None


WRONG: list[dict[str, Any]] = [
    {"name": "a b"}, {"name": ""}, {"version": "1 0"}, {"baseUrl": "ftp://x"}, {"baseUrl": "https://"},
    {"baseUrl": "https://joe:pw@x"}, {"baseUrl": "https://x/?a=1"}, {"baseUrl": "https://x:99999"}, {"baseUrl": ""},
    {"allow": ["everything"]}, {"rules": [{"resource": "orders"}]}, {"rules": [{"methods": ["FETCH"]}]},
    {"rules": [{"headers": {"Host": "x"}}]}, {"rules": [{"headers": {"A": "b\r\nEvil: 1"}}]},
    {"rules": [{"headers": {"Authorization": "Basic x"}}]}, {"rules": [{"headers": {"A B": "x"}}]},
    {"readTimeoutMs": 0}, {"kind": "SOAP"},
]  # fmt: skip


@pytest.mark.parametrize("fields", WRONG, ids=str)
def test_what_cannot_work_is_refused(desk: Desk, fields: dict[str, Any]) -> None:
    answer = desk.call("POST", "/connectors", json={**ERP, **fields})
    assert answer.status_code == 400
    assert "pw" not in answer.text


@pytest.mark.parametrize(
    "given",
    [{}, {"kind": "magic"}, {"kind": "basic", "username": "joe"}, {"kind": "bearer", "token": ""},
     {"kind": "bearer", "token": "a\r\nb"}, {"kind": "header", "name": "Host", "value": "x"}],
    ids=str,
)  # fmt: skip
def test_credentials_that_are_none_are_refused(desk: Desk, erp: dict[str, Any], given: dict[str, str]) -> None:
    assert desk.call("PUT", f"/connectors/{erp['id']}/credentials", json=given).status_code == 400


def test_a_trial_shows_what_the_system_answers_or_why_it_does_not(desk: Desk, erp: dict[str, Any]) -> None:
    path = f"/connectors/{erp['id']}/test"
    answer = desk.post(path, {"method": "GET", "path": "/orders", "query": {"a": "1"}})
    assert (answer["status"], answer["body"], answer["headers"]) == (200, "GET /orders?a=1", {"X-Seen": "erp"})
    failed = desk.post(path, {})
    assert (failed["status"], failed["error"]) == (None, "nobody there")
    assert desk.call("POST", path, json={"method": "TRACE"}).status_code == 400
    assert desk.call("POST", "/connectors/nothing/test", json={}).status_code == 404


def test_an_upload_names_the_connectors_that_do_not_exist(desk: Desk, api: dict[str, Any], erp: dict[str, Any]) -> None:
    manifest = '[project]\nname = "synapse"\nversion = "1.0"\n[tool.openmcs]\nmain = "synapse.py"\n'
    manifest += 'connectors = { erp = "1.0", crm = "1.0" }\n'
    told = desk.upload(api["id"], project(**{"pyproject.toml": manifest})).json()
    assert told["unresolvedDependencies"] == [{"name": "connector/crm", "version": "1.0"}]


def test_changes_are_kept_and_taken_back(desk: Desk, erp: dict[str, Any]) -> None:
    """Created, changed, and given credentials; what was secret is kept nowhere, so that cannot be undone."""
    desk.put(f"/connectors/{erp['id']}", {**ERP, "title": "New"})
    first = {"kind": "basic", "username": "u", "password": PASSWORD}
    desk.put(f"/connectors/{erp['id']}/credentials", first)
    desk.put(f"/connectors/{erp['id']}/credentials", {**first, "password": "another"})
    listed = desk.call("GET", "/activity?kind=connector")
    assert PASSWORD not in listed.text
    renewed, given, changed, created = listed.json()["items"]
    assert (created["action"], created["name"], changed["by"]) == ("created", "erp(1.0)", "admin")
    assert changed["changes"] == [{"field": "title", "before": "ERP", "after": "New"}]
    assert given["changes"] == [{"field": "credentials", "before": None, "after": None}]
    assert (renewed["undoable"], given["undoable"], changed["undoable"]) == (False, True, True)
    assert desk.call("POST", f"/activity/{renewed['id']}/undo").status_code == 409
    desk.post(f"/activity/{changed['id']}/undo")
    found = desk.get(f"/connectors/{erp['id']}")
    assert (found["title"], found["credentials"]) == ("ERP", {"kind": "basic", "username": "u"})


def test_nothing_of_credentials_is_in_the_history(desk: Desk, erp: dict[str, Any]) -> None:
    """Not even sealed."""
    desk.put(f"/connectors/{erp['id']}/credentials", {"kind": "bearer", "token": PASSWORD})
    with desk.shop.database.read() as connection:
        sealed = store.connector_row(connection, erp["id"])["credentials"]
        rows, _ = history.activities(connection, {}, 100, 0)
    assert sealed
    assert not any(sealed in row["before"] + row["after"] for row in rows)


def test_a_connector_in_use_is_deleted_only_by_force_and_comes_back(desk: Desk, api: dict[str, Any]) -> None:
    """With its credentials; what calls it is named."""
    erp = desk.post("/connectors", ERP)
    desk.put(f"/connectors/{erp['id']}/credentials", {"kind": "bearer", "token": PASSWORD})
    manifest = (
        '[project]\nname = "synapse"\nversion = "1.0"\n\n[tool.openmcs]\nmain = "synapse.py"\n'
        '\n[tool.openmcs.connectors]\n"connector/erp" = "1.0"\n'
    )
    told = desk.upload(api["id"], packed({"pyproject.toml": manifest, "synapse.py": CODE}))
    assert told.status_code == 201, told.text
    path = f"/connectors/{erp['id']}"
    (caller,) = desk.get(f"{path}/dependencies")["items"]
    assert (caller["kind"], caller["name"], caller["api"]) == ("implementation", "synapse(1.0)", api["id"])
    refused = desk.call("DELETE", path)
    assert refused.status_code == 409
    assert "synapse(1.0)" in refused.json()["detail"]
    assert desk.call("DELETE", f"{path}?force=true").status_code == 200
    assert desk.call("GET", path).status_code == 404
    assert [each["kind"] for each in desk.get("/trash")["items"]] == ["connector"]
    desk.post(f"/trash/{erp['id']}/restore")
    assert desk.get(path)["credentials"] == {"kind": "bearer"}


def test_connectors_are_found_by_name_title_and_address(desk: Desk, erp: dict[str, Any]) -> None:
    """In any case; what a pattern would mean is a text."""
    for text in ("ERP", "rp.exam", "er"):
        assert [each["id"] for each in desk.get(f"/connectors?text={text}")["items"]] == [erp["id"]]
    assert desk.get("/connectors?text=%25")["totalResults"] == 0


SOAP = {"name": "stock", "kind": "SOAP", "wsdl": {"root": "stock.wsdl", "files": {"stock.wsdl": WSDL}}}


def test_a_soap_connector_is_what_its_wsdl_says(desk: Desk) -> None:
    """Address, port and operations; the WSDL itself is to be had by itself, and a change may leave it out."""
    made = desk.post("/connectors", SOAP)
    assert (made["kind"], made["baseUrl"], made["port"]) == ("SOAP", "http://stock.example.com/soap", "Stock/StockPort")
    assert [each["name"] for each in made["operations"]] == ["reserve"]
    assert "wsdl" not in made
    assert desk.get(f"/connectors/{made['id']}/wsdl") == SOAP["wsdl"]
    changed = desk.put(f"/connectors/{made['id']}", {**SOAP, "wsdl": None, "baseUrl": "https://x.example/soap?a=b"})
    assert (changed["baseUrl"], changed["operations"]) == ("https://x.example/soap?a=b", made["operations"])
    assert desk.call("GET", f"/connectors/{desk.post('/connectors', ERP)['id']}/wsdl").status_code == 404


def test_a_wsdl_can_be_looked_into_before_it_is_kept(desk: Desk) -> None:
    """Its ports; what is wrong with it is a finding."""
    (port,) = desk.post("/connectors/wsdl", SOAP["wsdl"])["ports"]
    assert (port["name"], port["operations"][0]["input"]) == (
        "Stock/StockPort", "reserve(article: xsd:string, count: xsd:int)"
    )  # fmt: skip
    refused = desk.call("POST", "/connectors/wsdl", json={"root": "a", "files": {"a": "<a/>"}})
    assert (refused.status_code, refused.json()["o:errorDetails"][0]["title"]) == (400, "WSDL_INVALID")
    assert desk.get("/connectors")["items"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"wsdl": None}, {"wsdl": {"root": "x", "files": {}}}, {"port": "Stock/Other"}, {"kind": "GRAPHQL"},
        {"rules": [{"resource": "/reserve"}]}, {"rules": [{"methods": ["POST"]}]},
    ],
)  # fmt: skip
def test_a_soap_connector_that_cannot_be_called_is_refused(desk: Desk, change: dict[str, Any]) -> None:
    """Without a WSDL or with one that does not fit, and with rules that would hold for nothing."""
    assert desk.call("POST", "/connectors", json={**SOAP, **change}).status_code == 400


def test_a_username_token_is_for_soap(desk: Desk, erp: dict[str, Any]) -> None:
    """Its password is never shown; REST connectors take none."""
    token = {"kind": "wsse", "username": "shop", "password": PASSWORD, "digest": "true"}
    made = desk.post("/connectors", SOAP)
    shown = desk.put(f"/connectors/{made['id']}/credentials", token)
    assert shown["credentials"] == {"kind": "wsse", "username": "shop"}
    with desk.shop.database.read() as connection:
        rows, _ = store.connectors(connection)
    found = opened(rows, desk.shop.connectors.vault)[("stock", "1.0")]
    assert found.token is not None and (found.token.password, found.token.digest) == (PASSWORD, True)
    assert PASSWORD not in repr(found)
    for id_, bad in (
        (erp["id"], token),
        (made["id"], {**token, "password": ""}),
        (made["id"], {**token, "username": "a\n"}),
    ):
        assert desk.call("PUT", f"/connectors/{id_}/credentials", json=bad).status_code == 400
