"""
A lease on processor time: a worker gets a few seconds, again and again, as long as it is well.

`RLIMIT_CPU` counts over the whole life of a process, so the platform raises it with each healthy heartbeat.
When it stops to, because the worker's event loop is blocked or the platform itself hangs, the kernel ends
the worker by itself. The filter keeps the worker from raising it, and from taking the signal that ends it.
"""

from __future__ import annotations

import os
import resource
import time

_CPU_CLOCK = 2
"""The kernel's clock of what a process has used, in the numbering of `clock_gettime(2)`."""


def used(pid: int) -> float:
    """Seconds of processor time that a process has used. Raises `OSError` when there is none of that id."""
    return time.clock_gettime(((~pid) << 3) | _CPU_CLOCK)


def grant(pid: int, seconds: float) -> bool:
    """
    Let the process use *seconds* more from now on; False when it is gone or not ours to limit.

    Root sets the hard limit, at which the kernel kills; others the soft one, since they could not raise
    the hard one again.
    """
    try:
        until = int(used(pid) + seconds) + 1
        _, hard = resource.prlimit(pid, resource.RLIMIT_CPU)
        if os.geteuid() == 0:
            try:
                resource.prlimit(pid, resource.RLIMIT_CPU, (until, until))
                return True
            except PermissionError:
                pass  # root without CAP_SYS_RESOURCE may not raise what it has set
        resource.prlimit(pid, resource.RLIMIT_CPU, (until, hard))
    except (OSError, ValueError):
        return False
    return True
