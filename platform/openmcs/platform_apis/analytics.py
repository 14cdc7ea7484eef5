"""
`/mobile/platform/analytics/events`: what apps report (contract: wire 2.13; portal 4.2).

A batch is taken whole or not at all. It goes to the spool, as requests do; the loader makes rows of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from openmcs.errors import RequestTooLarge
from openmcs.exchange import Arrival, Caller, MobileBackend, Reply
from openmcs.platform_apis.event_batch import Event, read_batch, read_time
from openmcs.store.log_records import EventRecord, encode

LARGEST_BODY = 1024 * 1024
SMALL = 8 * 1024
"""A body up to here is read on the event loop, a larger one beside it."""

Append = Callable[[Sequence[bytes]], None]


class Analytics:
    """Takes batches of events."""

    def __init__(self, append: Append) -> None:
        self._append = append

    async def events(self, arrival: Arrival, backend: MobileBackend, caller: Caller, body: bytes) -> Reply:
        """
        Take a batch; 202 with a small object, since Android's SDK takes nothing else for success.

        Raises `RequestInvalid` with a finding for each field that is wrong, or `RequestTooLarge`.
        """
        if len(body) > LARGEST_BODY:
            raise RequestTooLarge(f"The body has {len(body)} bytes; a batch of events has at most {LARGEST_BODY}.")
        if len(body) <= SMALL:
            records = _records(arrival, backend, caller, body)
        else:
            records = await asyncio.to_thread(_records, arrival, backend, caller, body)
        if records:
            self._append(records)
        message = f"{len(records)} events accepted for processing."
        answer = msgspec.json.encode({"message": message, "accepted": len(records)})
        return Reply(status=202, headers=(("Content-Type", "application/json"),), body=answer)


def _records(arrival: Arrival, backend: MobileBackend, caller: Caller, body: bytes) -> list[bytes]:
    headers = arrival.headers
    received = int(arrival.arrived * 1_000_000)
    sent = read_time(headers.get("oracle-mobile-client-request-time"))
    skew = None if sent is None else received - sent
    events = read_batch(body, headers.get("oracle-mobile-analytics-session-id"))
    return [encode(_record(event, arrival, backend, caller, received, skew)) for event in events]


def _record(
    event: Event, arrival: Arrival, backend: MobileBackend, caller: Caller, received: int, skew: int | None
) -> EventRecord:
    return EventRecord(
        # By this server's clock, and never after the event was received.
        time=min(event.client_time + (skew or 0), received),
        received_at=received,
        client_time=event.client_time,
        skew_us=skew,
        ecid=arrival.ecid,
        backend=backend.name,
        backend_version=backend.version,
        name=event.name,
        type=event.type,
        component=event.component,
        session_id=event.session_id,
        caller_kind=caller.kind,
        user=caller.username,
        application_key=arrival.headers.get("oracle-mobile-application-key"),
        client_sdk=arrival.headers.get("oracle-mobile-client-sdk-info"),
        device_id=arrival.headers.get("oracle-mobile-device-id"),
        properties=event.properties,
        **event.context,
    )
