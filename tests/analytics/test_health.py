"""`GET /health`: the traffic lights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from openmcs.analytics.health import THRESHOLDS, Health
from openmcs.catalog.policy_definitions import DEFINITIONS
from openmcs.errors import RequestInvalid
from openmcs.store.clock import from_iso
from openmcs.store.database import Database
from openmcs.store.log_reader import LogReader
from tests.store.records import load, request

NOW = from_iso("2026-06-01T12:00:00Z")
DEFAULTS = {name: DEFINITIONS[name].default for name in THRESHOLDS}
SECOND = 1_000_000


def _asked(log: LogReader, **others: Any) -> dict[str, Any]:
    return Health(thresholds=DEFAULTS, **others).ask(log, now=NOW)


def _calls(count: int, **values: Any) -> list[bytes]:
    values = {"backend_version": "1.0", "api_version": "1.0", "resource": "/a", **values}
    return [request(0, time=NOW - 60 * SECOND, **values) for _ in range(count)]


def _light(document: dict[str, Any], name: str) -> str:
    return next(str(each["light"]) for each in document["measures"] if each["name"] == name)


@pytest.mark.parametrize(
    ("measure", "count", "expected"),
    [
        ("failing", 0, "green"), ("failing", 1, "amber"), ("failing", 10, "amber"), ("failing", 11, "red"),
        ("longRequests", 0, "green"), ("longRequests", 1, "amber"), ("longRequests", 11, "red"),
        ("failingPercent", 1, "amber"), ("failingPercent", 12, "red"),
    ],
)  # fmt: skip
def test_a_value_above_its_threshold_changes_the_light(
    database: Database, log: LogReader, tmp_path: Path, measure: str, count: int, expected: str
) -> None:
    """The defaults are MCS's; a value that is the threshold is not above it (contract: portal, 3.2)."""
    values = {"duration_us": 8_000_001} if measure == "longRequests" else {"status": 500}
    load(database, tmp_path, *_calls(count, **values), *_calls(70), *_calls(5, status=499, duration_us=8_000_000))
    assert _light(_asked(log), measure) == expected


def test_the_worst_measure_decides_and_is_said(database: Database, log: LogReader, tmp_path: Path) -> None:
    """In words; an empty log is normal."""
    quiet = _asked(log)
    assert (quiet["light"], quiet["caption"], quiet["backends"]) == ("green", "Normal", [])
    load(database, tmp_path, *_calls(3, duration_us=7_000_000))
    answer = _asked(log)
    assert (answer["light"], answer["caption"]) == ("red", "Calls take 7000 ms on average")


def test_each_part_has_a_light_of_its_own(database: Database, log: LogReader, tmp_path: Path) -> None:
    """Backends, APIs and endpoints, with their tiles; calls outside of the period do not count."""
    load(
        database, tmp_path, *_calls(12, status=503, resource="/bad"), *_calls(200), *_calls(4, backend="other", status=404),
        request(0, time=NOW, backend="late"), request(0, time=NOW - 3601 * SECOND, backend="early"),
    )  # fmt: skip
    answer = _asked(log)
    assert [(each["backend"], each["light"]) for each in answer["backends"]] == [("other", "green"), ("synapse", "red")]
    (api,) = answer["backends"][1]["apis"]
    lights = {each["resource"]: each["light"] for each in api["endpoints"]}
    assert (api["api"], api["light"], lights) == ("synapse", "red", {"/a": "green", "/bad": "red"})
    assert answer["backends"][1]["tiles"] == {
        "pending": 0, "calls": 212, "clientErrors": 0, "serverErrors": 12, "averageMs": 1.5, "longRequests": 0,
    }  # fmt: skip
    assert sum(point["calls"] for point in answer["timeline"]) == 216
    assert len(_asked(log, backend="other")["backends"]) == 1


def test_calls_under_way_count_before_they_are_logged(log: LogReader) -> None:
    """For their endpoint and everything above it."""
    place = ("synapse", "1.0", "synapse", "1.0", "GET", "/slow")
    answer = _asked(log, pending={place: 16})
    assert (answer["light"], answer["tiles"]["pending"]) == ("amber", 16)
    assert answer["backends"][0]["apis"][0]["endpoints"][0]["light"] == "amber"
    assert _asked(log, pending={place: 16}, backend="other")["light"] == "green"
    assert _asked(log, pending={place: 31})["light"] == "red"


def test_parameters_are_read() -> None:
    """Thresholds come from the policies; a wrong period is named."""
    question = Health.parse({"period": "600"}, lambda name: DEFINITIONS[name].default, {})
    assert (question.seconds, dict(question.thresholds)) == (600, DEFAULTS)
    with pytest.raises(RequestInvalid, match="parameter period"):
        Health.parse({"period": "5"}, lambda name: 0, {})
