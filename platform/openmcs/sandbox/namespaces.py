"""
Namespaces of a worker's own: no network, no other processes, no System V memory, no host name to be seen.

A second wall behind the system call filter, where the machine permits it: with CAP_SYS_ADMIN as it is, else
inside a user namespace. Both are tried in a child first, since there is no way back.

    prepare(read)     in the process that forks workers: can it be had here, and by which way
    numbered(fork)    there: fork with a process namespace of its own
    isolate(…)        in the worker, before its walls
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterable, Mapping

from openmcs.sandbox import relay

_CLONE_NEWUSER, _CLONE_NEWNET, _CLONE_NEWIPC = 0x10000000, 0x40000000, 0x08000000
_CLONE_NEWUTS, _CLONE_NEWPID = 0x04000000, 0x20000000
_ALWAYS = _CLONE_NEWIPC | _CLONE_NEWUTS
KINDS = ("net", "ipc", "uts", "pid")
"""Names below `/proc/self/ns`."""

_libc = ctypes.CDLL(None, use_errno=True)
_prepared: str | None = None
"""Why this process can make no namespaces, "" when it can, None when nobody has looked."""
_inside_user_namespace = False


def prepare(read: Iterable[str]) -> str:
    """
    Find out whether namespaces can be made here, and enter a user namespace where that is the only way.

    *read* are directories that have to be readable afterwards: in a user namespace root is nobody outside.
    Returns why not, or "". Has to be called while there is only one thread.
    """
    global _prepared, _inside_user_namespace
    if _prepared is None:
        directories = tuple(read)
        _prepared = _tried(_as_we_are, directories)
        if _prepared and not _tried(lambda: _enter_user_namespace(trial=True), directories):
            _enter_user_namespace(trial=False)
            _prepared, _inside_user_namespace = "", True
    return _prepared


def inside_user_namespace() -> bool:
    """Whether the capabilities of this process are those of a user namespace of its own."""
    return _inside_user_namespace


def isolate(read: Iterable[str], *, network: bool) -> str:
    """
    Leave the machine's IPC, host name and, unless *network* is needed, its network. Why not, or "".

    The network that is left is empty: not even the loopback is up.
    """
    reason = prepare(read)
    if reason:
        return reason
    try:
        _unshare(_ALWAYS | (0 if network else _CLONE_NEWNET))
    except OSError as error:
        return _said(error)
    return ""


def numbered(fork: Callable[[], int]) -> int:
    """
    What *fork* returns, with the child the first process of a namespace where it sees no other.

    Where that cannot be had, which is inside of a user namespace, it is an ordinary child.
    """
    if _prepared != "" or _inside_user_namespace:
        return fork()
    before = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _unshare(_CLONE_NEWPID)
        child = -1
        try:
            child = fork()
        finally:
            if child != 0 and _libc.setns(ctypes.c_int(before), ctypes.c_int(_CLONE_NEWPID)) != 0:
                raise OSError(ctypes.get_errno(), "the process namespace cannot be left")
        return child
    finally:
        os.close(before)


def names() -> dict[str, str]:
    """Kind to the kernel's name of the namespace that this process is in; none without `/proc`."""
    found = {}
    for kind in KINDS:
        try:
            found[kind] = os.readlink(f"/proc/self/ns/{kind}")
        except OSError:
            continue
    return found


def own(outside: Mapping[str, str]) -> tuple[str, ...]:
    """The kinds in which this process is elsewhere than a process with the namespaces *outside*."""
    return tuple(kind for kind, name in names().items() if name != outside.get(kind, name))


def _as_we_are() -> None:
    _unshare(_CLONE_NEWNET | _CLONE_NEWPID | _ALWAYS)
    relay.make_everything_local()


def _enter_user_namespace(*, trial: bool) -> None:
    uid, gid = os.geteuid(), os.getegid()
    _unshare(_CLONE_NEWUSER)
    for file, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        descriptor = os.open(f"/proc/self/{file}", os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)
    if trial:
        _unshare(_CLONE_NEWNET | _ALWAYS)
        relay.make_everything_local()


def _tried(act: Callable[[], None], read: tuple[str, ...]) -> str:
    """Why *act*, and reading afterwards, is refused; tried in a child."""
    child = os.fork()
    if child == 0:
        try:
            act()
            for directory in read:
                os.listdir(directory)
        except OSError as error:
            os._exit(error.errno or 255)
        except BaseException:
            os._exit(255)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return "" if code == 0 else _said(OSError(code, os.strerror(code)) if code > 0 else OSError(0, "it was ended"))


def _unshare(flags: int) -> None:
    if _libc.unshare(ctypes.c_int(flags)) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def _said(error: OSError) -> str:
    return f"this machine or its container permits no namespaces ({error.strerror})"
