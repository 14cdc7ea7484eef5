"""Questions are asked of SQLite and of MariaDB."""

from __future__ import annotations

from tests.store.conftest import database

__all__ = ["database"]
