"""One worker process: how it comes up, what it says beside the wire, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from openmcs.runtime.admission import WorkerRefused
from openmcs.runtime.binding import Limits
from openmcs.runtime.process import LINES_PER_SECOND, WorkerProcess
from tests.runtime.implementations import alive, binding, until

GOOD = "def register(service):\n    service.get('/x', lambda req: 'x')\n"


class Owner:
    """What a process tells whoever started it."""

    def __init__(self) -> None:
        self.output: list[str] = []
        self.lost: list[str] = []


@asynccontextmanager
async def process(folder: Path, code: str, **limits: Any) -> AsyncIterator[tuple[WorkerProcess, Owner]]:
    canary = folder.with_name(folder.name + "-canary")
    canary.write_text("secret")
    owner = Owner()
    start = await binding(folder, code).start_frame(Limits(**limits), str(canary))
    made = WorkerProcess(
        start, lambda log, of: None, owner.output.append, lambda worker, reason: owner.lost.append(reason),
        lambda worker: None,
    )  # fmt: skip
    try:
        yield made, owner
    finally:
        made.kill()
        await until(lambda: made.pid is None or not alive(made.pid) or bool(owner.lost))


def run(test: Callable[[], Any]) -> None:
    asyncio.run(asyncio.wait_for(test(), 60))


def test_a_process_comes_up_with_its_routes_and_proved_walls(tmp_path: Path) -> None:
    """And is gone when it is told to be, which is no loss that anybody mourns."""

    async def test() -> None:
        async with process(tmp_path, GOOD) as (made, owner):
            ready = await made.launch(seconds=20)
            assert [tuple(each) for each in ready.routes] == [("GET", "/x")]
            assert made.hello is not None and made.hello.level == "strict"
            assert made.started_at > 0 and made.pid is not None and alive(made.pid)
            made.retire()
            assert (made.retiring, made.let_go) == (True, True)
            await until(lambda: bool(owner.lost))
            assert "exit status 0" in owner.lost[0] and not alive(made.pid)

    run(test)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import os\nos.write(1, b'last words\\n')\nos._exit(3)\n", "ended"),
        ("raise ValueError('at import')\n", "ValueError: at import"),
    ],
)
def test_one_that_does_not_come_up_says_why_and_is_gone(tmp_path: Path, code: str, reason: str) -> None:
    """What it wrote last is told, too."""

    async def test() -> None:
        async with process(tmp_path, code) as (made, owner):
            with pytest.raises(WorkerRefused, match=reason):
                await made.launch(seconds=20)
            await until(lambda: bool(owner.lost))
            assert made.pid is not None and not alive(made.pid)
            assert "os._exit" not in code or "last words" in " ".join(owner.output)

    run(test)


def test_one_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    async def test() -> None:
        async with process(tmp_path, "import time\ntime.sleep(600)\n") as (made, _):
            with pytest.raises(WorkerRefused, match="not imported within 1 s"):
                await made.launch(seconds=1.0)
            assert made.pid is not None and not alive(made.pid)

    run(test)


def test_a_flood_beside_the_wire_is_cut(tmp_path: Path) -> None:
    """Raw output is drained, so that nobody blocks on it, and so many lines a second are kept."""
    code = "import os\nfor n in range(5000): os.write(1, b'line\\n')\n" + GOOD

    async def test() -> None:
        async with process(tmp_path, code) as (made, owner):
            await made.launch(seconds=20)
            await until(lambda: len(owner.output) >= LINES_PER_SECOND)
            assert len(owner.output) < 5000 and set(owner.output) == {"line"}

    run(test)
