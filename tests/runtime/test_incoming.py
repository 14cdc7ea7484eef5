"""A body as it comes in."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.runtime.incoming import BodyLost, Incoming, Whole


def incoming() -> tuple[Incoming, list[int]]:
    """A body of which nothing has come yet, and what was taken of it."""
    taken: list[int] = []
    return Incoming(taken.append, asyncio.get_running_loop()), taken


@given(st.lists(st.binary(), max_size=5), st.booleans())
def test_each_piece_is_there_once_in_order(pieces: list[bytes], in_a_thread: bool) -> None:
    """For a coroutine and for a thread; credit is asked for as they are taken, empty ones are none."""

    async def test() -> tuple[list[bytes], list[int]]:
        body, taken = incoming()
        for each in pieces:
            body.feed(each, more=True)
        body.feed(b"", more=False)
        read = await asyncio.to_thread(list, body) if in_a_thread else [each async for each in body]
        return read, taken

    read, taken = asyncio.run(test())
    assert read == [each for each in pieces if each]
    assert taken == [len(each) for each in read]


@pytest.mark.parametrize("in_a_thread", [True, False])
def test_a_reader_waits_for_the_next_piece(in_a_thread: bool) -> None:
    """And is told when it will not come."""

    async def test() -> None:
        body, _ = incoming()

        async def read() -> bytes:
            return await anext(body)

        for data in (b"one", b"two"):
            waiting = asyncio.ensure_future(asyncio.to_thread(next, body) if in_a_thread else read())
            await asyncio.sleep(0.01)
            assert not waiting.done()
            body.feed(data, more=True)
            assert await waiting == data
        waiting = asyncio.ensure_future(asyncio.to_thread(next, body) if in_a_thread else read())
        await asyncio.sleep(0.01)
        body.lose()
        with pytest.raises(BodyLost):
            await waiting

    asyncio.run(test())


def test_what_came_before_the_end_is_lost_with_it() -> None:
    """Nobody waits for what would be made of it."""

    async def test() -> None:
        body, _ = incoming()
        body.feed(b"one", more=True)
        body.lose()
        with pytest.raises(BodyLost):
            await anext(body)

    asyncio.run(test())


def test_a_coroutine_that_would_wait_for_itself_is_told() -> None:
    """`for` on the event loop could never go on."""

    async def test() -> None:
        body, _ = incoming()
        with pytest.raises(RuntimeError, match="async for"):
            next(body)

    asyncio.run(test())


@pytest.mark.parametrize("data", [b"", b"all of it"])
def test_a_body_that_is_there_is_read_in_the_same_way(data: bytes) -> None:
    """One piece, or none."""

    async def read() -> list[bytes]:
        return [each async for each in Whole(data)]

    assert asyncio.run(read()) == list(Whole(data)) == ([data] if data else [])
