"""In development an undeclared destination is let through, with the line to add."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from openmcs.errors import ImplementationFailed
from openmcs.runtime.binding import Limits
from openmcs.testing import RealWorker
from tests.runtime.implementations import worker

CODE = """
    import asyncio, socket
    def register(service):
        service.get("/sync/:host/:port", lambda req: socket.create_connection(where(req), 5).close() or "connected")
        service.get("/async/:host/:port", connect)
        service.get("/udp", lambda req: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close() or "opened")
        service.get("/read", lambda req: open("/etc/passwd").read())
    def where(req):
        return req.params["host"], int(req.params["port"])
    async def connect(req):
        _, writer = await asyncio.open_connection(*where(req))
        writer.close()
        return "connected"
"""


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, int]]:
    """A declared and an undeclared port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        yield one.getsockname()[1], other.getsockname()[1]


@pytest.fixture
def api(tmp_path: Path, ports: tuple[int, int]) -> Iterator[RealWorker]:
    """A worker as in development."""
    manifest = f'[project]\nname = "api"\nversion = "1.0"\n[tool.openmcs]\nnetwork = ["127.0.0.1:{ports[0]}"]\n'
    with worker(tmp_path, {"api.py": CODE, "pyproject.toml": manifest}, limits=Limits(undeclared="warn")) as made:
        yield made


def warnings(api: RealWorker) -> list[str]:
    """What was said of undeclared destinations."""
    return [line.text for line in api.log if "is not declared" in line.text]


@pytest.mark.parametrize("way", ["sync", "async"])
def test_it_is_reached_and_the_line_is_told_once(api: RealWorker, ports: tuple[int, int], way: str) -> None:
    """The line is whole: with what is declared already, to be copied as it is."""
    for _ in range(3):
        assert api.get(f"/{way}/127.0.0.1/{ports[1]}").text == "connected"
    (said,) = warnings(api)
    assert f'network = ["127.0.0.1:{ports[0]}", "127.0.0.1:{ports[1]}"]' in said
    assert "production will refuse it" in said


def test_a_name_is_told_as_it_was_written(api: RealWorker, ports: tuple[int, int]) -> None:
    """Not as the address that it was found at."""
    assert api.get(f"/sync/localhost/{ports[1]}").text == "connected"
    assert any(f'"localhost:{ports[1]}"' in each for each in warnings(api))


def test_what_is_declared_is_no_news(api: RealWorker, ports: tuple[int, int]) -> None:
    """No line for it."""
    assert api.get(f"/sync/127.0.0.1/{ports[0]}").text == "connected"
    assert warnings(api) == []


def test_the_level_says_that_there_is_a_network_and_that_ports_are_open(api: RealWorker) -> None:
    """What is shown is what was probed; all other walls stand."""
    health = api.pool.health()[0]
    assert (health["isolation"], health["portsEnforced"], health["hostsEnforced"]) == ("strict+network", False, False)
    for path in ("/udp", "/read"):
        with pytest.raises(ImplementationFailed):
            api.get(path)
