"""
The console's lists with a small installation and with 10,000 of everything and 100,000 users, side by side.

    .venv/bin/python benchmarks/console.py [--rounds 7]

Rows are written straight into the tables; the servers are real ones. Each list's question is asked of both in turn:
milliseconds of the middle round and bytes of the answer. Then each page in Chromium, from the address to its rows.
Read the ratios; other work may share the machine.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from openmcs.auth import team
from openmcs.store.database import Database
from tests.console.visitor import Visitor
from tests.crowd import fill
from tests.journeys.browser import browser
from tests.server import Server

LISTS = [
    "/mobilebackends", "/mobilebackends?text=backend0000", "/mobilebackends?limit=50&offset={last}", "/apis", "/apis?text=many",
    "/users", "/users?text=doe%2001", "/users?role=role7", "/users?limit=50&offset={last}", "/realms", "/connectors",
    "/configuration", "/activity", "/trash", "/deployments",
]  # fmt: skip
PAGES = [
    "/backends",
    "/apis",
    "/users",
    "/users?tab=roles",
    "/connectors",
    "/configuration",
    "/activity",
    "/deleted",
    "/logs",
]
SMALL, LARGE = (20, 200), (10_000, 100_000)
PASSWORD = "correct horse battery"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with (
        tempfile.TemporaryDirectory() as folder,
        _installation(Path(folder) / "small", *SMALL) as small,
        _installation(Path(folder) / "large", *LARGE) as large,
    ):
        print(f"{'list':44}{'small ms':>10}{'large ms':>10}{'ratio':>8}{'small kB':>10}{'large kB':>10}")
        for path in LISTS:
            _lists(path, small, large, rounds)
        print(f"\n{'page in Chromium':44}{'small ms':>10}{'large ms':>10}{'ratio':>8}")
        with browser() as chromium, Visitor(chromium, small.url) as one, Visitor(chromium, large.url) as other:
            for visitor in (one, other):
                _sign_in(visitor)
            for path in PAGES:
                _pages(path, one, other, rounds)


def _installation(folder: Path, backends: int, users: int) -> _Started:
    """A server whose tables are filled before it starts."""
    project, data = folder / "project", folder / "data"
    project.mkdir(parents=True)
    server = Server(project, data)
    with server:
        database = Database.open(f"sqlite:///{data / 'openmcs.db'}")
        began = time.monotonic()
        fill(database, backends=backends, users=users)
        team.add_member(database, "root", PASSWORD, "administrator")
        database.close()
        print(f"{backends:,} backends, {users:,} users: written in {time.monotonic() - began:.1f} s", flush=True)
    began = time.monotonic()
    server.start()
    print(f"  started with them in {time.monotonic() - began:.1f} s", flush=True)
    return _Started(server)


class _Started:
    """A server that runs already, to be stopped at the end of a block."""

    def __init__(self, server: Server) -> None:
        self.server, self.url = server, server.url

    def __enter__(self) -> _Started:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()


def _lists(path: str, small: _Started, large: _Started, rounds: int) -> None:
    sizes: list[int] = []

    def ask(one: _Started, last: int) -> Callable[[], None]:
        def run() -> None:
            answer = one.server.tools("GET", path.format(last=last))
            assert answer.is_success, answer.text
            sizes.append(len(answer.content))

        return run

    of_users = path.startswith("/users")
    times = _in_turn(ask(small, max(0, SMALL[of_users] - 50)), ask(large, LARGE[of_users] - 50), rounds)
    print(f"{path:44}{_columns(times)}{sizes[-2] / 1000:>10.1f}{sizes[-1] / 1000:>10.1f}", flush=True)


def _pages(path: str, small: Visitor, large: Visitor, rounds: int) -> None:
    def see(visitor: Visitor) -> Callable[[], None]:
        def run() -> None:
            visitor.page.goto("about:blank")
            visitor.page.goto(f"{visitor.url}/console{path}")
            visitor.page.locator("main h1").first.wait_for()
            if path != "/logs":
                visitor.page.locator("main table tbody tr").first.wait_for()

        return run

    print(f"{path:44}{_columns(_in_turn(see(small), see(large), rounds))}", flush=True)


def _in_turn(one: Callable[[], None], other: Callable[[], None], rounds: int) -> tuple[float, float]:
    """Milliseconds of the middle round of each; the first is not counted."""
    found: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for run, times in zip((one, other), found, strict=True):
            began = time.perf_counter()
            run()
            if number:
                times.append((time.perf_counter() - began) * 1000)
    return statistics.median(found[0]), statistics.median(found[1])


def _columns(times: tuple[float, float]) -> str:
    return f"{times[0]:>10.1f}{times[1]:>10.1f}{times[1] / times[0]:>7.1f}×"


def _sign_in(visitor: Visitor) -> None:
    visitor.page.goto(f"{visitor.url}/console/")
    visitor.page.get_by_test_id("signin-name").fill("root")
    visitor.page.get_by_test_id("signin-password").fill(PASSWORD)
    visitor.page.get_by_test_id("signin-submit").click()
    visitor.see("Home")


if __name__ == "__main__":
    main()
