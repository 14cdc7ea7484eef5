"""Figures for Prometheus."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from openmcs.analytics import metrics
from openmcs.analytics.metrics import Metrics, gauges
from openmcs.store import gateways
from openmcs.store.clock import now_us
from openmcs.store.compaction import Compactor
from openmcs.store.database import Database
from openmcs.store.log_loader import Loader
from openmcs.store.log_records import LossRecord, RequestRecord
from tests.store.records import message, request, spooled


def _value(text: str, line: str) -> float:
    found = re.search(rf"^{re.escape(line)} (\S+)$", text, re.MULTILINE)
    assert found, f"{line} is not in\n{text}"
    return float(found[1])


def _call(**values: Any) -> RequestRecord:
    given = {
        "time": 1,
        "ecid": "e",
        "method": "GET",
        "path": "/",
        "status": 200,
        "duration_us": 1000,
        "backend": "b",
        "api": "a",
    }
    return RequestRecord(**{**given, **values})


def test_what_is_loaded_is_counted_once(database: Database, tmp_path: Path) -> None:
    """By backend, API, method and status class; lines by level; damaged records as lost."""
    counted = Metrics()
    spooled(tmp_path, [request(1), request(2, status=503, duration_us=300_000), message(1, level=900), b"{}"])
    loader = Loader(database, tmp_path, loaded=counted.observe, batch=2)
    loader.run_once()
    loader.run_once()
    text = counted.text()
    assert _value(text, 'openmcs_requests_total{backend="synapse",api="synapse",method="GET",status="2xx"}') == 1
    assert _value(text, 'openmcs_requests_total{backend="synapse",api="synapse",method="GET",status="5xx"}') == 1
    bucket = 'openmcs_request_duration_seconds_bucket{backend="synapse",api="synapse",le="%s"}'
    assert [_value(text, bucket % bound) for bound in ("0.005", "0.25", "0.5", "+Inf")] == [1, 1, 2, 2]
    labels = '{backend="synapse",api="synapse"}'
    assert _value(text, f"openmcs_request_duration_seconds_sum{labels}") == 0.3015
    assert _value(text, 'openmcs_messages_total{level="warning",api=""}') == 1
    assert _value(text, "openmcs_log_lost_total") == 1


def test_labels_are_bounded_and_inert(monkeypatch: Any) -> None:
    """Of very many backends the later ones are one; methods that nobody knows are one; quotes end nothing."""
    monkeypatch.setattr(metrics, "MOST_SERIES", 3)
    counted = Metrics()
    counted.observe([_call(backend=f"b{number}", method=f"X{number}") for number in range(10)])
    counted.observe([LossRecord(time=1, lost=4, reason="disk full")])
    text = counted.text()
    assert _value(text, 'openmcs_requests_total{backend="other",api="other",method="other",status="2xx"}') == 7
    assert "X3" not in text
    assert _value(text, "openmcs_log_lost_total") == 4
    quoted = Metrics()
    quoted.observe([_call(backend='a"} 1\n')])
    assert 'backend="a\\"} 1\\n"' in quoted.text()


def test_the_log_itself_has_gauges(database: Database, tmp_path: Path) -> None:
    """Size and rows of the segments, and whether compaction fails."""
    spooled(tmp_path / "spool", [request(n, time=now_us()) for n in range(2)])
    Loader(database, tmp_path / "spool").run_once()
    Compactor(database, tmp_path / "log").run_once(everything=True)
    found = {name: value for name, _, value in gauges(database)}
    assert found["openmcs_log_segment_rows"] == 2
    text = Metrics().text(gauges(database))
    assert _value(text, "openmcs_log_compaction_failing") == 0


def test_workers_are_counted_by_what_was_proved(database: Database) -> None:
    """Of all gateway processes that have said something lately; the family is told once."""
    strict = {"isolation": "strict", "additions": ["uid", "cgroup"]}
    document = json.dumps([{"workers": [strict, strict]}, {"workers": [{"isolation": "basic", "additions": []}]}])
    with database.write() as connection:
        gateways.say(connection, "01J", "node", 1, document)
    text = Metrics().text(gauges(database))
    assert _value(text, 'openmcs_workers{isolation="strict+uid+cgroup"}') == 2
    assert _value(text, 'openmcs_workers{isolation="basic"}') == 1
    assert text.count("# TYPE openmcs_workers gauge") == 1
