"""`openmcs api`: list, create, validate, scaffold."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.cli.conftest import Run, run_here
from tests.server import Server, openmcs

RAML = """\
#%RAML 0.8
title: Stock
version: "1.0"
mediaType: application/json
/level/{shelf}:
  get:
    responses:
      200:
        body:
          application/json:
            example: |
              {"level": 7}
  put:
    responses:
      204:
"""


@pytest.fixture
def raml(tmp_path: Path) -> Path:
    """A RAML file with one resource of two methods."""
    file = tmp_path / "stock.raml"
    file.write_text(RAML, "utf-8")
    return file


def test_validate_prints_resources_and_needs_no_platform(raml: Path) -> None:
    """The fields that scripts rely on, and exit code 0."""
    done = run_here("api", "validate", raml, "--json")
    assert done.code == 0
    assert done.json["valid"] is True and done.json["errors"] == []
    assert done.json["resources"] == [{"path": "/level/{shelf}", "methods": ["GET", "PUT"]}]


def test_validate_prints_errors_with_their_places(raml: Path) -> None:
    """A document with an error exits with 5 and names file, line, column and code."""
    raml.write_text(RAML.replace("  put:", "  putt:"), "utf-8")
    done = run_here("api", "validate", raml, "--json")
    assert done.code == 5
    assert done.json["valid"] is False
    error = done.json["errors"][0]
    assert set(error) == {"file", "line", "column", "code", "message"}
    assert (error["file"], error["line"]) == ("stock.raml", 1 + RAML.splitlines().index("  put:"))
    told = run_here("api", "validate", raml)
    assert told.code == 5
    assert f"stock.raml:{error['line']}" in told.err and error["code"] in told.err


def test_validate_for_people_lists_the_resources(raml: Path) -> None:
    """A table on stdout, the verdict on stderr."""
    done = run_here("api", "validate", raml)
    assert done.code == 0
    assert "/level/{shelf}" in done.out and "GET, PUT" in done.out
    assert "is valid" in done.err


def test_create_serves_the_mock_and_list_shows_it(raml: Path, run: Run, server: Server) -> None:
    """A new API is there for backends at once; creating it again is refused."""
    created = run("api", "create", raml, "--name", "created", "--login-required", "--json")
    assert created.code == 0, created.err
    assert created.json["basePath"] == "/mobile/custom/created"
    assert created.json["security"]["loginRequired"] is True
    listed = {each["name"]: each for each in run("api", "list", "--json").json}
    assert listed["created"]["implementation"] is None
    assert "mock" in run("api", "list").out
    again = run("api", "create", raml, "--name", "created")
    assert again.code == 1
    assert "created" in again.err


def test_create_refuses_a_broken_document(raml: Path, run: Run) -> None:
    """Exit code 5, with the place, and nothing is made."""
    raml.write_text(RAML.replace("  put:", "  putt:"), "utf-8")
    done = run("api", "create", raml, "--name", "broken")
    assert done.code == 5
    assert "broken.raml:" in done.err or "stock.raml:" in done.err
    assert "broken" not in {each["name"] for each in run("api", "list", "--json").json}


def test_the_scaffold_uploads_unchanged_and_serves(raml: Path, run: Run, tmp_path: Path) -> None:
    """Folder and zip are the same project; its own tests pass outside the platform; deployed, it answers the example."""
    folder, packed = tmp_path / "stock", tmp_path / "stock.zip"
    for output in (folder, packed):
        assert run_here("api", "scaffold", raml, "-o", output).code == 0
    with zipfile.ZipFile(packed) as archive:
        names = {name.partition("/")[2] for name in archive.namelist() if not name.endswith("/")}
    assert names == {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}

    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert tested.returncode == 0, tested.stdout

    deployed = run("deploy", folder, "--json")
    assert deployed.code == 0, deployed.err
    assert deployed.json["implementationId"]
    assert run("backend", "create", "depot", "--api", "stock 1.0").code == 0
    called = run("call", "depot", "GET", "stock/level/3")
    assert (called.code, json.loads(called.out)) == (0, {"level": 7}), called.err
    newest = run("logs", "--json", "-n", "1").lines[0]
    assert newest["implementation"] == f"{deployed.json['implementation']}"


def test_the_scaffold_goes_into_a_new_folder_only(raml: Path, tmp_path: Path) -> None:
    """What stands in a folder is never overwritten."""
    (tmp_path / "stock").mkdir()
    (tmp_path / "stock" / "mine.py").write_text("mine", "utf-8")
    done = run_here("api", "scaffold", raml, "-o", tmp_path / "stock")
    assert done.code == 1
    assert "not empty" in done.err
    assert [each.name for each in (tmp_path / "stock").iterdir()] == ["mine.py"]


def test_the_scaffold_of_a_broken_document_is_not_written(raml: Path, tmp_path: Path) -> None:
    """Exit code 5 with the place, and no folder."""
    raml.write_text(RAML.replace("  put:", "  putt:"), "utf-8")
    done = openmcs("api", "scaffold", raml, "-o", tmp_path / "stock")
    assert done.code == 5
    assert "stock.raml:" in done.err
    assert not (tmp_path / "stock").exists()
