"""Second stage: which mobile backend is called."""

from __future__ import annotations

from openmcs.catalog.snapshot import Snapshot
from openmcs.errors import BackendUnknown
from openmcs.exchange import Arrival, MobileBackend

HEADER = "oracle-mobile-backend-id"


def identify(arrival: Arrival, snapshot: Snapshot) -> MobileBackend:
    """
    Find the backend by the id that the app sends with every call in basic mode (contract: wire 2.2).

    Raises `BackendUnknown`.
    """
    sent = _one(arrival.headers.get(HEADER, ""))
    if not sent:
        raise BackendUnknown("The request has no header Oracle-Mobile-Backend-ID; the backend's page shows its value.")
    backend = snapshot.backend_by_id(sent)
    if backend is None:
        raise BackendUnknown("No mobile backend has the id in the header Oracle-Mobile-Backend-ID.")
    return backend


def _one(sent: str) -> str:
    """Android's SDK sends the header twice, in two spellings; that is one value (contract: wire 2.1)."""
    if "," not in sent:
        return sent
    values = {each.strip().lower() for each in sent.split(",")}
    return values.pop() if len(values) == 1 else sent
