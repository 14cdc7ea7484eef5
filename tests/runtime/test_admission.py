"""Room for workers: what has no call makes way, and who finds no room is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from openmcs.runtime.admission import Admission, NoRoom, machine_memory

MIB = 2**20


def test_there_is_room_until_there_is_none() -> None:
    """What is given back can be had again."""

    async def run() -> None:
        room = Admission(100)
        await room.admit(60, lambda: False)
        with pytest.raises(NoRoom):
            await room.admit(60, lambda: False)
        await room.admit(40, lambda: False)
        room.release(60)
        await room.admit(60, lambda: False)
        assert room.taken == 100

    asyncio.run(run())


def test_a_refusal_says_how_much_there_is_and_what_to_change() -> None:
    """In the words of platform.toml."""

    async def run() -> None:
        room = Admission(300 * MIB)
        await room.admit(256 * MIB, lambda: False)
        with pytest.raises(NoRoom, match=r"256 MiB, one more 256 MiB, and all together 300 MiB.*runtime.memory_share"):
            await room.admit(256 * MIB, lambda: False)

    asyncio.run(run())


def test_who_waits_gets_the_room_that_becomes_free() -> None:
    """As long as somebody is on the way out."""

    async def run() -> None:
        room = Admission(100)
        await room.admit(100, lambda: False)
        asyncio.get_running_loop().call_later(0.05, room.release, 100)
        await room.admit(70, lambda: True)
        assert room.taken == 70

    asyncio.run(run())


@pytest.mark.parametrize("hope", [lambda: True, lambda: False])
def test_nobody_waits_for_ever(hope: Callable[[], bool]) -> None:
    """Those that do not leave in time are not waited for."""

    async def run() -> None:
        room = Admission(100, patience=0.05)
        await room.admit(100, lambda: False)
        with pytest.raises(NoRoom):
            await room.admit(1, hope)

    asyncio.run(run())


def test_the_machine_has_memory() -> None:
    """Within reason: more than a worker's, less than an exabyte."""
    assert 256 * MIB < machine_memory() < 2**60
