"""
The worker's self-test: forbidden acts, really tried once the walls are up and before any uploaded byte is loaded.

Each act is harmless when it succeeds: signal 0, a limit set to what it is, a file removed at once.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import socket
from collections.abc import Callable, Iterator

from openmcs.sandbox import identity, landlock, namespaces
from openmcs.sandbox.walls import Outside, Probe, Report, Walls

_PR_GET_SECCOMP, _PR_GET_NO_NEW_PRIVS = 21, 39
_MODE_FILTER = 2
_CLONE_NEWUSER = 0x10000000
_REFUSALS = (errno.EPERM, errno.EACCES)
_SCRATCH = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - tried in order to be refused
_PORT_PROBE = "reach an undeclared port"
_TCP_PROBE = "open a TCP socket"
_HOST_PROBE = "reach an undeclared host"
_OUT_OF_SIGHT = (errno.ESRCH, errno.ENOENT)
"""What a process in a namespace of its own is told of the platform's."""
_OTHER_REFUSALS = {
    "signal the platform": _OUT_OF_SIGHT,
    "read the platform's environment": _OUT_OF_SIGHT,
    "change the platform's limits": _OUT_OF_SIGHT,
    _HOST_PROBE: (errno.ECONNREFUSED,),
}
_STRANGER = "192.0.2.1"
"""An address that is nobody's (RFC 5737)."""


def probe(walls: Walls, canary: str, outside: Outside | None = None) -> Report:
    """
    Try to leave *walls* and tell what was refused.

    *canary* is the path of an existing file outside `walls.read` that only the platform's user may read.
    *outside* tells where the platform is; else the parent is taken for it.
    """
    outside = outside or Outside(os.getppid(), {})
    acts: list[tuple[str, Callable[[], str]]] = [
        ("read a secret file", lambda: _read(canary)),
        ("write a file", lambda: _write(walls)),
        ("start a process", _fork),
        ("run a program", _execute),
        ("open a UDP socket", lambda: _open_socket(socket.AF_INET, socket.SOCK_DGRAM)),
        ("open a Unix socket", lambda: _open_socket(socket.AF_UNIX, socket.SOCK_STREAM)),
        ("signal the platform", lambda: _signal(outside.pid)),
        ("read the platform's environment", lambda: _read(f"/proc/{outside.pid}/environ")),
        ("enter a user namespace", _unshare),
        ("take memory outside the limits", _memfd),
        ("change the platform's limits", lambda: _change_limits(outside.pid)),
    ]
    if walls.connect or walls.anywhere:
        acts.append((_PORT_PROBE, lambda: _connect_elsewhere(walls)))
    else:
        acts.append((_TCP_PROBE, lambda: _open_socket(socket.AF_INET, socket.SOCK_STREAM)))
    if walls.relayed:
        acts.append((_HOST_PROBE, lambda: _connect_to_stranger(walls)))
    probes = tuple(_try(name, act) for name, act in acts)
    ports = all(each.shut for each in probes if each.name in (_PORT_PROBE, _TCP_PROBE))
    filtered = _prctl(_PR_GET_SECCOMP) == _MODE_FILTER
    shut = filtered and all(each.shut for each in probes if each.name != _PORT_PROBE)
    hosts = any(each.shut for each in probes if each.name == _HOST_PROBE)
    additions = tuple(_additions(walls, outside))
    return Report(_level(walls, shut), landlock.abi(), filtered, ports, probes, hosts, additions)


def _additions(walls: Walls, outside: Outside) -> Iterator[str]:
    if walls.user and identity.is_user(walls.user):
        yield "uid"
    if {"ipc", "uts", *(() if walls.anywhere or (walls.connect and not walls.relayed) else ("net",))} <= set(
        namespaces.own(outside.namespaces)
    ):
        yield "namespaces"


def _level(walls: Walls, shut: bool) -> str:
    _, memory = resource.getrlimit(resource.RLIMIT_DATA)
    limited = memory != resource.RLIM_INFINITY and memory <= walls.memory
    if not limited or not _prctl(_PR_GET_NO_NEW_PRIVS):
        return "none"
    if not shut:
        return "basic"
    return "strict+network" if walls.connect or walls.anywhere else "strict"


def _try(name: str, act: Callable[[], str]) -> Probe:
    try:
        return Probe(name, False, act())
    except OSError as error:
        refused = error.errno in (*_REFUSALS, *_OTHER_REFUSALS.get(name, ()))
        return Probe(name, refused, f"{'refused' if refused else 'not refused'}: {os.strerror(error.errno or 0)}")
    except Exception as error:
        return Probe(name, False, f"{type(error).__name__}: {error}")


def _read(path: str) -> str:
    os.close(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
    return f"{path} was opened"


def _write(walls: Walls) -> str:
    refused: OSError | None = None
    for directory in (*_SCRATCH, *walls.read):
        path = os.path.join(directory, f".openmcs-probe-{os.getpid()}")
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        except OSError as error:
            # Absent scratch directories and read-only file systems are shut as well.
            refused = error if error.errno in _REFUSALS else refused
            continue
        os.close(descriptor)
        os.unlink(path)
        return f"{directory} is writable"
    raise refused or PermissionError(errno.EACCES, "nothing is writable")


def _fork() -> str:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return "a child process ran"


def _execute() -> str:
    # A name that cannot exist: without the wall the kernel looks for it and does not find it.
    os.execv(f"/proc/self/fd/openmcs-{os.getpid()}", ["probe"])  # noqa: S606
    return "unreachable"


def _open_socket(family: int, kind: int) -> str:
    socket.socket(family, kind).close()
    return "the socket was opened"


def _connect_elsewhere(walls: Walls) -> str:
    port = next(each for each in range(1, 65536) if each not in walls.connect)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as channel:
        channel.settimeout(0.5)
        channel.connect(("127.0.0.1", port))
    return f"port {port} was reached"


def _connect_to_stranger(walls: Walls) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as channel:
        channel.settimeout(0.5)
        channel.connect((_STRANGER, walls.connect[0]))
    return f"{_STRANGER} was reached"


def _signal(platform: int) -> str:
    os.kill(platform, 0)
    return "signal 0 was delivered"


def _unshare() -> str:
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        child = os.fork()
    except OSError:
        child = -1
    if child > 0:
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        if code:
            raise OSError(code, os.strerror(code))
        return "a user namespace was made"
    # In the child, because there is no way back; here only where no child could be had.
    failed = libc.unshare(_CLONE_NEWUSER) != 0
    error = ctypes.get_errno() if failed else 0
    if child == 0:
        os._exit(error)
    if failed:
        raise OSError(error, os.strerror(error))
    return "a user namespace was made"


def _memfd() -> str:
    os.close(os.memfd_create("probe"))
    return "anonymous file memory was given"


def _change_limits(platform: int) -> str:
    resource.prlimit(platform, resource.RLIMIT_CORE, resource.prlimit(platform, resource.RLIMIT_CORE))
    return "the limits were set"


def _prctl(option: int) -> int:
    zero = ctypes.c_ulong(0)
    return int(ctypes.CDLL(None).prctl(ctypes.c_int(option), zero, zero, zero, zero))
