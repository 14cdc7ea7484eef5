"""
The sandbox, seen from outside: a real child process walls itself in and then attacks.

`attacks.py` is run three times: without walls, where the attacks have to succeed (or they would prove
nothing), in `strict`, and with one declared port.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openmcs import sandbox
from openmcs.sandbox import landlock

ATTACKS = Path(__file__).with_name("attacks.py")
REFUSALS = (errno.EPERM, errno.EACCES, errno.ENOSYS)

Outcomes = dict[str, Any]

OWN_CODE = ["write_into_the_readable_directories"] if os.access(os.path.dirname(sandbox.__file__), os.W_OK) else []
"""Where the platform was installed by somebody else, nobody needs walls for that."""
FILES = [
    "read_a_secret",
    "list_a_foreign_directory",
    "read_system_accounts",
    "write_a_file",
    "write_many_files",
    "overwrite_a_file",
    "truncate_a_file",
    *OWN_CODE,
    "link_a_file",
    "change_a_mode",
    "change_an_owner",
    "change_file_times",
    "watch_a_directory",
]
NEIGHBOURS = [
    "read_the_platforms_environment",
    "list_processes",
    "signal_the_platform",
    "signal_the_platform_through_fcntl",
    "limit_the_platform",
    "pin_the_platform",
    "slow_the_platform",
    "reschedule_the_platform",
    "open_a_handle_on_the_platform",
]
PROCESSES = [
    *("fork", "start_many_processes", "go_on_in_the_background", "start_too_many_threads", "run_a_program"),
    *("lift_the_own_limits", "outlive_the_platform", "become_traceable"),
]
MEMORY = [
    *("take_shared_memory", "take_memory_that_grows_down", "take_a_memory_file", "take_memory_in_children"),
    "take_too_many_descriptors",
]
NETWORK = [
    "connect_to_another_port",
    "connect_to_another_port_by_fast_open",
    "open_a_datagram_socket",
    "open_a_unix_socket",
    "connect_to_an_abstract_socket",
    "open_a_datagram_pair",
    "open_a_netlink_socket",
    "listen",
]
SUCCEED_WITHOUT_WALLS = [*FILES, *NEIGHBOURS, *PROCESSES, *MEMORY, *NETWORK]
"""Attacks that an ordinary process of this machine can do, and does in the control run."""

NEED_LUCK_WITHOUT_WALLS = [
    *([] if OWN_CODE else ["write_into_the_readable_directories"]),
    "rename_a_file",
    "read_the_platforms_memory",
    "signal_everyone",
    "read_the_platform_with_process_vm_readv",
    "replace_the_program",
    "call_clone3",
    "make_a_user_namespace",
    "leave_the_session",
    "set_up_io_uring",
    "use_the_kernels_keyring",
    "load_bpf",
    "change_the_user",
    "change_the_root_directory",
    "call_what_came_after_the_filter",
    "take_system_v_memory",
    "connect_to_another_port_by_fast_open_message",
    "connect_to_another_port_by_multipath_tcp",
    "open_a_datagram_socket_of_ipv6",
]
"""Attacks whose success depends on kernel, container and user, or that fail for want of real arguments."""

HONEST = {
    "honest_threads": "100",
    "honest_event_loop_made_later": "'ran'",
    "honest_event_loop_made_before": "'ran'",
    "honest_database_in_memory": "(1,)",
    "honest_time_zone": "'Europe/Paris'",
    "honest_hash_and_token": "''",
    "honest_tls_context": "'CERT_REQUIRED'",
    "honest_lazy_import": "'a'",
    "honest_mime_type": "'image/png'",
    "honest_native_callback": "2",
    "honest_output_to_nowhere": "1",
    "honest_signal_to_itself": "2",
}


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, int]]:
    """Two listening TCP ports of this machine: one to declare, one not."""
    with (
        socket.create_server(("127.0.0.1", 0)) as declared,
        socket.create_server(("127.0.0.1", 0)) as other,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        abstract.bind(f"\0openmcs-{other.getsockname()[1]}")
        abstract.listen(100)
        yield declared.getsockname()[1], other.getsockname()[1]


def attack(level: str, directory: Path, ports: tuple[int, int]) -> Outcomes:
    """Run all attacks at *level*."""
    canary = directory / "secret"
    canary.write_text("canary")
    canary.chmod(0o600)
    arguments = [level, str(canary), *map(str, ports)]
    ran = subprocess.run(
        [sys.executable, "-I", str(ATTACKS), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin", "MALLOC_ARENA_MAX": "2"},
    )
    assert ran.returncode == 0, ran.stderr
    outcomes: Outcomes = json.loads(ran.stdout)
    return outcomes


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory, ports: tuple[int, int]) -> Outcomes:
    """The outcomes without walls."""
    return attack("free", tmp_path_factory.mktemp("free"), ports)


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory, ports: tuple[int, int]) -> Outcomes:
    """The outcomes with all walls and no network."""
    return attack("strict", tmp_path_factory.mktemp("strict"), ports)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory, ports: tuple[int, int]) -> Outcomes:
    """The outcomes with all walls and one declared port."""
    return attack("network", tmp_path_factory.mktemp("network"), ports)


def assert_refused(outcome: dict[str, Any]) -> None:
    """The attack raised, and for the reason that it is forbidden."""
    assert outcome["outcome"] == "raised", outcome
    assert outcome["errno"] in REFUSALS, outcome


@pytest.mark.parametrize("name", SUCCEED_WITHOUT_WALLS)
def test_the_attack_succeeds_without_walls(free: Outcomes, name: str) -> None:
    """The attack is a real one: a process without walls can do it."""
    assert free[name]["outcome"] == "done", free[name]


@pytest.mark.parametrize("name", [*SUCCEED_WITHOUT_WALLS, *NEED_LUCK_WITHOUT_WALLS])
def test_strict_refuses_the_attack(strict: Outcomes, name: str) -> None:
    """With all walls up, the act is refused by the kernel."""
    assert_refused(strict[name])


@pytest.mark.parametrize("name", [*SUCCEED_WITHOUT_WALLS, *NEED_LUCK_WITHOUT_WALLS])
def test_a_declared_port_opens_nothing_else(network: Outcomes, name: str) -> None:
    """Being allowed one TCP port makes no other attack possible."""
    if name == "connect_to_another_port" and landlock.abi() < landlock.ABI_PORTS:
        assert not network["report"]["ports_enforced"]
        return
    assert_refused(network[name])


def test_every_attack_is_judged(strict: Outcomes) -> None:
    """No attack of the program is forgotten by the tables here."""
    judged = {*SUCCEED_WITHOUT_WALLS, *NEED_LUCK_WITHOUT_WALLS, *HONEST}
    assert set(strict) - judged == {"report", "take_too_much_heap", "connect_to_the_declared_port"}


@pytest.mark.parametrize("level", ["free", "strict", "network"])
@pytest.mark.parametrize("name", HONEST)
def test_honest_code_works(request: pytest.FixtureRequest, level: str, name: str) -> None:
    """Threads, event loops, in-memory databases, time zones, hashes and TLS contexts need no permission."""
    outcomes: Outcomes = request.getfixturevalue(level)
    assert outcomes[name] == {"outcome": "done", "value": HONEST[name]}


def test_heap_is_limited(free: Outcomes, strict: Outcomes) -> None:
    """600 MB are refused with MemoryError, whose explanation says how much there is."""
    assert free["take_too_much_heap"]["outcome"] == "done"
    assert strict["take_too_much_heap"]["error"] == "MemoryError"
    assert "256 MiB" in strict["take_too_much_heap"]["hint"]


def test_the_declared_port_is_reached(network: Outcomes, strict: Outcomes) -> None:
    """A declared port can be connected to; without a declaration there are no sockets."""
    assert network["connect_to_the_declared_port"]["outcome"] == "done"
    assert_refused(strict["connect_to_the_declared_port"])


def test_the_report_tells_the_levels_apart(free: Outcomes, strict: Outcomes, network: Outcomes) -> None:
    """The level is what was probed: nothing without walls, everything in strict."""
    assert free["report"]["level"] == "none"
    assert strict["report"]["level"] == "strict"
    assert network["report"]["level"] == "strict+network"
    assert strict["report"]["seccomp"]
    assert strict["report"]["landlock_abi"] == landlock.abi()
    assert all(each["shut"] for each in strict["report"]["probes"])
    assert not any(each["shut"] for each in free["report"]["probes"] if each["name"] != "enter a user namespace")
    assert not free["report"]["ports_enforced"]
    assert network["report"]["ports_enforced"] == (landlock.abi() >= landlock.ABI_PORTS)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("read_a_secret", "importlib.resources"),
        ("write_a_file", "no writable directory"),
        ("run_a_program", "Processes cannot be started"),
        ("fork", "Processes cannot be started"),
        ("open_a_datagram_socket", "[tool.openmcs]"),
        ("open_a_unix_socket", "[tool.openmcs]"),
    ],
)
def test_a_refusal_is_explained(strict: Outcomes, name: str, said: str) -> None:
    """Who hits a wall is told which one and what to do instead."""
    assert said in strict[name]["hint"]


@pytest.mark.parametrize("level", ["strict", "network"])
def test_the_line_to_add_names_the_host_and_port(
    request: pytest.FixtureRequest, level: str, ports: tuple[int, int]
) -> None:
    """A refused connection is explained with the declaration that would permit it."""
    outcome = request.getfixturevalue(level)["connect_to_another_port"]
    if outcome["outcome"] == "done":
        pytest.skip("this kernel does not enforce ports")
    assert f'network = ["127.0.0.1:{ports[1]}"]' in outcome["hint"]


def run(code: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run *code* in a fresh interpreter, with `sandbox` and `walls` at hand."""
    preamble = (
        "import os, sys, threading, time\n"
        "from openmcs import sandbox\n"
        "walls = sandbox.Walls(read=sandbox.interpreter_directories())\n"
    )
    command = [sys.executable, "-I", "-c", preamble + code]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, **options)


def test_a_second_thread_is_reason_to_refuse() -> None:
    """Landlock would hold for one thread only, so walls are raised before there are others."""
    ran = run(
        "threading.Thread(target=time.sleep, args=(5,), daemon=True).start()\n"
        "try: sandbox.enclose(walls)\n"
        "except sandbox.SandboxUnavailable as error: print(error)\n"
    )
    assert ran.stdout.startswith("Landlock: 2 threads run already"), ran.stderr


def test_a_directory_that_cannot_be_granted_is_named(tmp_path: Path) -> None:
    """A missing directory, or a file in its place, is an error that names it; the other walls stand."""
    file = tmp_path / "file"
    file.touch()
    ran = run(
        f"walls = walls._replace(read=(*walls.read, {str(file)!r}))\n"
        "try: sandbox.enclose(walls)\n"
        "except sandbox.SandboxUnavailable as error: print(error)\n"
        "report = sandbox.probe(walls, '/etc/passwd')\n"
        "print(report.level, report.seccomp, [each.name for each in report.probes if not each.shut])\n"
    )
    assert str(file) in ran.stdout, ran.stderr
    # Without Landlock an ordinary platform's environment is open too: it is the same user's.
    assert "basic True ['read a secret file', 'write a file'" in ran.stdout


def test_an_enclosed_worker_dies_with_its_parent(tmp_path: Path) -> None:
    """When the platform is killed, a busy worker is gone with it."""
    code = (
        "import subprocess\n"
        "child = subprocess.Popen([sys.executable, '-I', '-c', "
        "'from openmcs import sandbox as s; s.enclose(s.Walls(read=s.interpreter_directories())); "
        "print(1, flush=True)\\nwhile True: pass'], stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    ran = run(code)
    assert ran.returncode == -signal.SIGKILL
    worker = Path(f"/proc/{int(ran.stdout)}")
    for _ in range(100):
        if not worker.exists() or "\nState:\tZ" in (worker / "status").read_text():
            return
        time.sleep(0.02)
    os.kill(int(ran.stdout), signal.SIGKILL)
    raise AssertionError("the worker outlived its parent")


def test_interpreter_directories_are_directories_without_data() -> None:
    """They exist, are resolved, do not lie in one another, and hold neither keys nor homes."""
    found = sandbox.interpreter_directories()
    assert all(os.path.isdir(each) and os.path.realpath(each) == each for each in found)
    assert not any(a != b and a.startswith(b + "/") for a in found for b in found)
    for forbidden in ("/", "/etc", "/etc/ssl", "/etc/ssl/private", "/home", "/var", "/tmp", os.path.expanduser("~")):
        assert forbidden not in found
