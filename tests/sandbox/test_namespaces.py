"""Namespaces of a worker's own: tried first, left for good, and told as they are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PREAMBLE = "import os, socket\nfrom openmcs.sandbox import namespaces\n"


def run(code: str) -> list[str]:
    """The lines that *code* prints."""
    command = [sys.executable, "-I", "-c", PREAMBLE + code]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()


@pytest.fixture(scope="module", autouse=True)
def permitted() -> None:
    """Skips where the machine permits none."""
    (reason,) = run("print(namespaces.prepare(()))")
    if reason:
        pytest.skip(reason)


def test_the_network_is_an_empty_one() -> None:
    """Not even the loopback answers; what it has is another network than before."""
    code = (
        "outside = namespaces.names()\n"
        "print(namespaces.isolate((), network=False))\n"
        "print(sorted(namespaces.own(outside)))\n"
        "print(len(socket.if_nameindex()), socket.socket().connect_ex(('127.0.0.1', 1)))\n"
    )
    assert run(code) == ["", "['ipc', 'net', 'uts']", "1 101"]


def test_who_needs_the_network_keeps_it() -> None:
    """The rest is left all the same."""
    code = (
        "outside = namespaces.names()\n"
        "print(namespaces.isolate((), network=True))\n"
        "print(sorted(namespaces.own(outside)))\n"
    )
    assert run(code) == ["", "['ipc', 'uts']"]


def test_each_numbered_child_is_the_first_of_its_own() -> None:
    """Again and again from one process, which stays where it is; its parent is out of sight."""
    code = (
        "namespaces.prepare(())\n"
        "before = namespaces.names()\n"
        "for _ in range(3):\n"
        "    child = namespaces.numbered(os.fork)\n"
        "    if child == 0:\n"
        "        first = (os.getpid(), os.getppid()) == (1, 0)\n"
        "        os._exit(0 if first or namespaces.inside_user_namespace() else 1)\n"
        "    print(os.waitpid(child, 0)[1])\n"
        "print(namespaces.own(before))\n"
    )
    assert run(code) == ["0", "0", "0", "()"]


def test_what_could_not_be_read_afterwards_is_reason_to_stay(tmp_path: Path) -> None:
    """Entering is tried in a child: a folder that would be lost keeps this process where it is."""
    code = (
        "before = namespaces.names()\n"
        f"print(namespaces.isolate(({str(tmp_path / 'nothing')!r},), network=False))\n"
        "print(namespaces.own(before))\n"
    )
    said, own = run(code)
    assert "permits no namespaces (No such file or directory)" in said
    assert own == "()"
