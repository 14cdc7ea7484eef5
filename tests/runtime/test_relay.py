"""
A relay: ordinary clients reach what is declared, and an undeclared host at a declared port is refused.

The clients are those that implementations use: the standard library's (which requests is made of), httpx in
both ways, asyncio's streams, PyMySQL and SQLAlchemy.
"""

from __future__ import annotations

import asyncio
import http.server
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest

from openmcs.errors import ImplementationFailed
from openmcs.runtime.binding import Limits
from openmcs.runtime.relay import MOST_CONNECTIONS
from tests.mariadb import PASSWORD, mariadb
from tests.ports import free_port
from tests.runtime.implementations import ADDITIONS, Serving, binding, until

PACKAGES = str(Path(pymysql.__file__).parents[1])
CODE = """
    import asyncio, json, socket, ssl, urllib.request

    def register(service):
        service.get("/urllib/:host/:port", lambda req: urllib.request.urlopen(url(req), timeout=10).read())
        service.get("/httpx/:host/:port", with_httpx)
        service.get("/httpx-async/:host/:port", with_httpx_async)
        service.get("/streams/:host/:port", with_streams)
        service.get("/many/:host/:port", many)
        service.get("/large/:host/:port", large)
        service.get("/connect/:host/:port", lambda req: socket.create_connection(where(req), 10).close() or "connected")
        service.get("/half/:host/:port", half)
        service.get("/pymysql/:port/:password", with_pymysql)
        service.get("/sqlalchemy/:port/:password", with_sqlalchemy)

    def where(req):
        return req.params["host"], int(req.params["port"])

    def url(req, path=""):
        return f"http://{req.params['host']}:{req.params['port']}/{path}"

    def with_httpx(req):
        import httpx
        return httpx.get(url(req), timeout=10).text

    async def with_httpx_async(req):
        import httpx
        async with httpx.AsyncClient(timeout=10) as client:
            found = await asyncio.gather(*(client.get(url(req)) for _ in range(20)))
        return found[-1].text

    async def with_streams(req):
        reader, writer = await asyncio.open_connection(*where(req))
        writer.write(b"GET / HTTP/1.0\\r\\n\\r\\n")
        found = await reader.read()
        writer.close()
        return found.rpartition(b"\\r\\n\\r\\n")[2]

    def many(req):
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(8) as threads:
            return len([each for each in threads.map(lambda n: urllib.request.urlopen(url(req), timeout=10).read(), range(40))])

    def large(req):
        sent = bytes(5 * 2 ** 20)
        return str(len(urllib.request.urlopen(urllib.request.Request(url(req), sent), timeout=30).read()))

    def half(req):
        with socket.create_connection(where(req), 10) as channel:
            return channel.recv(10)

    def connected(req):
        import pymysql
        return pymysql.connect(host="127.0.0.1", port=int(req.params["port"]), user="openmcs", password=req.params["password"])

    def with_pymysql(req):
        with connected(req) as connection, connection.cursor() as cursor:
            cursor.execute("select 6 * 7")
            return str(cursor.fetchone()[0])

    def with_sqlalchemy(req):
        import sqlalchemy
        engine = sqlalchemy.create_engine(f"mysql+pymysql://openmcs:{req.params['password']}@localhost:{req.params['port']}/")
        with engine.connect() as connection:
            return str(connection.execute(sqlalchemy.text("select 6 * 7")).scalar())
"""


class Upstream(http.server.BaseHTTPRequestHandler):
    """Answers hello, and what it was sent."""

    def do_GET(self) -> None:
        self._answer(b"hello")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["content-length"])))

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def upstream() -> Iterator[int]:
    """The port of an HTTP server on all addresses of the loopback."""
    server = http.server.ThreadingHTTPServer(("0.0.0.0", 0), Upstream)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def scenario(folder: Path, network: list[str], test: Callable[[Serving], Awaitable[None]], **limits: Any) -> None:
    """Run *test* against a worker that declares *network*; skips where there are no namespaces."""

    async def run() -> None:
        served = Serving(folder.with_name(folder.name + "-canary"), Limits(**{"additions": ADDITIONS, **limits}))
        try:
            bound = binding(folder, CODE, packages=(PACKAGES,), network=tuple(network))
            await served.pool.apply({"api": bound})
            assert not served.pool.failures, served.pool.failures
            missing = served.pool.health()[0]["missing"]
            if "namespaces" in missing:
                pytest.skip(missing["namespaces"])
            await test(served)
        finally:
            await served.pool.close()
            if served.zygote is not None:
                served.zygote.close()

    asyncio.run(asyncio.wait_for(run(), 120))


@pytest.mark.parametrize("client", ["urllib", "httpx", "httpx-async", "streams"])
def test_ordinary_clients_reach_what_is_declared(tmp_path: Path, upstream: int, client: str) -> None:
    """By name and by address, on threads and on the event loop."""

    async def test(served: Serving) -> None:
        for host in ("localhost", "127.0.0.1"):
            assert await served.get(f"/{client}/{host}/{upstream}") == b"hello"

    scenario(tmp_path, [f"localhost:{upstream}", f"127.0.0.1:{upstream}"], test)


def test_many_at_once_and_much_at_once(tmp_path: Path, upstream: int) -> None:
    """Threads with connections of their own, and bodies far larger than a buffer, in both directions."""

    async def test(served: Serving) -> None:
        assert await served.get(f"/many/localhost/{upstream}") == b"40"
        assert await served.get(f"/large/localhost/{upstream}") == str(5 * 2**20).encode()

    scenario(tmp_path, [f"localhost:{upstream}"], test)


@pytest.mark.mariadb
def test_databases_are_reached(tmp_path: Path) -> None:
    """PyMySQL and SQLAlchemy, whose server speaks first."""
    server = mariadb()

    async def test(served: Serving) -> None:
        assert await served.get(f"/pymysql/{server.port}/{PASSWORD}") == b"42"
        assert await served.get(f"/sqlalchemy/{server.port}/{PASSWORD}") == b"42"

    scenario(tmp_path, [f"127.0.0.1:{server.port}", f"localhost:{server.port}"], test)


def test_another_host_at_a_declared_port_is_refused_and_the_line_to_add_is_told(tmp_path: Path, upstream: int) -> None:
    """It would be reached without the relay: the server listens there too."""
    socket.create_connection(("127.0.0.2", upstream), 5).close()

    async def test(served: Serving) -> None:
        health = served.pool.health()[0]
        assert (health["isolation"], health["hostsEnforced"], health["portsEnforced"]) == ("strict+network", True, True)
        with pytest.raises(ImplementationFailed):
            await served.get(f"/connect/127.0.0.2/{upstream}")
        assert "ConnectionRefusedError" in served.texts()
        assert f'network = ["127.0.0.2:{upstream}"]' in served.texts()

    scenario(tmp_path, [f"127.0.0.1:{upstream}"], test)


def test_without_namespaces_the_host_is_reached_and_that_is_told(tmp_path: Path, upstream: int) -> None:
    """Ports alone are enforced then; the report says so."""

    async def test(served: Serving) -> None:
        assert served.pool.health()[0]["hostsEnforced"] is False
        assert await served.get(f"/connect/127.0.0.2/{upstream}") == b"connected"

    scenario(tmp_path, [f"127.0.0.1:{upstream}"], test, additions=())


def test_a_host_that_does_not_answer_is_an_error_of_the_connection(tmp_path: Path) -> None:
    """The worker's connection is reset, and the log says what the platform was told."""
    port = free_port()

    async def test(served: Serving) -> None:
        with pytest.raises(ImplementationFailed):
            await served.get(f"/half/127.0.0.1/{port}")
        assert f"127.0.0.1:{port} cannot be reached" in served.texts()
        assert "ConnectionResetError" in served.texts()

    scenario(tmp_path, [f"127.0.0.1:{port}"], test)


def test_connections_end_with_the_worker(tmp_path: Path) -> None:
    """Nothing goes on listening, or stays open, for one that has gone."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        async def test(served: Serving) -> None:
            waiting = asyncio.ensure_future(served.get(f"/half/127.0.0.1/{port}"))
            server.setblocking(False)
            accepted, _ = await asyncio.get_running_loop().sock_accept(server)
            worker = served.group()._workers[0]
            await until(lambda: len(worker._relay._writers) == 2)
            worker.kill()
            await asyncio.gather(waiting, return_exceptions=True)
            with accepted:
                await until(lambda: not worker._relay._writers)
                accepted.settimeout(10)
                try:
                    assert accepted.recv(1) == b""
                except ConnectionResetError:
                    pass

        scenario(tmp_path, [f"127.0.0.1:{port}"], test)


def test_connections_are_bounded() -> None:
    """Far above what a worker's descriptors allow."""
    assert MOST_CONNECTIONS >= 256
