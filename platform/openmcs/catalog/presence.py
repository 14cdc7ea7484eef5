"""
What runs where: each gateway process says now and then how its workers do, and any of them can tell of all.

Workers belong to the gateway process that started them. A restart is a change of the catalogue, so every
process follows it: the new workers are ready before the old ones get no more calls.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import Callable
from typing import Any, NamedTuple

import structlog

from openmcs.catalog import trash
from openmcs.errors import Conflict, StoreUnavailable
from openmcs.runtime import usage
from openmcs.store import catalog as questions
from openmcs.store import gateways
from openmcs.store.clock import now_us
from openmcs.store.database import Database
from openmcs.store.ids import new_id

log = structlog.get_logger()

SAY_SECONDS = 5.0
SILENT_SECONDS = 20.0
"""Who has said nothing for so long does not count any more."""
LONGEST_REASON = 2000


class Said(NamedTuple):
    """What one gateway process said of its workers; *here* is the one that was asked, which says it afresh."""

    id: str
    node: str
    pid: int
    at: int
    here: bool
    workers: list[dict[str, Any]]


class Presence:
    """One gateway process among all."""

    def __init__(self, database: Database, workers: Callable[[], list[dict[str, Any]]]) -> None:
        self._database = database
        self._workers = workers
        self._id = new_id()
        self._node = socket.gethostname()[:255]
        self._task: asyncio.Task[None] | None = None

    def follow(self) -> None:
        """Say it now and then, until `stop`."""
        self._task = asyncio.get_running_loop().create_task(self._follow())

    async def _follow(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self._say, self._workers())
            except StoreUnavailable:
                pass  # following the catalogue tells of it
            except Exception:
                log.exception("how the workers do could not be written down")
            await asyncio.sleep(SAY_SECONDS)

    def _say(self, workers: list[dict[str, Any]]) -> None:
        before = now_us() - int(3 * SILENT_SECONDS * 1_000_000)
        with self._database.write() as connection:
            gateways.say(connection, self._id, self._node, os.getpid(), json.dumps(_measured(workers)))
            gateways.forget(connection, "", before)

    async def everywhere(self) -> list[Said]:
        """What all processes say, this one first. Raises `StoreUnavailable`."""
        workers = await asyncio.to_thread(_measured, self._workers())
        here = Said(self._id, self._node, os.getpid(), now_us(), True, workers)
        return [here, *await asyncio.to_thread(self._others)]

    def _others(self) -> list[Said]:
        with self._database.read() as connection:
            rows = gateways.statuses(connection, now_us() - int(SILENT_SECONDS * 1_000_000))
        return [
            Said(row["id"], row["node"], row["pid"], row["at"], False, json.loads(row["document"]))
            for row in rows
            if row["id"] != self._id
        ]

    async def stop(self) -> None:
        """Say no more, and be forgotten."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        try:
            await asyncio.to_thread(self._leave)
        except StoreUnavailable:
            pass  # it is forgotten for its silence

    def _leave(self) -> None:
        with self._database.write() as connection:
            gateways.forget(connection, self._id)


def _measured(serving: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With what each worker uses; in a thread, since the kernel takes its time to count."""
    return [
        {
            **each,
            "failure": each["failure"][:LONGEST_REASON] if each["failure"] else None,
            "workers": [{**worker, **usage.shown(worker["pid"])} for worker in each["workers"]],
        }
        for each in serving
    ]


def restart(database: Database, api_id: str, by: str) -> int:
    """
    Have every worker of an API's implementation replaced, in every process; when that was asked for.

    Raises `ResourceNotFound`, and `Conflict` while the mock answers.
    """
    with database.write() as connection:
        api = questions.api_row(connection, api_id)
        if api["implementation"] is None:
            raise Conflict(f"The mock answers {api['name']} {api['version']}: there are no workers to restart.")
        at = gateways.restart(connection, api_id, by)
        trash.note(connection, by, "restarted", "api", api_id, f"{api['name']}({api['version']})")
        questions.bump_revision(connection)
    return at
