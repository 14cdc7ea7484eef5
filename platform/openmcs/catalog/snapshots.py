"""The running snapshot of one gateway process, and how it follows the catalogue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from openmcs.catalog.snapshot import EMPTY, Snapshot
from openmcs.errors import StoreUnavailable
from openmcs.runtime.pool import Pool

log = structlog.get_logger()

POLL_SECONDS = 0.2


class Snapshots:
    """
    Holds the snapshot that calls are answered from.

    `build(before)` reads a newer one, or returns None when the catalogue's revision has not moved; it
    runs in a thread. A snapshot is swapped in after its implementations are ready to answer.
    """

    def __init__(self, build: Callable[[Snapshot], Snapshot | None], pool: Pool, on_change: Callable[[], None]) -> None:
        self._build = build
        self._pool = pool
        self._on_change = on_change
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self.current: Snapshot = EMPTY
        self.store_answers = False

    async def refresh(self) -> None:
        """Follow the catalogue now; returns when what it says is in service. Raises `StoreUnavailable`."""
        async with self._turn:
            newer = await asyncio.to_thread(self._build, self.current)
            self.store_answers = True
            if newer is None:
                return
            await self._pool.apply(newer.bindings)
            self.current = newer
            self._on_change()

    def follow(self) -> None:
        """Keep following until `stop`."""
        self._task = asyncio.get_running_loop().create_task(self._follow())

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                await self.refresh()
            except StoreUnavailable as error:
                if self.store_answers:
                    log.warning("the store does not answer; the last snapshot goes on serving", reason=error.detail)
                self.store_answers = False
                await asyncio.sleep(1.0)
            except Exception:
                log.exception("the catalogue could not be followed; the last snapshot goes on serving")
                await asyncio.sleep(1.0)

    async def stop(self) -> None:
        """Follow no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
