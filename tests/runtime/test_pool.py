"""Which implementation answers, and how one takes over from another without a failed call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from openmcs.errors import ImplementationFailed, RuntimeFull, RuntimeOverloaded
from openmcs.exchange import Reply
from openmcs.runtime.admission import WorkerRefused
from openmcs.runtime.binding import Limits
from openmcs.runtime.pool import Pool, rehearse
from tests.runtime.implementations import Serving, binding, call, serving, until


def version(number: int) -> str:
    return f"""
        import asyncio, time
        def register(service):
            service.get("/version", lambda req: "{number}")
            service.get("/slow", slow)
            service.get("/forever", forever)
        async def forever(req):
            await asyncio.sleep(600)
        async def slow(req):
            await asyncio.sleep(0.3)
            return "{number}"
        """


def run(test: Callable[[], Any]) -> None:
    asyncio.run(asyncio.wait_for(test(), 60))


def test_redeploys_under_load_fail_no_call(tmp_path: Path) -> None:
    async def test() -> None:
        bindings = [binding(tmp_path / str(each), version(each), version=f"{each}.0") for each in range(6)]
        async with serving(tmp_path, {"api": bindings[0]}) as served:
            stop = asyncio.Event()
            answers: list[int] = []

            async def ask() -> None:
                while not stop.is_set():
                    answers.append(int(await served.get("/version")))

            callers = [asyncio.ensure_future(ask()) for _ in range(16)]
            for each in bindings[1:]:
                await served.pool.apply({"api": each})
                before = len(answers)
                await until(lambda before=before: len(answers) > before + 50)  # type: ignore[misc]
            stop.set()
            await asyncio.gather(*callers)
            assert set(answers) == set(range(6))
            assert answers[-1] == 5

    run(test)


def test_a_running_call_finishes_in_the_version_that_began_it(tmp_path: Path) -> None:
    async def test() -> None:
        first, second = (binding(tmp_path / str(each), version(each), version=f"{each}.0") for each in (1, 2))
        async with serving(tmp_path, {"api": first}) as served:
            slow = asyncio.ensure_future(served.get("/slow"))
            await until(lambda: served.group().health()["inFlight"] == 1)
            await served.pool.apply({"api": second})
            assert await served.get("/version") == b"2"
            assert await slow == b"1"

    run(test)


def test_a_call_that_outlasts_the_drain_fails_with_an_error_of_its_own(tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path, {"api": binding(tmp_path / "1", version(1))}, drain_seconds=0.05) as served:
            forever = asyncio.ensure_future(served.get("/forever", seconds=60))
            await until(lambda: served.group().health()["inFlight"] == 1)
            await served.pool.apply({"api": binding(tmp_path / "2", version(2), version="2.0")})
            with pytest.raises((ImplementationFailed, RuntimeOverloaded)):
                await forever
            assert await served.get("/version") == b"2"

    run(test)


BROKEN = {
    "a syntax error": ("def register(service)\n", "SyntaxError"),
    "an exception": ("raise ValueError('at import')\n", "at import"),
    "no register": ("x = 1\n", "no function register"),
    "no routes": ("def register(service): pass\n", "registered no route"),
    "an import that is missing": ("import nothing_like_this\n", "nothing_like_this"),
    "an end of the process": ("import os; os._exit(7)\n", "exit status 7|ended"),
    "a socket at import": ("import socket; socket.create_connection(('example.com', 80))\n", "not declared"),
}


@pytest.mark.parametrize(("code", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_version_that_does_not_start_leaves_the_old_one_in_service(tmp_path: Path, code: str, reason: str) -> None:
    async def test() -> None:
        async with serving(tmp_path, {"api": binding(tmp_path / "1", version(1))}) as served:
            await served.pool.apply({"api": binding(tmp_path / "2", code, version="2.0")})
            assert await served.get("/version") == b"1"
            assert "does not start" in served.texts()
            assert served.pool.implementation_of("api") == "api(1.0)"
            assert served.pool.failures["api"]

    run(test)


@pytest.mark.parametrize(("code", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_rehearsal_refuses_what_cannot_serve_and_says_why(tmp_path: Path, code: str, reason: str) -> None:
    async def test() -> None:
        served = Serving(tmp_path.with_name("canary"), Limits())
        with pytest.raises(WorkerRefused, match=reason):
            await rehearse(binding(tmp_path, code), Limits(), served.messages.append, str(tmp_path.with_name("canary")))

    run(test)


def test_a_rehearsal_tells_the_routes(tmp_path: Path) -> None:
    async def test() -> None:
        served = Serving(tmp_path.with_name("canary"), Limits())
        routes = await rehearse(
            binding(tmp_path, version(1)), Limits(), served.messages.append, str(tmp_path.with_name("canary"))
        )
        assert routes == [("GET", "/version"), ("GET", "/slow"), ("GET", "/forever")]

    run(test)


def test_an_import_without_end_is_refused_after_its_time(tmp_path: Path) -> None:
    async def test() -> None:
        served = Serving(tmp_path.with_name("canary"), Limits())
        limits = Limits(start_seconds=0.5)
        with pytest.raises(WorkerRefused, match="not imported within"):
            await rehearse(
                binding(tmp_path, "while True: pass\n"),
                limits,
                served.messages.append,
                str(tmp_path.with_name("canary")),
            )

    run(test)


def test_an_api_that_is_not_bound_is_503(tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path, {}) as served:
            with pytest.raises(RuntimeOverloaded, match="not in service"):
                await served.get("/version")

    run(test)


def test_isolation_that_the_machine_does_not_give_is_refused_with_the_reason(tmp_path: Path) -> None:
    async def test() -> None:
        served = Serving(tmp_path.with_name("canary"), Limits())
        bound = binding(tmp_path, version(1))
        # A secret that the worker can read is a wall that does not stand.
        leaking = Pool(Limits(), served.messages.append, str(tmp_path / "api.py"))
        await leaking.apply({"api": bound})
        assert "read a secret file" in leaking.failures["api"]
        await leaking.close()

    run(test)


def test_a_secret_never_reaches_the_log(tmp_path: Path) -> None:
    code = """
        def register(service):
            service.get("/say", say)
        def say(req):
            secret = req.mobile.config["key"]
            console.info("the key is", secret)
            print(secret)
            raise ValueError(secret)
        """

    async def test() -> None:
        bound = binding(
            tmp_path, code, configuration={"": {"key": "s3cr3t-value"}}, secrets=frozenset({"s3cr3t-value"})
        )
        assert "s3cr3t" not in repr(bound)
        async with serving(tmp_path, {"api": bound}) as served:
            with pytest.raises(ImplementationFailed):
                await served.get("/say")
            assert "the key is ***" in served.texts()
            assert "s3cr3t" not in served.texts()

    run(test)


# ── what the policies say ────────────────────────────────────────────────────────────────────────────

SPEAKS = """
    import logging
    def register(service):
        service.get("/say", say)
        service.get("/say-async", say_async)
        service.post("/echo", lambda req: (201, {"got": req.body or req.raw.decode()}))
        service.get("/raise", lambda req: 1 / 0)
        service.get("/ask", ask)
    def say(req):
        console.finest("finest")
        logging.getLogger("x").debug("fine")
        print("printed")
        console.warning("warning")
    async def say_async(req):
        say(req)
    async def ask(req):
        await req.mobile.rest.post({"uri": "/mobile/platform/x", "body": "asked"})
"""


@pytest.mark.parametrize("path", ["/say", "/say-async"])
@pytest.mark.parametrize(
    ("level", "kept"),
    [(1000, []), (900, ["warning"]), (800, ["printed", "warning"]), (500, ["fine", "printed", "warning"]),
     (300, ["finest", "fine", "printed", "warning"])],
)  # fmt: skip
def test_each_call_keeps_the_lines_of_its_own_level(tmp_path: Path, path: str, level: int, kept: list[str]) -> None:
    async def test() -> None:
        async with serving(tmp_path, {"api": binding(tmp_path, SPEAKS)}) as served:
            for other in (300, 1000, level):
                served.messages.clear()
                await served.get(path, level=other)
            assert [each.text for each in served.messages] == kept

    run(test)


def test_bodies_are_logged_where_the_policy_says_so_and_cut(tmp_path: Path) -> None:
    async def perform(outer: Any, inner: Any) -> Reply:
        return Reply(status=200, body=b"answered")

    async def test() -> None:
        served = Serving(tmp_path.with_name("canary"), Limits())
        pool = Pool(Limits(), served.messages.append, str(tmp_path.with_name("canary")), perform)
        await pool.apply({"api": binding(tmp_path, SPEAKS)})
        await pool.call("api", call("/echo", "POST", b"0123456789", log_body=4))
        assert [each.text for each in served.messages] == ["request body: 0123", 'response body, 201: {"go']
        served.messages.clear()
        await pool.call("api", call("/ask", log_body=100))
        texts = [each.text for each in served.messages]
        assert "POST /mobile/platform/x: request body: asked" in texts
        assert "POST /mobile/platform/x: response body, 200: answered" in texts
        served.messages.clear()
        await pool.call("api", call("/echo", "POST", b"0123456789"))
        assert served.messages == []
        await pool.close()

    run(test)


@pytest.mark.parametrize("sent", [False, True])
def test_the_caller_gets_the_traceback_only_where_the_policy_says_so(tmp_path: Path, sent: bool) -> None:
    async def test() -> None:
        async with serving(tmp_path, {"api": binding(tmp_path, SPEAKS)}) as served:
            with pytest.raises(ImplementationFailed) as failed:
                await served.get("/raise", send_stack=sent)
            assert ("ZeroDivisionError" in failed.value.detail) is sent

    run(test)


UPLOADS = """
    import asyncio
    from openmcs.runtime.incoming import BodyLost

    def register(service):
        service.post("/count", count, stream=True)
        service.post("/count-in-thread", count_in_thread, stream=True)
        service.post("/whole", lambda req: {"size": len(req.raw), "body": req.body})
        service.post("/echo", echo, stream=True)
        service.post("/early", early, stream=True)
        service.post("/lost", lost, stream=True)
        service.post("/lost-in-thread", lost_in_thread, stream=True)
        service.post("/crash", crash, stream=True)
        service.post("/both", both, stream=True)

    async def count(req):
        return {"size": sum([len(piece) async for piece in req.stream()])}

    def count_in_thread(req):
        return {"size": sum(len(piece) for piece in req.stream())}

    async def echo(req):
        async for piece in req.stream():
            yield piece

    async def early(req):
        async for piece in req.stream():
            return 422, "enough"

    async def lost(req):
        try:
            async for piece in req.stream():
                console.info("a piece")
        except (asyncio.CancelledError, BodyLost) as error:
            console.warning("lost by " + type(error).__name__)
            raise

    def lost_in_thread(req):
        try:
            for piece in req.stream():
                console.info("a piece")
        except BodyLost:
            console.warning("lost by BodyLost")
            raise

    async def crash(req):
        async for piece in req.stream():
            import os
            os._exit(3)

    async def both(req):
        return {"raw": len(req.raw), "body": req.body, "size": sum([len(piece) async for piece in req.stream()])}
"""
MIB = 1024 * 1024


class Coming:
    """The rest of a body: *pieces*, then the end, unless the test keeps it open."""

    def __init__(self, *pieces: bytes, ends: bool = True) -> None:
        self.begun = False
        self._pieces = [*pieces, b""] if ends else list(pieces)

    async def next(self) -> bytes:
        self.begun = True
        if not self._pieces:
            await asyncio.sleep(3600)
        return self._pieces.pop(0)


def upload(path: str, rest: Coming | None, body: bytes = b"x" * 1000, **options: Any) -> Any:
    return msgspec.structs.replace(call(path, "POST", body, **options), rest=rest)


async def read(reply: Reply) -> bytes:
    return reply.body if isinstance(reply.body, bytes) else b"".join([each async for each in reply.body])


@pytest.mark.parametrize("path", ["/count", "/count-in-thread", "/whole"])
def test_a_body_that_comes_in_reaches_its_handler_whole(tmp_path: Path, path: str) -> None:
    """Read as it comes, in a coroutine or a thread, or waited for by a handler that wants all of it."""

    async def test() -> None:
        async with serving(tmp_path, {"api": binding(tmp_path, UPLOADS)}) as served:
            replies = await asyncio.gather(
                *(served.pool.call("api", upload(path, Coming(*[b"y" * MIB] * 9, b"z" * size))) for size in (1, 2, 3))
            )
            sizes = [json.loads(await read(each))["size"] for each in replies]
            assert sizes == [1000 + 9 * MIB + size for size in (1, 2, 3)]
            small = await served.pool.call("api", upload(path, None))
            assert json.loads(await read(small))["size"] == 1000

    run(test)


def test_an_unread_body_is_no_body(tmp_path: Path) -> None:
    """As in Express, `body` is `{}` for what is not parsed; a stream of what is there already has all of it."""

    async def test() -> None:
        async with serving(tmp_path, {"api": binding(tmp_path, UPLOADS)}) as served:
            reply = await served.pool.call("api", upload("/both", Coming(b"y")))
            assert json.loads(await read(reply)) == {"raw": 0, "body": {}, "size": 1001}
            reply = await served.pool.call("api", upload("/both", None))
            assert json.loads(await read(reply)) == {"raw": 1000, "body": {}, "size": 1000}

    run(test)


def test_a_body_may_be_answered_while_it_comes(tmp_path: Path) -> None:
    """Both directions at once, with more than a window in each."""

    async def test() -> None:
        async with serving(tmp_path, {"api": binding(tmp_path, UPLOADS)}) as served:
            pieces = [bytes([each]) * MIB for each in range(5)]
            reply = await served.pool.call("api", upload("/echo", Coming(*pieces)))
            assert await read(reply) == b"x" * 1000 + b"".join(pieces)
            early = await served.pool.call("api", upload("/early", Coming(b"y" * MIB, ends=False)))
            assert (early.status, await read(early)) == (422, b"enough")
            assert served.group().health()["inFlight"] == 0

    run(test)


@pytest.mark.parametrize("path", ["/lost", "/lost-in-thread", "/whole"])
def test_a_client_that_goes_away_ends_its_handler(tmp_path: Path, path: str) -> None:
    """The worker goes on, also where it was still waiting for the rest of the body."""

    async def test() -> None:
        async with serving(tmp_path, {"api": binding(tmp_path, UPLOADS)}) as served:
            leaving = asyncio.ensure_future(served.pool.call("api", upload(path, Coming(b"y", ends=False))))
            if path == "/whole":
                await until(lambda: served.group().health()["inFlight"] == 1)
                await asyncio.sleep(0.1)
            else:
                await until(lambda: served.texts().count("a piece") == 2)
            leaving.cancel()
            await until(lambda: served.group().health()["inFlight"] == 0)
            if path != "/whole":
                await until(lambda: "lost by" in served.texts())
            (worker,) = served.pool.workers()[0]["workers"]
            reply = await served.pool.call("api", upload("/count", Coming(b"y")))
            assert (reply.status, served.pool.workers()[0]["workers"][0]["pid"]) == (200, worker["pid"])

    run(test)


def test_a_call_is_not_sent_again_once_its_body_is_spent(tmp_path: Path) -> None:
    """The worker dies in the middle of it: 502, and the next worker serves."""

    async def test() -> None:
        async with serving(tmp_path, {"api": binding(tmp_path, UPLOADS)}) as served:
            rest = Coming(b"y" * MIB, b"z")
            with pytest.raises(ImplementationFailed, match="crashed"):
                await served.pool.call("api", upload("/crash", rest))
            assert rest.begun
            await until(lambda: bool(served.pool.workers()[0]["workers"]))
            reply = await served.pool.call("api", upload("/count", Coming(b"y")))
            assert reply.status == 200

    run(test)


# ── room in memory ───────────────────────────────────────────────────────────────────────────────────


def crowded(tmp_path: Path, rooms: int) -> tuple[Serving, dict[str, Any]]:
    """A pool with room for *rooms* workers, and three implementations for it."""
    served = Serving(tmp_path.with_name("canary"), Limits(idle_seconds=0.0))
    served.machine.admission.budget = rooms * Limits().memory
    return served, {f"api{n}": binding(tmp_path / str(n), version(n), version=f"{n}.0") for n in range(3)}


def test_more_implementations_than_there_is_room_for_are_all_served(tmp_path: Path) -> None:
    """The one that has been quiet for longest sleeps for the one that is called."""

    async def test() -> None:
        served, bindings = crowded(tmp_path, 2)
        try:
            await served.pool.apply(bindings)
            for _ in range(3):
                for number in range(3):
                    assert await served.get("/version", api=f"api{number}") == str(number).encode()
                    assert served.machine.admission.taken <= served.machine.admission.budget
            assert "sleeps so that another has room" in served.texts()
            assert sum(each["workers"] for each in served.pool.health()) <= 2
        finally:
            await served.pool.close()
        assert served.machine.admission.taken == 0

    run(test)


def test_those_with_calls_are_left_alone_and_the_others_are_told_that_there_is_no_room(tmp_path: Path) -> None:
    """503 with a code of its own, until there is room again."""

    async def test() -> None:
        served, bindings = crowded(tmp_path, 1)
        try:
            await served.pool.apply(bindings)
            busy = asyncio.ensure_future(served.get("/forever", api="api0"))
            await until(lambda: served.group("api0").health()["inFlight"] == 1)
            with pytest.raises(RuntimeFull) as caught:
                await served.get("/version", api="api1")
            assert (caught.value.status, caught.value.code) == (503, "MOBILE-90029")
            assert "runtime.memory_share" in served.texts()
            assert not busy.done()
            busy.cancel()
            await asyncio.gather(busy, return_exceptions=True)

            async def answered() -> bytes:
                for _ in range(100):
                    try:
                        return await served.get("/version", api="api1")
                    except RuntimeOverloaded:
                        await asyncio.sleep(0.1)
                raise AssertionError("there was no room again")

            assert await answered() == b"1"
        finally:
            await served.pool.close()

    run(test)


def test_a_new_version_without_room_leaves_the_old_one_in_service(tmp_path: Path) -> None:
    """It would be beside the old one for a moment, and that has a call."""

    async def test() -> None:
        served, bindings = crowded(tmp_path, 1)
        try:
            await served.pool.apply({"api": bindings["api0"]})
            busy = asyncio.ensure_future(served.get("/slow"))
            await until(lambda: served.pool.health()[0]["inFlight"] == 1)
            await served.pool.apply({"api": bindings["api1"]})
            assert "no room" in served.pool.failures["api"]
            assert await busy == b"0"
        finally:
            await served.pool.close()

    run(test)
