"""The question behind `GET /requests`: which requests were made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from openmcs.analytics import parameters as read
from openmcs.analytics.filters import Binds, Filter
from openmcs.analytics.page import page
from openmcs.analytics.period import EVER, Period
from openmcs.analytics.rows import Order, Sought, listed
from openmcs.store.clock import to_iso
from openmcs.store.log import Cursor
from openmcs.store.log_kinds import MESSAGES, REQUESTS
from openmcs.store.log_reader import LogReader, View
from openmcs.store.log_records import level_name


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests that a filter lets through, one page of them."""

    period: Period = EVER
    wanted: Filter = field(default_factory=Filter)
    order: Order = "newest"
    limit: int = 50
    offset: int = 0
    after: Cursor | None = None
    """Only what was loaded later, oldest first."""

    @classmethod
    def parse(cls, parameters: read.Parameters) -> Requests:
        """From the query of `GET /requests`. Raises `RequestInvalid`, which names the parameter."""
        order = read.choice(parameters, "order", ("newest", "slowest"), "newest")
        limit, offset = read.paging(parameters)
        return cls(
            read.open_period(parameters), Filter.parse(parameters), cast(Order, order), limit, offset,
            read.cursor(parameters),
        )  # fmt: skip

    def ask(self, log: LogReader) -> dict[str, Any]:
        """The list, as the tools API answers it, with `cursor`. Raises `StoreUnavailable`."""
        binds = Binds()
        with log.view() as view:
            where, period = self.wanted.sql(binds), self.wanted.narrowed(self.period)
            sought = Sought(REQUESTS, period, self.wanted.columns, where, binds, self.wanted.extract)
            found = listed(
                view, sought, order=self.order, limit=self.limit, offset=self.offset, after=self.after
            )  # fmt: skip
            items = documents(view, found.rows)
            newest = view.newest_batch()
        return page(found, items, limit=self.limit, offset=self.offset, newest=newest, after=self.after)


def documents(view: View, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of requests as the tools API shows them, with the number of their messages and the worst level."""
    counts = _message_counts(view, rows)
    return [_document(row, *counts.get((row["ecid"], row["rid"]), (0, None))) for row in rows]


LOGGED_AROUND = 600_000_000
"""A call's lines are written within ten minutes of its arrival: no call may take longer."""


def _message_counts(view: View, rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], tuple[int, int]]:
    """For the calls of *rows*: how many messages each has, and the highest level among them."""
    if not rows:
        return {}
    times = [row["time"] for row in rows]
    span = (min(times) - LOGGED_AROUND, max(times) + LOGGED_AROUND)
    near = [
        each
        for each in view.segments(MESSAGES)
        if any(each.first <= time + LOGGED_AROUND and each.last >= time - LOGGED_AROUND for time in times)
    ]
    source = view.source(MESSAGES, {"ecid", "rid", "level"}, *span, segments=near)
    counted = view.rows(
        f"SELECT ecid, coalesce(rid, '0'), count(*), max(level) FROM {source} "
        "WHERE ecid IN (SELECT unnest($ecids::VARCHAR[])) GROUP BY 1, 2",
        {"ecids": [row["ecid"] for row in rows]},
    )
    return {(ecid, rid): (count, worst) for ecid, rid, count, worst in counted}


def _document(row: Mapping[Any, Any], messages: int, worst: int | None) -> dict[str, Any]:
    return {**row_document(row), "messages": messages, "worst": None if worst is None else level_name(worst)}


def row_document(row: Mapping[Any, Any]) -> dict[str, Any]:
    """What the row itself says."""
    return {
        "time": to_iso(row["time"]),
        "ecid": row["ecid"],
        "rid": row["rid"],
        "backend": row["backend"],
        "backendVersion": row["backend_version"],
        "api": row["api"],
        "apiVersion": row["api_version"],
        "resource": row["resource"],
        "method": row["method"],
        "path": row["path"],
        "status": row["status"],
        "durationMs": row["duration_us"] / 1000,
        "workerMs": None if row["worker_us"] is None else row["worker_us"] / 1000,
        "bytesIn": row["bytes_in"],
        "bytesOut": row["bytes_out"],
        "callerKind": row["caller_kind"],
        "user": row["user"],
        "applicationKey": row["application_key"],
        "clientSdk": row["client_sdk"],
        "deviceId": row["device_id"],
        "sessionId": row["session_id"],
        "clientTime": row["client_time"],
        "implementation": row["implementation"],
        "errorCode": row["error_code"],
        "errorDetail": row["error_detail"],
        "traceId": row["trace_id"],
    }
