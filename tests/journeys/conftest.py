"""The sample project as a team runs it: its own API under gunicorn on MariaDB, and a platform in front of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.mariadb import PASSWORD, MariaDB, mariadb
from tests.ports import free_port
from tests.prepare import tied
from tests.server import Server, clean_environment, eventually

ROOT = Path(__file__).parents[2]
ARTEFACTS = ROOT / "artefacts"
SAMPLE_DATABASE = "mysql+pymysql://synapse:synapse@127.0.0.1:3306/synapse"


@pytest.fixture(scope="session")
def database() -> MariaDB:
    """The MariaDB server that the team's API keeps its events in."""
    server = mariadb()
    if "synapse" not in _databases(server):
        server.create("synapse")
    return server


def _databases(server: MariaDB) -> set[str]:
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SHOW DATABASES")
        return {row[0] for row in cursor.fetchall()}


@pytest.fixture(scope="session")
def upstream(database: MariaDB, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The team's own API, Flask under gunicorn; its address as `host:port`."""
    address = f"127.0.0.1:{free_port()}"
    output = tmp_path_factory.mktemp("upstream") / "output.txt"
    with open(output, "wb") as out:
        process = subprocess.Popen(
            [
                *tied(),
                sys.executable,
                "-m",
                "gunicorn",
                "--bind",
                address,
                "--workers",
                "1",
                "--threads",
                "4",
                "events_api:app",
            ],
            cwd=ROOT / "custom_code" / "synapse" / "upstream",
            env=clean_environment(EVENTS_DATABASE=database.url("synapse"), PYTHONDONTWRITEBYTECODE="1"),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )

    def answers() -> bool:
        assert process.poll() is None, output.read_text()
        try:
            return httpx.get(f"http://{address}/event/info/all", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    try:
        eventually(answers)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def copy_sample(target: Path, upstream: str, database: MariaDB) -> Path:
    """The sample project with the addresses of this test run instead of those of a developer's machine."""
    for name in ("backends", "custom_code"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__", "*.db"))
    (target / "platform.toml").write_text('[runtime]\nlogging_level = "fine"\n', "utf-8")
    for folder in ("forward", "direct"):
        for file in (target / "custom_code" / "synapse" / folder).iterdir():
            text = file.read_text("utf-8")
            text = text.replace("127.0.0.1:5000", upstream).replace(SAMPLE_DATABASE, database.url("synapse"))
            file.write_text(text.replace("127.0.0.1:3306", f"127.0.0.1:{database.port}"), "utf-8")
    assert PASSWORD in (target / "custom_code" / "synapse" / "direct" / "synapse.py").read_text("utf-8")
    return target


@pytest.fixture(scope="session")
def project(upstream: str, database: MariaDB, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample project."""
    return copy_sample(tmp_path_factory.mktemp("synapse") / "project", upstream, database)


@pytest.fixture(scope="session")
def platform(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`openmcs serve` with the sample deployed, the user `joe`, and a second API that is associated with no backend."""
    with Server(project, tmp_path_factory.mktemp("platform") / "data") as server:
        set_up(server)
        yield server


def set_up(server: Server) -> None:
    """What the team does once: deploy the project, add a user."""
    deployed = server.openmcs("deploy", ".", "--json")
    assert deployed.code == 0, deployed.err
    added = server.openmcs("user", "add", "joe", "--role", "responder", OPENMCS_NEW_PASSWORD="Mobile1*")
    assert added.code == 0, added.err
    lonely = server.folder / "lonely.raml"
    lonely.write_text(
        "#%RAML 0.8\ntitle: Lonely\nversion: '1.0'\n/thing:\n  get:\n    responses:\n      200:\n", "utf-8"
    )
    created = server.openmcs("api", "create", lonely)
    assert created.code == 0, created.err
