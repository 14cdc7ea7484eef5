"""
The other gateway processes of this machine: how many calls are under way in all of them.

Each process listens on a Unix socket in one folder and answers whoever connects with its own counts, so that a call
pays nothing for it. A socket appears under its name when it is listened on; one that nobody listens on any more is
what a process that was killed has left, and goes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec

from openmcs.gateway.pending import Place
from openmcs.store.ids import new_id

ANSWER_SECONDS = 0.5
"""A process that does not answer in this time is left out."""
_SUFFIX = ".sock"
_counts = msgspec.json.Decoder(list[tuple[Place, int]])


class Siblings:
    """One process among its siblings."""

    def __init__(self, directory: Path, own: Callable[[], Mapping[Place, int]]) -> None:
        """*own*: what is under way in this process."""
        self._directory = directory
        self._own = own
        self._name = f"{new_id()}{_SUFFIX}"
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Begin to answer. Raises `OSError`."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with _short(self._directory) as folder:
                listener.bind(f"{folder}/.{self._name}")
            listener.listen(16)
            os.rename(self._directory / f".{self._name}", self._directory / self._name)
            self._server = await asyncio.start_unix_server(self._answer, sock=listener)
        except BaseException:
            listener.close()
            raise

    async def counts(self) -> dict[Place, int]:
        """What is under way in all processes."""
        total: Counter[Place] = Counter(self._own())
        others = [] if self._server is None else [each for each in self._others() if each != self._name]
        for found in await asyncio.gather(*map(self._ask, others)):
            total.update(found)
        return dict(total)

    async def close(self) -> None:
        """Answer no more."""
        if self._server is not None:
            self._server.close()
            (self._directory / self._name).unlink(missing_ok=True)
            self._server = None

    def _others(self) -> list[str]:
        try:
            return [each for each in os.listdir(self._directory) if each.endswith(_SUFFIX) and each[0] != "."]
        except OSError:
            return []

    async def _ask(self, name: str) -> dict[Place, int]:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                with _short(self._directory) as folder:
                    reader, writer = await asyncio.open_unix_connection(f"{folder}/{name}")
                try:
                    answer = await reader.read()
                finally:
                    writer.close()
            return dict(_counts.decode(answer))
        except ConnectionRefusedError:
            (self._directory / name).unlink(missing_ok=True)
        except (OSError, TimeoutError, ValueError):
            pass
        return {}

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            writer.write(msgspec.json.encode(list(self._own().items())))
            await writer.drain()
        writer.close()


@contextlib.contextmanager
def _short(directory: Path) -> Iterator[str]:
    """A path to a folder that is short enough for the address of a socket, which has 107 bytes at most."""
    descriptor = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
