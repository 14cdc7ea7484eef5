"""
Attack by wall: what each wall stops alone, and what is left of the attacks at every level that this machine offers.

The table is the claim. A level is its walls together: what none of them stops succeeds there, and has to,
or the attack would prove nothing. `tests/sandbox/test_as_ordinary_user.py` runs all of this again as one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openmcs.sandbox import interpreter_directories, landlock
from tests.sandbox import test_enclosing
from tests.sandbox.test_enclosing import HONEST, NEED_LUCK_WITHOUT_WALLS, OWN_CODE, SUCCEED_WITHOUT_WALLS, attack, ports

assert ports  # the fixture

ROOT = os.geteuid() == 0
WRITING = {
    *("write_a_file", "write_many_files", "overwrite_a_file", "truncate_a_file", "link_a_file"),
    *OWN_CODE,
}
PASTIME = {"change_a_mode", "change_an_owner", "change_file_times"}
CONNECTING = {"connect_to_another_port", "connect_to_another_port_by_fast_open"}

STOPPED_BY: dict[str, set[str]] = {
    "limits": {
        *("take_too_many_descriptors", "start_too_many_threads"),
        # What root may do is done with capabilities, and those are given up.
        *(
            ("pin_the_platform", "slow_the_platform", "reschedule_the_platform", "read_the_platforms_environment")
            if ROOT
            else ()
        ),
    },
    "landlock": {
        *("read_a_secret", "list_a_foreign_directory", "read_system_accounts", "list_processes"),
        *("read_the_platforms_environment", "signal_the_platform", "run_a_program"),
        *("connect_to_another_port", "listen", "connect_to_an_abstract_socket"),
        *WRITING,
    },
    "seccomp": {
        *("fork", "start_many_processes", "go_on_in_the_background", "take_memory_in_children", "run_a_program"),
        *("lift_the_own_limits", "outlive_the_platform", "become_traceable"),
        *("signal_the_platform", "signal_the_platform_through_fcntl", "open_a_handle_on_the_platform"),
        *("limit_the_platform", "pin_the_platform", "slow_the_platform", "reschedule_the_platform"),
        *("take_shared_memory", "take_memory_that_grows_down", "take_a_memory_file"),
        *("open_a_datagram_socket", "open_a_unix_socket", "open_a_datagram_pair", "open_a_netlink_socket", "listen"),
        *("connect_to_an_abstract_socket", "truncate_a_file", "watch_a_directory"),
        *PASTIME,
        *CONNECTING,
    },
    "uid": {"signal_the_platform", "limit_the_platform", *WRITING, *PASTIME},
    "namespaces": {
        "connect_to_an_abstract_socket",
        *CONNECTING,
        *(
            {
                *("signal_the_platform", "signal_the_platform_through_fcntl"),
                *("limit_the_platform", "open_a_handle_on_the_platform"),
            }
            if ROOT  # only root gives each worker a process namespace as well
            else {"read_the_platforms_environment"}
        ),
    },
}
"""Wall to the attacks that it stops with no other wall but `limits` beside it, of those that succeed without walls."""

BELOW_STRICT = ["limits", "landlock", "seccomp"]
ADDITIONS = ["", "+uid", "+namespaces", "+uid+namespaces"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the canary lies."""
    yield tmp_path_factory.mktemp("levels")


def outcomes(level: str, folder: Path, ports: tuple[int, int]) -> dict[str, Any]:
    """What became of all attacks; skips what this machine does not offer."""
    found = attack(level, folder, ports)
    for name, reason in found["report"]["missing"].items():
        pytest.skip(f"{name}: {reason}")
    return found


@pytest.mark.parametrize("addition", ADDITIONS)
@pytest.mark.parametrize("level", BELOW_STRICT)
def test_a_wall_alone_stops_what_the_table_says(
    level: str, addition: str, folder: Path, ports: tuple[int, int]
) -> None:
    """No more and no less, so that the report of a level is what it is; never does it call that strict."""
    if level == "landlock" and landlock.abi() < 6:
        pytest.skip("an older Landlock stops less")
    found = outcomes(level + addition, folder, ports)
    walls = {"limits", *level.split("+"), *addition.split("+")} - {""}
    stopped = set().union(*(STOPPED_BY[wall] for wall in walls))
    assert {name for name in SUCCEED_WITHOUT_WALLS if found[name]["outcome"] == "raised"} == stopped
    assert found["report"]["level"] == "basic"
    assert set(found["report"]["additions"]) == walls & {"uid", "namespaces"}


@pytest.mark.parametrize("addition", ADDITIONS)
@pytest.mark.parametrize("level", ["strict", "network"])
def test_at_strict_nothing_is_left(level: str, addition: str, folder: Path, ports: tuple[int, int]) -> None:
    """Every attack is refused with every addition, honest code works, and the report is what was proved."""
    found = outcomes(level + addition, folder, ports)
    left = {
        name
        for name in [*SUCCEED_WITHOUT_WALLS, *NEED_LUCK_WITHOUT_WALLS]
        if found[name]["outcome"] == "done" and (name != "connect_to_another_port" or found["report"]["ports_enforced"])
    }
    assert left == set()
    assert {name: found[name].get("value") for name in HONEST} == HONEST
    assert found["report"]["level"] == ("strict" if level == "strict" else "strict+network")
    assert set(found["report"]["additions"]) == set(addition.split("+")) - {""}


def test_every_wall_but_one_may_fail() -> None:
    """Most attacks meet two walls or more; those that meet one alone are known."""
    met = {name: [wall for wall, stops in STOPPED_BY.items() if name in stops] for name in SUCCEED_WITHOUT_WALLS}
    assert [name for name, walls in met.items() if not walls] == []
    assert {name for name, walls in met.items() if walls == ["landlock"]} == {
        *("read_a_secret", "list_a_foreign_directory", "read_system_accounts", "list_processes")
    }


def test_the_directories_are_those_of_the_interpreter() -> None:
    """What the attacks may read is what any worker may."""
    assert str(Path(os.__file__).parent.resolve()).startswith(tuple(interpreter_directories()))
    assert test_enclosing.ATTACKS.is_file()
