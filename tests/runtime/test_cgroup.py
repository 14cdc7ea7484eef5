"""Control groups: found where they can be divided, made with their limits, and emptied for sure."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from openmcs.runtime import cgroup
from openmcs.runtime.cgroup import Groups, GroupsUnavailable, find

MIB = 2**20


# ── as folders, for the version that this machine has not ────────────────────────────────────────────


def machine(root: Path, mounts: list[str], own: str, groups: dict[str, str]) -> Path:
    """A machine's files: mounts as in mountinfo, `/proc/self/cgroup`, and the folders with their controllers."""
    proc = root / "proc/self"
    proc.mkdir(parents=True)
    (proc / "mountinfo").write_text("".join(f"30 23 0:26 / {each}\n" for each in mounts))
    (proc / "cgroup").write_text(own)
    for folder, controllers in groups.items():
        (root / folder).mkdir(parents=True)
        (root / folder / "cgroup.controllers").write_text(controllers)
        (root / folder / "cgroup.procs").write_text("")
        (root / folder / "cgroup.events").write_text("populated 1")
    return root


UNIFIED = "/sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate"
SERVICE = "sys/fs/cgroup/system.slice/openmcs.service"


def test_a_delegated_group_of_version_two_is_divided(tmp_path: Path) -> None:
    """Processes go into a leaf, controllers are passed on, and each worker's group has its limits."""
    root = machine(tmp_path, [UNIFIED], "0::/system.slice/openmcs.service\n", {SERVICE: "cpu memory pids"})
    groups = Groups.open(root)
    base = root / SERVICE
    assert groups.hierarchy.version == 2
    assert (base / "cgroup.subtree_control").read_text() == "+memory +pids +cpu"
    assert (base / "openmcs/cgroup.subtree_control").read_text() == "+memory +pids +cpu"
    groups.group(256 * MIB, 0.5)
    folder = base / "openmcs" / f"{os.getpid()}-1"
    assert {each.name: each.read_text() for each in folder.iterdir()} == {
        "memory.max": str(256 * MIB + cgroup.OVERHEAD),
        "memory.swap.max": "0",
        "memory.oom.group": "1",
        "pids.max": str(cgroup.MOST_TASKS),
        "cpu.weight": "50",
        "cpu.max": "50000 100000",
    }


def test_a_process_in_the_leaf_divides_the_group_above(tmp_path: Path) -> None:
    """The second gateway finds itself where the first put everything."""
    own = f"0::/system.slice/openmcs.service/{cgroup._LEAF}\n"
    root = machine(tmp_path, [UNIFIED], own, {SERVICE: "cpu memory pids", f"{SERVICE}/{cgroup._LEAF}": "cpu"})
    assert find(root).bases["memory"] == root / SERVICE


def test_a_group_with_others_in_it_is_left_alone(tmp_path: Path) -> None:
    """A shell's session is not ours to move about; what the platform has started is."""
    root = machine(tmp_path, [UNIFIED], "0::/system.slice/openmcs.service\n", {SERVICE: "cpu memory pids"})
    (root / SERVICE / "cgroup.procs").write_text(f"{os.getpid()}\n1\n")
    with pytest.raises(GroupsUnavailable, match=r"not the platform's, such as 1: .*Delegate=yes"):
        Groups.open(root)
    with subprocess.Popen(["sleep", "60"]) as child:
        (root / SERVICE / "cgroup.procs").write_text(f"{os.getpid()}\n{child.pid}\n")
        assert Groups.open(root).hierarchy.version == 2
        child.kill()


@pytest.mark.parametrize(
    ("mounts", "own", "groups", "said"),
    [
        ([], "0::/\n", {}, "there are no control groups"),
        ([UNIFIED], "0::/x\n", {"sys/fs/cgroup/x": "cpu"}, "has no memory, pids"),
        ([UNIFIED], "0::/y\n", {"sys/fs/cgroup/x": "cpu memory pids"}, "version 2: "),
    ],
)
def test_where_none_can_be_made_the_reason_is_told(
    mounts: list[str], own: str, groups: dict[str, str], said: str, tmp_path: Path
) -> None:
    """No mount, missing controllers, or another's group."""
    with pytest.raises(GroupsUnavailable, match=said):
        find(machine(tmp_path, mounts, own, groups))


def test_limits_that_the_kernel_did_not_take_are_noticed(tmp_path: Path) -> None:
    """What counts is what can be read back: here nothing moves a process."""
    root = machine(tmp_path, [UNIFIED], "0::/system.slice/openmcs.service\n", {SERVICE: "cpu memory pids"})
    group = Groups.open(root).group(256 * MIB, 0)
    group._memory_file.write_text("max")
    with pytest.raises(GroupsUnavailable, match="did not take the limits"):
        group.take(os.getpid())


def test_what_a_killed_gateway_left_is_removed(tmp_path: Path) -> None:
    """Its number is nobody's any more; those of gateways that run are left alone."""
    root = machine(tmp_path, [UNIFIED], "0::/system.slice/openmcs.service\n", {SERVICE: "cpu memory pids"})
    made = root / SERVICE / "openmcs"
    for name in ("99999999-1", f"{os.getpid()}-7", "something"):
        (made / name).mkdir(parents=True)
    Groups.open(root)
    assert {each.name for each in made.iterdir() if each.is_dir()} == {f"{os.getpid()}-7", "something"}


# ── really, where this machine lets us ───────────────────────────────────────────────────────────────


@pytest.fixture
def group() -> Iterator[cgroup.Group]:
    """A real group of this machine, for 64 MiB."""
    try:
        made = Groups.open().group(64 * MIB, 0.5)
    except GroupsUnavailable as error:
        pytest.skip(str(error))
    yield made
    made.kill()
    made.remove()


def start(code: str) -> subprocess.Popen[bytes]:
    """A child that waits for a line before it runs *code*."""
    program = f"import os, mmap, sys\nsys.stdin.readline()\n{code}"
    return subprocess.Popen([sys.executable, "-I", "-c", program], stdin=subprocess.PIPE)


@pytest.mark.parametrize(
    "code",
    [
        "bytearray(400 * 2**20)",
        "m = mmap.mmap(-1, 400 * 2**20); m.write(bytes(400 * 2**20))",
        "f = os.memfd_create('x'); [os.write(f, bytes(2**20)) for _ in range(400)]",
    ],
    ids=["heap", "shared", "memory file"],
)
def test_memory_of_every_kind_is_counted(code: str, group: cgroup.Group) -> None:
    """Heap, shared memory and memory files: past the limit the group is ended."""
    child = start(code)
    group.take(child.pid)
    child.communicate(b"go\n", timeout=60)
    assert child.returncode == -9


def test_processes_are_counted(group: cgroup.Group) -> None:
    """A fork bomb ends at the limit, and the kill reaches what it has started."""
    code = (
        "made = 0\n"
        "try:\n"
        "    while made < 2000:\n"
        "        if os.fork() == 0:\n"
        "            import signal; signal.pause()\n"
        "        made += 1\n"
        "except OSError:\n"
        "    pass\n"
        "os._exit(0 if made < 700 else 1)\n"
    )
    child = start(code)
    for each in group._folders.values():
        if (each / "pids.max").exists():
            (each / "pids.max").write_text("40")
    group.take(child.pid)
    child.communicate(b"go\n", timeout=60)
    assert child.returncode == 0
    left = cgroup._processes(group._folders["pids"])
    assert 30 <= len(left) <= 40
    group.kill()
    for _ in range(1000):
        if not cgroup._processes(group._folders["pids"]):
            return
        os.sched_yield()
    subprocess.run(["sleep", "1"], check=True)
    assert not cgroup._processes(group._folders["pids"])


def test_a_group_goes_when_it_is_empty(group: cgroup.Group) -> None:
    """Nothing of it is left in any hierarchy."""
    group.remove()
    assert not any(each.exists() for each in group._folders.values())
