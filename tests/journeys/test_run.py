"""What `make run` starts: the repository's own project under `openmcs dev`, as somebody new to it meets it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.journeys.conftest import ROOT
from tests.ports import free_port
from tests.server import Server, alive, descendants

SAMPLE = ("backends", "custom_code", "platform.toml")


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """The repository's project folder, with the upstream on a free port."""
    folder = tmp_path / "project"
    folder.mkdir()
    address = f"127.0.0.1:{free_port()}"
    for name in SAMPLE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.db"))
        else:
            shutil.copy(source, folder / name)
    for file in (folder / "platform.toml", *(folder / "custom_code" / "synapse" / "forward").iterdir()):
        text = file.read_text("utf-8")
        assert "127.0.0.1:5000" in text, file
        file.write_text(text.replace("127.0.0.1:5000", address), "utf-8")
    return folder


def test_it_prints_what_is_needed_and_all_of_it_works(sample: Path, tmp_path: Path) -> None:
    """The pasted curl line answers the events, joe may call, the link signs in once; the end leaves no process."""
    with Server(sample, tmp_path / "data", verb="dev") as running:
        assert running.process is not None
        output = running.output
        assert f"{running.url}/console/" in output
        assert "synapse 1.0" in output and "Backend id" in output and "Anonymous key" in output

        curl = re.search(r"^ *(curl .*)$", output, re.MULTILINE)
        assert curl, output
        done = subprocess.run(["sh", "-c", f"{curl[1]} --silent --fail"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert len(json.loads(done.stdout)["data"]) == 5

        joe = running.openmcs(
            "call", "synapse", "GET", "synapse/event/info/1", "--as", "joe", OPENMCS_PASSWORD="Mobile1*"
        )
        assert (joe.code, joe.json["data"]["name"]) == (0, "River flood"), joe.err

        link = re.search(r"#link=(\S+)", output)
        assert link
        session = f"{running.url}/mobile/tools/1.0/session"
        statuses = [httpx.post(session, json={"link": link[1]}, trust_env=False).status_code for _ in range(2)]
        assert statuses == [201, 401]

        everyone = descendants(running.process.pid)
        assert len(everyone) >= 4, "gateway, worker, gunicorn and its worker"
        assert running.stop() == 0
        assert alive(everyone) == set()


def test_a_companion_that_does_not_start_stops_the_start(sample: Path, tmp_path: Path) -> None:
    """Exit code 2 and its name; no process is left behind."""
    file = sample / "platform.toml"
    file.write_text(file.read_text("utf-8").replace('"gunicorn", ', '"absent_program", '), "utf-8")
    server = Server(sample, tmp_path / "data", verb="dev")
    server.launch()
    assert server.process is not None
    try:
        assert server.process.wait(120) == 2
    finally:
        server.stop()
    assert "dev.companions: events API ended" in server.output
    assert not (tmp_path / "data" / "credentials.json").exists()
