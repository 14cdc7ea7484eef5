"""`openmcs call`."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run


def test_an_anonymous_call_prints_the_answer(run: Run) -> None:
    """The body on stdout, exactly."""
    done = run("call", "shop", "GET", "shop/greeting")
    assert done.code == 0, done.err
    assert done.json["greeting"].startswith("Hello, ")


def test_a_call_as_a_user(run: Run) -> None:
    """With the password from the environment; a wrong one is 401 and exit code 1."""
    right = run("call", "shop", "get", "/shop/greeting", "--as", "joe", OPENMCS_PASSWORD="Mobile1*")
    assert (right.code, right.json) == (0, {"greeting": "Hello, joe!"})
    wrong = run("call", "shop", "GET", "shop/greeting", "--as", "joe", OPENMCS_PASSWORD="no")
    assert wrong.code == 1
    assert wrong.json["status"] == 401


def test_a_path_that_begins_with_mobile_is_taken_as_it_is(run: Run) -> None:
    """The platform APIs can be called too."""
    done = run("call", "shop", "GET", "/mobile/platform/users/~", "--as", "joe", OPENMCS_PASSWORD="Mobile1*")
    assert done.code == 0, done.err
    assert done.json["username"] == "joe"


def test_include_prints_status_and_headers_beside_the_body(run: Run) -> None:
    """On stderr, so that the body can be piped on."""
    done = run("call", "shop", "GET", "shop/greeting", "-i")
    assert "HTTP 200" in done.err and "x-oracle-dms-ecid: " in done.err.lower()
    assert done.json


def test_headers_and_body_are_sent(run: Run, tmp_path: Path) -> None:
    """A wrong method shows that the platform got them; a header without a colon is refused here."""
    body = tmp_path / "body.json"
    body.write_text('{"a": 1}', "utf-8")
    for data in ('{"a": 1}', f"@{body}"):
        done = run("call", "shop", "POST", "shop/greeting", "-d", data, "-H", "X-Test: 1")
        assert (done.code, done.json["status"]) == (1, 405)
    newest = run("logs", "--json", "-n", "1").lines[0]
    assert (newest["method"], newest["status"]) == ("POST", 405)
    assert run("call", "shop", "GET", "shop/greeting", "-H", "nothing").code == 2


def test_a_body_file_that_is_missing_is_usage(run: Run) -> None:
    """Exit code 2 and the name, no traceback."""
    done = run("call", "shop", "POST", "shop/greeting", "-d", "@/nowhere/body.json")
    assert done.code == 2
    assert "/nowhere/body.json" in done.err
