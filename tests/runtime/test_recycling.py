"""Workers that are replaced though nothing is wrong with them."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openmcs.runtime import recycling
from tests.runtime.implementations import Serving, binding, serving, until

CODE = """
    import asyncio, os

    KEPT = []

    def register(service):
        service.get("/pid", pid)
        service.get("/leak", leak)
        service.get("/slow", lambda req: slow(service))

    async def pid(req):
        return str(os.getpid())

    async def leak(req):
        KEPT.append(bytearray(3 * 1024 * 1024))
        return str(os.getpid())

    async def slow(service):
        while not service.draining:
            await asyncio.sleep(0.01)
        return "told"
"""


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test need not wait until a worker is old enough."""
    monkeypatch.setattr(recycling, "YOUNGEST", 0.0)


def run(test: Callable[[], Any]) -> None:
    asyncio.run(asyncio.wait_for(test(), 60))


def test_workers_that_start_together_do_not_end_together() -> None:
    """A fifth more or less; without a number of calls there is no end."""
    drawn = {recycling.most_calls(1000) for _ in range(100)}
    assert len(drawn) > 50 and min(drawn) >= 800 and max(drawn) <= 1200
    assert recycling.most_calls(0) == math.inf


async def pids_until(served: Serving, path: str, replaced: int) -> list[bytes]:
    """Call until so many workers were replaced; who answered, in order."""
    pids: list[bytes] = []
    stop = False

    async def ask() -> None:
        while not stop:
            pids.append(await served.get(path))
            await asyncio.sleep(0.002)

    callers = [asyncio.ensure_future(ask()) for _ in range(4)]
    await until(lambda: len(set(pids)) > replaced or any(each.done() for each in callers))
    stop = True
    await asyncio.gather(*callers)
    return pids


def test_after_many_calls_a_worker_is_replaced_and_no_call_fails(tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path, {"api": binding(tmp_path, CODE)}, recycle_calls=20) as served:
            pids = await pids_until(served, "/pid", 2)
            assert len(set(pids)) == 3
            assert "is replaced: it was given" in served.texts() and "severe" not in {m.level for m in served.messages}

    run(test)


def test_a_worker_that_leaks_is_replaced_before_it_fails(tmp_path: Path) -> None:
    """At four fifths of its memory."""

    async def test() -> None:
        async with serving(tmp_path, {"api": binding(tmp_path, CODE)}, memory=256 * 1024 * 1024) as served:
            first = await served.get("/leak")
            for _ in range(1000):
                assert (await served.get("/leak")) and "MemoryError" not in served.texts()
                await asyncio.sleep(0.1)
                if await served.get("/pid") != first:
                    break
            assert "of its memory" in served.texts()

    run(test)


def test_a_long_call_is_told_and_ends_where_it_began(tmp_path: Path) -> None:
    """`service.draining`: it may hurry; its worker waits for it."""

    async def test() -> None:
        async with serving(tmp_path, {"api": binding(tmp_path, CODE)}, recycle_calls=1) as served:
            assert await served.get("/slow") == b"told"

    run(test)


def test_without_room_for_another_one_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked at again a second later."""

    async def test() -> None:
        async with serving(tmp_path, {"api": binding(tmp_path, CODE)}, recycle_calls=1) as served:
            group = served.group()

            async def nothing(delay: float) -> None:
                asked.append(delay)

            asked: list[float] = []
            monkeypatch.setattr(group, "_replace", nothing)
            pid = await served.get("/pid")
            await until(lambda: len(asked) > 1)
            assert await served.get("/pid") == pid

    run(test)
