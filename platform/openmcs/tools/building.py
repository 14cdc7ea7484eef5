"""A build told while it goes on: its log line by line as server-sent events, and how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import structlog
from fastapi.responses import StreamingResponse

from openmcs.catalog.deployments import Report
from openmcs.errors import PlatformError
from openmcs.errors import document as error_document
from openmcs.tools.events import event, stream

log = structlog.get_logger()

EVENTS = "text/event-stream"
QUIET_SECONDS = 15.0
"""After so long without a line a comment says that the build goes on."""

_Said = tuple[str, Mapping[str, Any]]


def told(build: Callable[[Report], Awaitable[dict[str, Any]]], path: str, ecid: str) -> StreamingResponse:
    """
    The events of *build*: `line` for what it reports, then `done` or `refused` with a document.

    The build goes on when whoever listens goes away: a half-made upload helps nobody.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[_Said] = asyncio.Queue()

    def report(line: str) -> None:
        loop.call_soon_threadsafe(queue.put_nowait, ("line", {"text": line}))

    async def run() -> None:
        try:
            ended = ("done", await build(report))
        except PlatformError as error:
            ended = ("refused", error_document(error, path, ecid))
        except Exception:
            log.exception("a build failed", path=path, ecid=ecid)
            ended = (
                "refused",
                error_document(PlatformError("The build failed; the platform's log says why."), path, ecid),
            )
        # Behind the lines that other threads have put on their way.
        loop.call_soon(queue.put_nowait, ended)

    task = loop.create_task(run())
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)
    return stream(_events(queue))


_under_way: set[asyncio.Task[None]] = set()
"""The loop itself keeps no task alive."""


async def _events(queue: asyncio.Queue[_Said]) -> AsyncIterator[str]:
    name = ""
    while name not in ("done", "refused"):
        try:
            name, document = await asyncio.wait_for(queue.get(), QUIET_SECONDS)
        except TimeoutError:
            name, document = "ping", {}
        yield event(name, document)
