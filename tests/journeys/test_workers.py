"""The workers of an implementation in two gateway processes: seen from either, and restarted in both without a failed call."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server import Server, eventually, openmcs


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Server]:
    """A project folder that is deployed to a platform with two gateway processes."""
    folder = tmp_path / "shop"
    assert openmcs("init", folder).code == 0
    with Server(folder, tmp_path / "data", environment={"OPENMCS_SERVER__PROCESSES": "2"}) as server:
        deployed = server.openmcs("deploy", ".")
        assert deployed.code == 0, deployed.err
        yield server


def pids(server: Server) -> set[int]:
    """The workers that take calls, of all gateway processes that say something."""
    rows: list[dict[str, Any]] = server.tools("GET", "/workers").json()["items"]
    return {each["pid"] for row in rows for each in row["workers"] if not each["leaving"]}


def test_a_restart_reaches_every_gateway_process(pair: Server) -> None:
    """Both are listed with one worker each; after a restart both have another one, and no call failed meanwhile."""
    before = eventually(lambda: found if len(found := pids(pair)) == 2 else None)
    listed = pair.openmcs("implementation", "status", "shop")
    assert all(str(pid) in listed.out for pid in before)
    stop = threading.Event()
    failed: list[str] = []
    answered: list[int] = []
    backend = pair.backend("shop")
    headers = {
        "Oracle-Mobile-Backend-ID": backend["backendId"],
        "Authorization": f"Basic {backend['anonymousKey']}",
    }

    def ask() -> None:
        while not stop.is_set():
            # A connection of its own each time: either gateway process may take it.
            call = httpx.get(f"{pair.url}/mobile/custom/shop/greeting", headers=headers, timeout=30)
            answered.append(call.status_code)
            if call.status_code != 200:
                failed.append(call.text)

    asking = [threading.Thread(target=ask) for _ in range(2)]
    for each in asking:
        each.start()
    restarted = pair.openmcs("implementation", "restart", "shop", "--json")
    assert restarted.code == 0, restarted.err
    assert json.loads(restarted.out)["restartedAt"]
    after = eventually(lambda: found if len(found := pids(pair)) == 2 and not found & before else None)
    stop.set()
    for each in asking:
        each.join()
    assert failed == []
    assert answered
    assert after.isdisjoint(before)
