"""One desk a test."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.store.conftest import open_empty
from tests.tools.desk import API, BACKEND, Desk, open_desk


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for all calls."""
    with asyncio.Runner() as loop:
        yield loop


@pytest.fixture
def desk(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, runner: asyncio.Runner) -> Iterator[Desk]:
    """A team member's desk."""
    with open_empty("sqlite", tmp_path_factory) as database:
        yield open_desk(database, tmp_path, runner)


@pytest.fixture
def api(desk: Desk) -> dict[str, Any]:
    """An API in the catalogue."""
    made: dict[str, Any] = desk.post("/apis", API)
    return made


@pytest.fixture
def backend(desk: Desk) -> dict[str, Any]:
    """A backend in the catalogue."""
    made: dict[str, Any] = desk.post("/mobilebackends", BACKEND)
    return made
