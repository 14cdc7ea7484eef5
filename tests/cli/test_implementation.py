"""`openmcs implementation`: list, upload, log, activate."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from tests.cli.conftest import Run
from tests.server import Server


def test_activate_switches_between_versions_and_the_mock(run: Run) -> None:
    """The mock answers the RAML's example, the version its own answer; the list shows which is active."""
    listed = run("implementation", "list", "shop", "--json").json
    assert [(each["name"], each["version"]) for each in listed if each["active"]] == [("shop", "1.0")]
    try:
        assert run("implementation", "activate", "shop", "mock").code == 0
        assert json.loads(run("call", "shop", "GET", "shop/greeting").out) == {"greeting": "Hello!"}
        assert not any(each["active"] for each in run("implementation", "list", "shop", "--json").json)
    finally:
        back = run("implementation", "activate", "shop", "1.0", "--json")
    assert back.json["implementation"]["version"] == "1.0"
    assert json.loads(run("call", "shop", "GET", "shop/greeting").out)["greeting"].startswith("Hello, ")
    assert "active" in run("implementation", "list", "shop").out


def test_an_upload_prints_its_build(run: Run, server: Server, tmp_path: Path) -> None:
    """Line by line on stderr, its document on stdout; the same lines are there to be read again."""
    archive = tmp_path / "shop.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        folder = next(server.folder.glob("custom_code/shop/**/pyproject.toml")).parent
        for file in folder.glob("*.*"):
            zipped.write(file, file.name)
    done = run("implementation", "upload", "shop", archive, "--json")
    assert done.code == 0, done.err
    assert done.json["implementation"]["active"] is True
    assert "Importing it behind its walls." in done.err and "Imported: " in done.err
    kept = run("implementation", "log", "shop", "1.0")
    assert kept.out == done.json["buildLog"]
    assert run("implementation", "log", "shop", "1.0", "--json").json["text"] == kept.out
    archive.write_bytes(b"no zip")
    refused = run("implementation", "upload", "shop", archive)
    assert refused.code == 5 and "ARCHIVE" in refused.err


def test_calls_are_split(run: Run, server: Server, tmp_path: Path) -> None:
    """The list shows who gets how many; 0 ends it."""
    folder = next(server.folder.glob("custom_code/shop/**/pyproject.toml")).parent
    archive = tmp_path / "shop.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for file in folder.glob("*.*"):
            zipped.writestr(file.name, file.read_text("utf-8").replace('version = "1.0"', 'version = "1.1"'))
    done = run("implementation", "upload", "shop", archive, "--percent", "10")
    assert done.code == 0 and "10 % of its calls answered by shop 1.1" in done.err
    listed = run("implementation", "list", "shop").out
    assert "active 90 %" in listed and " 10 %" in listed
    assert run("implementation", "split", "shop", "1.1", "30", "--json").json["canary"]["percent"] == 30
    assert run("implementation", "split", "shop", "1.1", "0").code == 0
    assert run("implementation", "list", "shop", "--json").json[0]["percent"] == 0
    assert run("implementation", "split", "shop", "1.1", "101").code == 2


def test_a_version_that_does_not_exist_is_not_found(run: Run) -> None:
    """Exit code 4; what answered goes on answering."""
    done = run("implementation", "activate", "shop", "9.9")
    assert done.code == 4
    assert "9.9" in done.err
    assert run("call", "shop", "GET", "shop/greeting").code == 0


def test_workers_are_seen_and_restarted(run: Run) -> None:
    """A line for each; after a restart it is another process, and it goes on answering. `impl` is short for the group."""
    assert run("call", "shop", "GET", "shop/greeting").code == 0
    rows = run("impl", "status", "shop", "--json").json
    before = next(each for each in rows if each["implementation"] == "shop(1.0)")
    assert before["workers"][0]["isolation"].startswith("strict")
    assert str(before["workers"][0]["pid"]) in run("implementation", "status").out
    told = run("impl", "restart", "shop", "--json")
    assert told.code == 0, told.err
    ready = [each["pid"] for row in told.json["items"] for each in row["workers"] if not each["leaving"]]
    assert ready
    assert before["workers"][0]["pid"] not in ready
    assert run("call", "shop", "GET", "shop/greeting").code == 0


def test_the_mock_has_no_workers_to_restart(run: Run) -> None:
    """It is said, and nothing happens."""
    assert run("implementation", "activate", "shop", "mock").code == 0
    try:
        done = run("implementation", "restart", "shop")
        assert done.code == 1
        assert "mock answers" in done.err
        assert run("implementation", "status", "shop").code == 0
    finally:
        assert run("implementation", "activate", "shop", "1.0").code == 0
