"""
A user of its own for each implementation, where the platform may change users (CAP_SETUID and CAP_SETGID).

A second wall behind the system call filter: a worker may not signal, trace or change the platform or another
implementation's workers, nor write what belongs to them, because it is somebody else.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import stat
from collections.abc import Iterable

RANGE = 2**20
"""How many users there are to take from; two implementations share one in a million times."""
_PR_SET_KEEPCAPS = 8
_CAP_DAC_READ_SEARCH = 2


def user_of(implementation: str, first: int) -> int:
    """
    The user id of an implementation: the same on every start and every node; 0 when *first* is 0.

    *implementation* is its name without a version, so that a new version is the same user.
    """
    digest = hashlib.sha256(implementation.encode()).digest()
    return first + int.from_bytes(digest[:4], "big") % RANGE if first else 0


def become(user: int, read: Iterable[str]) -> str:
    """
    Be *user*, with the group of the same number and no other. Why not, or "".

    *read* are directories that have to be readable afterwards. A capability to read them is kept by
    those that have it: the data folder is nobody else's to enter, and Landlock decides what is read.
    """
    if os.geteuid() != 0:
        return "the platform does not run as root"
    libc = ctypes.CDLL(None, use_errno=True)
    if not holds(_CAP_DAC_READ_SEARCH) and (closed := _closed_to_others(read)):
        return f"{closed} can be entered by its owner only, and the platform has no CAP_DAC_READ_SEARCH"
    zero = ctypes.c_ulong(0)
    libc.prctl(ctypes.c_int(_PR_SET_KEEPCAPS), ctypes.c_ulong(1), zero, zero, zero)
    try:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    except OSError as error:
        return f"the platform may not change users: {error.strerror}"
    finally:
        libc.prctl(ctypes.c_int(_PR_SET_KEEPCAPS), zero, zero, zero, zero)
    return ""


def is_user(user: int) -> bool:
    """Whether this process is *user* and cannot be another."""
    if os.getresuid() != (user,) * 3 or os.getresgid() != (user,) * 3 or os.getgroups():
        return False
    try:
        os.setresuid(0, 0, 0)
    except OSError:
        return True
    return False


def holds(capability: int) -> bool:
    """Whether this process may use the capability of that number; a root in a container often lacks some."""
    with open("/proc/self/status", encoding="ascii") as status:
        held = next((line.split()[1] for line in status if line.startswith("CapPrm:")), "0")
    return bool(int(held, 16) & 1 << capability)


def _closed_to_others(read: Iterable[str]) -> str | None:
    """The first folder on the way to one of *read* that a stranger cannot enter."""
    for directory in read:
        way = [directory]
        while way[-1] != "/":
            way.append(os.path.dirname(way[-1]))
        for folder in reversed(way):
            if not os.stat(folder).st_mode & stat.S_IXOTH:
                return folder
    return None
