"""
What the platform's path costs, against what others would do, measured side by side in one run.

    bare       an ASGI function under uvicorn that answers the same bytes
    starlette  a JSON route
    flask      the sample's own API under gunicorn, called directly
    platform   Basic auth, RAML match, sandboxed worker, request log on

Rounds alternate, so that noise of the machine falls on all alike; ratios are of the medians.

    python benchmarks/gateway.py [--seconds 3] [--rounds 5] [--json]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx

ROOT = Path(__file__).parent.parent
CONNECTIONS = 32
TARGETS = {"throughput of a bare ASGI function": 0.45, "throughput of Flask": 4.0, "added p50, ms": 0.4}

SERVERS = """
import json
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

DATA = json.load(open({data!r}))
BODY = json.dumps(DATA, separators=(",", ":")).encode()
HEAD = {{"type": "http.response.start", "status": 200, "headers": [
    (b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]}}

async def bare(scope, receive, send):
    await send(HEAD)
    await send({{"type": "http.response.body", "body": BODY}})

async def events(request):
    return JSONResponse(DATA)

starlette = Starlette(routes=[Route("/event/info/all", events)])
"""

FLASK = """
import json
from flask import Flask
from flask_restful import Api, Resource

DATA = json.load(open({data!r}))

class Events(Resource):
    def get(self):
        return DATA

app = Flask(__name__)
Api(app).add_resource(Events, "/event/info/all")
"""

IMPLEMENTATION = """
import json
DATA = json.loads({text!r})

def register(service):
    service.get("/event/info/all", events)

{function} events(req):
    return DATA
"""


class Result(NamedTuple):
    """One round."""

    per_second: float
    p50_ms: float
    p99_ms: float


class Subject(NamedTuple):
    """Something that answers."""

    name: str
    url: str
    headers: tuple[str, ...] = ()


def wrk(subject: Subject, connections: int, seconds: int) -> Result:
    """Load *subject*; every answer has to be a 2xx."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", *fields(subject), subject.url]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        raise SystemExit(f"{subject.name} failed under load:\n{out}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", out)
    p50, p99 = (re.search(rf"\s{percent}%\s+([\d.]+)(us|ms|s)", out) for percent in (50, 99))
    assert rate and p50 and p99
    return Result(float(rate.group(1)), _ms(p50), _ms(p99))


def fields(subject: Subject) -> list[str]:
    """The header fields of a call, as options of wrk and curl."""
    return [part for each in subject.headers for part in ("-H", each)]


def _ms(found: re.Match[str]) -> float:
    return float(found.group(1)) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found.group(2)]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def process(command: list[str], url: str, cwd: Path, **environment: str) -> Iterator[int]:
    """Run a server until the block ends; yields its process id."""
    started = subprocess.Popen(command, cwd=cwd, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 120
        while True:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(url, timeout=2).status_code < 500:
                    break
            if started.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"{command[2:4]} did not start")
            time.sleep(0.1)
        yield started.pid
    finally:
        started.terminate()
        started.wait(20)


def write_project(folder: Path, text: str, *, asynchronous: bool, raml: str = "", code: str = "") -> None:
    """The sample's contract, answered from memory, as a project; or another contract and its code."""
    api = folder / "custom_code" / "synapse"
    api.mkdir(parents=True)
    (folder / "backends").mkdir()
    shutil.copy(ROOT / "backends" / "synapse.toml", folder / "backends")
    shutil.copy(ROOT / "custom_code" / "synapse" / "synapse.raml", api)
    (api / "api.toml").write_text('name = "synapse"\nversion = "1.0"\nraml = "synapse.raml"\n')
    (api / "pyproject.toml").write_text(
        '[project]\nname = "synapse"\nversion = "1.0"\n[tool.openmcs]\nmain = "synapse.py"\n'
    )
    function = "async def" if asynchronous else "def"
    (api / "synapse.py").write_text(code or IMPLEMENTATION.format(text=text, function=function))
    if raml:
        (api / "synapse.raml").write_text(raml)


def main() -> None:
    """Measure and say."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    arguments.add_argument("--seconds", type=int, default=3)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--sync", action="store_true", help="the handler is a plain function, run in a thread")
    arguments.add_argument("--json", action="store_true")
    options = arguments.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is needed: apt-get install wrk")
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as running:
        subjects = start(Path(name), running, asynchronous=not options.sync)
        loaded, single = measure(subjects, options.rounds, options.seconds)
    report(loaded, single, as_json=options.json)


def start(folder: Path, running: contextlib.ExitStack, *, asynchronous: bool) -> list[Subject]:
    """Start all subjects; they stay up together, and one at a time is loaded."""
    data = folder / "data.json"
    data.write_text(answer())
    (folder / "servers.py").write_text(SERVERS.format(data=str(data)))
    (folder / "team.py").write_text(FLASK.format(data=str(data)))
    ports = [free_port() for _ in range(3)]
    uvicorn = [sys.executable, "-m", "uvicorn", "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    urls = [f"http://127.0.0.1:{port}/event/info/all" for port in ports]
    quiet = ["--log-level", "warning"]
    running.enter_context(process([*uvicorn, *quiet, "--port", str(ports[0]), "servers:bare"], urls[0], folder))
    running.enter_context(process([*uvicorn, *quiet, "--port", str(ports[1]), "servers:starlette"], urls[1], folder))
    gunicorn = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{ports[2]}", *quiet, "team:app"]
    running.enter_context(process(gunicorn, urls[2], folder))
    platform, _ = start_platform(folder, running, asynchronous=asynchronous)
    names = ("bare", "starlette", "flask")
    return [*(Subject(name, url) for name, url in zip(names, urls, strict=False)), platform]


def answer() -> str:
    """What all subjects answer."""
    event = {"id": 1, "name": "River flood", "category": "flood", "severity": 3, "latitude": 46.95, "longitude": 7.45}
    return json.dumps({"data": [{**event, "id": number} for number in range(5)]})


def start_platform(
    folder: Path,
    running: contextlib.ExitStack,
    *,
    asynchronous: bool,
    raml: str = "",
    code: str = "",
    path: str = "/event/info/all",
    python: str = sys.executable,
    **environment: str,
) -> tuple[Subject, int]:
    """Serve the project in *folder*; returns what to call and the id of the process above all others."""
    project = folder / "project"
    write_project(project, answer(), asynchronous=asynchronous, raml=raml, code=code)
    port = free_port()
    command = [python, "-m", "openmcs", "dev", str(project), "--port", str(port)]
    environment = {"OPENMCS_DATA": str(folder / "data"), **environment}
    pid = running.enter_context(process(command, f"http://127.0.0.1:{port}/readyz", folder, **environment))
    subject = Subject(
        "platform",
        f"http://127.0.0.1:{port}/mobile/custom/synapse{path}",
        ("Oracle-Mobile-Backend-ID: 5f0c2c1e-9d5b-4a53-8f0d-2d5a3c1b7e64", "Authorization: Basic am9lOk1vYmlsZTEq"),
    )
    wait_for(subject)
    return subject, pid


def wait_for(subject: Subject) -> None:
    """Until the project is applied."""
    headers = dict(each.split(": ", 1) for each in subject.headers)
    until = time.monotonic() + 30
    while httpx.get(subject.url, headers=headers).status_code != 200:
        if time.monotonic() > until:
            raise SystemExit("the platform does not serve the project")
        time.sleep(0.1)


def measure(
    subjects: list[Subject], rounds: int, seconds: int
) -> tuple[dict[str, list[Result]], dict[str, list[Result]]]:
    """Alternating rounds: all with many connections, then all with one."""
    loaded: dict[str, list[Result]] = {each.name: [] for each in subjects}
    single: dict[str, list[Result]] = {each.name: [] for each in subjects}
    for subject in subjects:
        wrk(subject, CONNECTIONS, 1)
    for number in range(rounds):
        for subject in subjects:
            loaded[subject.name].append(wrk(subject, CONNECTIONS, seconds))
            single[subject.name].append(wrk(subject, 1, max(1, seconds // 2)))
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return loaded, single


def report(loaded: dict[str, list[Result]], single: dict[str, list[Result]], *, as_json: bool) -> None:
    """Medians, and the ratios that have targets."""
    rate = {name: statistics.median(each.per_second for each in rounds) for name, rounds in loaded.items()}
    p50 = {name: statistics.median(each.p50_ms for each in rounds) for name, rounds in single.items()}
    reached = {
        "throughput of a bare ASGI function": rate["platform"] / rate["bare"],
        "throughput of Flask": rate["platform"] / rate["flask"],
        "added p50, ms": p50["platform"] - p50["bare"],
    }
    if as_json:
        print(json.dumps({"perSecond": rate, "p50Ms": p50, "reached": reached, "targets": TARGETS}, indent=2))
        return
    print(f"\n{'':<12}{'calls/s':>12}{'of bare':>10}{'p50 ms':>10}   ({CONNECTIONS} connections; p50 with one)")
    for name in loaded:
        print(f"{name:<12}{rate[name]:>12.0f}{rate[name] / rate['bare']:>10.2f}{p50[name]:>10.3f}")
    print()
    for name, value in reached.items():
        good = value <= TARGETS[name] if name.startswith("added") else value >= TARGETS[name]
        print(f"{'✓' if good else '✗'} {name}: {value:.2f} (target {TARGETS[name]})")


if __name__ == "__main__":
    main()
