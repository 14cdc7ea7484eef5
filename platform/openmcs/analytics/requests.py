"""The question behind `GET /requests`: which requests were made."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from sqlalchemy import Connection

from openmcs.analytics import parameters as read
from openmcs.analytics.page import page
from openmcs.errors import RequestInvalid
from openmcs.store import log
from openmcs.store.clock import to_iso
from openmcs.store.database import Database
from openmcs.store.log_records import level_name


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests that a filter lets through, one page of them."""

    wanted: log.RequestFilter = field(default_factory=log.RequestFilter)
    order: Literal["newest", "slowest"] = "newest"
    limit: int = 50
    offset: int = 0
    after: log.Cursor | None = None
    """Only what was loaded later, oldest first."""

    @classmethod
    def parse(cls, parameters: read.Parameters) -> Requests:
        """From the query of `GET /requests`. Raises `RequestInvalid`, which names the parameter."""
        order = read.text(parameters, "order") or "newest"
        if order not in ("newest", "slowest"):
            raise RequestInvalid(f"The parameter order is {order[:64]!r}; write newest or slowest.")
        method = read.text(parameters, "method")
        limit, offset = read.paging(parameters)
        wanted = log.RequestFilter(
            start=read.time(parameters, "from"),
            end=read.time(parameters, "to"),
            backend=read.text(parameters, "backend"),
            api=read.text(parameters, "api"),
            method=method.upper() if method else None,
            status=_status(read.text(parameters, "status")),
            user=read.text(parameters, "user"),
            path=read.text(parameters, "path"),
            ecid=read.text(parameters, "ecid"),
            min_duration_us=_min_duration(read.text(parameters, "minDurationMs")),
            tools=read.flag(parameters, "tools"),
        )
        return cls(wanted, cast(Literal["newest", "slowest"], order), limit, offset, read.cursor(parameters))

    def ask(self, database: Database) -> dict[str, Any]:
        """The list, as the tools API answers it, with `cursor`. Raises `StoreUnavailable`."""
        with database.read() as connection:
            newest = log.newest_batch(connection)
            found = log.requests(
                connection, self.wanted, newest=newest, after=self.after, order=self.order, limit=self.limit,
                offset=self.offset,
            )  # fmt: skip
            items = documents(connection, found.rows)
        return page(found, items, limit=self.limit, offset=self.offset, newest=newest, after=self.after)


def documents(connection: Connection, rows: Sequence[Mapping[Any, Any]]) -> list[dict[str, Any]]:
    """Rows of `request_log` as the tools API shows them, with the number of their messages and the worst level."""
    counts = log.message_counts(connection, [(row["ecid"], row["rid"]) for row in rows])
    return [_document(row, *counts.get((row["ecid"], row["rid"]), (0, None))) for row in rows]


def _document(row: Mapping[Any, Any], messages: int, worst: int | None) -> dict[str, Any]:
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
        "messages": messages,
        "worst": None if worst is None else level_name(worst),
    }


def _status(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    if re.fullmatch(r"[1-9][0-9]{2}", text):
        return int(text), int(text)
    if re.fullmatch(r"[1-9][xX]{2}", text):
        return int(text[0]) * 100, int(text[0]) * 100 + 99
    raise RequestInvalid(f"The parameter status is {text[:64]!r}; write a status such as 404, or a class such as 4xx.")


def _min_duration(text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text, re.ASCII):
        raise RequestInvalid(f"The parameter minDurationMs is {text[:64]!r}; write milliseconds such as 250 or 0.5.")
    return int(float(text) * 1000)
