"""
The platform's end of a relay: what a worker connects to goes to the host that was declared, and nowhere else.

The worker has an empty network in which only the platform listens (`sandbox/relay.py`). Which of those sockets
a connection came in by says which declared host and port it is for; the name is resolved then, here.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Sequence
from functools import partial

MOST_CONNECTIONS = 256
"""Of one worker at a time."""
CONNECT_SECONDS = 10.0
_PIECE = 64 * 1024
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Relay:
    """The connections of one worker."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._servers: list[asyncio.Server] = []
        self._writers: set[asyncio.StreamWriter] = set()

    async def open(self, declared: Sequence[tuple[str, int]], descriptors: Sequence[int]) -> None:
        """Accept on *descriptors*, listening sockets of the worker's network, for *declared* in the same order."""
        listeners = [socket.socket(fileno=each) for each in descriptors]
        try:
            for (host, port), listener in zip(declared, listeners, strict=True):
                listener.setblocking(False)
                serve = partial(self._serve, host, port)
                self._servers.append(await asyncio.start_server(serve, sock=listener, limit=_PIECE))
        except BaseException:
            for listener in listeners:
                listener.close()
            raise

    def close(self) -> None:
        """The worker has gone."""
        for server in self._servers:
            server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        self._servers = []

    async def _serve(self, host: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._writers) >= 2 * MOST_CONNECTIONS:
            self._say(f"{host}:{port}: {MOST_CONNECTIONS} connections are open already; close those no longer used")
            _reset(writer)
            return
        self._writers.add(writer)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                there_reader, there_writer = await asyncio.open_connection(host, port, limit=_PIECE)
        except (OSError, TimeoutError) as error:
            self._say(f"{host}:{port} cannot be reached: {error or 'it does not answer'}")
            self._writers.discard(writer)
            _reset(writer)
            return
        self._writers.add(there_writer)
        try:
            await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))
        except OSError:
            _reset(writer)
            _reset(there_writer)
        finally:
            for each in (writer, there_writer):
                self._writers.discard(each)
                each.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_PIECE):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close so that the other side sees an error, and not an answer that ended."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()
