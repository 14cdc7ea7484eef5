"""How far one end of the wire may send ahead of the other: what keeps memory flat in both directions."""

from __future__ import annotations

import asyncio

from openmcs.runtime import protocol as wire


class Window:
    """Bytes that may still be sent ahead; waiting for more is what keeps memory flat."""

    def __init__(self) -> None:
        self._left = wire.WINDOW
        self._changed = asyncio.Event()

    @property
    def ahead(self) -> int:
        """Bytes that were sent and not yet passed on by the other end."""
        return wire.WINDOW - self._left

    def grant(self, size: int) -> None:
        """The other end has passed *size* bytes on."""
        self._left += size
        self._changed.set()

    async def take(self, size: int) -> None:
        """Wait until *size* bytes may be sent."""
        while self._left < size:
            self._changed.clear()
            await self._changed.wait()
        self._left -= size
