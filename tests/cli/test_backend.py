"""`openmcs backend`: list, create, show."""

from __future__ import annotations

import base64

from tests.cli.conftest import Run
from tests.server import Server


def test_show_prints_what_scripts_rely_on(run: Run, server: Server) -> None:
    """All that an app needs to call: the fields keep their names."""
    done = run("backend", "show", "shop", "--json")
    assert done.code == 0, done.err
    shown = done.json
    assert {"name", "version", "backendId", "anonymousKey", "baseUrl", "apis"} <= set(shown)
    assert (shown["name"], shown["version"], shown["baseUrl"]) == ("shop", "1.0", server.url)
    assert [(each["name"], each["version"]) for each in shown["apis"]] == [("shop", "1.0")]
    user, _, secret = base64.b64decode(shown["anonymousKey"]).decode().partition(":")
    assert user.endswith("_MOBILE_ANONYMOUS_APPID") and len(secret) >= 20


def test_show_for_people_prints_keys_on_lines_of_their_own(run: Run) -> None:
    """Each can be copied whole."""
    shown = run("backend", "show", "shop", "--json").json
    lines = run("backend", "show", "shop").out.splitlines()
    assert f"Backend id        {shown['backendId']}" in lines
    assert f"Anonymous key     {shown['anonymousKey']}" in lines


def test_create_makes_a_backend_with_its_apis(run: Run) -> None:
    """Associated at once and found by name and version; the same again is refused."""
    created = run("backend", "create", "made", "--version", "2.0", "--api", "shop 1.0", "--origin", "https://a.example",
                  "--description", "For a test", "--json")  # fmt: skip
    assert created.code == 0, created.err
    assert created.json["corsOrigins"] == ["https://a.example"]
    assert run("call", "made", "GET", "shop/greeting").code == 0
    again = run("backend", "create", "made", "--version", "2.0")
    assert again.code == 1 and "made" in again.err
    assert run("backend", "show", "made", "--version", "3.0").code == 4


def test_create_with_an_unknown_api_makes_nothing(run: Run) -> None:
    """Exit code 4, and no half of a backend is left."""
    assert run("backend", "create", "half", "--api", "nothing 1.0").code == 4
    assert run("backend", "show", "half").code == 4


def test_create_refuses_a_bad_name(run: Run) -> None:
    """The message names the field."""
    done = run("backend", "create", "no/name")
    assert done.code in (1, 5)
    assert "name" in done.err


def test_list_shows_no_keys(run: Run) -> None:
    """Keys are in single answers only."""
    listed = run("backend", "list", "--json")
    assert listed.code == 0
    shop = next(each for each in listed.json if each["name"] == "shop")
    assert "anonymousKey" not in shop and "backendId" not in shop
    assert "shop" in run("backend", "list").out
