"""Users of implementations: the same everywhere, apart from one another, and taken only where that works."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.sandbox import identity

FIRST = 1_900_000_000


@given(name=st.text(max_size=80))
def test_a_user_is_derived_from_the_name_alone(name: str) -> None:
    """On every node and after every start the same, within the documented range."""
    user = identity.user_of(name, FIRST)
    assert user == identity.user_of(name, FIRST)
    assert FIRST <= user < FIRST + identity.RANGE
    assert identity.user_of(name, 0) == 0


def test_users_are_apart() -> None:
    """No two of a hundred are alike."""
    assert len({identity.user_of(f"api/{number}", FIRST) for number in range(100)}) == 100


def run(code: str) -> str:
    """What *code* prints, with `identity` at hand."""
    command = [sys.executable, "-I", "-c", f"import os\nfrom openmcs.sandbox import identity\n{code}"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another")
def test_there_is_no_way_back() -> None:
    """User, group and groups are the new ones, and the old user cannot be had again."""
    code = "print(identity.become(1900000007, ()), os.getresuid(), os.getgroups(), identity.is_user(1900000007))"
    assert run(code) == "(1900000007, 1900000007, 1900000007) [] True"
    assert run("print(identity.is_user(1900000007))") == "False"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another")
def test_a_folder_that_the_user_could_not_enter_is_reason_to_stay(tmp_path: Path) -> None:
    """Without the capability to read, a worker that cannot reach its code would be of no use."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    code = (
        f"identity.holds = lambda capability: False\nprint(identity.become(1900000007, [{str(closed)!r}]), os.getuid())"
    )
    said = run(code)
    assert "can be entered by its owner only" in said and said.endswith(" 0")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() == 0, reason="root can")
def test_who_is_not_root_stays_who_he_is() -> None:
    """And says so."""
    assert identity.become(1_900_000_007, ()) == "the platform does not run as root"
