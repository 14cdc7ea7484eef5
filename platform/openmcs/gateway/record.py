"""Last stage: what is known of the call by now goes into the log, before the answer goes out."""

from __future__ import annotations

import time
from collections.abc import Callable

from openmcs.exchange import Arrival, Caller, Message, MobileBackend, Operation, Reply
from openmcs.store.log_records import MessageRecord, RequestRecord, encode, level_number, redact
from openmcs.trace_context import parse

Append = Callable[[bytes], None]


def request_record(
    arrival: Arrival,
    reply: Reply,
    *,
    api: str | None = None,
    backend: MobileBackend | None = None,
    caller: Caller | None = None,
    operation: Operation | None = None,
    bytes_in: int = 0,
    bytes_out: int = 0,
    detail: str | None = None,
) -> bytes:
    """
    One request as a record of the spool.

    Only the header fields named here are read; credentials are in none of them.
    """
    headers = arrival.headers
    path, query = redact(arrival.path, arrival.query)
    context = parse(headers.get("traceparent"))
    return encode(
        RequestRecord(
            time=int(arrival.arrived * 1_000_000),
            ecid=arrival.ecid,
            rid=arrival.rid,
            backend=backend.name if backend else None,
            backend_version=backend.version if backend else None,
            api=operation.api if operation else api,
            api_version=operation.api_version if operation else None,
            resource=operation.resource if operation else None,
            method=arrival.method,
            path=f"{path}?{query}" if query else path,
            status=reply.status,
            duration_us=int((time.monotonic() - arrival.started) * 1_000_000),
            worker_us=None if reply.worker_seconds is None else int(reply.worker_seconds * 1_000_000),
            bytes_in=bytes_in,
            bytes_out=bytes_out,
            caller_kind=caller.kind if caller else None,
            user=caller.username if caller else None,
            application_key=headers.get("oracle-mobile-application-key"),
            client_sdk=headers.get("oracle-mobile-client-sdk-info"),
            device_id=headers.get("oracle-mobile-device-id"),
            session_id=headers.get("oracle-mobile-diagnostic-session-id"),
            client_time=headers.get("oracle-mobile-client-request-time"),
            implementation=reply.implementation,
            error_code=reply.error_code,
            error_detail=detail,
            trace_id=context.trace if context else None,
            trace_parent=context.parent if context else None,
        )
    )


def message_record(message: Message) -> bytes:
    """One log line as a record of the spool."""
    return encode(
        MessageRecord(
            time=int(message.time * 1_000_000),
            level=level_number(message.level),
            text=message.text,
            logger=message.logger,
            ecid=message.ecid,
            rid=message.rid,
            backend=message.backend,
            api=message.api,
            api_version=message.api_version,
            implementation=message.implementation,
            user=message.user,
            file=message.file,
            line=message.line,
        )
    )
