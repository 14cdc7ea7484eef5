"""
The threads in which handlers run that are no coroutines: as many as jobs need at once, up to a bound.

One queue, no lock of our own and no future for each job: a handler of that kind is what most implementations are
made of, and the standard library's pool costs more than many of them do.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any


class Job:
    """Something to run. Whoever claims it first has it: a thread, to run it, or the loop, to see that nobody does."""

    __slots__ = ("_unclaimed", "over", "run")

    def __init__(self, run: Callable[[], object]) -> None:
        self.run = run
        self._unclaimed = [True]
        self.over = False

    def claim(self) -> bool:
        """True for the first who asks."""
        try:
            return self._unclaimed.pop()  # one step of the interpreter, so no two threads get it
        except IndexError:
            return False


class Threads:
    """Threads are started when they are needed, and stay; any thread may submit."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = 0
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._unfinished: list[None] = []
        """As long as there are jobs that wait or run; a list, since adding to it and taking from it is one step each."""
        self._starting = threading.Lock()

    def submit(self, run: Callable[[], object]) -> Job:
        """Run it as soon as a thread is free; *run* lets nothing be raised."""
        job = Job(run)
        self._unfinished.append(None)
        self._jobs.put(job)
        if len(self._unfinished) > self._count < self._most:
            self._start()
        return job

    def _start(self) -> None:
        with self._starting:
            if self._count == self._most:
                return
            thread = threading.Thread(target=self._work, name=f"handler_{self._count}", daemon=True)
            # With a thread at least, a job waits for it where there can be no more.
            with contextlib.suppress(*([RuntimeError] if self._count else [])):
                thread.start()
                self._count += 1

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            if job.claim():
                job.run()
            job.over = True
            del job.run  # it knows the call, which knows the job
            del job  # and waiting for the next one holds nothing
            self._unfinished.pop()

    async def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What *function* returns or raises, run in a thread; when the caller is cancelled first, it is not run."""
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[Any] = loop.create_future()

        def run() -> None:
            try:
                value = function(*arguments)
            except StopIteration as stop:
                error = RuntimeError("the handler raised StopIteration")
                error.__cause__ = stop
                loop.call_soon_threadsafe(_settle, outcome, None, error)
            except BaseException as error:
                loop.call_soon_threadsafe(_settle, outcome, None, error)
            else:
                loop.call_soon_threadsafe(_settle, outcome, value, None)

        job = self.submit(run)
        try:
            return await outcome
        finally:
            job.claim()


def _settle(outcome: asyncio.Future[Any], value: Any, error: BaseException | None) -> None:
    if outcome.done():
        return
    if error is None:
        outcome.set_result(value)
    else:
        outcome.set_exception(error)
