"""
The workers of one implementation through everything that bad code does to them.

Each act is followed by a call that has to be answered: whatever happens, the implementation comes back.
"""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from openmcs.errors import ImplementationCrashed, ImplementationFailed, ImplementationTimedOut, RuntimeOverloaded
from openmcs.runtime import group as group_module
from openmcs.runtime.binding import Limits
from openmcs.runtime.machine import CORES
from openmcs.sandbox import identity, lease
from tests.runtime.implementations import ADDITIONS, Serving, alive, binding, serving, until

CODE = """
    import asyncio, ctypes, mmap, os, resource, socket, sys, threading, time, gc, builtins

    def register(service):
        service.get("/ok", lambda req: "ok")
        service.get("/pid", lambda req: str(os.getpid()))
        service.post("/pid", lambda req: str(os.getpid()))
        service.get("/exit", lambda req: os._exit(3))
        service.get("/segfault", lambda req: ctypes.string_at(0))
        service.get("/abort", lambda req: os.abort())
        service.get("/sys-exit", lambda req: sys.exit(1))
        service.get("/async-exit", async_exit)
        service.get("/garbage", garbage)
        service.get("/half-a-frame", half_a_frame)
        service.get("/foreign-stream", foreign_stream)
        service.get("/close-everything", close_everything)
        service.get("/block-the-loop", block_the_loop)
        service.get("/spin-in-a-thread", spin)
        service.get("/memory", lambda req: len(bytearray(10 ** 9)))
        service.get("/shared-memory", lambda req: mmap.mmap(-1, 10 ** 9))
        service.get("/memory-file", lambda req: os.memfd_create("x"))
        service.get("/memory-in-children", fork_bomb)
        service.get("/fork-bomb", fork_bomb)
        service.get("/fill-the-disk", fill_the_disk)
        service.get("/huge", lambda req: b"x" * 10 ** 9)
        service.get("/renew-the-lease", lambda req: resource.setrlimit(resource.RLIMIT_CPU, (10 ** 6, 10 ** 6)))
        service.get("/recursion", recursion)
        service.get("/patch", patch)
        service.get("/threads", threads)
        service.get("/flood", flood)
        service.get("/print-flood", print_flood)
        service.get("/endless", endless)
        service.get("/deep-json", deep_json)
        service.get("/slow", slow)
        service.get("/slow-thread", lambda req: time.sleep(0.2) or "slept")
        service.get("/kill-the-parent", lambda req: os.kill(os.getppid(), 9))

    def fork_bomb(req):
        while True:
            os.fork()

    def fill_the_disk(req):
        for folder in ("/tmp", "/var/tmp", "/dev/shm", os.path.dirname(__file__), "."):
            try:
                with open(os.path.join(folder, "fill"), "wb") as file:
                    while True:
                        file.write(bytes(2 ** 20))
            except OSError as error:
                last = error
        raise last

    async def async_exit(req):
        os._exit(4)

    def write_to_every_socket(data):
        import stat
        for fd in range(3, 256):
            try:
                if stat.S_ISSOCK(os.fstat(fd).st_mode):
                    os.write(fd, data)
            except OSError:
                continue

    def garbage(req):
        write_to_every_socket(b"\\xff" * 100)
        time.sleep(1)

    def half_a_frame(req):
        write_to_every_socket(b"\\x00\\x00\\x00\\x10\\x09")
        time.sleep(0.05)
        return "after half a frame"

    def foreign_stream(req):
        import struct
        write_to_every_socket(struct.pack("!IBI", 5, 9, 4711))
        time.sleep(1)

    def close_everything(req):
        os.closerange(0, 256)
        time.sleep(1)

    async def block_the_loop(req):
        while True:
            pass

    def spin(req):
        while True:
            pass

    def recursion(req):
        return recursion(req)

    def patch(req):
        import json, logging, openmcs.runtime.protocol as wire
        wire.frame = lambda *a: b"\\xff" * 50
        import openmcs.runtime.worker as worker
        import sys
        sys.modules["__main__"].frame = wire.frame
        return "patched"

    def threads(req):
        for _ in range(20):
            threading.Thread(target=time.sleep, args=(3600,)).start()
        return "started"

    def flood(req):
        for number in range(5000):
            console.info("line", number)
        return "done"

    def print_flood(req):
        for number in range(5000):
            print("line", number)
        return "done"

    async def endless(req):
        while True:
            yield b"x" * 65536

    def deep_json(req):
        value = []
        for _ in range(100000):
            value = [value]
        return value

    async def slow(req):
        await asyncio.sleep(0.2)
        return "slow"
"""


def scenario(tmp_path: Path, test: Callable[[Serving], Awaitable[None]], **limits: Any) -> None:
    async def run() -> None:
        async with serving(tmp_path, {"api": binding(tmp_path, CODE)}, **limits) as served:
            await test(served)

    asyncio.run(asyncio.wait_for(run(), 60))


ENDINGS = {
    "/exit": "exit status 3",
    "/async-exit": "exit status 4",
    "/segfault": "signal SIGSEGV",
    "/abort": "signal SIGABRT",
    "/garbage": "broke the protocol",
    "/foreign-stream": "broke the protocol",
    "/close-everything": "ended",
}


@pytest.mark.parametrize("additions", [(), ADDITIONS], ids=["", "with additions"])
@pytest.mark.parametrize(("path", "reason"), ENDINGS.items())
def test_a_worker_that_ends_fails_its_own_call_only_and_is_replaced(
    tmp_path: Path, path: str, reason: str, additions: tuple[str, ...]
) -> None:
    async def test(served: Serving) -> None:
        with pytest.raises(ImplementationCrashed):
            await served.get(path)
        assert await served.get("/ok") == b"ok"
        # The first process of a namespace cannot abort; it runs into the next trap.
        said = (reason, "signal SIGSEGV") if path == "/abort" else (reason,)
        await until(lambda: any(each in served.texts() for each in said))

    scenario(tmp_path, test, additions=additions)


FAILINGS = {
    "/sys-exit": "SystemExit",
    "/memory": "MemoryError",
    "/shared-memory": "PermissionError",
    "/memory-file": "PermissionError",
    "/memory-in-children": "PermissionError",
    "/fork-bomb": "PermissionError",
    "/fill-the-disk": "PermissionError",
    "/huge": "MemoryError",
    "/renew-the-lease": "Error",
    "/recursion": "RecursionError",
    "/deep-json": "AnswerInvalid",
    "/kill-the-parent": "PermissionError",
}


@pytest.mark.parametrize("additions", [(), ADDITIONS], ids=["", "with additions"])
@pytest.mark.parametrize(("path", "error"), FAILINGS.items())
def test_a_handler_that_fails_leaves_its_worker_alive(
    tmp_path: Path, path: str, error: str, additions: tuple[str, ...]
) -> None:
    async def test(served: Serving) -> None:
        pid = await served.get("/pid")
        with pytest.raises(ImplementationFailed):
            await served.get(path)
        assert error in served.texts()
        assert await served.get("/pid") == pid

    scenario(tmp_path, test, additions=additions)


def test_additions_that_the_machine_has_are_in_force_and_the_others_are_told(tmp_path: Path) -> None:
    """What health says is what the kernel says of the process, seen from outside."""

    async def test(served: Serving) -> None:
        health = served.pool.health()[0]
        worker = served.group()._workers[0]
        status = Path(f"/proc/{worker.pid}/status").read_text()
        assert set(health["additions"]) | set(health["missing"]) == set(ADDITIONS)
        assert not set(health["additions"]) & set(health["missing"])
        assert all(health["missing"].values())
        user = int(status.split("Uid:")[1].split()[0])
        assert ("uid" in health["additions"]) == (user >= 1_900_000_000) == (user != os.getuid())
        if "namespaces" in health["additions"] and os.getuid() == 0:
            assert os.readlink(f"/proc/{worker.pid}/ns/net") != os.readlink("/proc/self/ns/net")
            assert await served.get("/pid") == b"1"
        if "cgroup" in health["additions"]:
            assert f"/openmcs/{os.getpid()}-" in Path(f"/proc/{worker.pid}/cgroup").read_text()
        assert os.getpriority(os.PRIO_PROCESS, worker.pid or 0) >= 5
        # Who is another user is leased time only by those who may limit others.
        assert health["cpuLease"] == (user == os.getuid() or identity.holds(lease.CAP_SYS_RESOURCE))

    scenario(tmp_path, test, additions=ADDITIONS)


def test_a_lease_is_granted_before_the_code_is_loaded_and_renewed_while_all_is_well(tmp_path: Path) -> None:
    """First for the import, then for as long as a worker may be silent."""

    async def test(served: Serving) -> None:
        worker = served.group()._workers[0]
        assert worker.leased and served.pool.health()[0]["cpuLease"]

        def soft() -> int:
            return resource.prlimit(worker.pid or 0, resource.RLIMIT_CPU)[0]

        granted = soft()
        assert 0 < granted <= 41 * CORES + 60
        await until(lambda: soft() < granted)  # the first heartbeat after the import
        assert soft() <= 11 * CORES + 60

    scenario(tmp_path, test)


def test_an_addition_that_is_required_and_cannot_be_had_is_reason_not_to_start(tmp_path: Path) -> None:
    """The reason is the kernel's, or that it is not among those wanted."""

    async def run() -> None:
        served = Serving(tmp_path.with_name("canary"), Limits(required=("uid",)))
        await served.pool.apply({"api": binding(tmp_path, CODE)})
        assert "'uid' is required" in served.pool.failures["api"]
        assert "not among runtime.additions" in served.pool.failures["api"]
        await served.pool.close()

    asyncio.run(asyncio.wait_for(run(), 60))


def test_the_hint_of_a_memory_error_names_the_limit(tmp_path: Path) -> None:
    async def test(served: Serving) -> None:
        with pytest.raises(ImplementationFailed):
            await served.get("/memory")
        assert "256 MiB" in served.texts()

    scenario(tmp_path, test)


def test_half_a_frame_of_the_handlers_own_ends_the_worker_at_the_next_frame(tmp_path: Path) -> None:
    async def test(served: Serving) -> None:
        with pytest.raises(ImplementationCrashed):
            await served.get("/half-a-frame")
        assert await served.get("/ok") == b"ok"

    scenario(tmp_path, test)


def test_patching_the_workers_own_code_ends_in_a_broken_protocol_and_a_new_worker(tmp_path: Path) -> None:
    async def test(served: Serving) -> None:
        try:
            await served.get("/patch")
        except ImplementationCrashed:
            pass
        try:
            await served.get("/ok")
        except ImplementationCrashed:
            assert await served.get("/ok") == b"ok"

    scenario(tmp_path, test)


def test_a_blocked_loop_is_shown_with_its_stack_and_its_worker_replaced(tmp_path: Path) -> None:
    async def test(served: Serving) -> None:
        with pytest.raises((ImplementationCrashed, ImplementationTimedOut)):
            await served.get("/block-the-loop")
        assert await served.get("/ok") == b"ok"
        assert "did not answer for" in served.texts()
        assert "block_the_loop" in served.texts()

    scenario(tmp_path, test, hang_seconds=8.0)


def test_a_thread_that_spins_gets_504_and_its_worker_is_replaced_beside_it(tmp_path: Path) -> None:
    async def test(served: Serving) -> None:
        pid = await served.get("/pid")
        with pytest.raises(ImplementationTimedOut):
            await served.get("/spin-in-a-thread", seconds=0.3)
        await until(lambda: "goes on after its time" in served.texts())
        await until(lambda: served.group().health()["workers"] == 1)
        assert await served.get("/pid") != pid
        await until(lambda: not alive(int(pid)))

    scenario(tmp_path, test, drain_seconds=0.5)


def test_threads_that_never_end_do_not_keep_a_worker_from_ending(tmp_path: Path) -> None:
    async def test(served: Serving) -> None:
        pid = int(await served.get("/pid"))
        await served.get("/threads")
        await served.pool.apply({})
        await until(lambda: not alive(pid))

    scenario(tmp_path, test)


@pytest.mark.parametrize("path", ["/flood", "/print-flood"])
def test_a_flood_of_lines_is_cut_and_the_rest_counted(
    tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_module, "LINES_PER_SECOND", 10)

    async def test(served: Serving) -> None:
        assert await served.get(path) == b"done"
        await asyncio.sleep(1.1)
        console = await served.get("/flood")
        assert console == b"done"
        await until(lambda: "lines more than 10 a second were dropped" in served.texts())
        assert len([each for each in served.messages if each.text.startswith("line")]) < 200

    scenario(tmp_path, test)


def test_an_endless_answer_is_paced_by_its_reader(tmp_path: Path) -> None:
    async def test(served: Serving) -> None:
        from tests.runtime.implementations import call

        reply = await served.pool.call("api", call("/endless"))
        assert not isinstance(reply.body, bytes)
        chunks = reply.body
        for _ in range(50):
            await anext(chunks)
        stream = next(iter(served.group()._workers[0].channel._streams.values()))
        assert sum(len(piece.data) for piece in stream.chunks) <= 512 * 1024
        await chunks.aclose()  # type: ignore[attr-defined]
        await until(lambda: served.group().health()["inFlight"] == 0)

    scenario(tmp_path, test)


# ── supervision ──────────────────────────────────────────────────────────────────────────────────────


def test_kill_under_load_fails_only_calls_in_flight_and_gets_are_sent_again(tmp_path: Path) -> None:
    async def test(served: Serving) -> None:
        answered, failed = 0, 0
        stop = asyncio.Event()

        async def ask() -> None:
            nonlocal answered, failed
            while not stop.is_set():
                try:
                    assert await served.get("/ok") == b"ok"
                    answered += 1
                except ImplementationCrashed:
                    failed += 1

        callers = [asyncio.ensure_future(ask()) for _ in range(16)]
        for _ in range(5):
            before = answered
            await until(lambda before=before: answered > before + 100)  # type: ignore[misc]
            workers = [each for each in served.group()._workers if each.pid]
            if workers:
                os.kill(workers[0].pid or 0, signal.SIGKILL)
        stop.set()
        await asyncio.gather(*callers)
        assert failed == 0
        assert "signal SIGKILL" in served.texts()

    scenario(tmp_path, test, workers=2)


def test_a_post_that_had_begun_is_never_sent_twice(tmp_path: Path) -> None:
    code = """
        import asyncio, os
        def register(service):
            service.post("/count", count)
            service.get("/ok", lambda req: "ok")
        async def count(req):
            console.info("begun")
            await asyncio.sleep(0.1)
            os._exit(1)
        """

    async def run() -> None:
        async with serving(tmp_path, {"api": binding(tmp_path, code)}) as served:
            with pytest.raises(ImplementationCrashed):
                await served.get("/count", method="POST")
            assert [each.text for each in served.messages].count("begun") == 1

    asyncio.run(run())


def test_a_crash_loop_is_damped_and_shown_and_others_do_not_notice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_module, "_DEATHS", 3)
    monkeypatch.setattr(group_module, "_BACK_OFF", (0.0,))
    healthy = tmp_path / "healthy"
    crashing = tmp_path / "crashing"

    async def run() -> None:
        bindings = {"api": binding(healthy, CODE), "bad": binding(crashing, CODE)}
        async with serving(tmp_path, bindings) as served:
            for _ in range(4):
                with pytest.raises((ImplementationCrashed, RuntimeOverloaded)):
                    await served.get("/exit", api="bad")
            await until(lambda: served.group("bad").failure is not None)
            with pytest.raises(RuntimeOverloaded, match="out of service"):
                await served.get("/ok", api="bad")
            assert "ended 4 times" in served.texts()
            assert await served.get("/ok") == b"ok"
            failing = [each for each in served.pool.health() if each["failure"]]
            assert len(failing) == 1

    asyncio.run(asyncio.wait_for(run(), 60))


def test_a_full_queue_is_503(tmp_path: Path) -> None:
    async def test(served: Serving) -> None:
        calls = [asyncio.ensure_future(served.get("/slow")) for _ in range(4)]
        done = await asyncio.gather(*calls, return_exceptions=True)
        refused = [each for each in done if isinstance(each, RuntimeOverloaded)]
        assert len(refused) == 2
        assert [each for each in done if each == b"slow"] == [b"slow", b"slow"]

    scenario(tmp_path, test, in_flight=1, queue=1)


def test_what_waits_longer_than_the_queue_allows_is_503(tmp_path: Path) -> None:
    async def test(served: Serving) -> None:
        first = asyncio.ensure_future(served.get("/slow"))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeOverloaded, match="became free"):
            await served.get("/ok")
        assert await first == b"slow"

    scenario(tmp_path, test, in_flight=1, queue_seconds=0.05)


def test_an_implementation_without_calls_sleeps_and_wakes_with_the_next_one(tmp_path: Path) -> None:
    async def test(served: Serving) -> None:
        pid = int(await served.get("/pid"))
        await until(lambda: not alive(pid))
        health = served.group().health()
        assert (health["workers"], health["asleep"], health["failure"]) == (0, True, None)
        answers = await asyncio.gather(*(served.get("/ok") for _ in range(20)))
        assert set(answers) == {b"ok"}
        await until(lambda: "woke within" in served.texts())
        assert (served.group().health()["workers"], served.group().health()["asleep"]) == (1, False)
        assert "ended" not in served.texts()

    scenario(tmp_path, test, idle_seconds=0.5)


def test_a_sleeping_implementation_is_replaced_by_a_new_version(tmp_path: Path) -> None:
    async def test(served: Serving) -> None:
        await until(lambda: served.group().health()["asleep"])
        await served.pool.apply({"api": binding(tmp_path, CODE, version="2.0")})
        assert await served.get("/ok") == b"ok"

    scenario(tmp_path, test, idle_seconds=0.5)


def test_calls_that_wait_get_more_workers_up_to_the_bound(tmp_path: Path) -> None:
    async def test(served: Serving) -> None:
        stop = asyncio.Event()

        async def ask() -> None:
            while not stop.is_set():
                await served.get("/slow")

        callers = [asyncio.ensure_future(ask()) for _ in range(12)]
        await until(lambda: served.group().health()["workers"] == 3)
        await asyncio.sleep(0.5)
        assert served.group().health()["workers"] == 3
        stop.set()
        await asyncio.gather(*callers)

    scenario(tmp_path, test, in_flight=1, workers=1, most_workers=3, queue_seconds=30.0)


def test_each_worker_says_what_it_did_and_does(tmp_path: Path) -> None:
    """Calls are counted, and the probes are those of its own self-test."""

    async def test(served: Serving) -> None:
        pid = int(await served.get("/pid"))
        for _ in range(4):
            await served.get("/ok")
        running = asyncio.ensure_future(served.get("/slow"))
        await until(lambda: served.group().health()["inFlight"] == 1)
        (shown,) = served.group().workers()
        assert (shown["pid"], shown["done"], shown["inFlight"], shown["leaving"]) == (pid, 5, 1, False)
        assert abs(shown["startedAt"] - time.time()) < 3600
        assert shown["isolation"] == "strict"
        assert shown["probes"]
        assert all(each["shut"] for each in shown["probes"])
        await running

    scenario(tmp_path, test)
