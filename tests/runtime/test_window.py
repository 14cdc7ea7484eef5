"""How far one end may send ahead."""

from __future__ import annotations

import asyncio

from openmcs.runtime import protocol as wire
from openmcs.runtime.window import Window


def test_who_has_sent_a_window_waits_for_credit() -> None:
    """And goes on when as much was passed on as it wants to send."""

    async def test() -> None:
        window = Window()
        await window.take(wire.WINDOW - 10)
        assert window.ahead == wire.WINDOW - 10
        waiting = asyncio.ensure_future(window.take(30))
        window.grant(10)
        await asyncio.sleep(0)
        assert not waiting.done()
        window.grant(10)
        await waiting
        assert window.ahead == wire.WINDOW

    asyncio.run(test())
