"""The question behind `GET /requests/{ecid}`: one request, all it caused, and what was logged meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from openmcs.analytics.filters import around
from openmcs.analytics.messages import document
from openmcs.analytics.requests import documents
from openmcs.errors import ResourceNotFound
from openmcs.store.log import MOST
from openmcs.store.log_kinds import MESSAGES, REQUESTS
from openmcs.store.log_reader import LogReader


@dataclass(frozen=True, slots=True)
class CallTree:
    """The tree of calls that share an execution context id."""

    ecid: str

    def ask(self, log: LogReader) -> dict[str, Any]:
        """`requests` and `messages`, oldest first. Raises `ResourceNotFound` and `StoreUnavailable`."""
        both = []
        with log.view() as view:
            for kind in (REQUESTS, MESSAGES):
                source = view.source(kind, kind.columns, *around(self.ecid))
                both.append(
                    view.documents(
                        f"SELECT * FROM {source} WHERE ecid = $ecid ORDER BY time, segment, position LIMIT {MOST}",
                        {"ecid": self.ecid},
                    )
                )
            requests, messages = documents(view, both[0]), [document(row) for row in both[1]]
        if not requests and not messages:
            raise ResourceNotFound(f"The log has no request with the ECID {self.ecid[:64]!r} (yet, or any more).")
        return {"requests": requests, "messages": messages}
