"""
Sums over the requests of a period: the raw material of the KPIs.

The database counts; the durations come back as one list a group, so that percentiles can be exact without
a row for each call crossing the wire. Calls to the tools API are never among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, case, distinct, func, select, text

from openmcs.store.log import not_tools
from openmcs.store.tables import request_log

SAMPLE = 500_000
"""Of more calls than this, percentiles are those of an even sample; every count stays exact."""


class Calls(NamedTuple):
    """The calls of one group."""

    bucket: int
    """Number of the interval since the epoch."""
    backend: str | None
    api: str | None
    method: str
    resource: str | None
    calls: int
    client_errors: int
    errors: int
    bytes_out: int
    durations: list[int]
    """Microseconds, in no order."""


def grouped(connection: Connection, start: int, end: int, bucket_us: int, backend: str | None) -> Iterator[Calls]:
    """The calls of a period by interval, backend and endpoint."""
    conditions = _conditions(start, end, backend)
    columns = request_log.c
    every = 1 + (connection.scalar(select(func.count()).select_from(request_log).where(*conditions)) or 0) // SAMPLE
    if connection.dialect.name != "sqlite":
        # The default cuts the list after a kilobyte; a sampled list is shorter than this.
        connection.execute(text("SET SESSION group_concat_max_len = 67108864"))
    # Arrivals fall evenly on the microseconds, which makes their last digits a fair sample.
    sampled = columns.duration_us if every == 1 else case((columns.time % every == 0, columns.duration_us))
    # MySQL divides to four decimals and rounds; of a multiple that is exact.
    bucket = ((columns.time - columns.time % bucket_us) // bucket_us).label("bucket")
    keys = (bucket, columns.backend, columns.api, columns.method, columns.resource)
    query = (
        select(
            *keys,
            func.count(),
            func.sum(case((columns.status.between(400, 499), 1), else_=0)),
            func.sum(case((columns.status >= 500, 1), else_=0)),
            func.sum(columns.bytes_out),
            func.group_concat(sampled),
        )
        .where(*conditions)
        .group_by(*keys)
    )
    for number, name, api, method, resource, calls, client_errors, errors, bytes_out, durations in connection.execute(
        query
    ):
        yield Calls(
            int(number), name, api, method, resource, int(calls), int(client_errors), int(errors), int(bytes_out),
            list(map(int, durations.split(","))) if durations else [],
        )  # fmt: skip


def users_of(connection: Connection, start: int, end: int, backend: str | None) -> int:
    """How many different mobile users called."""
    query = select(func.count(distinct(request_log.c.user))).where(
        *_conditions(start, end, backend), request_log.c.caller_kind == "user"
    )
    return connection.scalar(query) or 0


def _conditions(start: int, end: int, backend: str | None) -> list[ColumnElement[bool]]:
    conditions = [request_log.c.time >= start, request_log.c.time < end, not_tools(request_log)]
    if backend is not None:
        conditions.append(request_log.c.backend == backend)
    return conditions
