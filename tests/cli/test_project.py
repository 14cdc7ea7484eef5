"""`openmcs init` (that `dev` runs what it makes, `tests/journeys/test_dev.py` shows)."""

from __future__ import annotations

from pathlib import Path

from openmcs.catalog.project import read_api, read_backend
from tests.cli.conftest import run_here


def test_init_makes_a_project_that_reads_well(tmp_path: Path) -> None:
    """One backend with one API, in the shape that the project reader takes."""
    done = run_here("init", tmp_path / "shop")
    assert done.code == 0
    assert f"openmcs dev {tmp_path / 'shop'}" in done.err
    api = read_api(tmp_path / "shop" / "custom_code" / "shop")
    backend = read_backend(tmp_path / "shop" / "backends" / "shop.toml")
    assert (api.name, api.version, api.implementation is not None) == ("shop", "1.0", True)
    assert backend.definition["apis"] == [{"name": "shop", "version": "1.0"}]
    assert run_here("config", "validate", tmp_path / "shop").code == 0
    assert run_here("api", "validate", tmp_path / "shop" / "custom_code" / "shop" / "shop.raml").code == 0


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    """What stands in the folder stays, and an existing .gitignore is kept."""
    (tmp_path / ".gitignore").write_text("mine\n", "utf-8")
    assert run_here("init", tmp_path, "--name", "shop").code == 0
    assert (tmp_path / ".gitignore").read_text("utf-8") == "mine\n"
    again = run_here("init", tmp_path, "--name", "shop")
    assert again.code == 1
    assert "platform.toml" in again.err


def test_a_name_comes_from_the_folder_or_is_refused(tmp_path: Path) -> None:
    """Characters that no API name has become underscores; a name that is none is usage."""
    assert run_here("init", tmp_path / "my-shop").code == 0
    assert (tmp_path / "my-shop" / "custom_code" / "my_shop" / "my_shop.py").is_file()
    done = run_here("init", tmp_path / "x", "--name", "1st")
    assert done.code == 2
    assert "--name" in done.err
