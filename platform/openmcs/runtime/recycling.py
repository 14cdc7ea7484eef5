"""
When a worker is replaced though nothing is wrong with it: it has answered many calls, or its memory has grown.

Its successor is ready before it gets no more calls, so that nobody notices; what leaks slowly never comes to its end.
"""

from __future__ import annotations

import math
import random
import time

from openmcs.runtime import usage
from openmcs.runtime.process import WorkerProcess

FULL = 0.8
"""Share of its memory from which on a worker is replaced."""
YOUNGEST = 30.0
"""Seconds that a worker serves at least: one that needs so much from the start would be replaced all the time."""
JITTER = 0.2
"""Workers that started together do not end together."""


def most_calls(calls: int) -> float:
    """How many calls one worker is given, *calls* give or take a fifth; without end for 0."""
    return max(1, round(calls * random.uniform(1 - JITTER, 1 + JITTER))) if calls else math.inf


def reason(worker: WorkerProcess, most: float, memory: int) -> str | None:
    """Why *worker*, which may have *most* calls and *memory* bytes, is to be replaced now; None while it is not."""
    if worker.retiring or worker.pid is None or time.time() - worker.started_at < YOUNGEST:
        return None
    if worker.channel.taken >= most:
        return f"it was given {worker.channel.taken} calls"
    used = usage.writable(worker.pid)
    if used is not None and used > FULL * memory:
        return f"it uses {used / memory:.0%} of its memory"
    return None
