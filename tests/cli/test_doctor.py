"""`openmcs doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.cli.conftest import Run, run_here
from tests.ports import free_port
from tests.server import Server


def by_name(checks: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The checks of a run."""
    return {each["name"]: each for each in checks}


def test_a_well_machine_and_platform(run: Run, server: Server) -> None:
    """Exit code 0; a real worker has proved its isolation, and the platform that runs is ready."""
    done = run("doctor", server.folder, "--json")
    assert done.code == 0, done.out
    checks = by_name(done.json)
    assert {each["state"] for each in checks.values()} == {"ok"}
    assert checks["isolation"]["found"].startswith("strict")
    assert server.url in checks["platform"]["found"]
    assert "isolation" in run("doctor", server.folder).out


def test_nothing_is_made_by_looking(tmp_path: Path) -> None:
    """Before the first start there is no data folder, and after looking there is none either."""
    data = tmp_path / "data"
    done = run_here("doctor", tmp_path, "--json", OPENMCS_DATA=str(data), OPENMCS_URL=f"http://127.0.0.1:{free_port()}")
    assert done.code == 0, done.out
    assert "made at the first start" in by_name(done.json)["database"]["found"]
    assert not data.exists()


def test_problems_exit_with_5(tmp_path: Path) -> None:
    """Each says what is wrong: settings, a database that does not answer."""
    url = f"mysql+pymysql://openmcs:very-secret@127.0.0.1:{free_port()}/openmcs"
    done = run_here("doctor", tmp_path, "--json", OPENMCS_STORE__URL=url, OPENMCS_DATA=str(tmp_path / "data"))
    assert done.code == 5
    assert by_name(done.json)["database"]["state"] == "problem"
    assert "very-secret" not in done.out
    (tmp_path / "platform.toml").write_text("[server]\nprot = 1\n", "utf-8")
    done = run_here("doctor", tmp_path, "--json")
    assert done.code == 5
    assert "did you mean 'port'" in by_name(done.json)["settings"]["found"]
