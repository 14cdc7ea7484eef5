"""
The question behind `GET /analytics/visit`: what one session, device or user did, in the order in which it happened.

Calls, events that apps reported, and lines of the log are in it together. Apps name their sessions twice: one for
diagnostics, which their calls carry, and one for analytics, which their events carry. A session of either kind has
the other's part as well: what the same device did from its beginning to its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from openmcs.analytics import event_filter, messages
from openmcs.analytics import parameters as read
from openmcs.analytics.event_filter import CONTEXT
from openmcs.analytics.filters import Binds, Filter
from openmcs.analytics.intervals import read_period
from openmcs.analytics.period import EVER, Period
from openmcs.analytics.requests import LOGGED_AROUND, row_document
from openmcs.analytics.rows import Sought, listed
from openmcs.errors import RequestInvalid
from openmcs.store import sessions
from openmcs.store.clock import to_iso
from openmcs.store.log_kinds import EVENTS, MESSAGES, REQUESTS, Kind
from openmcs.store.log_reader import LogReader, View

BY = ("session", "device", "user")
MOST = 1000
_COLUMN = {"session": "session_id", "device": "device_id", "user": "user"}


class _Part(NamedTuple):
    """Rows of one who is asked about: the value of a field, in a period."""

    by: str
    value: str
    period: Period


@dataclass(frozen=True, slots=True)
class Visit:
    """What happened, the newest of it, up to so many of each kind."""

    by: str
    value: str
    period: Period = EVER
    limit: int = 200

    @classmethod
    def parse(cls, parameters: read.Parameters) -> Visit:
        """From the query of the call: one of `session`, `device`, `user`. Raises `RequestInvalid`."""
        given = [(name, value) for name in BY if (value := read.text(parameters, name)) is not None]
        if len(given) != 1:
            raise RequestInvalid(f"Write one of the parameters {', '.join(BY)}.")
        ((by, value),) = given
        period = read.open_period(parameters) if by == "session" else read_period(parameters, default="-24h")
        return cls(by, value, period, read.number(parameters, "limit", default=200, least=1, most=MOST))

    def ask(self, log: LogReader) -> dict[str, Any]:
        """The sessions that are known of it, and all that happened, oldest first. Raises `StoreUnavailable`."""
        with log.database.read() as connection:
            known = sessions.named(connection, _COLUMN[self.by], self.value, *self.period, self.limit)
        with log.view() as view:
            parts = [_Part(self.by, self.value, self.period)]
            if self.by == "session":
                parts += self._of_the_device(view, known)
            calls = self._rows(view, REQUESTS, parts)
            events = self._rows(view, EVENTS, parts)
            lines = self._lines(view, calls)
        items = [
            *((row["time"], {"kind": "event", **event_filter.document(row)}) for row in events),
            *((row["time"], {"kind": "call", **row_document(row)}) for row in calls),
            *((row["time"], {"kind": "message", **messages.document(row)}) for row in lines),
        ]
        return {
            self.by: self.value,
            "sessions": [_session(row) for row in known],
            "counts": {"calls": len(calls), "events": len(events), "messages": len(lines)},
            "more": any(len(rows) == self.limit for rows in (calls, events, lines)),
            "items": [item for _, item in sorted(items, key=lambda each: cast(int, each[0]))],
        }

    def _of_the_device(self, view: View, known: Sequence[Mapping[str, Any]]) -> Iterator[_Part]:
        """What the device of a session did meanwhile, under whatever other session."""
        spans = [(row["device_id"], row["started_at"], row["ended_at"] or row["last_at"]) for row in known]
        if not spans:
            own = self._rows(view, REQUESTS, [_Part(self.by, self.value, self.period)])
            spans = [(row["device_id"], row["time"], row["time"]) for row in own]
        for device in sorted({device for device, _, _ in spans if device}):
            first = min(begin for each, begin, _ in spans if each == device)
            last = max(end for each, _, end in spans if each == device)
            start, end = max(first, self.period.start), min(last + 1, self.period.end)
            if start < end:
                yield _Part("device", device, Period(start, end))

    def _rows(self, view: View, kind: Kind, parts: Sequence[_Part]) -> list[dict[str, Any]]:
        """The newest of all the parts, each once, oldest first."""
        found: dict[tuple[str, int], dict[str, Any]] = {}
        for part in parts:
            binds, column, looked = Binds(), _COLUMN[part.by], Filter()
            where, columns = f'"{column}" = {binds.add(part.value)}', {column}
            if kind is REQUESTS:
                where, columns = f"{where} AND {looked.sql(binds)}", columns | looked.columns
            for row in listed(view, Sought(kind, part.period, columns, where, binds), limit=self.limit).rows:
                found[row["segment"], row["position"]] = row
        return sorted(found.values(), key=lambda row: cast(int, row["time"]))[-self.limit :]

    def _lines(self, view: View, calls: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """What was logged while those calls were answered."""
        if not calls:
            return []
        period = Period(calls[0]["time"] - LOGGED_AROUND, calls[-1]["time"] + LOGGED_AROUND)
        where = "ecid IN (SELECT unnest($ecids::VARCHAR[]))"
        ecids = sorted({row["ecid"] for row in calls})
        sought = Sought(MESSAGES, period, {"ecid"}, where, {"ecids": ecids})
        return listed(view, sought, limit=self.limit).rows[::-1]


def _session(row: Mapping[str, Any]) -> dict[str, Any]:
    """A session as events tell it."""
    return {
        "session": row["session_id"],
        "backend": row["backend"],
        "backendVersion": row["backend_version"],
        "startedAt": to_iso(row["started_at"]),
        "endedAt": None if row["ended_at"] is None else to_iso(row["ended_at"]),
        "lastAt": to_iso(row["last_at"]),
        "events": row["events"],
        "user": row["user"] if row["caller_kind"] == "user" else None,
        "deviceId": row["device_id"],
        "applicationKey": row["application_key"],
        "clientSdk": row["client_sdk"],
        "context": {name: row[column] for name, column in CONTEXT.items() if row[column] is not None},
    }
