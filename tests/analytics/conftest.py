"""Questions are asked of a log in SQLite and in MariaDB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from openmcs.store.database import Database
from openmcs.store.log_reader import LogReader
from tests.store.conftest import database

__all__ = ["database"]


@pytest.fixture
def segments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the log's segments."""
    return tmp_path_factory.mktemp("segments")


@pytest.fixture
def log(database: Database, segments: Path) -> Iterator[LogReader]:
    """Reads the log of the database and the segments."""
    reader = LogReader(database, segments)
    yield reader
    reader.close()
