"""What uploaded code finds when it is brought in: its own modules last, and the hosts that it declared."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest

from openmcs.testing import RealWorker
from tests.ports import free_port
from tests.runtime.implementations import write

CODE = """
    import json, sys, urllib.request

    def register(service):
        service.get("/path", lambda req: {"json": json.__file__, "last": sys.path[-1], "main": sorted(sys.modules)})
        service.get("/ask/:port", lambda req: ask("127.0.0.1", req.params["port"]))
        service.get("/ask-name/:port", lambda req: ask("localhost", req.params["port"]))
        service.get("/ask-other", lambda req: ask("other.example.com", "443"))

    def ask(host, port):
        with urllib.request.urlopen(f"http://{host}:{port}/", timeout=5) as answer:
            return answer.read().decode()
"""


class Answers(http.server.BaseHTTPRequestHandler):
    """A server that the code declares."""

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Its port."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[RealWorker]:
    """An implementation that declared that server, by name and by address."""
    manifest = f'[project]\nname = "api"\nversion = "1.0"\n[tool.openmcs]\nnetwork = ["127.0.0.1:{port}", "localhost:{port}"]\n'
    files = {"api.py": CODE, "json.py": "raise RuntimeError('shadowed')\n", "pyproject.toml": manifest}
    with RealWorker(write(tmp_path_factory.mktemp("loader"), files)) as running:
        yield running


def test_an_uploaded_module_shadows_nothing_of_pythons(api: RealWorker) -> None:
    """The archive comes last on the search path."""
    told = api.get("/path").json()
    assert told["last"] == str(api._folder)
    assert not told["json"].startswith(str(api._folder))


@pytest.mark.parametrize("path", ["/ask", "/ask-name"])
def test_a_declared_host_is_reached_by_address_and_by_name(api: RealWorker, port: int, path: str) -> None:
    assert api.get(f"{path}/{port}").text == "hello"


def test_the_level_that_is_shown_says_that_there_is_a_network(api: RealWorker) -> None:
    assert api.pool.health()[0]["isolation"] == "strict+network"


def test_an_undeclared_host_is_refused_with_the_line_to_add(api: RealWorker) -> None:
    """In the log, where its author looks."""
    with pytest.raises(Exception, match="failed"):
        api.get("/ask-other")
    assert 'network = ["other.example.com:443"]' in api.log[-1].text


def test_an_undeclared_port_is_refused_with_the_line_to_add(api: RealWorker) -> None:
    """Where the kernel enforces ports; elsewhere nobody listens there."""
    other = free_port()
    with pytest.raises(Exception, match="failed"):
        api.get(f"/ask/{other}")
    if api.pool.health()[0]["portsEnforced"]:
        assert f'network = ["127.0.0.1:{other}"]' in api.log[-1].text
