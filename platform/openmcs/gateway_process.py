"""
One gateway process: `python -m openmcs.gateway_process FD`, with its settings as JSON on stdin.

FD is the listening socket, which the supervisor opened: a gateway that is replaced loses no connection
that waits to be accepted.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType

import msgspec
import uvicorn

from openmcs import logs
from openmcs.app import Platform, create_app
from openmcs.edge.connection import hardened
from openmcs.settings import Settings

_PR_SET_PDEATHSIG = 1
COLLECTOR = (20_000, 20, 20)
"""Python's thresholds: calls under way are many young objects, and nearly none of them is part of a cycle."""


def main() -> None:
    """Serve until told to stop."""
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(0)
    settings = msgspec.json.decode(sys.stdin.buffer.read(), type=Settings)
    logs.set_up(settings.log.format)
    listener = socket.socket(fileno=int(sys.argv[1]))
    platform = create_app(settings)
    Server(configuration(settings, platform), platform.stopping).run(sockets=[listener])


class Server(uvicorn.Server):
    """Says that it was told to stop, before it begins to wait for what is still being answered."""

    def __init__(self, config: uvicorn.Config, stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._stopping = stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve; what the start has made stays, so the collector need not look at it again and again."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECTOR)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal came."""
        self._stopping()
        super().handle_exit(sig, frame)


def configuration(settings: Settings, platform: Platform | None = None) -> uvicorn.Config:
    """The HTTP server and the application in it."""
    server = settings.server
    return uvicorn.Config(
        platform or create_app(settings),
        http=hardened(server.header_limit, server.idle_seconds, server.max_connections),
        ws="none",
        loop="uvloop",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        proxy_headers=bool(server.trusted_proxies),
        forwarded_allow_ips=list(server.trusted_proxies),
        timeout_keep_alive=75,
        timeout_graceful_shutdown=int(settings.runtime.drain_seconds),
    )


if __name__ == "__main__":
    main()
