"""`openmcs logs`."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.cli.conftest import Run
from tests.server import Server, clean_environment


def test_json_prints_what_scripts_rely_on(run: Run) -> None:
    """One object a request, oldest first; the fields keep their names."""
    for _ in range(2):
        assert run("call", "shop", "GET", "shop/greeting", "--as", "joe", OPENMCS_PASSWORD="Mobile1*").code == 0
    done = run("logs", "--json", "-n", "2")
    assert done.code == 0, done.err
    first, second = done.lines
    assert first["time"] <= second["time"]
    assert {
        "time", "ecid", "backend", "api", "apiVersion", "method", "resource", "path", "status", "durationMs", "user",
        "implementation",
    } <= set(second)  # fmt: skip
    assert (second["backend"], second["user"], second["status"]) == ("shop", "joe", 200)
    assert isinstance(second["durationMs"], float)


def test_messages_print_what_scripts_rely_on(run: Run) -> None:
    """One object a line of the log, tied to its call."""
    run("call", "shop", "GET", "shop/greeting", "--as", "joe", OPENMCS_PASSWORD="Mobile1*")
    line = run("logs", "--messages", "--json", "-n", "1").lines[0]
    assert {"time", "ecid", "level", "message"} <= set(line)
    assert (line["level"], line["message"]) == ("info", "greeting joe")
    call = run("logs", "--json", "-n", "1").lines[0]
    assert line["ecid"] == call["ecid"]


def test_filters(run: Run) -> None:
    """By status, path, level, ECID and time."""
    run("call", "shop", "GET", "shop/absent")
    run("call", "shop", "GET", "shop/greeting")
    failed = run("logs", "--json", "--status", "404", "--grep", "absent").lines
    assert failed and {each["status"] for each in failed} == {404}
    assert len(run("logs", "--json", "--ecid", failed[-1]["ecid"]).lines) == 1
    assert run("logs", "--json", "--since", "2999-01-01T00:00:00Z").lines == []
    assert run("logs", "--messages", "--json", "--level", "severe").lines == []
    assert run("logs", "--json", "--backend", "nobody").lines == []


def test_a_filter_that_cannot_be_read_is_refused(run: Run) -> None:
    """The message names it."""
    done = run("logs", "--since", "yesterday-ish")
    assert done.code in (1, 2, 5)
    assert "yesterday-ish" in done.err or "from" in done.err


def test_for_people_a_line_each(run: Run) -> None:
    """And a sentence on stderr where there is nothing; how far back is said as other tools have it."""
    run("call", "shop", "GET", "shop/greeting")
    (line,) = run("logs", "-n", "1", "--since", "5m").out.splitlines()
    assert " 200 " in line and "GET    /mobile/custom/shop/greeting  " in line
    assert run("logs", "--backend", "nobody").err.strip() == "No requests in this time."


def test_follow_prints_what_comes(run: Run, server: Server) -> None:
    """A call that is made while it follows appears, once."""
    command = [sys.executable, "-m", "openmcs", "logs", "-f", "--json", "-n", "1"]
    environment = clean_environment(OPENMCS_DATA=str(server.data))
    run("call", "shop", "GET", "shop/first-of-all")
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        try:
            assert json.loads(following.stdout.readline())["path"].endswith("/first-of-all")
            run("call", "shop", "GET", "shop/second")
            assert json.loads(following.stdout.readline())["path"].endswith("/second")
            run("call", "shop", "GET", "shop/third")
            assert json.loads(following.stdout.readline())["path"].endswith("/third")
        finally:
            following.terminate()
