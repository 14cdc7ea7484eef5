"""
A private MariaDB server for the tests: on a free port of the loopback, in a temporary folder.

It is started once, by the first test that needs it, and stopped when the test run ends.
Where the server is not installed, the tests that need it are skipped with the reason (`tests/prepare.py`).
"""

from __future__ import annotations

import atexit
import functools
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pymysql

from tests.ports import free_port
from tests.prepare import MARIADB, program, require, tied

PASSWORD = secrets.token_hex(8)


class MariaDB:
    """A running server; `url(database)` is what the platform is given."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path, port: int) -> None:
        self.process = process
        self.folder = folder
        self.port = port

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database of this server."""
        return f"mysql+pymysql://openmcs:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """Make an empty database; returns its URL."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE `{database}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        return self.url(database)

    def drop(self, database: str) -> None:
        """Drop a database."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS `{database}`")

    def connect(self) -> pymysql.connections.Connection[pymysql.cursors.Cursor]:
        """A connection with all rights."""
        return pymysql.connect(host="127.0.0.1", port=self.port, user="openmcs", password=PASSWORD, autocommit=True)

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def mariadb() -> MariaDB:
    """The server of this test run; skips the test (or fails it under `CI=true`) when there can be none."""
    require(MARIADB)
    return _shared()


@functools.cache
def _shared() -> MariaDB:
    server = start()
    atexit.register(server.stop)
    return server


def start(port: int | None = None) -> MariaDB:
    """Start a server in a new temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix="openmcs-mariadb-"))
    user = ["--user=root"] if os.geteuid() == 0 else []
    data = folder / "data"
    port = port or free_port()
    install = [
        str(program("mariadb-install-db")), "--no-defaults", *user, f"--datadir={data}", "--skip-test-db",
        "--auth-root-authentication-method=normal", "--innodb-log-file-size=8M",
    ]  # fmt: skip
    done = subprocess.run(install, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"mariadb-install-db failed: {(done.stdout + done.stderr).decode(errors='replace')[-2000:]}")
    first = folder / "first.sql"
    first.write_text(
        f"CREATE USER openmcs@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
        "GRANT ALL ON *.* TO openmcs@'127.0.0.1' WITH GRANT OPTION;\n"
    )
    command = [
        *tied(), str(program("mariadbd")), "--no-defaults", *user, f"--datadir={data}", f"--port={port}",
        "--bind-address=127.0.0.1", f"--socket={folder / 's'}", f"--pid-file={folder / 'pid'}",
        f"--init-file={first}", "--skip-name-resolve", "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=8M",
        "--key-buffer-size=1M", "--performance-schema=OFF", "--max-connections=100", "--skip-log-bin",
        # Speed is worth more than durability here.
        "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0",
    ]  # fmt: skip
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    server = MariaDB(process, folder, port)
    _await(server)
    return server


def _await(server: MariaDB) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            server.connect().close()
            return
        except pymysql.err.OperationalError as error:
            if server.process.poll() is not None or time.monotonic() > deadline:
                text = (server.folder / "log").read_text(errors="replace")[-2000:]
                server.stop()
                raise RuntimeError(f"MariaDB did not start: {text}") from error
            time.sleep(0.1)
