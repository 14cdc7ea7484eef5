"""Gateway processes say how their workers do, and a restart reaches all of them."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from openmcs.catalog import presence
from openmcs.catalog.presence import Presence
from openmcs.errors import Conflict, ResourceNotFound
from openmcs.store import catalog as questions
from openmcs.store import gateways, schema
from openmcs.store.activity import activities
from openmcs.store.database import Database

WORKER = {"apiId": "A", "implementation": "shop(1.0)", "workers": [{"pid": os.getpid()}], "failure": None}


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """An empty catalogue."""
    database = Database.open(f"sqlite:///{tmp_path / 'openmcs.db'}")
    schema.upgrade(database)
    return database


async def until(condition: Any) -> None:
    """Wait for it."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


def test_each_process_tells_of_all(database: Database) -> None:
    """Its own workers as they are now, those of the others as they said last; who stops is forgotten."""

    async def test() -> None:
        mine, theirs = [dict(WORKER)], [{**WORKER, "failure": "x" * 9000}]
        here, there = Presence(database, lambda: mine), Presence(database, lambda: theirs)
        there.follow()
        await until(lambda: _rows(database))
        said = await here.everywhere()
        assert [(each.here, each.workers[0]["implementation"]) for each in said] == [
            (True, "shop(1.0)"), (False, "shop(1.0)"),
        ]  # fmt: skip
        assert len(said[1].workers[0]["failure"]) == presence.LONGEST_REASON
        assert all(each.workers[0]["workers"][0]["rssBytes"] > 2**20 for each in said)
        await there.stop()
        assert [each.here for each in await here.everywhere()] == [True]
        await here.stop()

    asyncio.run(test())


def test_the_silent_do_not_count(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was killed says nothing more, and is left out."""

    async def test() -> None:
        with database.write() as connection:
            gateways.say(connection, "DEAD", "far", 9, "[]")
        here = Presence(database, list)
        assert len(await here.everywhere()) == 2
        monkeypatch.setattr(presence, "SILENT_SECONDS", -60)
        assert len(await here.everywhere()) == 1

    asyncio.run(test())


def test_a_restart_changes_what_is_bound(database: Database) -> None:
    """It is a change of the catalogue with its row in the activity; without workers there is nothing to restart."""
    with database.write() as connection:
        row = {
            "id": "A", "name": "shop", "version": "1.0", "raml_root": "r", "raml_files": "{}", "contract": b"",
            "created_at": 1, "modified_at": 1,
        }  # fmt: skip
        questions.insert_api(connection, row)
    with pytest.raises(ResourceNotFound):
        presence.restart(database, "nothing", "anna")
    with pytest.raises(Conflict, match="mock answers"):
        presence.restart(database, "A", "anna")
    with database.write() as connection:
        questions.set_active(connection, "A", "I", "anna")
    with database.read() as connection:
        before = questions.revision(connection)
    at = presence.restart(database, "A", "anna")
    with database.read() as connection:
        assert gateways.restarts(connection) == {"A": at}
        assert questions.revision(connection) == before + 1
        (row,), _ = activities(connection, {}, 10, 0)
        assert (row["action"], row["name"], row["team_member"]) == ("restarted", "shop(1.0)", "anna")


def _rows(database: Database) -> int:
    with database.read() as connection:
        return len(gateways.statuses(connection, 0))
