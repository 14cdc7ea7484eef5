"""Workers that are forked: the same walls, the same ends, and a zygote that may die."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from openmcs.errors import ImplementationCrashed
from openmcs.runtime.admission import WorkerRefused
from openmcs.runtime.binding import Limits
from openmcs.runtime.pool import Pool, rehearse
from openmcs.runtime.zygote import Zygote
from tests.runtime.implementations import ADDITIONS, Serving, alive, binding, until

CODE = """
    import os, random, sys, threading
    def register(service):
        service.get("/pid", lambda req: str(os.getpid()))
        service.get("/exit", lambda req: os._exit(3))
        service.get("/parent", lambda req: str(os.getppid()))
        service.get("/environment", lambda req: dict(os.environ))
        service.get("/descriptors", lambda req: [fd for fd in range(256) if is_open(fd)])
        service.get("/random", lambda req: random.random())
        service.get("/modules", lambda req: sorted(name for name in sys.modules if name.startswith("openmcs")))
        service.get("/thread", lambda req: threading.current_thread().name)
        service.get("/words", words)
    def is_open(fd):
        try:
            os.fstat(fd)
            return True
        except OSError:
            return False
    def words(req):
        os.write(2, b"raw words\\n")
"""


class Zygotic(Serving):
    """A pool whose workers are forked."""

    def __init__(self, canary: Path, limits: Limits) -> None:
        super().__init__(canary, limits)
        self.zygote = Zygote(namespaces="namespaces" in limits.additions)
        self.pool = Pool(limits, self.messages.append, str(canary), None, self.zygote, self.machine)

    @property
    def pid(self) -> int:
        """The zygote's."""
        assert self.zygote is not None and self.zygote._process is not None
        return self.zygote._process.pid


def scenario(folder: Path, test: Callable[[Zygotic], Awaitable[None]], implementations: int = 1, **limits: Any) -> None:
    async def run() -> None:
        served = Zygotic(folder.with_name(folder.name + "-canary"), Limits(**limits))
        try:
            bound = binding(folder, CODE)
            await served.pool.apply({"api" if n == 0 else f"api{n}": bound for n in range(implementations)})
            await test(served)
        finally:
            await served.pool.close()
            assert served.zygote is not None
            served.zygote.close()

    asyncio.run(asyncio.wait_for(run(), 60))


def test_a_forked_worker_answers_behind_the_same_walls(tmp_path: Path) -> None:
    async def test(served: Zygotic) -> None:
        assert int(await served.get("/parent")) == served.pid
        assert served.pool.health()[0]["isolation"] == "strict"
        hello = served.group()._workers[0].hello
        assert hello is not None
        assert all(each.shut for each in hello.probes)
        assert (await served.get("/thread")).startswith(b"handler")

    scenario(tmp_path, test)


def test_every_forked_worker_has_namespaces_of_its_own(tmp_path: Path) -> None:
    """Where the machine permits it; whoever is first in them is replaced like any other, and the zygote stays out."""

    async def test(served: Zygotic) -> None:
        health = served.pool.health()
        if "namespaces" not in health[0]["additions"]:
            pytest.skip(health[0]["missing"]["namespaces"])
        workers = [served.group(api)._workers[0] for api in ("api", "api1", "api2")]
        if os.getuid() == 0:
            networks = {os.readlink(f"/proc/{each.pid}/ns/net") for each in workers}
            processes = {os.readlink(f"/proc/{each.pid}/ns/pid") for each in workers}
            assert len(networks) == len(processes) == 3
            assert os.readlink(f"/proc/{served.pid}/ns/pid") == os.readlink("/proc/self/ns/pid")
        with pytest.raises(ImplementationCrashed):
            await served.get("/exit")
        assert await served.get("/pid")
        os.kill(served.group()._workers[0].pid or 0, signal.SIGKILL)
        await until(lambda: "signal SIGKILL" in served.texts())
        assert await served.get("/pid")

    scenario(tmp_path, test, implementations=3, additions=ADDITIONS)


def test_it_inherits_nothing_but_its_channel_and_its_output(tmp_path: Path) -> None:
    """No variable of the platform, no descriptor of another worker, no module of the platform's side."""

    async def test(served: Zygotic) -> None:
        import json

        environment = json.loads(await served.get("/environment", api="api2"))
        assert set(environment) <= {"PATH", "LANG", "TZ", "MALLOC_ARENA_MAX", "LC_CTYPE"}
        descriptors = json.loads(await served.get("/descriptors", api="api2"))
        sockets_and_loop = 5  # the channel, asyncio's own pair, its epoll, and none besides
        assert len([fd for fd in descriptors if fd > 2]) <= sockets_and_loop
        modules = json.loads(await served.get("/modules", api="api2"))
        assert {name.split(".")[1] for name in modules if "." in name} == {"runtime", "sandbox"}

    scenario(tmp_path, test, implementations=3)


def test_forked_workers_do_not_share_their_random_numbers(tmp_path: Path) -> None:
    async def test(served: Zygotic) -> None:
        assert await served.get("/random") != await served.get("/random", api="api1")

    scenario(tmp_path, test, implementations=2)


def test_its_output_beside_the_wire_is_kept(tmp_path: Path) -> None:
    async def test(served: Zygotic) -> None:
        await served.get("/words")
        await until(lambda: "raw words" in served.texts())

    scenario(tmp_path, test)


def test_the_way_it_ended_is_told_and_it_is_replaced(tmp_path: Path) -> None:
    async def test(served: Zygotic) -> None:
        pid = int(await served.get("/pid"))
        with pytest.raises(ImplementationCrashed):
            await served.get("/exit")
        assert int(await served.get("/pid")) != pid
        await until(lambda: "exit status 3" in served.texts())
        os.kill(int(await served.get("/pid")), signal.SIGKILL)
        await until(lambda: "signal SIGKILL" in served.texts())
        assert await served.get("/pid")

    scenario(tmp_path, test)


@pytest.mark.parametrize("additions", [(), ADDITIONS], ids=["", "with additions"])
def test_when_the_zygote_dies_its_workers_die_with_it_and_all_come_back(
    tmp_path: Path, additions: tuple[str, ...]
) -> None:
    """Also those that are the first of a namespace, and another user."""

    async def test(served: Zygotic) -> None:
        assert await served.get("/pid")
        old, zygote = served.group()._workers[0].pid or 0, served.pid
        os.kill(zygote, signal.SIGKILL)
        await until(lambda: not alive(old))
        assert await served.get("/pid")
        await served.pool.apply({"api": binding(tmp_path, CODE, version="2.0")})
        assert await served.get("/pid")
        assert served.pid != zygote

    scenario(tmp_path, test, additions=additions)


def test_nothing_is_left_when_the_platform_closes_it(tmp_path: Path) -> None:
    pids: list[int] = []

    async def test(served: Zygotic) -> None:
        pids.extend([served.pid, served.group()._workers[0].pid or 0])

    scenario(tmp_path, test, additions=ADDITIONS)
    assert not any(alive(pid) for pid in pids)


def test_code_that_cannot_be_imported_is_refused_as_by_any_worker(tmp_path: Path) -> None:
    async def test(served: Zygotic) -> None:
        broken = binding(tmp_path / "broken", "import os\nos._exit(7)\n")
        canary = str(tmp_path.with_name(tmp_path.name + "-canary"))
        with pytest.raises(WorkerRefused):
            await rehearse(broken, Limits(), served.messages.append, canary, served.zygote)
        assert await served.get("/pid")

    scenario(tmp_path, test)
