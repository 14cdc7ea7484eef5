"""
The runtime measured: starts, calls, memory. One command, some minutes: `.venv/bin/python benchmarks/runtime.py`.

The same function is called in turns in this process, in a worker behind its walls, through the whole platform,
by Flask under gunicorn, and as a cloud function of Parse Server on PostgreSQL, which is installed on demand (see
`parse_server.py`). Those over HTTP share one client, whose own time is part of what they take. What counts are the
ratios of one run.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import gateway
import msgspec
import parse_server

from openmcs.exchange import Caller, CallRules, Message
from openmcs.runtime.binding import Binding, Limits
from openmcs.runtime.group import Group
from openmcs.runtime.machine import Machine
from openmcs.runtime.pool import Pool
from openmcs.runtime.zygote import Zygote
from openmcs.testing import make_call

CODE = """
def register(service):
    service.get("/items/:id", item)
    service.get("/async/:id", item_async)


def answer(id):
    return {"id": id, "lines": [{"number": n, "text": "line"} for n in range(10)]}


def item(req):
    return answer(req.params["id"])


async def item_async(req):
    return answer(req.params["id"])
"""
FLASK = """
from flask import Flask
app = Flask(__name__)


@app.get("/items/<id>")
def item(id):
    return {"id": id, "lines": [{"number": n, "text": "line"} for n in range(10)]}
"""
ADDITIONS = ("uid", "namespaces", "cgroup")
RAML = """#%RAML 1.0
title: synapse
version: "1.0"
/items/{id}:
  get:
/async/{id}:
  get:
"""
_PARAMETERS = json.dumps({"id": "7"})
PARSE_REQUEST = (
    f"POST /parse/functions/item HTTP/1.1\r\nHost: x\r\nX-Parse-Application-Id: {parse_server.APPLICATION}\r\n"
    f"X-Parse-REST-API-Key: {parse_server.KEY}\r\nContent-Type: application/json\r\n"
    f"Content-Length: {len(_PARAMETERS)}\r\n\r\n{_PARAMETERS}"
).encode()
Ask = Callable[[], Awaitable[object]]


def binding(folder: Path, number: int) -> Binding:
    """The implementation, unpacked."""
    (folder / "api.py").write_text(CODE)
    name = f"api({number})"
    return Binding(key=name, implementation=name, api="api", api_version="1.0", directory=str(folder), main="api.py")


async def measure(ask: Ask, count: int, at_once: int) -> tuple[float, list[float]]:
    """Calls a second, and the duration of each in ms."""
    durations: list[float] = []
    left = count

    async def one() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            began = time.perf_counter()
            await ask()
            durations.append((time.perf_counter() - began) * 1000)

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(at_once)))
    return count / (time.perf_counter() - began), durations


_code: dict[str, Callable[[str], object]] = {}
exec(CODE, _code)  # the benchmark's own text


async def in_process() -> object:
    """The function itself, with the JSON."""
    return msgspec.json.encode(_code["answer"]("7"))


class Http:
    """Keep-alive connections to a server on loopback."""

    def __init__(self, port: int, request: bytes = b"GET /items/7 HTTP/1.1\r\nHost: x\r\n\r\n") -> None:
        self._port = port
        self._request = request
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self) -> None:
        """Ask for the item, on another connection when the server has closed the kept one."""
        while True:
            try:
                return await self._ask()
            except (asyncio.IncompleteReadError, ConnectionError):
                if not self._free:
                    await asyncio.sleep(0.01)

    async def _ask(self) -> None:
        reader, writer = self._free.pop() if self._free else await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(self._request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head[:20], head
        fields = head.lower().split(b"\r\n")
        length = next(int(each.split(b":")[1]) for each in fields if each.startswith(b"content-length"))
        await reader.readexactly(length)
        if b"connection: close" in fields:
            writer.close()
        else:
            self._free.append((reader, writer))


def free_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def memory_kib(pid: int) -> tuple[int, int]:
    """Proportional and private memory of a process."""
    fields = dict(
        (line.split(":")[0], int(line.split()[1]))
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    )
    return fields["Pss"], fields["Private_Dirty"] + fields["Private_Clean"]


async def starts(folder: Path, canary: Path, rounds: int) -> dict[str, list[float]]:
    """Milliseconds to a worker that takes calls, in turns: with an interpreter of its own, and forked."""
    found: dict[str, list[float]] = {"bare": [], "cold": [], "forked": [], "additions": []}
    zygote, numbered = Zygote(), Zygote(namespaces=True)
    more = Limits(additions=ADDITIONS)
    machine = Machine.open(more, 100.0)
    for number in range(rounds + 1):
        for kind, helper, limits in (
            ("cold", None, Limits()),
            ("forked", zygote, Limits()),
            ("additions", numbered, more),
        ):
            group = Group(
                binding(folder, number), limits, lambda message: None, str(canary), zygote=helper, machine=machine
            )
            began = time.perf_counter()
            await group.start()
            if number:  # the first fork waits for the zygote itself
                found[kind].append((time.perf_counter() - began) * 1000)
            await group.drain()
        began = time.perf_counter()
        subprocess.run([sys.executable, "-I", "-c", "pass"], check=True)
        found["bare"].append((time.perf_counter() - began) * 1000)
    zygote.close()
    numbered.close()
    return {kind: sorted(each) for kind, each in found.items()}


def row(name: str, *values: str) -> None:
    """One line of the table."""
    print(f"  {name:<44}" + "".join(f"{value:>16}" for value in values), flush=True)


async def calls(folder: Path, canary: Path, rounds: int) -> None:
    """The same function in each way, in turns."""
    messages: list[Message] = []
    pool = Pool(Limits(most_workers=1), messages.append, str(canary))
    await pool.apply({"api": binding(folder, 0)})

    def worker(path: str) -> Ask:
        async def ask() -> object:
            made = make_call("api", "GET", path, "", {}, b"", Caller("user", "joe"), "b", 30.0, CallRules())
            return await pool.call("api", made)

        return ask

    try:
        with contextlib.ExitStack() as ends:
            await compare(folder, worker, rounds, ends)
    finally:
        await pool.close()


FLASK_ROW = "Flask under gunicorn (1 worker, 8 threads)"
PARSE_ROW = "Parse Server, a cloud function"


async def compare(folder: Path, worker: Callable[[str], Ask], rounds: int, ends: contextlib.ExitStack) -> None:
    """Rounds in turns, and their table."""
    ways: dict[str, tuple[Ask, int]] = {
        "in this process": (in_process, 2000),
        "worker behind its walls, handler in a thread": (worker("/items/7"), 4000),
        "worker behind its walls, coroutine": (worker("/async/7"), 4000),
        "the whole platform, handler in a thread": (whole_platform(folder / "whole", "/items/7", ends).ask, 2000),
        FLASK_ROW: (flask(folder, ends).ask, 1500),
    }
    try:
        port = ends.enter_context(parse_server.running())
        ways[PARSE_ROW] = (Http(port, PARSE_REQUEST).ask, 1000)
    except parse_server.Unavailable as missing:
        print(f"\nNo comparison with Parse Server: {missing}")
    for ask, _ in ways.values():
        await until_answered(ask)
    rates: dict[tuple[str, int], list[float]] = {}
    spans: dict[tuple[str, int], list[float]] = {}
    for number in range(rounds + 1):
        for name, (ask, count) in ways.items():
            for at_once in (1, 32):
                rate, durations = await measure(ask, count, at_once)
                if number:  # the first round is for all to warm up
                    rates.setdefault((name, at_once), []).append(rate)
                    spans.setdefault((name, at_once), []).extend(durations)
    print("\nCalls (medians of", rounds, "rounds in turns)")
    row("", "1: p50 ms", "1: p99 ms", "32: calls/s", "32: × Flask", *["32: × Parse"] * (PARSE_ROW in ways))
    bases = [statistics.median(rates[(base, 32)]) for base in (FLASK_ROW, PARSE_ROW) if base in ways]
    for name in ways:
        alone = sorted(spans[(name, 1)])
        rate = statistics.median(rates[(name, 32)])
        p50, p99 = alone[len(alone) // 2], alone[int(len(alone) * 0.99)]
        row(name, f"{p50:.3f}", f"{p99:.3f}", f"{rate:,.0f}", *(f"{rate / base:.1f}" for base in bases))


def flask(folder: Path, ends: contextlib.ExitStack) -> Http:
    """The function as a route of Flask's."""
    (folder / "flask_app.py").write_text(FLASK)
    port = free_port()
    command = ["-m", "gunicorn", "-w", "1", "--threads", "8", "-b", f"127.0.0.1:{port}", "--chdir", str(folder),
               "--log-level", "error", "flask_app:app"]  # fmt: skip
    process = subprocess.Popen([sys.executable, *command])
    ends.callback(process.wait)
    ends.callback(process.send_signal, signal.SIGTERM)
    return Http(port)


def whole_platform(folder: Path, path: str, ends: contextlib.ExitStack) -> Http:
    """The function behind edge, credentials, contract and request log."""
    folder.mkdir()
    subject, _ = gateway.start_platform(folder, ends, asynchronous=False, raml=RAML, code=CODE, path=path)
    port = int(subject.url.split(":")[2].split("/")[0])
    lines = [f"GET /mobile/custom/synapse{path} HTTP/1.1", "Host: x", *subject.headers, "", ""]
    return Http(port, "\r\n".join(lines).encode())


async def until_answered(ask: Ask) -> None:
    """Wait until it is up."""
    for _ in range(300):
        try:
            await ask()
            return
        except OSError:
            await asyncio.sleep(0.1)


async def idle(folder: Path, canary: Path, count: int, zygote: Zygote | None, limits: Limits, how: str) -> None:
    """Memory of implementations that wait for calls."""
    pool = Pool(limits, lambda message: None, str(canary), None, zygote, Machine.open(limits, 100.0))
    began = time.perf_counter()
    await pool.apply({f"api{n}": binding(folder, n) for n in range(count)})
    seconds = time.perf_counter() - began
    pids = [worker.pid for group in pool._groups.values() for worker in group._workers if worker.pid]
    found = [memory_kib(pid) for pid in pids]
    total = sum(pss for pss, _ in found) / 1024
    print(f"\n{count} idle implementations, {how}")
    row("all ready after", f"{seconds:.1f} s")
    row("proportional memory, all", f"{total:,.0f} MiB")
    row("proportional memory, each", f"{total / count:.1f} MiB")
    row("private memory, each", f"{statistics.median(private for _, private in found) / 1024:.1f} MiB")
    await pool.close()
    if zygote is not None:
        zygote.close()


async def redeploys(folder: Path, canary: Path, count: int) -> None:
    """Switches from one version to the next under load."""
    zygote = Zygote()
    pool = Pool(Limits(), lambda message: None, str(canary), None, zygote)
    await pool.apply({"api": binding(folder, 0)})
    answered, failed, stop = 0, 0, asyncio.Event()

    async def ask() -> None:
        nonlocal answered, failed
        while not stop.is_set():
            made = make_call("api", "GET", "/items/7", "", {}, b"", Caller("user", "joe"), "b", 30.0, CallRules())
            try:
                await pool.call("api", made)
                answered += 1
            except Exception:
                failed += 1

    callers = [asyncio.ensure_future(ask()) for _ in range(32)]
    for number in range(1, count + 1):
        await pool.apply({"api": binding(folder, number)})
    stop.set()
    await asyncio.gather(*callers)
    print(f"\n{count} redeploys under load of 32 callers")
    row("answered", f"{answered:,}")
    row("failed", f"{failed:,}")
    await pool.close()
    zygote.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--idle", type=int, default=50)
    parser.add_argument("--redeploys", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder, canary = Path(place, "code"), Path(place, "canary")
        folder.mkdir()
        canary.write_text("secret")
        os.chmod(canary, 0o600)
        found = asyncio.run(starts(folder, canary, 20))
        bare = statistics.median(found["bare"])
        print("\nStarts")
        row("", "median", "p90", "× bare")
        for kind, name in (
            ("bare", "an interpreter that does nothing"),
            ("cold", "a worker with an interpreter of its own"),
            ("forked", "a worker that the zygote forks"),
            ("additions", "the same with all additions"),
        ):
            median = statistics.median(found[kind])
            row(name, f"{median:.0f} ms", f"{found[kind][int(len(found[kind]) * 0.9)]:.0f} ms", f"{median / bare:.2f}")
        asyncio.run(calls(folder, canary, options.rounds))
        more = Limits(additions=ADDITIONS)
        asyncio.run(idle(folder, canary, options.idle, None, Limits(), "an interpreter each"))
        asyncio.run(idle(folder, canary, options.idle, Zygote(), Limits(), "forked"))
        asyncio.run(idle(folder, canary, options.idle, Zygote(namespaces=True), more, "forked, with all additions"))
        asyncio.run(redeploys(folder, canary, options.redeploys))


if __name__ == "__main__":
    main()
