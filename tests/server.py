"""A platform of its own for a group of tests: `openmcs serve` or `openmcs dev` as a process, data in a temporary folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, TypeVar

import httpx

from tests.ports import free_port
from tests.prepare import tied

START_SECONDS = 90.0
"""Generous: other work may share the machine. No test depends on how long anything takes."""

T = TypeVar("T")


class Done(NamedTuple):
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, parsed."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """What it printed, one JSON value a line."""
        return [json.loads(line) for line in self.out.splitlines()]


def clean_environment(**more: str) -> dict[str, str]:
    """This environment without what would steer the platform or its command line."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENMCS_")}
    return {**kept, "NO_COLOR": "1", **more}


def openmcs(*arguments: str | Path, environment: Mapping[str, str] | None = None, folder: Path | None = None) -> Done:
    """Run a command to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "openmcs", *map(str, arguments)],
        env=clean_environment(**(environment or {})),
        cwd=folder,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def eventually(look: Callable[[], T], *, seconds: float = 30.0, every: float = 0.05) -> T:
    """What *look* finds, as soon as it is true; fails with what it found last."""
    until = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < until, f"waited {seconds:g} s for it; at last it was {found!r}"
        time.sleep(every)


class Server:
    """
    A running platform.

    *folder* is the project folder, *data* the data folder; the output of the process goes to `output` there.
    """

    def __init__(self, folder: Path, data: Path, verb: str = "serve", environment: Mapping[str, str] | None = None):
        self.folder = folder
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._verb = verb
        self._environment = dict(environment or {})
        self.process: subprocess.Popen[bytes] | None = None
        self._http: httpx.Client | None = None

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # ── the process ──────────────────────────────────────────────────────────────────────────────

    @property
    def output_file(self) -> Path:
        """Where stdout and stderr go."""
        return self.data.parent / f"{self.data.name}-output.txt"

    @property
    def output(self) -> str:
        """What it has said up to now."""
        return self.output_file.read_text("utf-8", "replace")

    def launch(self) -> None:
        """Start the process and wait for nothing."""
        self.data.parent.mkdir(parents=True, exist_ok=True)
        command = [*tied(), sys.executable, "-m", "openmcs", self._verb, str(self.folder), "--port", str(self.port)]
        with open(self.output_file, "ab") as out:
            self.process = subprocess.Popen(
                [*command, "--data", str(self.data)],
                env=clean_environment(**self._environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                # A group of its own, as a shell gives to a command.
                start_new_session=True,
            )

    def start(self) -> None:
        """Start it and wait until it is ready; `dev` has then applied its project."""
        self.launch()
        self.until_ready()
        if self._verb == "dev":
            self.until(lambda: "Sign in once" in self.output)

    def until_ready(self) -> None:
        """Wait for `/readyz`."""
        self.until(lambda: self.status("/readyz") == 200)

    def until(self, look: Callable[[], T]) -> T:
        """`eventually`, unless the process ends before."""

        def alive() -> T:
            found = look()
            assert found or self.process is None or self.process.poll() is None, f"it ended:\n{self.output[-4000:]}"
            return found

        return eventually(alive, seconds=START_SECONDS)

    def status(self, path: str) -> int | None:
        """The status of a GET, or None when nobody answers."""
        try:
            return httpx.get(f"{self.url}{path}", timeout=5, trust_env=False).status_code
        except httpx.TransportError:
            return None

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it and return its exit code."""
        if self._http is not None:
            self._http.close()
            self._http = None
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(60)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()

    # ── the ways in ──────────────────────────────────────────────────────────────────────────────

    def openmcs(self, *arguments: str | Path, **environment: str) -> Done:
        """The command line, as it is used beside the data folder."""
        return openmcs(*arguments, environment={"OPENMCS_DATA": str(self.data), **environment}, folder=self.folder)

    @property
    def token(self) -> str:
        """The team token that the process left in its data folder."""
        return str(json.loads((self.data / "credentials.json").read_text("utf-8"))["token"])

    @property
    def http(self) -> httpx.Client:
        """A client without credentials."""
        if self._http is None:
            self._http = httpx.Client(base_url=self.url, timeout=60, trust_env=False)
        return self._http

    def tools(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A call of the tools API with the team token."""
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return self.http.request(method, f"/mobile/tools/1.0{path}", headers=headers, **options)

    def backend(self, name: str) -> dict[str, Any]:
        """A mobile backend with its keys."""
        done = self.openmcs("backend", "show", name, "--json")
        assert done.code == 0, done.err
        found: dict[str, Any] = done.json
        return found


def descendants(pid: int) -> set[int]:
    """The processes below *pid*, now."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.update(below)
        waiting += below
    return found


def alive(pids: set[int]) -> set[int]:
    """Those of *pids* that run still; what has ended and waits for its parent does not."""
    running = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state not in "ZX":
            running.add(pid)
    return running
