"""
A lease on processor time: a worker gets a few seconds, again and again, as long as it is well.

`RLIMIT_CPU` counts over the whole life of a process, so the platform raises it with each healthy heartbeat.
When it stops to, because the worker's event loop is blocked or the platform itself hangs, the kernel ends
the worker by itself. The filter keeps the worker from raising it, and from taking the signal that ends it;
where the platform has no CAP_SYS_RESOURCE, code that wants to can block that signal, and only its silence
betrays it, and a worker that is another user than the platform gets no lease.
"""

from __future__ import annotations

import ctypes
import resource
import signal
import time
from functools import cache

from openmcs.sandbox import identity

CAP_SYS_RESOURCE = 24
_CPU_CLOCK = 2
"""The kernel's clock of what a process has used, in the numbering of `clock_gettime(2)`."""


def submit() -> None:
    """
    End at once, with the signal's number as exit status, when the lease is over: in the worker, before its walls.

    The first process of a namespace is spared what a signal does by default, so libc's `_exit` is its handler.
    """
    libc = ctypes.CDLL(None)
    libc.signal.argtypes = (ctypes.c_int, ctypes.c_void_p)
    libc.signal.restype = ctypes.c_void_p
    libc.signal(signal.SIGXCPU, ctypes.cast(libc._exit, ctypes.c_void_p))


def used(pid: int) -> float:
    """Seconds of processor time that a process has used. Raises `OSError` when there is none of that id."""
    return time.clock_gettime(((~pid) << 3) | _CPU_CLOCK)


def grant(pid: int, seconds: float) -> bool:
    """
    Let the process use *seconds* more from now on; False when it is gone or not ours to limit.

    The hard limit, at which the kernel kills, is set by those who could raise it again (CAP_SYS_RESOURCE);
    others set the soft one.
    """
    try:
        until = int(used(pid) + seconds) + 1
        hard = until if _may_raise() else resource.prlimit(pid, resource.RLIMIT_CPU)[1]
        resource.prlimit(pid, resource.RLIMIT_CPU, (until, hard))
    except (OSError, ValueError):
        return False
    return True


@cache
def _may_raise() -> bool:
    return identity.holds(CAP_SYS_RESOURCE)
