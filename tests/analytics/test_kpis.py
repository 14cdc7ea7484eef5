"""The figures of the home page."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from openmcs.analytics import calls
from openmcs.analytics.intervals import Intervals
from openmcs.analytics.kpis import Kpis
from openmcs.analytics.period import Period
from openmcs.errors import RequestInvalid
from openmcs.store.clock import from_iso, to_iso
from openmcs.store.database import Database
from openmcs.store.log_reader import LogReader
from tests.store.records import load, request

NOON = from_iso("2026-06-01T12:00:00Z")
SECOND = 1_000_000
HOUR = Period(NOON - 3600 * SECOND, NOON)


def _at(minute: float, **values: Any) -> bytes:
    values = {"duration_us": 2000, "bytes_out": 10, "caller_kind": "user", "user": "joe", **values}
    return request(0, time=HOUR.start + int(minute * 60 * SECOND), resource=values.pop("resource", "/event"), **values)


def test_totals_count_calls_errors_users_and_bytes(database: Database, log: LogReader, tmp_path: Path) -> None:
    """Of the period and of the one before, without the tools API; the anonymous user is none."""
    load(
        database, tmp_path,
        _at(0), _at(1, status=404), _at(2, status=500, duration_us=9000), _at(59.99, user="ann", duration_us=1000),
        _at(3, caller_kind="anonymous", user="anonymous"), _at(4, api="tools"), _at(60), _at(-1, status=503),
        b'{"k":"l","time":%d,"lost":3,"reason":"disk full"}' % (HOUR.start + 5),
    )  # fmt: skip
    answer = Kpis(Intervals(HOUR, 60)).ask(log)
    assert (answer["from"], answer["to"]) == ("2026-06-01T11:00:00.000Z", "2026-06-01T12:00:00.000Z")
    assert answer["bucketSeconds"] == 60
    assert answer["total"] == {
        "calls": 5, "errors": 1, "errorRate": 0.2, "p50Ms": 2.0, "p95Ms": 9.0, "p99Ms": 9.0, "users": 2,
        "bytesOut": 50, "lost": 3,
    }  # fmt: skip
    assert answer["previous"] == {
        "calls": 1, "errors": 1, "errorRate": 1.0, "p50Ms": 2.0, "p95Ms": 2.0, "p99Ms": 2.0, "users": 1,
        "bytesOut": 10, "lost": 0,
    }  # fmt: skip


def test_the_series_has_no_gaps(database: Database, log: LogReader, tmp_path: Path) -> None:
    """Sixty minutes are sixty entries; those without calls are zero and have no percentiles."""
    load(database, tmp_path, _at(0), _at(0.5, status=404, duration_us=4000), _at(59, status=500))
    series = Kpis(Intervals(HOUR, 60)).ask(log)["series"]
    assert [entry["time"] for entry in series] == [to_iso(HOUR.start + 60 * SECOND * number) for number in range(60)]
    assert series[0] == {
        "time": "2026-06-01T11:00:00.000Z", "ok": 1, "clientErrors": 1, "serverErrors": 0, "p50Ms": 2.0, "p95Ms": 4.0
    }  # fmt: skip
    assert series[1] == {
        "time": "2026-06-01T11:01:00.000Z", "ok": 0, "clientErrors": 0, "serverErrors": 0, "p50Ms": None, "p95Ms": None
    }  # fmt: skip
    assert series[59]["serverErrors"] == 1


def test_calls_at_the_edges_of_an_interval_fall_into_the_right_one(
    database: Database, log: LogReader, tmp_path: Path
) -> None:
    """The last microsecond of a minute belongs to it, on both databases."""
    edges = [HOUR.start + 60 * SECOND * minute + offset for minute in (1, 30, 59) for offset in (-1, 0)]
    load(database, tmp_path, *(request(0, time=time_) for time_ in edges))
    series = Kpis(Intervals(HOUR, 60)).ask(log)["series"]
    assert [number for number, entry in enumerate(series) if entry["ok"]] == [0, 1, 29, 30, 58, 59]


def test_backends_and_endpoints_are_listed_by_their_calls(database: Database, log: LogReader, tmp_path: Path) -> None:
    """A backend has its own curve; calls that reached none, or no resource, are in the total only."""
    load(
        database, tmp_path,
        _at(0, backend="b"), _at(1, backend="b", resource="/other", status=500), _at(1), _at(2), _at(3),
        _at(4, backend=None, api=None, resource=None, status=401),
    )  # fmt: skip
    answer = Kpis(Intervals(HOUR, 60)).ask(log)
    assert [(each["backend"], each["calls"], each["errorRate"]) for each in answer["backends"]] == [
        ("synapse", 3, 0.0), ("b", 2, 0.5)
    ]  # fmt: skip
    assert answer["backends"][0]["series"][:5] == [0, 1, 1, 1, 0]
    assert len(answer["backends"][0]["series"]) == len(answer["series"])
    assert [(each["method"], each["resource"], each["calls"], each["errors"]) for each in answer["endpoints"]] == [
        ("GET", "/event", 4, 0), ("GET", "/other", 1, 1)
    ]  # fmt: skip
    assert answer["total"]["calls"] == 6
    assert (
        Kpis.parse({"backend": "b", "from": to_iso(HOUR.start), "to": to_iso(HOUR.end)}).ask(log)["total"]["calls"] == 2
    )


def test_of_very_many_calls_counts_stay_exact_and_percentiles_are_close(
    database: Database, log: LogReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the sample's size the percentiles are those of an even sample."""
    monkeypatch.setattr(calls, "SAMPLE", 500)
    chance = random.Random(3)
    records = [_at(chance.uniform(0, 60), duration_us=chance.randrange(1000)) for _ in range(6000)]
    load(database, tmp_path, *records)
    total = Kpis(Intervals(HOUR, 60)).ask(log)["total"]
    assert total["calls"] == 6000
    assert 0.4 < total["p50Ms"] < 0.6
    assert 0.9 < total["p95Ms"] < 1.0


def test_parameters_are_read() -> None:
    """The last hour unless said otherwise; a wrong one is named."""
    question = Kpis.parse({"backend": "synapse"})
    assert (question.intervals.period.length, question.wanted.tests[0].values) == (3600 * SECOND, ("synapse",))
    with pytest.raises(RequestInvalid, match="parameter from"):
        Kpis.parse({"from": "-99999d"})
