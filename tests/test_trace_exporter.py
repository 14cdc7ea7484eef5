"""Traces arrive at a collector: every call once, with the ids that callers and connectors know."""

from __future__ import annotations

import builtins
import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from sqlalchemy import update

from openmcs.errors import ConfigurationError
from openmcs.store.compaction import Compactor, Limits
from openmcs.store.database import Database
from openmcs.store.log_reader import LogReader
from openmcs.store.tables import lease
from openmcs.trace_context import span_of, trace_of
from openmcs.trace_exporter import TraceExporter
from tests.server import Server, openmcs
from tests.store.conftest import database
from tests.store.records import load, request

__all__ = ["database"]

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Collector:
    """An OTLP receiver over HTTP, which may be told to refuse."""

    def __init__(self) -> None:
        self.refuses = False
        self.requests: list[ExportTraceServiceRequest] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                if not collector.refuses and self.path == "/v1/traces":
                    collector.requests.append(ExportTraceServiceRequest.FromString(body))
                self.send_response(400 if collector.refuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1/traces"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def spans(self) -> list[Any]:
        """All that came, in order."""
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def ecids(self) -> list[str]:
        """Of the calls' own spans."""
        return [value for span in self.spans for key, value in _attributes(span).items() if key == "openmcs.ecid"]

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _attributes(span: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes}


@pytest.fixture
def collector() -> Iterator[Collector]:
    """One that listens."""
    made = Collector()
    yield made
    made.close()


@pytest.fixture
def segments(tmp_path: Path) -> Path:
    """The folder of the log's segments."""
    return tmp_path / "segments"


@pytest.fixture
def log(database: Database, segments: Path) -> Iterator[LogReader]:
    """Reads the log."""
    reader = LogReader(database, segments)
    yield reader
    reader.close()


def test_calls_arrive_as_spans(database: Database, log: LogReader, tmp_path: Path, collector: Collector) -> None:
    """With ids, times, what failed, and nothing that a client sent; what came before is not sent."""
    load(database, tmp_path, request(0))
    exporter = TraceExporter(log, collector.url)
    assert exporter.run_once() == 0
    sent = {
        "path": "/mobile/custom/a?q=path-text",
        "user": "user-name",
        "device_id": "device-id",
        "error_detail": "detail-text",
    }
    load(
        database, tmp_path,
        request(1, resource="/event", trace_id=TRACE, trace_parent=f"{SPAN}-01", worker_us=500, status=500, **sent),
        request(1, rid="0:1", api="connector/erp", resource="/of/path-text", time=1_000_200, duration_us=100),
        request(2, api="tools"),
    )  # fmt: skip
    assert exporter.run_once() == 3
    call, worker, out = collector.spans
    assert (call.name, call.trace_id.hex(), call.parent_span_id.hex()) == ("GET /event", TRACE, SPAN)
    assert call.span_id.hex() == worker.parent_span_id.hex() == out.parent_span_id.hex() == span_of("e1", "0")
    assert (call.start_time_unix_nano, call.end_time_unix_nano) == (
        1_000_001_000,
        1_001_501_000 * 1,
    )
    assert (call.status.code, worker.name, out.status.code) == (2, "worker", 0)
    assert (out.trace_id.hex(), out.span_id.hex()) == (trace_of("e1"), span_of("e1", "0:1"))
    (resource,) = {each.resource.SerializeToString() for each in collector.requests[0].resource_spans}
    assert b"openmcs" in resource
    whole = b"".join(each.SerializeToString() for each in collector.requests)
    assert not any(text in whole for text in (b"path-text", b"user-name", b"device-id", b"detail-text"))
    assert exporter.run_once() == 0
    exporter.close()


def test_nothing_is_missing_when_the_collector_was_away(
    database: Database, log: LogReader, segments: Path, tmp_path: Path, collector: Collector
) -> None:
    """What was not taken is sent later, by another process as well, also when it has left the hot table by then."""
    first = TraceExporter(log, collector.url, seconds=1)
    first.run_once()
    collector.refuses = True
    for start in range(0, 40, 20):
        load(database, tmp_path, *(request(number) for number in range(start, start + 20)))
        assert first.run_once() is None
        Compactor(database, segments, Limits(retention_days=36_500)).run_once(everything=True)
    assert collector.spans == []
    first.close()
    collector.refuses = False
    with database.write() as connection:
        connection.execute(update(lease).values(until=0))
    second = TraceExporter(log, collector.url)
    assert second.run_once() == 40
    assert sorted(collector.ecids()) == sorted(f"e{number}" for number in range(40))
    second.close()


def test_one_process_at_a_time_sends(
    database: Database, log: LogReader, tmp_path: Path, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In pages; while another has the lease a run does nothing, and no call is sent twice."""
    monkeypatch.setattr("openmcs.trace_exporter.AT_ONCE", 7)
    exporters = [TraceExporter(log, collector.url) for _ in range(2)]
    assert exporters[0].run_once() == 0
    load(database, tmp_path, *(request(number) for number in range(30)))
    assert exporters[1].run_once() == 0
    assert exporters[0].run_once() == 30
    assert sorted(collector.ecids()) == sorted(f"e{number}" for number in range(30))
    for each in exporters:
        each.close()


def test_it_says_which_extra_is_missing(log: LogReader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where traces are wanted without OpenTelemetry the platform does not start."""
    real = builtins.__import__

    def without(name: str, *arguments: Any) -> Any:
        if name.startswith("opentelemetry"):
            raise ImportError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigurationError, match=r"log\.traces_url .*openmcs\[otel\]"):
        TraceExporter(log, "http://127.0.0.1:1/v1/traces")


def test_a_platform_sends_the_calls_that_it_answers(tmp_path: Path, collector: Collector) -> None:
    """The call and its worker, in the trace of who called."""
    folder = tmp_path / "shop"
    assert openmcs("init", folder).code == 0
    environment = {"OPENMCS_LOG__TRACES_URL": collector.url}
    with Server(folder, tmp_path / "data", environment=environment) as server:
        deployed = server.openmcs("deploy", ".")
        assert deployed.code == 0, deployed.err
        keys = server.backend("shop")
        headers = {
            "Oracle-Mobile-Backend-ID": keys["backendId"], "Authorization": f"Basic {keys['anonymousKey']}",
            "traceparent": f"00-{TRACE}-{SPAN}-01",
        }  # fmt: skip
        answer = server.http.get("/mobile/custom/shop/greeting", headers=headers)
        assert answer.status_code == 200
        ecid = answer.headers["x-oracle-dms-ecid"]
        server.until(lambda: ecid in collector.ecids())
        own = {span.name: span for span in collector.spans if span.trace_id.hex() == TRACE}
        assert own["GET /greeting"].parent_span_id.hex() == SPAN
        assert own["worker"].parent_span_id == own["GET /greeting"].span_id
        assert _attributes(own["GET /greeting"])["openmcs.backend"] == "shop"
