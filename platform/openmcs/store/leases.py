"""Leases: a job that one process at a time may do, on however many machines."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from openmcs.store.clock import now_us
from openmcs.store.database import Database
from openmcs.store.tables import lease


def take(database: Database, name: str, holder: str, seconds: float) -> bool:
    """
    Take or keep the lease for *seconds* from now; False while somebody else has it.

    A lease that lies further ahead than anybody takes one (the clock was turned back) counts as run out.
    Raises `StoreUnavailable`.
    """
    now = now_us()
    until = now + int(seconds * 1_000_000)
    with database.write() as connection:
        free = or_(lease.c.holder == holder, lease.c.until < now, lease.c.until > now + int(seconds * 2_000_000))
        taken = update(lease).where(lease.c.name == name, free).values(holder=holder, until=until)
        # MySQL does not count a row that is as it should be.
        if connection.execute(taken).rowcount or is_held(connection, name, holder):
            return True
        if connection.execute(select(lease.c.name).where(lease.c.name == name)).first():
            return False
        try:
            connection.execute(insert(lease).values(name=name, holder=holder, until=until))
        except IntegrityError:
            return False
        return True


def is_held(connection: Connection, name: str, holder: str) -> bool:
    """Whether *holder* has the lease; within a transaction nobody takes it away until that ends."""
    query = select(lease.c.until).where(lease.c.name == name, lease.c.holder == holder).with_for_update()
    until = connection.scalar(query)
    return until is not None and until >= now_us()


def release(database: Database, name: str, holder: str) -> None:
    """Give it back before its time. Raises `StoreUnavailable`."""
    with database.write() as connection:
        connection.execute(delete(lease).where(lease.c.name == name, lease.c.holder == holder))
