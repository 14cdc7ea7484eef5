"""Leases."""

from __future__ import annotations

from sqlalchemy import update

from openmcs.store import leases
from openmcs.store.clock import now_us
from openmcs.store.database import Database
from openmcs.store.tables import lease


def test_one_at_a_time_has_a_lease(database: Database) -> None:
    """Its holder may keep it, others wait until it is given back."""
    assert leases.take(database, "job", "a", 60)
    assert leases.take(database, "job", "a", 60)
    assert not leases.take(database, "job", "b", 60)
    assert leases.take(database, "other", "b", 60)
    with database.write() as connection:
        assert leases.is_held(connection, "job", "a")
        assert not leases.is_held(connection, "job", "b")
    leases.release(database, "job", "b")
    assert not leases.take(database, "job", "b", 60)
    leases.release(database, "job", "a")
    assert leases.take(database, "job", "b", 60)


def test_a_lease_that_has_run_out_is_free(database: Database) -> None:
    """Also one that a clock, since turned back, has left far in the future."""
    for until in (now_us() - 1, now_us() + 3600 * 1_000_000):
        leases.take(database, "job", "a", 60)
        with database.write() as connection:
            connection.execute(update(lease).values(until=until, holder="a"))
        assert leases.take(database, "job", "b", 60)
        with database.write() as connection:
            assert not leases.is_held(connection, "job", "a")
        leases.release(database, "job", "b")
