"""The process tree: it starts, stops on a signal, replaces what dies, leaves no orphan, and loses no record of a call."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from openmcs.errors import ConfigurationError
from openmcs.host import Host, write_private
from openmcs.settings import Server as ServerSettings
from openmcs.settings import Settings
from tests.callers import Calls
from tests.ports import free_port
from tests.server import Server, alive, descendants, eventually, openmcs

CODE = """
import time

def register(service):
    service.get("/greeting", lambda req: {"greeting": "Hello"})
    service.get("/slow", slow)

def slow(req):
    time.sleep(2)
    return {"slow": True}
"""


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Server]:
    """A platform with a worker, which a test may do to what it likes."""
    folder = tmp_path / "shop"
    assert openmcs("init", folder).code == 0
    api = folder / "custom_code" / "shop"
    (api / "shop.py").write_text(CODE, "utf-8")
    raml = (api / "shop.raml").read_text("utf-8")
    (api / "shop.raml").write_text(f"{raml}/slow:\n  get:\n    responses:\n      200:\n", "utf-8")
    with Server(folder, tmp_path / "data") as server:
        deployed = server.openmcs("deploy", ".")
        assert deployed.code == 0, deployed.err
        try:
            yield server
        finally:
            if server.process is not None:
                for pid in alive(descendants(server.process.pid)):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)


def gateway_of(server: Server) -> int:
    """The pid of the (only) gateway process."""
    assert server.process is not None
    found = [
        pid
        for pid in alive(descendants(server.process.pid))
        if b"openmcs.gateway_process" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    assert len(found) == 1
    return found[0]


def logged(server: Server) -> set[str]:
    """The ECIDs of all requests in the log."""
    found: set[str] = set()
    while True:
        page = server.tools("GET", "/requests", params={"limit": 1000, "offset": len(found)}).json()
        found |= {each["ecid"] for each in page["items"]}
        if not page["hasMore"]:
            return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(tree: Server, number: signal.Signals) -> None:
    """Exit code 0; calls that are being answered are answered; no process, no credentials file is left."""
    assert tree.process is not None
    pids = descendants(tree.process.pid)
    assert len(pids) >= 2, "a gateway and a worker"
    calls = Calls(tree)
    answers: list[httpx.Response] = []
    slow = threading.Thread(
        target=lambda: answers.append(
            httpx.get(f"{calls.url}/slow", headers=calls.headers, trust_env=False, timeout=30)
        )
    )
    slow.start()
    eventually(lambda: tree.http.get("/readyz").json()["workers"]["inService"] == 1)
    time.sleep(0.5)  # until the slow call is in the worker; if it is not, the test proves less and fails not
    assert tree.stop(number) == 0
    slow.join()
    assert [each.status_code for each in answers] == [200]
    assert alive(pids) == set()
    assert not (tree.data / "credentials.json").exists()
    assert "Traceback" not in tree.output


def test_a_gateway_that_is_killed_is_replaced_and_nothing_answered_is_missing(tree: Server) -> None:
    """`kill -9` in the middle of calls, three times: another one answers, and the log has every call that was answered."""
    with Calls(tree, threads=4) as calls:
        for _ in range(3):
            calls.until(50)
            killed = gateway_of(tree)
            os.kill(killed, signal.SIGKILL)
            eventually(lambda killed=killed: killed not in alive({killed}) and tree.status("/readyz") == 200)  # type: ignore[misc]
            assert gateway_of(tree) != killed
        calls.until(50)
    assert "a gateway process ended and is replaced" in tree.output
    eventually(lambda: calls.answered <= logged(tree))


def test_all_of_it_killed_at_once_loses_nothing_that_was_answered(tree: Server) -> None:
    """`kill -9` of every process in the middle of calls; after the next start the log has each call once."""
    assert tree.process is not None
    with Calls(tree, threads=4) as calls:
        calls.until(200)
        everyone = {tree.process.pid, *descendants(tree.process.pid)}
        for pid in everyone:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    tree.process.wait()
    eventually(lambda: not alive(everyone))
    tree.start()
    assert calls.answered
    eventually(lambda: calls.answered <= logged(tree))
    total = tree.tools("GET", "/requests", params={"limit": 1}).json()["totalResults"]
    assert total == len(logged(tree)), "a call is in the log twice"


def test_a_supervisor_that_is_killed_leaves_no_orphan(tree: Server) -> None:
    """`kill -9` of the supervisor ends gateway and workers with it, and the port is free for the next start."""
    assert tree.process is not None
    pids = descendants(tree.process.pid)
    assert pids
    tree.process.kill()
    tree.process.wait()
    eventually(lambda: not alive(pids))
    tree.start()
    keys = Calls(tree)
    answer = httpx.get(f"{keys.url}/greeting", headers=keys.headers, trust_env=False, timeout=30)
    assert answer.json() == {"greeting": "Hello"}


def test_a_worker_that_is_killed_is_replaced(tree: Server) -> None:
    """The next calls are answered by another one."""
    calls = Calls(tree)
    gateway = gateway_of(tree)
    worker = eventually(lambda: alive(descendants(gateway)))
    for pid in worker:
        os.kill(pid, signal.SIGKILL)

    def answered() -> bool:
        answer = httpx.get(f"{calls.url}/greeting", headers=calls.headers, trust_env=False, timeout=30)
        return answer.status_code == 200

    eventually(answered)
    assert gateway_of(tree) == gateway


# ── the parts ────────────────────────────────────────────────────────────────────────────────────────


def settings(data: Path, port: int | None = None) -> Settings:
    """Settings for a platform of this machine."""
    return Settings(server=ServerSettings(port=port or free_port()), data=str(data))


def test_prepare_makes_a_private_data_folder(tmp_path: Path) -> None:
    """Nobody else can look into it; the database has its schema; the canary is there for the workers' self-test."""
    host = Host(settings(tmp_path / "deep" / "data"))
    host.prepare()
    data = tmp_path / "deep" / "data"
    try:
        assert data.stat().st_mode & 0o777 == 0o700
        assert (data / "canary").stat().st_mode & 0o777 == 0o600
        assert (data / "openmcs.db").is_file()
    finally:
        host.stop()
        assert host.wait() == 0


def test_prepare_refuses_a_folder_that_is_a_file(tmp_path: Path) -> None:
    """The message names the folder."""
    (tmp_path / "data").write_text("in the way", "utf-8")
    with pytest.raises(ConfigurationError, match="data"):
        Host(settings(tmp_path / "data")).prepare()


def test_prepare_refuses_a_port_that_is_taken(tmp_path: Path) -> None:
    """The message names address and setting, and no database is made for a platform that cannot start."""
    first = Host(settings(tmp_path / "one"))
    first.prepare()
    try:
        port = first._settings.server.port
        with pytest.raises(ConfigurationError, match=f"server.port: 127.0.0.1:{port}"):
            Host(settings(tmp_path / "two", port)).prepare()
        assert not (tmp_path / "two" / "openmcs.db").exists()
    finally:
        first.stop()
        first.wait()


def test_a_private_file_is_private_from_its_first_byte(tmp_path: Path) -> None:
    """Also one that was readable before."""
    file = tmp_path / "secret"
    file.write_text("old and longer", "utf-8")
    file.chmod(0o644)
    write_private(file, "new")
    assert file.read_text("utf-8") == "new"
    assert file.stat().st_mode & 0o777 == 0o600
