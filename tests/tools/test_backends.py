"""`/mobilebackends`"""

from __future__ import annotations

import base64
import io
import zipfile
from typing import Any

import pytest

from openmcs.settings import base_url_warning
from tests.tools.desk import BACKEND, ORIGIN, Desk

CREDENTIALS = ("backendId", "anonymousKey")


def test_a_new_backend_has_keys_of_its_own(desk: Desk) -> None:
    """The anonymous key is one user:password pair, as Android's SDK needs it; two backends share nothing."""
    one, other = (desk.post("/mobilebackends", {**BACKEND, "version": version}) for version in ("1.0", "2.0"))
    user, _, password = base64.b64decode(one["anonymousKey"]).decode().partition(":")
    assert user == "OPENMCS_SYNAPSE_MOBILE_ANONYMOUS_APPID" and ":" not in password
    assert all(one[key] != other[key] for key in CREDENTIALS)
    assert one["baseUrl"] == ORIGIN
    assert desk.refreshed == [1, 1]


def test_a_list_shows_no_keys(desk: Desk, backend: dict[str, Any]) -> None:
    """Whoever looks over a shoulder at the list learns no key."""
    (shown,) = desk.get("/mobilebackends")["items"]
    assert not set(CREDENTIALS) & set(shown)
    assert desk.get(f"/mobilebackends/{backend['id']}") == backend


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "two words"}, "name"), ({"name": "1st"}, "name"), ({"name": ""}, "name"), ({"name": "é"}, "name"),
        ({"name": "n" * 101}, "name"), ({"name": "a\n"}, "name"), ({"name": "<b>"}, "name"),
        ({"version": "v 1"}, "version"), ({"version": "1.0\n"}, "version"), ({"version": ""}, "version"),
        ({"corsOrigins": ["example.com"]}, "corsOrigins[0]"), ({"corsOrigins": ["*", "no origin"]}, "corsOrigins[1]"),
        ({"corsOrigins": ["https://a.example\n"]}, "corsOrigins[0]"),
        ({"appPolicies": {"x": [1]}}, "appPolicies"), ({"appPolicies": {"x": None}}, "appPolicies"),
        ({"anonymousKey": "x"}, "anonymousKey"), ({"anonymousKey": "YTpiOmM="}, "anonymousKey"),
        ({"backendId": "a b c d e f"}, "backendId"), ({"backendId": "short"}, "backendId"),
        ({"clients": [{"platform": "BREW"}]}, "clients[0].platform"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_refused_by_name(desk: Desk, change: dict[str, Any], field: str) -> None:
    """Nothing of a refused backend is kept."""
    response = desk.call("POST", "/mobilebackends", json={**BACKEND, **change})
    assert response.status_code == 400
    assert field in response.json()["detail"]
    assert desk.get("/mobilebackends")["totalResults"] == 0


def test_name_and_version_are_taken_once(desk: Desk, backend: dict[str, Any]) -> None:
    """409, for a new one and for one that is renamed."""
    assert desk.call("POST", "/mobilebackends", json=BACKEND).status_code == 409
    other = desk.post("/mobilebackends", {**BACKEND, "version": "2.0"})
    assert desk.call("PUT", f"/mobilebackends/{other['id']}", json=BACKEND).status_code == 409


def test_a_change_keeps_the_keys(desk: Desk, backend: dict[str, Any]) -> None:
    """Shipped apps go on working; origins lose their slash; policies keep their types."""
    body = {
        **BACKEND, "description": "B", "realm": "Staff", "corsOrigins": ["https://app.example.com/"],
        "appPolicies": {"text": "1", "whole": 1, "number": 1.5, "flag": True},
    }  # fmt: skip
    changed = desk.put(f"/mobilebackends/{backend['id']}", body)
    assert {key: changed[key] for key in CREDENTIALS} == {key: backend[key] for key in CREDENTIALS}
    assert changed["corsOrigins"] == ["https://app.example.com"]
    policies = changed["appPolicies"]
    assert policies == body["appPolicies"] and policies["flag"] is True and policies["text"] == "1"
    assert desk.call("PUT", "/mobilebackends/nothing", json=BACKEND).status_code == 404


def test_clients_have_application_keys(desk: Desk, backend: dict[str, Any]) -> None:
    """One is made where none is given; a given one is kept, and no two clients share it."""
    clients = [{"name": "web"}, {"name": "phone", "platform": "ios", "applicationKey": "k"}]
    changed = desk.put(f"/mobilebackends/{backend['id']}", {**BACKEND, "clients": clients})
    phone, web = changed["clients"]
    assert (phone["applicationKey"], phone["platform"], len(web["applicationKey"])) == ("k", "IOS", 36)
    assert desk.put(f"/mobilebackends/{backend['id']}", BACKEND)["clients"] == changed["clients"]
    taken = desk.call("POST", "/mobilebackends", json={"name": "b", "clients": clients[1:]})
    assert taken.status_code == 409


def test_an_api_is_associated_once_and_removed(desk: Desk, backend: dict[str, Any], api: dict[str, Any]) -> None:
    """The second association changes nothing; what does not exist is not associated."""
    path = f"/mobilebackends/{backend['id']}/apis/{api['id']}"
    desk.put(path)
    assert [each["name"] for each in desk.put(path)["apis"]] == ["synapse"]
    assert desk.call("DELETE", path).json()["apis"] == []
    assert desk.call("PUT", f"/mobilebackends/{backend['id']}/apis/nothing").status_code == 404
    assert desk.call("PUT", f"/mobilebackends/nothing/apis/{api['id']}").status_code == 404


def test_a_project_says_what_a_backend_is(desk: Desk, api: dict[str, Any]) -> None:
    """By name, with its APIs and users; saying it again changes nothing but the etag."""
    body = {
        **BACKEND, "apis": [{"name": "synapse"}],
        "users": [{"username": "joe", "password": "Mobile1*", "roles": ["responder"]}],
    }  # fmt: skip
    one = desk.put("/mobilebackends/by-name/synapse/1.0", body)
    two = desk.put("/mobilebackends/by-name/synapse/1.0", body)
    assert (one["id"], one["backendId"]) == (two["id"], two["backendId"])
    assert [each["id"] for each in two["apis"]] == [api["id"]]
    assert [each["username"] for each in desk.get("/users")["items"]] == ["joe"]
    missing = desk.call("PUT", "/mobilebackends/by-name/synapse/1.0", json={**body, "apis": [{"name": "other"}]})
    assert missing.status_code == 404
    assert desk.get(f"/mobilebackends/{one['id']}")["apis"] == two["apis"]


def test_the_sdk_comes_configured(desk: Desk, backend: dict[str, Any]) -> None:
    """The zip's configuration has the backend's address, id and key."""
    missing = desk.call("GET", f"/mobilebackends/{backend['id']}/sdk")
    assert (missing.status_code, "make build" in missing.json()["detail"]) == (404, True)
    desk.shop.sdk.mkdir()
    for name in ("mcs.js", "mcs.min.js", "mcs.mjs", "index.d.ts"):
        (desk.shop.sdk / name).write_text(f"// {name}")
    response = desk.call("GET", f"/mobilebackends/{backend['id']}/sdk")
    assert response.headers["content-disposition"] == 'attachment; filename="openmcs-sdk-synapse.zip"'
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        config = archive.read("openmcs-sdk/oracle_mobile_cloud_config.js").decode()
    assert all(backend[key] in config for key in (*CREDENTIALS, "baseUrl"))


@pytest.mark.parametrize(
    ("base_url", "warned"),
    [
        ("http://h:8081", True),
        ("https://mobile1", True),
        ("http://h:8080", False),
        ("https://mobile.example.com", False),
    ],
)
def test_a_base_url_that_ends_in_1_is_warned_of(
    base_url: str, warned: bool, desk: Desk, backend: dict[str, Any]
) -> None:
    """Some of Oracle's SDKs turn `:8081` into `:7777`; a backend's page says so (contract: wire, Q7)."""
    assert (base_url_warning(base_url) is not None) is warned
    assert backend["warnings"] == []
