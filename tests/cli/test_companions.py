"""Processes that `openmcs dev` starts and ends with the platform."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest

from openmcs.cli.companions import Companions
from openmcs.errors import ConfigurationError
from openmcs.settings import Companion
from tests.ports import free_port
from tests.server import alive, descendants, eventually

PARENT = (
    "import subprocess, sys, socket, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "open(sys.argv[1], 'w').write(str(child.pid))\n"
    "listener = socket.create_server(('127.0.0.1', int(sys.argv[2])))\n"
    "time.sleep(600)\n"
)


def test_a_companion_is_ready_when_it_listens_and_ends_with_its_children(tmp_path: Path) -> None:
    """Placeholders are filled in; nothing of it is left."""
    port = free_port()
    (tmp_path / "beside").mkdir()
    companion = Companion(
        name="beside",
        command=["{python}", "-c", PARENT, "{data}/child", str(port)],
        directory="beside",
        environment={"WHERE": "{project}"},
        ready=f"127.0.0.1:{port}",
    )
    companions = Companions([companion], tmp_path, tmp_path)
    try:
        companions.start()
        socket.create_connection(("127.0.0.1", port)).close()
        child = int((tmp_path / "child").read_text("utf-8"))
        [process] = companions._processes
        environment = Path(f"/proc/{process.pid}/environ").read_bytes()
        assert f"WHERE={tmp_path}".encode() in environment.split(b"\0")
        assert Path(f"/proc/{process.pid}/cwd").resolve() == tmp_path / "beside"
        assert child in descendants(process.pid)
    finally:
        companions.stop()
    eventually(lambda: not alive({child, process.pid}))


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["/nowhere/program"], "wrong does not start"),
        (["{python}", "-c", "raise SystemExit(7)"], "wrong ended with status 7"),
    ],
)
def test_one_that_does_not_come_up_is_named(tmp_path: Path, command: list[str], message: str) -> None:
    """With what is known of its end."""
    companion = Companion(name="wrong", command=command, ready=f"127.0.0.1:{free_port()}")
    companions = Companions([companion], tmp_path, tmp_path)
    try:
        with pytest.raises(ConfigurationError, match=message):
            companions.start()
    finally:
        companions.stop()


def test_one_that_ends_later_is_told_once(tmp_path: Path) -> None:
    """With its status, at the next look and never again."""
    companion = Companion(name="brief", command=["{python}", "-c", "raise SystemExit(3)"])
    companions = Companions([companion], tmp_path, tmp_path)
    companions.start()
    try:
        assert eventually(companions.ended) == ["brief ended with status 3; its output is above"]
        assert companions.ended() == []
    finally:
        companions.stop()


def test_one_that_ignores_the_end_is_killed(tmp_path: Path) -> None:
    """After five seconds."""
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    )
    companions = Companions([Companion(name="deaf", command=["{python}", "-c", code])], tmp_path, tmp_path)
    companions.start()
    [process] = companions._processes
    eventually(lambda: b"\0-c\0" in Path(f"/proc/{process.pid}/cmdline").read_bytes())
    companions.stop()
    assert process.returncode in (-9, -15)
    assert isinstance(process, subprocess.Popen)
