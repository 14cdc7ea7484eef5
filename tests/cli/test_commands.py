"""The command line as a whole: help, unknown commands, exit codes (`openmcs.cli`)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from openmcs import __version__
from openmcs.cli import _COMMANDS
from tests.cli.conftest import Run, run_here
from tests.server import Server, clean_environment

HEAVY = {
    "alembic", "argon2", "fastapi", "httpx", "msgspec", "passlib", "pydantic", "ramlfications", "rich", "sqlalchemy",
    "starlette", "structlog", "uvicorn", "uvloop", "watchfiles", "yaml",
}  # fmt: skip


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["--version"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    """Help answers at once because it loads no library but click."""
    code = f"import sys; sys.argv = ['openmcs', *{arguments!r}]\nfrom openmcs.cli import main\ntry: main()\nexcept SystemExit: pass\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "openmcs" in done.stdout
    assert {each.partition(".")[0] for each in done.stderr.split()} & HEAVY <= {"msgspec"}


def test_help_lists_every_command() -> None:
    """All verbs with a line each."""
    done = run_here("--help")
    assert done.code == 0
    assert all(f"  {name} " in done.out for name in _COMMANDS)
    assert run_here("--version").out == f"openmcs, version {__version__}\n"


@pytest.mark.parametrize("name", _COMMANDS)
def test_every_command_has_help(name: str) -> None:
    """Each command of the table exists and says what it does."""
    done = run_here(name, "--help")
    assert done.code == 0, done.err
    assert done.out.startswith(f"Usage: openmcs {name}")


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["deplyo"], "Did you mean 'deploy'?"),
        (["xyz"], "no command 'xyz'"),
        (["api", "lst"], "lst"),
        (["call", "shop"], "METHOD"),
        (["logs", "-n", "0"], "0"),
        (["deploy", "/nowhere/at/all"], "does not exist"),
    ],
)
def test_wrong_usage_exits_with_2(arguments: list[str], hint: str) -> None:
    """What cannot be understood is refused with a hint, before anything is asked of a platform."""
    done = run_here(*arguments)
    assert done.code == 2
    assert hint in done.err
    assert done.out == ""


def test_nobody_answers_exits_with_1(tmp_path: Path) -> None:
    """Without a platform the message says where one was looked for and how to start one."""
    done = run_here("api", "list", OPENMCS_URL="http://127.0.0.1:9", OPENMCS_DATA=str(tmp_path))
    assert done.code == 1
    assert "No platform answers at http://127.0.0.1:9" in done.err and "openmcs dev" in done.err


def test_a_wrong_token_exits_with_3(server: Server, run: Run) -> None:
    """Not signed in: the message names the variable."""
    done = run("api", "list", OPENMCS_TOKEN="wrong")
    assert done.code == 3
    assert "OPENMCS_TOKEN" in done.err


def test_what_does_not_exist_exits_with_4(run: Run) -> None:
    """Not found, by name."""
    for arguments in (["backend", "show", "nobody"], ["implementation", "list", "nothing"]):
        done = run(*arguments)
        assert done.code == 4
        assert arguments[-1] in done.err


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Exit code 1 and the path, no traceback."""
    raml = tmp_path / "a.raml"
    raml.write_text("#%RAML 0.8\ntitle: A\n/a:\n  get:\n", "utf-8")
    done = run_here("api", "scaffold", raml, "-o", tmp_path / "absent" / "a.zip")
    assert done.code == 1
    assert f"{tmp_path / 'absent' / 'a.zip'}: No such file or directory" in done.err


def test_a_reader_that_has_seen_enough_is_no_error(server: Server) -> None:
    """`openmcs … | head -1` prints one line and nothing about a broken pipe."""
    command = f"{sys.executable} -m openmcs config show --json --origin | head -1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True, env=clean_environment())
    assert done.stdout == "{\n"
    assert done.stderr == ""
