"""`openmcs deploy`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.server import Server


@pytest.fixture
def folder(server: Server, tmp_path: Path) -> Path:
    """A copy of the project's API folder under another name."""
    copy = tmp_path / "other"
    shutil.copytree(server.folder / "custom_code" / "shop", copy)
    toml = copy / "api.toml"
    toml.write_text(toml.read_text("utf-8").replace('name = "shop"', 'name = "other"'), "utf-8")
    return copy


def test_an_api_folder_prints_its_ids(run: Run, folder: Path) -> None:
    """RAML, metadata and implementation go up; deployed again, the ids of the API are the same."""
    done = run("deploy", folder, "--json")
    assert done.code == 0, done.err
    first = done.json
    assert {"apiId", "implementationId", "artifactId", "unresolvedDependencies"} <= set(first)
    assert (first["api"], first["implementation"]) == ("other", "shop(1.0)")
    assert run("deploy", folder, "--json").json["apiId"] == first["apiId"]
    assert "it may reach nothing" in run("deploy", folder).err


def test_a_project_folder_deploys_all_of_it(run: Run, server: Server) -> None:
    """Its APIs, then its backends, whose development users are left out."""
    done = run("deploy", server.folder, "--json")
    assert done.code == 0, done.err
    assert [each["api"] for each in done.json["apis"]] == ["shop"]
    assert [each["name"] for each in done.json["backends"]] == ["shop"]


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("api.toml", "title", "titel", "did you mean 'title'"),
        ("api.toml", "version = ", "version = = ", "api.toml:2"),
        ("api.toml", '"shop.raml"', '"absent.raml"', "api.toml:5"),
        ("shop.raml", "/greeting:", "greeting:", "shop.raml:"),
        ("pyproject.toml", 'main = "shop.py"', 'main = "absent.py"', "absent.py"),
        ("shop.py", "def register(service):", "def register(service:", "shop.py:"),
    ],
)
def test_what_is_wrong_in_a_folder_is_told_with_its_place(
    run: Run, folder: Path, file: str, old: str, new: str, told: str
) -> None:
    """Exit code 5."""
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), "utf-8")
    done = run("deploy", folder)
    assert done.code == 5
    assert told in done.err
    assert done.out == ""


def test_a_folder_without_a_project_is_refused(run: Run, tmp_path: Path) -> None:
    """The message says what was looked for."""
    done = run("deploy", tmp_path)
    assert done.code == 5
    assert "api.toml" in done.err
