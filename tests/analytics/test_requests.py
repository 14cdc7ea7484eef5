"""`GET /requests`."""

from __future__ import annotations

from pathlib import Path

import pytest

from openmcs.analytics import rows
from openmcs.analytics.call_tree import CallTree
from openmcs.analytics.requests import Requests
from openmcs.errors import RequestInvalid
from openmcs.gateway.accept import new_ecid
from openmcs.store.clock import now_us
from openmcs.store.compaction import Compactor
from openmcs.store.database import Database
from openmcs.store.log_reader import LogReader
from tests.store.records import load, message, request

KEYS = [
    "time", "ecid", "rid", "backend", "backendVersion", "api", "apiVersion", "resource", "method", "path", "status",
    "durationMs", "workerMs", "bytesIn", "bytesOut", "callerKind", "user", "applicationKey", "clientSdk", "deviceId",
    "sessionId", "clientTime", "implementation", "errorCode", "errorDetail", "traceId", "messages", "worst",
]  # fmt: skip


def test_a_request_is_shown_with_its_messages_counted(database: Database, log: LogReader, tmp_path: Path) -> None:
    """In the shape of docs/tools-api.md: milliseconds, ISO times, the number of lines and the worst level."""
    load(
        database, tmp_path, request(0, worker_us=1200), message(0), message(0, level=900), message(0, level=500),
        request(1),
    )  # fmt: skip
    answer = Requests().ask(log)
    quiet, loud = answer["items"]
    assert list(loud) == KEYS
    assert (loud["time"], loud["durationMs"], loud["workerMs"]) == ("1970-01-01T00:00:01.000Z", 1.5, 1.2)
    assert (loud["messages"], loud["worst"]) == (3, "warning")
    assert (quiet["messages"], quiet["worst"], quiet["workerMs"]) == (0, None, None)
    assert {key: answer[key] for key in ("count", "limit", "offset", "totalResults", "hasMore")} == {
        "count": 2, "limit": 50, "offset": 0, "totalResults": 2, "hasMore": False,
    }  # fmt: skip


def test_the_cursor_follows_the_log(database: Database, log: LogReader, tmp_path: Path) -> None:
    """Page by page, each request comes once, oldest first, and then none until there is a new one."""
    load(database, tmp_path, request(0))
    cursor = Requests.parse({}).ask(log)["cursor"]
    assert Requests.parse({"after": cursor}).ask(log)["items"] == []
    load(database, tmp_path, *(request(number) for number in range(1, 6)))
    seen = []
    for _ in range(4):
        answer = Requests.parse({"after": cursor, "limit": "2"}).ask(log)
        seen.append([item["ecid"] for item in answer["items"]])
        cursor = answer["cursor"]
    assert seen == [["e1", "e2"], ["e3", "e4"], ["e5"], []]


def test_parameters_become_filters(database: Database, log: LogReader, tmp_path: Path) -> None:
    """As in the address of the console's page."""
    now = now_us()
    load(
        database, tmp_path, request(0, time=now, status=503, method="POST", duration_us=250_500), request(1, time=now),
        request(2, time=now - 7200 * 1_000_000), request(3, time=now, api="tools"),
        request(4, time=now, method="OPTIONS", caller_kind="preflight"),
    )  # fmt: skip

    def ecids(**parameters: str) -> list[str]:
        return sorted(item["ecid"] for item in Requests.parse(parameters).ask(log)["items"])

    assert ecids(**{"from": "-1h"}) == ["e0", "e1"]
    assert ecids(status="5xx") == ecids(status="503") == ecids(method="post") == ecids(minDurationMs="250.5") == ["e0"]
    assert ecids(minDurationMs="250.6") == []
    assert ecids(tools="true", api="tools") == ["e3"]
    assert ecids(method="options") == ecids(caller="!user", method="options") == []
    assert ecids(preflights="true", method="options") == ecids(caller="preflight") == ecids(q="caller:pre*") == ["e4"]
    assert ecids(backend="", order="slowest", limit="1") == ["e0"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("from", "soon"), ("to", "x"), ("status", "5x"), ("status", "5xxx"), ("order", "oldest"), ("limit", "0"),
        ("limit", "1001"), ("limit", "\u0661"), ("offset", "-1"), ("minDurationMs", "nan"), ("tools", "yes"),
        ("after", "a"), ("after", "1.2.3"), ("after", "9" * 30), ("after", "1."),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named(name: str, value: str) -> None:
    """Together with what to write."""
    with pytest.raises(RequestInvalid, match=rf"parameter {name} "):
        Requests.parse({name: value})


def test_a_call_is_found_by_its_ecid(database: Database, log: LogReader, segments: Path, tmp_path: Path) -> None:
    """Near the time that it begins with; by a good part of it as a word; not by a few letters."""
    now = now_us()
    ecids = [new_ecid((now - hours * 3600 * 1_000_000) / 1_000_000) for hours in (1, 30, 60)]
    times = (now - hours * 3600 * 1_000_000 for hours in (1, 30, 60))
    load(database, tmp_path, *(request(0, ecid=ecid, time=time) for ecid, time in zip(ecids, times, strict=True)))
    Compactor(database, segments).run_once(everything=True)

    def found(**parameters: str) -> list[str]:
        return [item["ecid"] for item in Requests.parse(parameters).ask(log)["items"]]

    for ecid in ecids:
        assert found(ecid=ecid) == found(q=ecid) == found(q=ecid[3:20]) == found(q=ecid.upper()) == [ecid]
        assert CallTree(ecid).ask(log)["requests"][0]["ecid"] == ecid
        assert found(q=ecid[12:17]) == found(ecid=ecid, **{"from": "-30m"}) == []
    assert found(ecid=f"{ecids[0][:2]}*") == ecids
    assert found(ecid=f"!{ecids[1]}") == [ecids[0], ecids[2]]


def test_counting_ends_when_the_page_is_full(
    database: Database, log: LogReader, segments: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where only the rows can say how many there are; the answer says that there are at least so many."""
    monkeypatch.setattr(rows, "COUNTED", 1)
    hour, now = 3600 * 1_000_000, now_us()
    load(database, tmp_path, *(request(n, time=now - n * hour, path=f"/x/{n % 2}") for n in range(60)))
    Compactor(database, segments).run_once(everything=True)
    seen: list[str] = []
    while True:
        answer = Requests.parse({"path": "x/1", "limit": "4", "offset": str(len(seen))}).ask(log)
        seen += [item["ecid"] for item in answer["items"]]
        if not answer["hasMore"]:
            break
        assert answer["totalResults"] > len(seen)
    assert seen == [f"e{n}" for n in range(1, 60, 2)]
    assert (answer["totalResults"], "totalIsLeast" in answer) == (30, False)
    first = Requests.parse({"path": "x/1", "limit": "1"}).ask(log)
    assert first["totalIsLeast"] and 1 < first["totalResults"] < 30
    assert "totalIsLeast" not in Requests.parse({"status": "200", "limit": "1"}).ask(log)
