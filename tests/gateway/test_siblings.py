"""Calls under way in all gateway processes of a machine."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from openmcs.gateway import siblings
from openmcs.gateway.pending import Place
from openmcs.gateway.siblings import Siblings
from tests.server import Server, openmcs

A: Place = ("shop", "1.0", "events", "1.0", "GET", "/a")
B: Place = ("shop", "1.0", "events", "1.0", "GET", "/b")
CODE = """
import asyncio

def register(service):
    service.get("/greeting", greeting)

async def greeting(req):
    await asyncio.sleep(600)
"""


def test_counts_are_those_of_all_processes(tmp_path: Path) -> None:
    """Added up by endpoint; one that has ended counts no more, and one alone counts its own."""

    async def run() -> None:
        first, second, third = (Siblings(tmp_path, lambda own=own: own) for own in ({A: 1}, {A: 2, B: 3}, {}))
        assert await first.counts() == {A: 1}
        for each in (first, second, third):
            await each.start()
        for each in (first, second, third):
            assert await each.counts() == {A: 3, B: 3}
        await second.close()
        assert await third.counts() == {A: 1}
        await first.close()
        await third.close()
        assert os.listdir(tmp_path) == []

    asyncio.run(run())


def test_a_process_that_was_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    """What it has left is taken away by the next one that asks, and is no mistake."""
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "dead.sock"))
        dead.listen()

    async def run() -> None:
        living = Siblings(tmp_path, lambda: {A: 1})
        await living.start()
        assert await living.counts() == {A: 1}
        assert not (tmp_path / "dead.sock").exists()
        await living.close()

    asyncio.run(run())


def test_a_process_that_does_not_answer_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is one that answers something else."""
    monkeypatch.setattr(siblings, "ANSWER_SECONDS", 0.05)

    async def run() -> None:
        living = Siblings(tmp_path, lambda: {A: 1})
        await living.start()
        nonsense = await asyncio.start_unix_server(lambda _, out: (out.write(b"[1"), out.close()), tmp_path / "n.sock")
        assert await living.counts() == {A: 1}
        assert (tmp_path / "silent.sock").exists()
        nonsense.close()
        await living.close()

    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "silent.sock"))
        silent.listen()
        asyncio.run(run())


def test_folders_may_have_long_names(tmp_path: Path) -> None:
    """The address of a socket has 107 bytes at most; a data folder may lie deeper."""
    deep = tmp_path / ("deep" * 30) / ("er" * 50)

    async def run() -> None:
        pair = Siblings(deep, lambda: {A: 1}), Siblings(deep, lambda: {B: 1})
        for each in pair:
            await each.start()
        assert await pair[0].counts() == {A: 1, B: 1}
        for each in pair:
            await each.close()

    asyncio.run(run())


@contextlib.contextmanager
def _waiting(server: Server, count: int) -> Iterator[None]:
    """So many calls that nobody answers, each over a connection of its own."""
    keys = server.backend("shop")
    head = (
        "GET /mobile/custom/shop/greeting HTTP/1.1\r\nHost: localhost\r\n"
        f"Oracle-Mobile-Backend-ID: {keys['backendId']}\r\nAuthorization: Basic {keys['anonymousKey']}\r\n\r\n"
    )
    with contextlib.ExitStack() as connections:
        for _ in range(count):
            connection = connections.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            connection.sendall(head.encode())
        yield


def test_whichever_process_is_asked_knows_of_all_calls(tmp_path: Path) -> None:
    """With two gateway processes every answer of the traffic light counts the calls of both."""
    folder = tmp_path / "shop"
    assert openmcs("init", folder).code == 0
    (folder / "custom_code" / "shop" / "shop.py").write_text(CODE, "utf-8")

    def asked(server: Server) -> int:
        with httpx.Client(base_url=server.url, trust_env=False, timeout=60) as http:
            headers = {"Authorization": f"Bearer {server.token}"}
            tiles = http.get("/mobile/tools/1.0/health", headers=headers).json()["tiles"]
        return int(tiles["pending"])

    with Server(folder, tmp_path / "data", environment={"OPENMCS_SERVER__PROCESSES": "2"}) as server:
        deployed = server.openmcs("deploy", ".")
        assert deployed.code == 0, deployed.err
        with _waiting(server, 10):
            server.until(lambda: [asked(server) for _ in range(8)] == [10] * 8)
        server.until(lambda: asked(server) == 0)
