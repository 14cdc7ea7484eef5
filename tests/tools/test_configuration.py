"""`/apis/{id}/configuration` and `/mobilebackends/{id}/configuration`"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from openmcs.catalog.configuration import Opened
from openmcs.catalog.secrets import Vault
from openmcs.store import configuration as store
from tests.tools.desk import BASIC, Desk

SECRET = "sk_live_0123456789"


@pytest.fixture(params=["apis", "mobilebackends"])
def owner(request: pytest.FixtureRequest, api: dict[str, Any], backend: dict[str, Any]) -> str:
    """The path of what is configured."""
    return f"/apis/{api['id']}" if request.param == "apis" else f"/mobilebackends/{backend['id']}"


def test_nobody_but_the_team_comes_near(desk: Desk, owner: str) -> None:
    """No session, a mobile user's credentials, and the cookie without the console's header."""
    path = f"{owner}/configuration"
    assert desk.without_credentials().call("GET", path).status_code == 401
    assert desk.with_headers(authorization=BASIC).call("GET", path).status_code == 401
    assert desk.with_cookie().call("PUT", f"{path}/a", json={"value": "b"}).status_code == 403
    assert desk.call("GET", path).status_code == 200


def test_values_are_listed_by_name_and_secrets_are_never_shown(desk: Desk, owner: str) -> None:
    """In no answer; every change is brought into service."""
    path = f"{owner}/configuration"
    assert desk.put(f"{path}/b.url", {"value": "https://x"})["value"] == "https://x"
    assert desk.put(f"{path}/a-key", {"value": SECRET, "secret": True})["value"] is None
    assert len(desk.refreshed) >= 2
    listed = desk.call("GET", path)
    assert [(each["name"], each["secret"], each["value"]) for each in listed.json()["items"]] == [
        ("a-key", True, None), ("b.url", False, "https://x"),
    ]  # fmt: skip
    assert SECRET not in listed.text
    assert listed.json()["items"][0]["modifiedBy"] == "admin"


def test_a_value_is_replaced_and_taken_away(desk: Desk, owner: str) -> None:
    path = f"{owner}/configuration/name"
    desk.put(path, {"value": "1"})
    desk.put(path, {"value": "2", "secret": True})
    assert desk.get(f"{owner}/configuration")["totalResults"] == 1
    assert desk.call("DELETE", path).status_code == 200
    assert desk.call("DELETE", path).status_code == 404
    assert desk.get(f"{owner}/configuration")["totalResults"] == 0


@pytest.mark.parametrize("name", ["1a", "a b", "a%2Fb", "_x", "a" * 101, "a%0Ab"])
def test_a_name_that_is_none_is_refused(desk: Desk, owner: str, name: str) -> None:
    assert desk.call("PUT", f"{owner}/configuration/{name}", json={"value": "x"}).status_code in (400, 404)


def test_a_value_has_a_largest_size(desk: Desk, owner: str) -> None:
    assert desk.call("PUT", f"{owner}/configuration/a", json={"value": "x" * 16385}).status_code == 400


@pytest.mark.parametrize("path", ["/apis/nothing", "/mobilebackends/nothing", "/connectors/nothing"])
def test_what_does_not_exist_has_no_configuration(desk: Desk, path: str) -> None:
    assert desk.call("PUT", f"{path}/configuration/a", json={"value": "x"}).status_code in (400, 404)
    assert desk.call("GET", f"{path}/configuration").status_code in (400, 404)


def test_a_secret_is_encrypted_where_it_is_kept(desk: Desk, api: dict[str, Any], tmp_path: Path) -> None:
    """Neither the database nor a file of the data folder holds its text; the key opens it."""
    desk.put(f"/apis/{api['id']}/configuration/key", {"value": SECRET, "secret": True})
    with desk.shop.database.read() as connection:
        (row,) = store.all_values(connection)
    assert SECRET not in row["value"]
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or SECRET.encode() not in file.read_bytes()
    opened = Opened([row], Vault.open(tmp_path, {})).of(api["id"], {})
    assert opened.values == {"": {"key": SECRET}}
    assert opened.secrets == {SECRET}


def test_workers_get_the_apis_values_and_those_of_the_backends_that_use_it(
    desk: Desk, api: dict[str, Any], backend: dict[str, Any]
) -> None:
    """Not those of other backends; the digest tells that something has changed."""
    desk.put(f"/apis/{api['id']}/configuration/a", {"value": "api"})
    desk.put(f"/mobilebackends/{backend['id']}/configuration/a", {"value": "backend"})
    vault = desk.shop.configurations.vault

    def opened() -> Opened:
        with desk.shop.database.read() as connection:
            return Opened(store.all_values(connection), vault)

    users = {backend["id"]: "synapse(1.0)"}
    found = opened().of(api["id"], users)
    assert found.values == {"": {"a": "api"}, "synapse(1.0)": {"a": "backend"}}
    assert opened().of(api["id"], {}).values == {"": {"a": "api"}}
    assert opened().of("other", {}).values == {}
    desk.put(f"/apis/{api['id']}/configuration/a", {"value": "changed"})
    assert opened().of(api["id"], users).digest != found.digest


def test_a_secret_of_another_key_is_missing_and_named(desk: Desk, api: dict[str, Any], tmp_path: Path) -> None:
    """The others are still there."""
    desk.put(f"/apis/{api['id']}/configuration/plain", {"value": "x"})
    desk.put(f"/apis/{api['id']}/configuration/key", {"value": SECRET, "secret": True})
    with desk.shop.database.read() as connection:
        rows = store.all_values(connection)
    (tmp_path / "elsewhere").mkdir()
    other = Opened(rows, Vault.open(tmp_path / "elsewhere", {}))
    assert Opened(rows, Vault.open(tmp_path, {})).unreadable == []
    assert other.unreadable == ["key"]
    assert other.of(api["id"], {}).values == {"": {"plain": "x"}}


def test_changes_are_kept_and_taken_back(desk: Desk, owner: str) -> None:
    """Set, replaced, taken away: each is undone; a secret is in no history, so what was one is not brought back."""
    path = f"{owner}/configuration"
    desk.put(f"{path}/url", {"value": "https://one"})
    desk.put(f"{path}/url", {"value": "https://two"})
    desk.put(f"{path}/key", {"value": SECRET, "secret": True})
    desk.put(f"{path}/key", {"value": "another-secret", "secret": True})
    listed = desk.call("GET", "/activity?kind=configuration")
    assert SECRET not in listed.text
    renewed, added, replaced, _ = listed.json()["items"]
    assert replaced["changes"] == [{"field": "url", "before": "https://one", "after": "https://two"}]
    assert (replaced["name"], replaced["by"]) == ("synapse(1.0)", "admin")
    assert (renewed["undoable"], added["undoable"]) == (False, True)
    desk.post(f"/activity/{replaced['id']}/undo")
    assert desk.get(path)["items"][1]["value"] == "https://one"
    desk.call("DELETE", f"{path}/url")
    removed = desk.get("/activity?kind=configuration")["items"][0]
    assert removed["changes"] == [{"field": "url", "before": "https://one", "after": None}]
    desk.post(f"/activity/{removed['id']}/undo")
    assert [each["name"] for each in desk.get(path)["items"]] == ["key", "url"]
    assert desk.call("POST", f"/activity/{added['id']}/undo").status_code == 409


def test_everything_is_listed_with_its_owner(desk: Desk, api: dict[str, Any], backend: dict[str, Any]) -> None:
    """Found by either name, secrets alone where they are wanted; what is in the trash is left out."""
    desk.put(f"/apis/{api['id']}/configuration/api.url", {"value": "x"})
    desk.put(f"/mobilebackends/{backend['id']}/configuration/key", {"value": SECRET, "secret": True})
    listed = desk.get("/configuration")["items"]
    assert [(each["owner"]["kind"], each["owner"]["id"], each["name"]) for each in listed] == [
        ("api", api["id"], "api.url"), ("backend", backend["id"], "key"),
    ]  # fmt: skip
    assert [each["name"] for each in desk.get("/configuration?text=URL")["items"]] == ["api.url"]
    assert desk.get("/configuration?text=SYNAPSE")["totalResults"] == 2
    (secret,) = desk.get("/configuration?secret=true")["items"]
    assert (secret["name"], secret["value"]) == ("key", None)
    assert desk.get("/configuration?limit=1&offset=1")["items"][0]["name"] == "key"
    desk.call("DELETE", f"/mobilebackends/{backend['id']}?force=true")
    assert [each["name"] for each in desk.get("/configuration")["items"]] == ["api.url"]
    assert desk.as_("analyst").call("GET", "/configuration").status_code == 403
