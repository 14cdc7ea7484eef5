"""
Figures for Prometheus, counted as records are loaded into the log: nothing is counted on a call's way.

They begin at zero with the supervisor. Labels are names of the catalogue; what a client sends is in none of them.
"""

from __future__ import annotations

import json
import threading
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable

from openmcs.errors import StoreUnavailable
from openmcs.store import gateways, log_segments
from openmcs.store.clock import now_us
from openmcs.store.database import Database
from openmcs.store.log_kinds import KINDS
from openmcs.store.log_records import MessageRecord, RequestRecord, level_name

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the histogram of durations, in seconds."""
MOST_SERIES = 2000
"""Of more backends and APIs than this, the later ones are counted as `other`."""
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counts; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, str, str]] = Counter()
        self._buckets: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * (len(BOUNDS) + 1))
        self._seconds: Counter[tuple[str, str]] = Counter()
        self._messages: Counter[tuple[str, str]] = Counter()
        self._lost = 0

    def observe(self, records: Iterable[object]) -> None:
        """Count what was loaded."""
        with self._lock:
            for record in records:
                if isinstance(record, RequestRecord):
                    self._request(record)
                elif isinstance(record, MessageRecord):
                    self._messages[level_name(record.level), record.api or ""] += 1
                else:
                    self._lost += getattr(record, "lost", 0)

    def _request(self, record: RequestRecord) -> None:
        place = (record.backend or "", record.api or "")
        if place not in self._buckets and len(self._buckets) >= MOST_SERIES:
            place = ("other", "other")
        method = record.method if record.method in _METHODS else "other"
        self._requests[(*place, method, f"{record.status // 100}xx")] += 1
        seconds = record.duration_us / 1_000_000
        buckets = self._buckets[place]
        buckets[bisect_left(BOUNDS, seconds)] += 1
        self._seconds[place] += record.duration_us

    def text(self, gauges: Iterable[tuple[str, str, float]] = ()) -> str:
        """All of it in Prometheus's text format; *gauges* are name, with its labels if it has any, help and value."""
        with self._lock:
            lines = _head("openmcs_requests_total", "counter", "Calls, by backend, API, method and status class.")
            for (backend, api, method, status), count in sorted(self._requests.items()):
                lines.append(
                    f"openmcs_requests_total{_labels(backend=backend, api=api, method=method, status=status)} {count}"
                )
            lines += _head("openmcs_request_duration_seconds", "histogram", "How long calls took.")
            for place, buckets in sorted(self._buckets.items()):
                lines += self._histogram(place, buckets)
            lines += _head("openmcs_messages_total", "counter", "Lines that were logged, by level and API.")
            for (level, api), count in sorted(self._messages.items()):
                lines.append(f"openmcs_messages_total{_labels(level=level, api=api)} {count}")
            lines += _head("openmcs_log_lost_total", "counter", "Records that never reached the log.")
            lines.append(f"openmcs_log_lost_total {self._lost}")
        told = ""
        for name, about, value in gauges:
            family = name.partition("{")[0]
            lines += [*(_head(family, "gauge", about) if family != told else ()), f"{name} {value:g}"]
            told = family
        return "\n".join(lines) + "\n"

    def _histogram(self, place: tuple[str, str], buckets: list[int]) -> Iterable[str]:
        backend, api = place
        count = 0
        for bound, inside in zip([*map(str, BOUNDS), "+Inf"], buckets, strict=True):
            count += inside
            labels = _labels(backend=backend, api=api, le=bound)
            yield f"openmcs_request_duration_seconds_bucket{labels} {count}"
        labels = _labels(backend=backend, api=api)
        yield f"openmcs_request_duration_seconds_sum{labels} {self._seconds[place] / 1_000_000:.6f}"
        yield f"openmcs_request_duration_seconds_count{labels} {count}"


def gauges(database: Database) -> list[tuple[str, str, float]]:
    """Of the log itself; none while the database does not answer."""
    try:
        with database.read() as connection:
            found = [log_segments.summary(connection, kind.name) for kind in KINDS]
            said = gateways.statuses(connection, now_us() - _SILENT_US)
    except StoreUnavailable:
        return []
    return [
        ("openmcs_log_segment_bytes", "Size of the log's closed segments.", sum(each["bytes"] for each in found)),
        ("openmcs_log_segment_rows", "Rows in the log's closed segments.", sum(each["rows"] for each in found)),
        ("openmcs_log_compaction_failing", "1 while compaction fails.", float(any(each["problem"] for each in found))),
        *_workers(each["document"] for each in said),
    ]


def _workers(documents: Iterable[str]) -> Iterable[tuple[str, str, float]]:
    """Workers of all gateway processes, by what their self-tests proved."""
    counts: Counter[str] = Counter()
    for document in documents:
        for implementation in json.loads(document):
            for worker in implementation["workers"]:
                counts["+".join([worker["isolation"] or "unknown", *worker.get("additions", ())])] += 1
    for proved, count in sorted(counts.items()):
        yield f"openmcs_workers{_labels(isolation=proved)}", "Workers, by the isolation that was proved.", count


_SILENT_US = 20_000_000
"""A gateway process that has said nothing for so long is not counted."""
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


def _head(name: str, kind: str, about: str) -> list[str]:
    return [f"# HELP {name} {about}", f"# TYPE {name} {kind}"]


def _labels(**labels: str) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
