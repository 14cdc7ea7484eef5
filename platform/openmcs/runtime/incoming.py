"""A request's body as it comes in: `async for` in a coroutine, `for` in a thread."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable


class BodyLost(ConnectionError):
    """Nobody waits for the call any more: the client went away, or its time is over."""


class Incoming:
    """
    Pieces of a body, each once, for one reader. Taking a piece asks for as many bytes more.

    Raises `BodyLost` while waiting for a piece that will not come.
    """

    def __init__(self, take: Callable[[int], None], loop: asyncio.AbstractEventLoop) -> None:
        """*take* hears how many bytes were taken, from the reader's thread; all else is called on *loop*."""
        self._take = take
        self._loop = loop
        self._loop_thread = threading.get_ident()
        self._pieces: deque[bytes] = deque()
        self._changed = asyncio.Event()
        self._ended = False
        self._lost = False

    def feed(self, data: bytes, *, more: bool) -> None:
        """The next piece; the last one when there is no *more*."""
        if data:
            self._pieces.append(data)
        self._ended = self._ended or not more
        self._changed.set()

    def lose(self) -> None:
        """The rest will not come."""
        self._lost = True
        self._pieces.clear()
        self._changed.set()

    def __aiter__(self) -> Incoming:
        return self

    async def __anext__(self) -> bytes:
        piece = await self._next()
        if piece is None:
            raise StopAsyncIteration
        self._take(len(piece))
        return piece

    def __iter__(self) -> Incoming:
        return self

    def __next__(self) -> bytes:
        if threading.get_ident() == self._loop_thread:
            raise RuntimeError("in a coroutine a body is read with `async for`; `for` would wait for itself")
        piece = asyncio.run_coroutine_threadsafe(self._next(), self._loop).result()
        if piece is None:
            raise StopIteration
        self._take(len(piece))
        return piece

    async def _next(self) -> bytes | None:
        while not self._pieces:
            if self._lost:
                raise BodyLost("the body did not come to its end: nobody waits for the answer any more")
            if self._ended:
                return None
            self._changed.clear()
            await self._changed.wait()
        return self._pieces.popleft()


class Whole:
    """A body that is there already, read as one that comes in."""

    def __init__(self, body: bytes) -> None:
        self._pieces = iter([body] if body else [])

    def __aiter__(self) -> Whole:
        return self

    async def __anext__(self) -> bytes:
        for piece in self._pieces:
            return piece
        raise StopAsyncIteration

    def __iter__(self) -> Whole:
        return self

    def __next__(self) -> bytes:
        return next(self._pieces)
