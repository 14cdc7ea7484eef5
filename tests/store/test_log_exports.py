"""How far the log was sent elsewhere."""

from __future__ import annotations

from pathlib import Path

from openmcs.store import log_exports
from openmcs.store.database import Database
from openmcs.store.log import END, Cursor
from tests.store.records import load, request


def test_it_begins_behind_what_is_there_and_moves(database: Database, tmp_path: Path) -> None:
    """Each who sends has a place of its own."""
    load(database, tmp_path, request(1))
    with database.write() as connection:
        assert log_exports.place(connection, "traces") == Cursor(1, END)
    load(database, tmp_path, request(2))
    with database.write() as connection:
        assert log_exports.place(connection, "traces") == Cursor(1, END)
        log_exports.move(connection, "traces", Cursor(2, 77))
        assert log_exports.place(connection, "traces") == Cursor(2, 77)
        assert log_exports.place(connection, "other") == Cursor(2, END)
