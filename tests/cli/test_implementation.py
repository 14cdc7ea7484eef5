"""`openmcs implementation`: list, activate."""

from __future__ import annotations

import json

from tests.cli.conftest import Run


def test_activate_switches_between_versions_and_the_mock(run: Run) -> None:
    """The mock answers the RAML's example, the version its own answer; the list shows which is active."""
    listed = run("implementation", "list", "shop", "--json").json
    assert [(each["name"], each["version"], each["active"]) for each in listed] == [("shop", "1.0", True)]
    try:
        assert run("implementation", "activate", "shop", "mock").code == 0
        assert json.loads(run("call", "shop", "GET", "shop/greeting").out) == {"greeting": "Hello!"}
        assert run("implementation", "list", "shop", "--json").json[0]["active"] is False
    finally:
        back = run("implementation", "activate", "shop", "1.0", "--json")
    assert back.json["implementation"]["version"] == "1.0"
    assert json.loads(run("call", "shop", "GET", "shop/greeting").out)["greeting"].startswith("Hello, ")
    assert "active" in run("implementation", "list", "shop").out


def test_a_version_that_does_not_exist_is_not_found(run: Run) -> None:
    """Exit code 4; what answered goes on answering."""
    done = run("implementation", "activate", "shop", "9.9")
    assert done.code == 4
    assert "9.9" in done.err
    assert run("call", "shop", "GET", "shop/greeting").code == 0
