"""The worker process itself: a debugger where there are no walls, and none where there are."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from openmcs.runtime.binding import Limits
from openmcs.testing import RealWorker
from tests.ports import free_port
from tests.runtime.implementations import worker

CODE = "def register(service):\n    service.get('/', lambda req: 'ok')\n"


def listening(api: RealWorker) -> int | None:
    """The port that the log says."""
    found = re.search(r"waits for a debugger at 127\.0\.0\.1:(\d+)", "\n".join(line.text for line in api.log))
    return int(found[1]) if found else None


def test_without_walls_a_debugger_is_let_in_where_it_was_asked_for(tmp_path: Path) -> None:
    """It speaks the debug adapter protocol; the implementation answers meanwhile."""
    pytest.importorskip("debugpy")
    with worker(tmp_path, CODE, limits=Limits(isolation="none", debug_port=free_port())) as api:
        assert api.get("/").text == "ok"
        port = listening(api)
        assert port is not None
        with socket.create_connection(("127.0.0.1", port), timeout=10) as debugger:
            debugger.settimeout(10)
            assert debugger.recv(100).startswith(b"Content-Length:")


def test_behind_walls_nobody_is_let_in(tmp_path: Path) -> None:
    """Whatever the settings say."""
    with worker(tmp_path, CODE, limits=Limits(isolation="strict", debug_port=free_port())) as api:
        assert api.get("/").text == "ok"
        assert listening(api) is None
