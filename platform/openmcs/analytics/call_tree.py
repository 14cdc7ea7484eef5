"""The question behind `GET /requests/{ecid}`: one request, all it caused, and what was logged meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from openmcs.analytics.messages import document
from openmcs.analytics.requests import documents
from openmcs.errors import ResourceNotFound
from openmcs.store import log
from openmcs.store.database import Database


@dataclass(frozen=True, slots=True)
class CallTree:
    """The tree of calls that share an execution context id."""

    ecid: str

    def ask(self, database: Database) -> dict[str, Any]:
        """`requests` and `messages`, oldest first. Raises `ResourceNotFound` and `StoreUnavailable`."""
        with database.read() as connection:
            requests, messages = log.tree(connection, self.ecid)
            items = documents(connection, requests)
        if not requests and not messages:
            raise ResourceNotFound(f"The log has no request with the ECID {self.ecid[:64]!r} (yet, or any more).")
        return {"requests": items, "messages": [document(row) for row in messages]}
