"""Records for tests of the log."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import select

from openmcs.store.database import Database
from openmcs.store.log_loader import Loader
from openmcs.store.log_records import MessageRecord, RequestRecord, encode
from openmcs.store.spool import Spool
from openmcs.store.tables import request_log


def request(number: int = 0, **values: Any) -> bytes:
    """A request, told apart by its ECID."""
    record: dict[str, Any] = {
        "time": 1_000_000 + number, "ecid": f"e{number}", "method": "GET", "path": "/mobile/custom/synapse/event",
        "status": 200, "duration_us": 1500, "api": "synapse", "backend": "synapse",
    }  # fmt: skip
    return encode(RequestRecord(**(record | values)))


def message(number: int = 0, **values: Any) -> bytes:
    """A message of the request of that number."""
    record: dict[str, Any] = {"time": 1_000_000 + number, "level": 800, "text": f"line {number}", "ecid": f"e{number}"}
    return encode(MessageRecord(**(record | values)))


def spooled(directory: Path, records: Iterable[bytes]) -> None:
    """Write *records* as a writer of their own that ends."""
    spool = Spool.open(directory, sync_interval=60)
    for record in records:
        spool.append(record)
    spool.close()


def load(database: Database, directory: Path, *records: bytes) -> None:
    """Write *records* and load them."""
    spooled(directory, records)
    Loader(database, directory).run_once()


def loaded_ecids(database: Database) -> list[str]:
    """The ECIDs of all loaded requests."""
    with database.read() as connection:
        return sorted(connection.scalars(select(request_log.c.ecid)), key=lambda ecid: int(ecid[1:]))
