"""A worker that nobody finds well any more ends by itself, and cannot help it."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from openmcs.sandbox import lease

ENDED = (-signal.SIGKILL, -signal.SIGXCPU, signal.SIGXCPU)
BUSY = "print(flush=True)\nwhile True: pass"
WALLED = (
    "import os, resource, signal\n"
    "from openmcs import sandbox\n"
    "sandbox.enclose(sandbox.Walls(read=sandbox.interpreter_directories()))\n"
    "refused = 0\n"
    "for act in (\n"
    "    lambda: signal.signal(signal.SIGXCPU, signal.SIG_IGN),\n"
    "    lambda: resource.setrlimit(resource.RLIMIT_CPU, (1000, resource.RLIM_INFINITY)),\n"
    "    lambda: resource.prlimit(os.getpid(), resource.RLIMIT_CPU, (1000, 1000)),\n"
    "):\n"
    "    try: act()\n"
    "    except (OSError, ValueError): refused += 1\n"
    "print(refused, flush=True)\n"
    "while True: pass\n"
)


@pytest.fixture
def children() -> Iterator[list[subprocess.Popen[str]]]:
    """Children that are ended whatever happens."""
    started: list[subprocess.Popen[str]] = []
    yield started
    for each in started:
        each.kill()
        each.communicate()


def start(children: list[subprocess.Popen[str]], code: str) -> subprocess.Popen[str]:
    """A child that runs *code* and has said its first line."""
    child = subprocess.Popen([sys.executable, "-I", "-c", code], stdout=subprocess.PIPE, text=True)
    children.append(child)
    return child


def test_a_busy_process_ends_when_its_lease_is_not_renewed(children: list[subprocess.Popen[str]]) -> None:
    """The kernel ends it: nobody has to be there."""
    child = start(children, BUSY)
    assert child.stdout is not None and child.stdout.readline()
    assert lease.grant(child.pid, 0.2)
    assert child.wait(60) in ENDED


def test_a_renewed_lease_goes_on(children: list[subprocess.Popen[str]]) -> None:
    """Each grant counts from what has been used by then, in either direction."""
    child = start(children, BUSY)
    assert child.stdout is not None and child.stdout.readline()
    used = lease.used(child.pid)
    for seconds in (1000.0, 50.0, 2000.0):
        assert lease.grant(child.pid, seconds)
        soft, _ = resource.prlimit(child.pid, resource.RLIMIT_CPU)
        assert used + seconds <= soft < used + seconds + 60
    assert child.poll() is None


def test_an_idle_process_uses_none_of_it(children: list[subprocess.Popen[str]]) -> None:
    """It is processor time that is leased, not time."""
    child = start(children, "import time\nprint(flush=True)\ntime.sleep(60)")
    assert child.stdout is not None and child.stdout.readline()
    assert lease.used(child.pid) < 5
    assert lease.grant(child.pid, 0.2)
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(1.5)


def test_behind_the_walls_it_cannot_be_helped(children: list[subprocess.Popen[str]]) -> None:
    """Neither the limit nor the signal can be changed by who is under it."""
    child = start(children, WALLED)
    assert child.stdout is not None and child.stdout.readline() == "3\n"
    assert lease.grant(child.pid, 0.2)
    assert child.wait(60) in ENDED


def test_the_first_process_of_a_namespace_is_no_exception(children: list[subprocess.Popen[str]]) -> None:
    """The kernel spares it what signals do by default; a lease ends it all the same."""
    code = (
        "import os, sys\n"
        "from openmcs import sandbox\n"
        "from openmcs.sandbox import namespaces\n"
        "if namespaces.prepare(()): print('none'); sys.exit()\n"
        "if child := namespaces.numbered(os.fork): print(child, flush=True); os.waitpid(child, 0); sys.exit()\n"
        "sandbox.enclose(sandbox.Walls(read=sandbox.interpreter_directories()))\n"
        "while True: pass\n"
    )
    child = start(children, code)
    assert child.stdout is not None
    said = child.stdout.readline().strip()
    if said == "none":
        pytest.skip("no namespaces here")
    assert lease.grant(int(said), 0.2)
    assert child.wait(60) == 0


def test_a_process_that_is_gone_gets_none() -> None:
    """That is no error: it is told to the platform by another way."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert not lease.grant(child.pid, 10)
    assert lease.used(os.getpid()) > 0
