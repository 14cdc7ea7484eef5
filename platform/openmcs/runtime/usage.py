"""
What a process uses, as the kernel counts it.

Memory that only the process itself has is what another worker would cost; a worker forked by the zygote shares
the rest. The kernel tells the proportional share to root only, since workers cannot be looked into.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")
_RESIDENT, _DATA = 1, 5
"""Places in /proc/<pid>/statm."""
_USER_TIME, _SYSTEM_TIME = 11, 12
"""Places in /proc/<pid>/stat, counted after the name in brackets."""


class Usage(NamedTuple):
    """Bytes and seconds."""

    rss: int
    """Resident memory, shared pages included."""
    pss: int | None
    """Resident memory with shared pages counted by their share; None where the kernel does not tell."""
    cpu_seconds: float


def shown(pid: int) -> dict[str, Any]:
    """`of` as the tools API has it. Blocks for as long as the kernel counts: not for an event loop."""
    used = of(pid)
    return {
        "rssBytes": used.rss if used else None,
        "pssBytes": used.pss if used else None,
        "cpuSeconds": round(used.cpu_seconds, 2) if used else None,
    }


def of(pid: int, proc: Path = Path("/proc")) -> Usage | None:
    """What the process *pid* uses now; None when it has ended."""
    folder = proc / str(pid)
    try:
        rss = int((folder / "statm").read_text().split()[_RESIDENT]) * _PAGE
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        ticks = int(fields[_USER_TIME]) + int(fields[_SYSTEM_TIME])
    except (OSError, IndexError, ValueError):
        return None
    return Usage(rss, _pss(folder), ticks / _TICKS)


def writable(pid: int, proc: Path = Path("/proc")) -> int | None:
    """
    Bytes that are the process's own to write to, which `RLIMIT_DATA` is about, whether it has touched them or not.

    Read in microseconds; None when the process has ended.
    """
    try:
        return int((proc / str(pid) / "statm").read_text().split()[_DATA]) * _PAGE
    except (OSError, IndexError, ValueError):
        return None


def _pss(folder: Path) -> int | None:
    try:
        lines = (folder / "smaps_rollup").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), None)
