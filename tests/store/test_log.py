"""Questions of the log."""

from __future__ import annotations

from pathlib import Path

import pytest

from openmcs.store import log
from openmcs.store.database import Database
from tests.store.records import load, loaded_ecids, message, request


def test_what_is_too_old_is_deleted(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests, messages and losses before the time go, in steps of a few; what is younger stays."""
    monkeypatch.setattr(log, "_AT_ONCE", 3)
    load(database, tmp_path, *(request(number) for number in range(10)), *(message(number) for number in range(10)))
    assert log.expire(database, 1_000_008) == 16
    assert loaded_ecids(database) == ["e8", "e9"]
    assert log.expire(database, 1_000_008) == 0


def test_losses_of_a_period_are_added_up(database: Database, tmp_path: Path) -> None:
    """Those outside do not count."""
    load(database, tmp_path, *(b'{"k":"l","time":%d,"lost":%d,"reason":"disk full"}' % (n, n) for n in (5, 6, 9)))
    with database.read() as connection:
        assert log.lost(connection, 5, 9) == 11
        assert log.lost(connection, 10, 20) == 0
