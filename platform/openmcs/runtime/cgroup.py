"""
Control groups: a worker's memory of every kind, its processes and its share of the processor, and its sure end.

Where the platform may make groups below its own: version 2 when its group is its alone (systemd's
`Delegate=yes`, a container), version 1 as root. Each worker has one; it goes when the worker has gone.

    <own group>/openmcs/<pid of the gateway>-<number>
"""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

CONTROLLERS = ("memory", "pids", "cpu")
OVERHEAD = 96 * 2**20
"""Bytes beyond the limit of its own memory that a worker's group may hold: code, kernel memory, cached files."""
MOST_TASKS = 640
"""Threads of a worker, and processes if it could start any."""
_PERIOD_US = 100_000
_WEIGHT = 50
"""Of a worker, where the platform and everything else have 100."""


class GroupsUnavailable(Exception):
    """No groups can be made here; the text says why."""


class Hierarchy(NamedTuple):
    """Where groups can be made."""

    version: int
    bases: Mapping[str, Path]
    """Controller to the folder of this process's own group; all the same in version 2."""

    @property
    def folders(self) -> list[Path]:
        """Each folder once."""
        return list(dict.fromkeys(self.bases.values()))


class Groups:
    """Makes groups for the workers of this process."""

    def __init__(self, hierarchy: Hierarchy) -> None:
        self.hierarchy = hierarchy
        self._numbers = itertools.count(1)

    @classmethod
    def open(cls, root: Path = Path("/")) -> Groups:
        """Find where groups can be made, and tidy what a killed gateway left. Raises `GroupsUnavailable`."""
        hierarchy = find(root)
        try:
            for folder in hierarchy.folders:
                (folder / "openmcs").mkdir(exist_ok=True)
            if hierarchy.version == 2:
                _delegate(hierarchy.folders[0])
            _sweep(hierarchy)
        except OSError as error:
            raise GroupsUnavailable(f"control groups cannot be made: {error}") from error
        return cls(hierarchy)

    def group(self, memory: int, cpus: float) -> Group:
        """
        A group for one worker: *memory* bytes of its own, *cpus* processors (0: all).

        Raises `GroupsUnavailable`.
        """
        name = f"{os.getpid()}-{next(self._numbers)}"
        group = Group(self.hierarchy, {each: base / "openmcs" / name for each, base in self.hierarchy.bases.items()})
        try:
            group.make(memory + OVERHEAD, cpus)
        except OSError as error:
            group.remove()
            raise GroupsUnavailable(f"a control group cannot be made: {error}") from error
        return group


class Group:
    """The group of one worker."""

    def __init__(self, hierarchy: Hierarchy, folders: Mapping[str, Path]) -> None:
        self._version = hierarchy.version
        self._folders = folders
        self._memory = 0

    def make(self, memory: int, cpus: float) -> None:
        """Make it with its limits. Raises `OSError`."""
        self._memory = memory
        for folder in dict.fromkeys(self._folders.values()):
            folder.mkdir()
        for file, value in self._limits(memory, cpus):
            file.write_text(value)
        for file, value in self._wishes():
            try:
                file.write_text(value)
            except OSError:
                continue  # without swap, or on a kernel that does not know it, there is nothing to limit

    def _limits(self, memory: int, cpus: float) -> Iterator[tuple[Path, str]]:
        yield self._memory_file, str(memory)
        yield self._folders["pids"] / "pids.max", str(MOST_TASKS)
        cpu = self._folders["cpu"]
        quota = str(int(cpus * _PERIOD_US))
        if self._version == 2:
            yield cpu / "cpu.weight", str(_WEIGHT)
            if cpus:
                yield cpu / "cpu.max", f"{quota} {_PERIOD_US}"
        else:
            yield cpu / "cpu.shares", str(1024 * _WEIGHT // 100)
            if cpus:
                yield cpu / "cpu.cfs_period_us", str(_PERIOD_US)
                yield cpu / "cpu.cfs_quota_us", quota

    def _wishes(self) -> Iterator[tuple[Path, str]]:
        memory = self._folders["memory"]
        if self._version == 2:
            yield memory / "memory.swap.max", "0"
            yield memory / "memory.oom.group", "1"
        else:
            yield memory / "memory.memsw.limit_in_bytes", str(self._memory)
            yield memory / "memory.swappiness", "0"

    @property
    def _memory_file(self) -> Path:
        return self._folders["memory"] / ("memory.max" if self._version == 2 else "memory.limit_in_bytes")

    def take(self, pid: int) -> None:
        """Move a process in, and see that it is there, under its limit. Raises `GroupsUnavailable`."""
        try:
            for folder in dict.fromkeys(self._folders.values()):
                (folder / "cgroup.procs").write_text(str(pid))
            inside = all(pid in _processes(folder) for folder in self._folders.values())
            limit = self._memory_file.read_text().strip()
        except OSError as error:
            raise GroupsUnavailable(f"a process cannot be moved into its control group: {error}") from error
        if not inside or not limit.isdigit() or not 0 < int(limit) <= self._memory:
            raise GroupsUnavailable("the kernel did not take the limits of a control group")

    def kill(self) -> None:
        """End every process in it."""
        folder = self._folders["pids"]
        try:
            if self._version == 2 and (folder / "cgroup.kill").exists():
                (folder / "cgroup.kill").write_text("1")
                return
            for pid in _processes(folder):
                os.kill(pid, signal.SIGKILL)
        except OSError:
            pass  # it has ended meanwhile

    def remove(self) -> None:
        """Remove it; what is not empty yet is left to the next start."""
        for folder in dict.fromkeys(self._folders.values()):
            try:
                folder.rmdir()
            except OSError:
                continue


def find(root: Path = Path("/")) -> Hierarchy:
    """
    The hierarchy in which this process may make groups. Raises `GroupsUnavailable`.

    *root* is where `/proc` and the mounts are looked for; another than `/` in tests only.
    """
    try:
        own = dict(_own_groups((root / "proc/self/cgroup").read_text()))
        mounts = dict(_mounts((root / "proc/self/mountinfo").read_text()))
    except OSError as error:
        raise GroupsUnavailable(f"control groups cannot be found: {error}") from error
    reasons = []
    for version, bases in _candidates(root, own, mounts):
        reason = _why_not(version, bases)
        if not reason:
            return Hierarchy(version, bases)
        reasons.append(reason)
    raise GroupsUnavailable("; ".join(reasons) or "there are no control groups")


def _candidates(root: Path, own: Mapping[str, str], mounts: Mapping[str, str]) -> Iterator[tuple[int, dict[str, Path]]]:
    if "" in mounts and "" in own:
        base = root / mounts[""].lstrip("/") / own[""].lstrip("/")
        # Its processes are in a leaf of their own once groups are made beside them.
        base = base.parent if base.name == _LEAF else base
        yield 2, dict.fromkeys(CONTROLLERS, base)
    if all(each in mounts and each in own for each in CONTROLLERS):
        yield 1, {each: root / mounts[each].lstrip("/") / own[each].lstrip("/") for each in CONTROLLERS}


def _why_not(version: int, bases: Mapping[str, Path]) -> str:
    if version == 2:
        base = bases["memory"]
        try:
            there = (base / "cgroup.controllers").read_text().split()
        except OSError as error:
            return f"version 2: {error}"
        if missing := [each for each in CONTROLLERS if each not in there]:
            return f"version 2: {base} has no {', '.join(missing)}"
    for base in bases.values():
        if not os.access(base / "cgroup.procs", os.W_OK) or not os.access(base, os.W_OK):
            return f"version {version}: {base} is not ours to divide (systemd: Delegate=yes)"
    return ""


_LEAF = "openmcs-platform"


def _delegate(base: Path) -> None:
    """Version 2 lets a group either hold processes or be divided: move those that are in it into a leaf."""
    if (base / "cgroup.events").exists():  # the machine's first group may be both, and has no such file
        if strangers := [pid for pid in _processes(base) if not _is_ours(pid)]:
            raise GroupsUnavailable(
                f"{base} holds processes that are not the platform's, such as {strangers[0]}: "
                "run the platform as a service with Delegate=yes, or in a container"
            )
        leaf = base / _LEAF
        leaf.mkdir(exist_ok=True)
        for pid in _processes(base):
            try:
                (leaf / "cgroup.procs").write_text(str(pid))
            except ProcessLookupError:
                continue  # it has ended meanwhile
    for folder in (base, base / "openmcs"):
        (folder / "cgroup.subtree_control").write_text(" ".join(f"+{each}" for each in CONTROLLERS))


def _is_ours(pid: int) -> bool:
    """Whether a process belongs to the platform: this one's parent, the supervisor, or below it."""
    supervisor = os.getppid()
    while pid > 1 and pid not in (supervisor, os.getpid()):
        try:
            # After the name, which may hold anything, in parentheses: the state and the parent.
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            return True  # it has ended meanwhile
    return pid in (supervisor, os.getpid())


def _sweep(hierarchy: Hierarchy) -> None:
    for base in hierarchy.folders:
        for folder in (base / "openmcs").iterdir():
            gateway = folder.name.partition("-")[0]
            if folder.is_dir() and gateway.isdigit() and not Path("/proc", gateway).exists():
                try:
                    folder.rmdir()
                except OSError:
                    continue


def _processes(folder: Path) -> list[int]:
    return [int(each) for each in (folder / "cgroup.procs").read_text().split()]


def _own_groups(text: str) -> Iterator[tuple[str, str]]:
    """`/proc/self/cgroup`: controller to path, version 2 under ""."""
    for line in text.splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            yield controller, path


def _mounts(text: str) -> Iterator[tuple[str, str]]:
    """`/proc/self/mountinfo`: controller to mount point, version 2 under ""."""
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(" ", 2)
        point = before.split()[4]
        if kind == "cgroup2":
            yield "", point
        elif kind == "cgroup":
            for controller in options.split()[-1].split(","):
                yield controller, point
