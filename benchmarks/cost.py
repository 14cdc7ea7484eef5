"""
Where the time of a call goes: microseconds of CPU a call, by process, and within the gateway by module and function.

CPU time is what the machine spent on the platform's processes while so many calls were answered, so the figures hold
on a busy machine, where calls a second do not. The gateway is sampled every few milliseconds of its CPU time by a
timer of its own; what the event loop spends in system calls counts for the function that runs next.

    python benchmarks/cost.py [--seconds 5] [--rounds 3] [--functions 30] [--sync] [--against ../main/.venv/bin/python]
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import gateway

SAMPLER = """
import sys
if "openmcs.gateway_process" in sys.orig_argv:
    import collections, json, signal

    found = collections.Counter()

    def sample(number, frame):
        own = called = None
        while frame is not None:
            code = frame.f_code
            if called is None:
                called = code.co_qualname
            if "/openmcs/" in code.co_filename or "/uvicorn/" in code.co_filename:
                own = code.co_filename.rpartition("/site-packages/")[2].rpartition("/platform/")[2], code.co_qualname
                break
            frame = frame.f_back
        found[own or ("the event loop", called)] += 1

    def switch(number, frame):
        if signal.getitimer(signal.ITIMER_PROF)[1]:
            signal.setitimer(signal.ITIMER_PROF, 0)
            with open({out!r}, "w") as file:
                json.dump([[*key, count] for key, count in found.items()], file)
        else:
            signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)

    signal.signal(signal.SIGPROF, sample)
    signal.signal(signal.SIGUSR2, switch)
"""
TICK = os.sysconf("SC_CLK_TCK")


def processes(pid: int) -> Iterator[int]:
    """The process and all below it."""
    yield pid
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from processes(int(child))


def role(pid: int) -> str:
    """What the process is there for."""
    command = Path(f"/proc/{pid}/cmdline").read_text()
    if "gateway_process" in command:
        return "gateway"
    return "worker" if "zygote" in command or "worker" in command else "supervisor, loader"


def cpu(root: int) -> collections.Counter[str]:
    """Microseconds of CPU so far, by role."""
    spent: collections.Counter[str] = collections.Counter()
    for pid in processes(root):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            spent[role(pid)] += (int(fields[11]) + int(fields[12])) * 1_000_000 // TICK
    return spent


def load(subject: gateway.Subject, seconds: int) -> int:
    """Call for so long; how many calls were answered."""
    command = ["wrk", "-t1", f"-c{gateway.CONNECTIONS}", f"-d{seconds}s", *gateway.fields(subject), subject.url]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    counted = re.search(r"(\d+) requests in", out)
    assert counted and "Non-2xx" not in out, out
    return int(counted.group(1))


def main() -> None:
    """Start the platform, load it, and say what it spent."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    arguments.add_argument("--seconds", type=int, default=5)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--functions", type=int, default=30, help="how many of the gateway's are shown")
    arguments.add_argument("--sync", action="store_true", help="the handler is a plain function, run in a thread")
    arguments.add_argument("--against", metavar="PYTHON", help="another checkout's interpreter, measured in turns")
    options = arguments.parse_args()
    pythons = {"here": sys.executable, **({"against": options.against} if options.against else {})}
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as running:
        out = Path(name, "samples.json")
        Path(name, "sitecustomize.py").write_text(SAMPLER.format(out=str(out)))
        subjects: dict[str, tuple[gateway.Subject, int]] = {}
        for label, python in pythons.items():
            folder = Path(name, label)
            folder.mkdir()
            subjects[label] = gateway.start_platform(
                folder, running, asynchronous=not options.sync, python=python, PYTHONPATH=name
            )
        spent = measure(subjects, options.rounds, options.seconds)
        for label, roles in spent.items():
            told = ", ".join(f"{each} {used:.0f}" for each, used in roles.items())
            print(f"CPU of a call, µs, {label}: {told}; all {sum(roles.values()):.0f}")
        if options.functions:
            subject, root = subjects["here"]
            sampled = next(pid for pid in processes(root) if role(pid) == "gateway")
            os.kill(sampled, signal.SIGUSR2)
            load(subject, options.seconds * 2)
            os.kill(sampled, signal.SIGUSR2)
            time.sleep(1)
            report(json.loads(out.read_text()), spent["here"]["gateway"], options.functions)


def measure(subjects: dict[str, tuple[gateway.Subject, int]], rounds: int, seconds: int) -> dict[str, dict[str, float]]:
    """Microseconds a call by role: medians of rounds in turns."""
    found: dict[str, list[dict[str, float]]] = {label: [] for label in subjects}
    for number in range(rounds + 1):
        for label, (subject, root) in subjects.items():
            before = cpu(root)
            count = load(subject, seconds)
            time.sleep(0.5)  # what the loader still has to do belongs to it
            after = cpu(root)
            if number:
                found[label].append({each: (after[each] - before[each]) / count for each in after})
    return {
        label: {each: statistics.median(one[each] for one in measured) for each in measured[0]}
        for label, measured in found.items()
    }


def report(samples: list[tuple[str, str, int]], whole: float, most: int) -> None:
    """The gateway's share by module, and its dearest functions."""
    total = sum(count for _, _, count in samples)
    modules: collections.Counter[str] = collections.Counter()
    for module, _, count in samples:
        modules[module] += count
    print(f"\nthe gateway, µs ({total} samples)")
    for module, count in modules.most_common():
        if count * 200 > total:
            print(f"  {count / total * whole:7.1f}  {module}")
    print()
    for module, function, count in sorted(samples, key=lambda each: -each[2])[:most]:
        print(f"  {count / total * whole:7.1f}  {module}: {function}")


if __name__ == "__main__":
    main()
