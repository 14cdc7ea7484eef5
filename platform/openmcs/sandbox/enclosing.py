"""The process locks itself in, for good: privileges, limits, files, ports, system calls."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable

from openmcs.sandbox import identity, landlock, lease, namespaces, relay, seccomp
from openmcs.sandbox.walls import SandboxUnavailable, Walls

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_CAPABILITY_VERSION_3 = 0x20080522
_CAP_DAC_READ_SEARCH = 2


def enclose(walls: Walls, indoors: Callable[[], None] | None = None) -> dict[str, str]:
    """
    Raise all walls around this process, for good. Returns which additions cannot be had, and why.

    *indoors* is called where the machine's network has been left for a relay (`walls.relayed`).

    Has to be called while there is only one thread: Landlock holds for the calling thread and those it
    starts later. Raises `SandboxUnavailable` when a wall cannot be raised; the others stand all the same.
    """
    if sys.platform != "linux":
        raise SandboxUnavailable(f"walls are Linux's, and this is {sys.platform}")
    _require_one_thread()
    lease.submit()
    refused = _raise_additions(walls, indoors)
    _give_up_privileges()
    _die_with_parent()
    missing = []
    # The filter last: it refuses to change limits.
    for raise_wall in (_raise_landlock, limit, _raise_seccomp):
        try:
            raise_wall(walls)
        except SandboxUnavailable as error:
            missing.append(str(error))
    if missing:
        raise SandboxUnavailable("; ".join(missing))
    return refused


def _raise_additions(walls: Walls, indoors: Callable[[], None] | None = None) -> dict[str, str]:
    """The walls that not every machine has; they need privileges, so they come first."""
    wanted: dict[str, Callable[[], str]] = {}
    if walls.namespaces:
        wanted["namespaces"] = lambda: _leave_namespaces(walls, indoors)
    if walls.user:
        wanted["uid"] = lambda: identity.become(walls.user, walls.read)
    if walls.nice:
        _give_way(walls.nice)
    return {name: reason for name, act in wanted.items() if (reason := act())}


def _leave_namespaces(walls: Walls, indoors: Callable[[], None] | None) -> str:
    outdoors = walls.anywhere or (bool(walls.connect) and not walls.relayed)
    reason = namespaces.isolate(walls.read, network=outdoors)
    if not reason and walls.relayed and indoors is not None:
        try:
            relay.make_everything_local()
            indoors()
        except OSError as error:
            raise SandboxUnavailable(f"the relay to the declared hosts cannot be made: {error}") from error
    return reason


def _give_way(nice: int) -> None:
    os.nice(nice)
    try:
        # Where the kernel groups by session, what counts is how nice the session is.
        with open("/proc/self/autogroup", "w", encoding="ascii") as session:
            session.write(str(nice))
    except OSError:
        pass


def _require_one_thread() -> None:
    try:
        threads = len(os.listdir("/proc/self/task"))
    except OSError:
        # Without /proc only Python's own threads can be counted.
        threading = sys.modules.get("threading")
        threads = threading.active_count() if threading else 1
    if threads > 1:
        raise SandboxUnavailable(f"Landlock: {threads} threads run already, and it would hold for one of them only")


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapabilitySet(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def _give_up_privileges() -> None:
    """
    No program may raise privileges again, nobody may read this process, and root keeps one capability.

    `CAP_DAC_READ_SEARCH` stays because the interpreter may lie in somebody else's home directory;
    Landlock decides what may be read anyway.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    _prctl(libc, _PR_SET_NO_NEW_PRIVS, 1)
    _prctl(libc, _PR_SET_DUMPABLE, 0)
    header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
    held = (_CapabilitySet * 2)()
    if libc.capget(ctypes.byref(header), held) != 0:
        raise SandboxUnavailable(f"capabilities cannot be read: {os.strerror(ctypes.get_errno())}")
    kept = (_CapabilitySet * 2)()
    if not namespaces.inside_user_namespace():
        kept[0].effective = kept[0].permitted = held[0].permitted & (1 << _CAP_DAC_READ_SEARCH)
    if libc.capset(ctypes.byref(header), kept) != 0:
        raise SandboxUnavailable(f"capabilities cannot be given up: {os.strerror(ctypes.get_errno())}")


def _die_with_parent() -> None:
    """
    Ask for SIGKILL when the thread that started this process ends.

    A parent that died before the question shows in the changed parent id; one that had died before
    the first look shows in the end of file on the worker's socket.
    """
    parent = os.getppid()
    _prctl(ctypes.CDLL(None, use_errno=True), _PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def _prctl(libc: ctypes.CDLL, option: int, value: int) -> None:
    zero = ctypes.c_ulong(0)
    if libc.prctl(ctypes.c_int(option), ctypes.c_ulong(value), zero, zero, zero) != 0:
        raise SandboxUnavailable(f"prctl({option}) failed: {os.strerror(ctypes.get_errno())}")


def limit(walls: Walls) -> None:
    """
    Set the resource limits, soft and hard.

    Memory is limited by `RLIMIT_DATA`: under a tight `RLIMIT_AS` a worker gets a dozen threads. The number
    of processes is not limited, since that limit counts all processes of the user; starting any is refused.
    """
    for name, value in (
        ("RLIMIT_DATA", walls.memory),
        ("RLIMIT_AS", walls.address_space),
        ("RLIMIT_NOFILE", walls.open_files),
        ("RLIMIT_FSIZE", walls.file_size),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_MEMLOCK", 0),
        ("RLIMIT_MSGQUEUE", 0),
        ("RLIMIT_CPU", walls.cpu_seconds or resource.RLIM_INFINITY),
    ):
        kind = getattr(resource, name, None)
        if kind is None or value == resource.RLIM_INFINITY:
            continue
        _, hard = resource.getrlimit(kind)
        limit = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (limit, limit))


def _raise_landlock(walls: Walls) -> None:
    landlock.restrict(walls)


def _raise_seccomp(walls: Walls) -> None:
    seccomp.install(sockets=bool(walls.connect) or walls.anywhere, truncation=landlock.abi() < landlock.ABI_TRUNCATE)
