"""
A Parse Server with one cloud function, for `runtime.py` to compare with: from npm, on a PostgreSQL from apt.

What is missing is installed when it is needed, npm's packages into a cache folder; where that cannot be had,
`Unavailable` says why.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "openmcs-benchmarks" / "parse-server"
APPLICATION = "bench"
KEY = "rest"

SERVER = """
const express = require("express");
const { ParseServer } = require("parse-server");
const [, , port, database, cloud] = process.argv;
const server = new ParseServer({
  databaseURI: database, cloud, appId: "bench", masterKey: "master", restAPIKey: "rest",
  serverURL: `http://127.0.0.1:${port}/parse`, silent: true, logLevel: "error", logsFolder: null,
});
server.start().then(() => {
  const app = express();
  app.use("/parse", server.app);
  app.listen(Number(port), "127.0.0.1");
}).catch((error) => { console.error(error); process.exit(1); });
"""
CLOUD = """
Parse.Cloud.define("item", (request) => ({
  id: request.params.id, lines: Array.from({ length: 10 }, (_, number) => ({ number, text: "line" })),
}));
"""


class Unavailable(Exception):
    """It cannot be had on this machine."""


@contextlib.contextmanager
def running(cache: Path = CACHE) -> Iterator[int]:
    """Start database and server; yields the server's port. Raises `Unavailable`."""
    modules = _modules(cache)
    binaries = _postgres()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as ends:
        folder = Path(name)
        database = _database(folder, binaries, ends)
        (folder / "server.js").write_text(SERVER)
        (folder / "cloud.js").write_text(CLOUD)
        port = _free_port()
        command = ["node", str(folder / "server.js"), str(port), database, str(folder / "cloud.js")]
        said = ends.enter_context((folder / "said").open("wb"))
        server = subprocess.Popen(
            command, cwd=folder, env={**os.environ, "NODE_PATH": str(modules)}, stdout=said, stderr=said
        )
        ends.callback(_end, server)
        try:
            _wait_for(port, server, "Parse Server")
        except Unavailable as missing:
            raise Unavailable(f"{missing}: {(folder / 'said').read_text()[-300:]}") from None
        yield port


def _modules(cache: Path) -> Path:
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise Unavailable("node and npm are not installed")
    if not (cache / "node_modules" / "parse-server").is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(cache), "parse-server"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=cache)
        if done.returncode:
            raise Unavailable(f"npm could not install parse-server: {done.stderr.strip()[-300:]}")
    return cache / "node_modules"


def _postgres() -> Path:
    """The folder of PostgreSQL's programs; Debian keeps them out of the path."""
    for attempt in range(2):
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if found:
            return found[-1].parent
        if (on_path := shutil.which("initdb")) is not None:
            return Path(on_path).parent
        if attempt or os.geteuid() != 0 or shutil.which("apt-get") is None:
            break
        subprocess.run(["apt-get", "install", "-y", "-q", "postgresql"], capture_output=True)
    raise Unavailable("PostgreSQL is not installed (apt-get install postgresql)")


def _database(folder: Path, binaries: Path, ends: contextlib.ExitStack) -> str:
    # PostgreSQL does not run as root; its package brings a user of its own.
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    data = folder / "database"
    data.mkdir()
    if os.geteuid() == 0:
        folder.chmod(0o755)
        shutil.chown(data, user)
    become = {"user": user} if os.geteuid() == 0 else {}
    port = _free_port()
    made = subprocess.run(
        [binaries / "initdb", "-D", data, "-A", "trust", "-U", "bench", "-E", "UTF8", "--locale", "C"],
        capture_output=True, text=True, cwd="/", **become,
    )  # fmt: skip
    if made.returncode:
        raise Unavailable(f"initdb: {made.stderr.strip()[-300:]}")
    server = subprocess.Popen(
        [binaries / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", data],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **become,
    )  # fmt: skip
    ends.callback(_end, server)
    _wait_for(port, server, "PostgreSQL")
    return f"postgres://bench@127.0.0.1:{port}/postgres"


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], name: str) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise Unavailable(f"{name} did not start")
