"""
Traces for OpenTelemetry: spans of what is in the log, sent over OTLP (HTTP) from the supervisor.

A call pays nothing for it, and nothing is missing: how far the log was sent stands in the database, so a collector
that was away, or a supervisor that died, goes on where it was. A span that is sent once more has the id it had before.
Needs the extra `otel`. What a collector wants to know of who sends is in OTEL_EXPORTER_OTLP_HEADERS, as everywhere.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import structlog

from openmcs.analytics.period import EVER
from openmcs.analytics.rows import Sought, listed
from openmcs.analytics.spans import Span, spans
from openmcs.errors import ConfigurationError, StoreUnavailable
from openmcs.store import leases, log_exports
from openmcs.store.ids import new_id
from openmcs.store.log import Cursor
from openmcs.store.log_kinds import REQUESTS
from openmcs.store.log_reader import LogReader

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

NAME = "traces"
AT_ONCE = 500
"""Calls of one request to the collector."""
EVERY_SECONDS = 1.0
LONGEST_PAUSE = 30.0
_LEASE_SECONDS = 120.0
_log = structlog.get_logger("openmcs.traces")


class TraceExporter:
    """Sends the spans of one log to one collector; of several machines with one database, one does it."""

    def __init__(self, log: LogReader, url: str, share: float = 1.0, *, seconds: float = 10.0) -> None:
        """*share* as for `spans`; *seconds*: a collector may take. Raises `ConfigurationError` without the extra."""
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        except ImportError:
            raise ConfigurationError(
                "log.traces_url is set, but OpenTelemetry is not installed: pip install 'openmcs[otel]'."
            ) from None
        self._log = log
        self._share = share
        self._exporter = OTLPSpanExporter(endpoint=url, timeout=seconds)
        self._holder = new_id()

    def run_once(self) -> int | None:
        """
        Send what is new; returns the number of spans, None when the collector did not take them.

        Raises `StoreUnavailable`.
        """
        database = self._log.database
        if not leases.take(database, NAME, self._holder, _LEASE_SECONDS):
            return 0
        sent = 0
        with database.write() as connection:
            place = log_exports.place(connection, NAME)
        while True:
            with self._log.view() as view:
                rows = listed(view, Sought(REQUESTS, EVER, (), "true", {}), limit=AT_ONCE, after=place).rows
            if not rows:
                return sent
            found = [span for row in rows for span in spans(row, self._share)]
            if not self._export(found):
                return None
            place = Cursor(rows[-1]["batch"], rows[-1]["position"])
            with database.write() as connection:
                if not leases.is_held(connection, NAME, self._holder):
                    return sent
                log_exports.move(connection, NAME, place)
            sent += len(found)
            leases.take(database, NAME, self._holder, _LEASE_SECONDS)

    def run_forever(self, stop: threading.Event) -> None:
        """Send every second until *stop* is set; more and more seldom while nobody takes it."""
        failures = 0
        while not stop.wait(min(EVERY_SECONDS * 2**failures, LONGEST_PAUSE)):
            try:
                taken = self.run_once() is not None
            except StoreUnavailable:
                taken = False
            except Exception:
                _log.exception("traces could not be sent")
                taken = False
            if not taken:
                _log.warning("traces wait for the collector", attempt=failures + 1)
            elif failures:
                _log.info("traces are being sent again")
            failures = 0 if taken else failures + 1

    def close(self) -> None:
        """Send no more."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call] # of the SDK

    def _export(self, found: Sequence[Span]) -> bool:
        from opentelemetry.sdk.trace.export import SpanExportResult

        return not found or self._exporter.export(list(_readable(found))) is SpanExportResult.SUCCESS


def _readable(found: Iterable[Span]) -> Iterable[ReadableSpan]:
    """The spans as the SDK has them."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

    resource, scope = Resource.create({"service.name": "openmcs"}), InstrumentationScope("openmcs")
    kinds = {"server": SpanKind.SERVER, "client": SpanKind.CLIENT, "internal": SpanKind.INTERNAL}

    def context(trace: str, span: str, *, remote: bool) -> Any:
        return SpanContext(int(trace, 16), int(span, 16), remote, TraceFlags(TraceFlags.SAMPLED))

    for each in found:
        yield ReadableSpan(
            each.name,
            context=context(each.trace, each.id, remote=False),
            parent=context(each.trace, each.parent, remote=True) if each.parent else None,
            resource=resource,
            attributes=each.attributes,
            kind=kinds[each.kind],
            status=Status(StatusCode.ERROR if each.failed else StatusCode.UNSET),
            start_time=each.start,
            end_time=each.end,
            instrumentation_scope=scope,
        )
