"""
Room for workers: what all that run may take together is no more than a share of this machine's memory.

Where there is none, implementations that have no call are put to sleep, the one that has been quiet for
longest first; a start for which there is still no room is refused, and says so.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable

from openmcs.runtime import protocol as wire

MIB = 2**20
_LOOK_AGAIN = 0.01


class WorkerRefused(Exception):
    """The worker did not come up: its walls do not hold, the code cannot be imported, or there is no room."""

    def __init__(self, reason: str, fault: wire.Fault | None = None) -> None:
        super().__init__(reason)
        self.fault = fault


class NoRoom(WorkerRefused):
    """A worker was not started, because those that run have all the memory that workers may have."""


class Admission:
    """Counts the memory limits of the workers of this process."""

    def __init__(self, budget: int, *, patience: float = 5.0) -> None:
        self.budget = budget
        """Bytes that all workers may have together."""
        self.taken = 0
        self._patience = patience
        """Seconds in which those that are put to sleep have to end."""

    async def admit(self, size: int, make_room: Callable[[], bool]) -> None:
        """
        Take *size* bytes, to be given back with `release`.

        *make_room* puts one implementation to sleep unless some worker is leaving already, and says whether
        there is hope. Raises `NoRoom`.
        """
        until = time.monotonic() + self._patience
        while self.taken + size > self.budget:
            if not make_room() or time.monotonic() >= until:
                raise NoRoom(self._refusal(size))
            await asyncio.sleep(_LOOK_AGAIN)
        self.taken += size

    def release(self, size: int) -> None:
        """A worker has gone."""
        self.taken -= size

    def _refusal(self, size: int) -> str:
        return (
            f"there is no room for another worker: those that run may take {self.taken // MIB} MiB, one more "
            f"{size // MIB} MiB, and all together {self.budget // MIB} MiB. Raise runtime.memory_share, or lower "
            "runtime.memory_megabytes or runtime.workers, in platform.toml"
        )


def machine_memory() -> int:
    """Bytes of memory that this machine, or the container that we are in, has."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            with open(file, encoding="ascii") as limit:
                text = limit.read().strip()
        except OSError:
            continue
        if text.isdigit():
            total = min(total, int(text))
    return total
