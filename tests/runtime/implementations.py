"""Implementations that tests write to a folder, and the workers that answer for them."""

from __future__ import annotations

import asyncio
import os
import textwrap
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from openmcs.exchange import Call, Caller, CallRules, Message
from openmcs.runtime.binding import Binding, Limits
from openmcs.runtime.group import Group
from openmcs.runtime.machine import Machine
from openmcs.runtime.pool import Pool
from openmcs.runtime.zygote import Zygote
from openmcs.testing import RealWorker, make_call

ADDITIONS = ("uid", "namespaces", "cgroup")


def write(folder: Path, files: dict[str, str] | str) -> Path:
    """Write an implementation: its files, or the text of its one module `api.py`."""
    if isinstance(files, str):
        files = {"api.py": files}
    if "pyproject.toml" not in files:
        files = {**files, "pyproject.toml": '[project]\nname = "api"\nversion = "1.0"\n'}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return folder


def worker(folder: Path, files: dict[str, str] | str, **options: Any) -> RealWorker:
    """A worker behind its walls that answers with *files*."""
    return RealWorker(write(folder, files), **options)


def binding(folder: Path, files: dict[str, str] | str, *, version: str = "1.0", **fields: Any) -> Binding:
    """What the pool starts workers from: *files*, as version *version* of the implementation `api`."""
    write(folder, files)
    return Binding(
        key=f"{folder}:{version}",
        implementation=f"api({version})",
        api="api",
        api_version="1.0",
        directory=str(folder),
        main="api.py",
        **fields,
    )


def call(path: str, method: str = "GET", body: bytes = b"", seconds: float = 20.0, **rules: Any) -> Call:
    """A call of the API `api`."""
    caller = Caller(kind="user", username="joe")
    return make_call("api", method, path, "", {}, body, caller, "backend", seconds, CallRules(**rules))


class Serving:
    """A pool, and the messages that it reported."""

    def __init__(self, canary: Path, limits: Limits, share: float = 4.0) -> None:
        self.messages: list[Message] = []
        self.machine = Machine.open(limits, share)
        # Where additions are wanted, workers are made as the platform makes them.
        self.zygote = Zygote(namespaces=True) if limits.additions else None
        canary.write_text("secret")
        canary.chmod(0o600)
        self.pool = Pool(limits, self.messages.append, str(canary), None, self.zygote, self.machine)

    async def get(self, path: str, api: str = "api", **options: Any) -> bytes:
        """GET; the body."""
        reply = await self.pool.call(api, call(path, **options))
        assert isinstance(reply.body, bytes)
        return reply.body

    def texts(self) -> str:
        """All messages as one text."""
        return "\n".join(each.text for each in self.messages)

    def group(self, api: str = "api") -> Group:
        """The group that answers for an API."""
        return self.pool._groups[api]


@asynccontextmanager
async def serving(folder: Path, bindings: dict[str, Binding], **limits: Any) -> AsyncIterator[Serving]:
    """A pool with *bindings* in service."""
    served = Serving(folder.with_name(folder.name + "-canary"), Limits(**limits))
    try:
        await served.pool.apply(bindings)
        yield served
    finally:
        await served.pool.close()
        if served.zygote is not None:
            served.zygote.close()


async def until(condition: Callable[[], bool]) -> None:
    """Wait until *condition* holds."""
    for _ in range(4000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not happen")


def alive(pid: int) -> bool:
    """Whether there is a process of that id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
