"""`openmcs user`: add, list."""

from __future__ import annotations

from tests.cli.conftest import Run
from tests.server import Server


def test_a_mobile_user_may_call_after_it_was_added(run: Run) -> None:
    """With its roles; nothing that is printed has the password."""
    added = run(
        "user", "add", "jane", "--first-name", "Jane", "--role", "clerk", "--json", OPENMCS_NEW_PASSWORD="Mobile2*"
    )
    assert added.code == 0, added.err
    assert "Mobile2*" not in added.out + added.err
    assert run("call", "shop", "GET", "shop/greeting", "--as", "jane", OPENMCS_PASSWORD="Mobile2*").code == 0
    listed = {each["username"]: each for each in run("user", "list", "--json").json}
    assert listed["jane"]["roles"] == ["clerk"] and listed["jane"]["firstName"] == "Jane"
    assert not any("password" in key.lower() for key in listed["jane"])
    assert "jane" in run("user", "list").out


def test_the_same_name_again_is_refused(run: Run) -> None:
    """Exit code 1 and the name."""
    done = run("user", "add", "joe", OPENMCS_NEW_PASSWORD="Mobile1*")
    assert done.code == 1
    assert "joe" in done.err


def test_a_team_member_may_sign_in(run: Run, server: Server) -> None:
    """By name and password; a short password is refused."""
    short = run("user", "add", "boss", "--team", OPENMCS_NEW_PASSWORD="short")
    assert short.code == 1 and "password" in short.err
    added = run("user", "add", "boss", "--team", OPENMCS_NEW_PASSWORD="a long enough password")
    assert added.code == 0, added.err
    session = server.http.post("/mobile/tools/1.0/session", json={"name": "boss", "password": "a long enough password"})
    assert session.status_code == 201
    token = session.json()["token"]
    assert run("user", "list", "--team", "--json", OPENMCS_TOKEN=token).code == 0
    assert "boss" in {each["name"] for each in run("user", "list", "--team", "--json").json}
