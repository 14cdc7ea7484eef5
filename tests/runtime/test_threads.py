"""Threads for handlers: as many as are needed, never more than the bound, and a job is run once or not at all."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref
from collections.abc import Callable

import pytest

from openmcs.runtime.threads import Job, Threads


def _until(fact: Callable[[], bool]) -> None:
    for _ in range(500):
        if fact():
            return
        time.sleep(0.01)
    pytest.fail("it did not come to that")


def test_one_after_the_other_needs_one_thread() -> None:
    """A thread that is free is used again."""
    threads, used = Threads(8), set()
    for _ in range(50):
        job = threads.submit(lambda: used.add(threading.get_ident()))
        _until(lambda job=job: job.over)  # type: ignore[misc]
        time.sleep(0.001)
    assert len(used) <= 2


def test_jobs_at_once_run_at_once_up_to_the_bound() -> None:
    """The others wait for a free thread, and all are run."""
    threads, gate, running, done = Threads(4), threading.Event(), [], []

    def hold() -> None:
        running.append(threading.get_ident())
        gate.wait(10)
        done.append(True)

    jobs = [threads.submit(hold) for _ in range(10)]
    _until(lambda: len(running) == 4)
    assert len(set(running)) == 4 and not any(job.over for job in jobs)
    gate.set()
    _until(lambda: len(done) == 10)
    assert len(set(running)) == 4


def test_a_job_that_is_claimed_before_it_begins_is_never_run() -> None:
    """And one that has begun cannot be claimed."""
    threads, gate, began, ran = Threads(1), threading.Event(), threading.Event(), []

    def hold() -> None:
        began.set()
        gate.wait(10)

    first = threads.submit(hold)
    second = threads.submit(lambda: ran.append("second"))
    began.wait(10)
    assert second.claim() and not second.claim() and not first.claim()
    gate.set()
    _until(lambda: first.over and second.over)
    assert ran == []


def test_a_job_is_claimed_by_one_of_many() -> None:
    """Whoever asks at the same time."""
    for _ in range(200):
        job, winners = Job(lambda: None), []
        askers = [
            threading.Thread(target=lambda job=job, winners=winners: winners.append(job.claim())) for _ in range(4)
        ]
        for each in askers:
            each.start()
        for each in askers:
            each.join()
        assert sorted(winners) == [False, False, False, True]


def test_a_coroutine_may_wait_for_what_a_thread_returns_or_raises() -> None:
    """`StopIteration` too, which no future can carry; whoever is cancelled before it began has it never run."""
    threads, gate, ran = Threads(1), threading.Event(), []

    def stop() -> None:
        raise StopIteration

    async def ask() -> None:
        assert await threads.call(lambda a, b: a + b, 1, 2) == 3
        with pytest.raises(ZeroDivisionError):
            await threads.call(lambda: 1 / 0)
        with pytest.raises(RuntimeError, match="StopIteration"):
            await threads.call(stop)
        blocking = asyncio.ensure_future(threads.call(gate.wait, 10))
        waiting = asyncio.ensure_future(threads.call(ran.append, 1))
        await asyncio.sleep(0.05)
        waiting.cancel()
        await asyncio.sleep(0)
        gate.set()
        assert await blocking
        assert await threads.call(lambda: "after") == "after"

    asyncio.run(ask())
    assert ran == []


def test_a_thread_that_waits_holds_nothing_of_its_last_job() -> None:
    """What a call had in memory goes with it."""

    class Held:
        pass

    threads, held = Threads(1), Held()
    gone = weakref.ref(held)
    job = threads.submit(lambda held=held: None)  # type: ignore[misc]
    del held
    gc.disable()
    try:
        _until(lambda: job.over and gone() is None)
    finally:
        gc.enable()
