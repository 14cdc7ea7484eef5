"""
What the tests need of the machine beside Python: MariaDB, and Chromium with fonts.

`make test` runs this file before the tests.
What is missing is installed by apt-get where that is allowed (as root); otherwise it says so, and the tests
that need it are skipped with the same reason, which under `CI=true` is a failure (`tests/conftest.py`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
_POLICY = Path("/usr/sbin/policy-rc.d")
NEEDS = "needs "
"""How the reason of every skip of this kind begins."""


class Need(NamedTuple):
    """Something that a group of tests cannot do without."""

    name: str
    packages: tuple[str, ...]
    """Of Debian."""
    present: Callable[[], bool]


def program(*names: str) -> str | None:
    """The first of *names* that is installed."""
    return next((found for each in names if (found := shutil.which(each, path=_PATH))), None)


def tied() -> list[str]:
    """What stands before a command that is to end with this test run, however that ends."""
    return [setpriv, "--pdeathsig", "TERM"] if (setpriv := shutil.which("setpriv")) else []


def chromium() -> str | None:
    """Where Chromium is."""
    return program("chromium", "chromium-browser", "google-chrome")


def _fonts() -> bool:
    folder = Path("/usr/share/fonts")
    return any(each.suffix in {".ttf", ".otf", ".ttc"} for each in folder.rglob("*")) if folder.is_dir() else False


MARIADB = Need("MariaDB", ("mariadb-server",), lambda: bool(program("mariadbd") and program("mariadb-install-db")))
CHROMIUM = Need("Chromium", ("chromium", "fonts-liberation"), lambda: chromium() is not None and _fonts())
ALL = (MARIADB, CHROMIUM)


def require(need: Need) -> None:
    """Skip the test that asks when *need* is not there; under `CI=true`, fail it."""
    if need.present():
        return
    reason = f"{NEEDS}{need.name}: `make test` as root installs it (apt-get install {' '.join(need.packages)})"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; under CI=true nothing is skipped")
    pytest.skip(reason)


def main() -> int:
    """Install what is missing, and say what there is. Nothing missing is no error: the tests say what they skip."""
    missing = [need for need in ALL if not need.present()]
    failure = _install([package for need in missing for package in need.packages]) if missing else ""
    for need in ALL:
        there = need.present()
        state = (
            ("installed" if need in missing else "ready") if there else f"missing, its tests are skipped ({failure})"
        )
        print(f"{need.name}: {state}", flush=True)
    return 1 if os.environ.get("CI") == "true" and not all(need.present() for need in ALL) else 0


def _install(packages: list[str]) -> str:
    """Install *packages*; returns why that was not possible, or nothing."""
    apt = shutil.which("apt-get")
    if apt is None:
        return "there is no apt-get here"
    if os.geteuid() != 0:
        return "only root may install it"
    print(f"Installing {' '.join(packages)} …", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with _no_services():
        for command in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", *packages]):
            done = subprocess.run([apt, *command], env=environment, capture_output=True, text=True, check=False)
            if done.returncode:
                return f"apt-get {command[0]} failed: {done.stderr.strip()[-500:]}"
    return ""


@contextmanager
def _no_services() -> Iterator[None]:
    """Packages would start servers of their own; a policy script that says no keeps them from that."""
    ours = not _POLICY.exists()
    if ours:
        _POLICY.write_text("#!/bin/sh\nexit 101\n")
        _POLICY.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            _POLICY.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
