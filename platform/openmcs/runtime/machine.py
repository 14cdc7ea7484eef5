"""What this machine has for the workers of this process, beside processes: room, and groups to keep them in."""

from __future__ import annotations

import os
from collections.abc import Callable

from openmcs.runtime.admission import Admission, machine_memory
from openmcs.runtime.binding import Limits
from openmcs.runtime.cgroup import Groups, GroupsUnavailable

CORES = len(os.sched_getaffinity(0))


class Machine:
    """Found out once; shared by all implementations of this process."""

    def __init__(self, admission: Admission | None = None, groups: Groups | None = None, no_groups: str = "") -> None:
        self.admission = admission or Admission(2**62)
        self.groups = groups
        """None where control groups cannot be made, or are not wanted."""
        self.no_groups = no_groups
        """Why not; empty when they are not wanted."""
        self.make_room: Callable[[], bool] = lambda: False
        """Puts one implementation that has nothing to do to sleep; whether there was one. The pool's."""

    @classmethod
    def open(cls, limits: Limits, share: float) -> Machine:
        """This machine; workers may have *share* of its memory together."""
        admission = Admission(int(machine_memory() * share))
        if "cgroup" not in limits.additions:
            return cls(admission)
        try:
            return cls(admission, Groups.open())
        except GroupsUnavailable as error:
            return cls(admission, None, str(error))

    async def admit(self, size: int) -> None:
        """Take *size* bytes of the room for workers. Raises `NoRoom`."""
        await self.admission.admit(size, self.make_room)
