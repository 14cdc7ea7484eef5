"""
What a handler may do and what its caller gets: contract of custom code, section 3, with a real worker.

One worker behind its walls answers all of the tables; each row is a route.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openmcs.errors import ImplementationFailed, ImplementationTimedOut
from openmcs.runtime.binding import Limits
from openmcs.testing import RealWorker
from tests.runtime.implementations import worker

TEXT, HTML = "text/plain; charset=utf-8", "text/html; charset=utf-8"
JSON, BYTES = "application/json; charset=utf-8", "application/octet-stream"

ANSWERS: dict[str, tuple[str, int, str | None, bytes]] = {
    # Express's manner
    "send-status-and-object": ("res.send(200, {'a': 1})", 200, JSON, b'{"a":1}'),
    "send-object-and-status": ("res.send({'a': 1}, 201)", 201, JSON, b'{"a":1}'),
    "send-status": ("res.send(412)", 412, TEXT, b"Precondition Failed"),
    "send-text": ("res.send('text')", 200, HTML, b"text"),
    "send-json-text": ("res.send('{\"a\": 1}')", 200, HTML, b'{"a": 1}'),
    "send-status-and-text": ("res.send(500, 'text')", 500, HTML, b"text"),
    "send-list": ("res.send([1, 2])", 200, JSON, b"[1,2]"),
    "send-bytes": ("res.send(b'\\x00\\x01')", 200, BYTES, b"\0\1"),
    "send-nothing": ("res.send()", 200, None, b""),
    "status-send-none": ("res.status(202).send(None)", 202, None, b""),
    "status-send-object": ("res.status(201).send({'a': 1})", 201, JSON, b'{"a":1}'),
    "type-send": ("res.type('text').send('plain')", 200, TEXT, b"plain"),
    "json": ("res.json({'a': 1})", 200, JSON, b'{"a":1}'),
    "json-status": ("res.json(201, {'a': 1})", 201, JSON, b'{"a":1}'),
    "json-text": ("res.json('text')", 200, JSON, b'"text"'),
    "json-none": ("res.json(None)", 200, JSON, b"null"),
    "set-and-end": ("res.set('Content-Type', 'text/css').end('a {}')", 200, "text/css", b"a {}"),
    "write-head": ("res.write_head(203, {'Content-Type': 'a/b'}).end('x')", 203, "a/b", b"x"),
    "write-and-end": ("res.write('a').write(b'b').end('c')", 200, None, b"abc"),
    "end": ("res.status(404).end()", 404, None, b""),
    # returned values
    "return-dict": ("return {'a': 1}", 200, JSON, b'{"a":1}'),
    "return-list": ("return [1]", 200, JSON, b"[1]"),
    "return-text": ("return 'text'", 200, TEXT, b"text"),
    "return-bytes": ("return b'\\x00'", 200, BYTES, b"\0"),
    "return-number": ("return 7", 200, JSON, b"7"),
    "return-status-and-body": ("return 201, {'a': 1}", 201, JSON, b'{"a":1}'),
    "return-status-and-text": ("return 404, 'gone'", 404, TEXT, b"gone"),
    "return-status-and-none": ("return 205, None", 205, None, b""),
    "return-headers": ("return 200, b'x', {'Content-Type': 'image/png'}", 200, "image/png", b"x"),
}
NOTHING = {"return-nothing": ("return None", 204, None, b"")}

MORE_ROUTES = """
    import asyncio, json, time, threading, os, sys
    from importlib import resources

    def register(service):
        for name, handler in HANDLERS.items():
            service.get("/" + name, handler)
        service.get("/things/describe", lambda req: "describe")
        service.get("/things/:id", lambda req: {"id": req.params["id"]})
        service.get("/things/{id}/parts/:part", lambda req: req.params)
        service.get("/mobile/custom/api/whole", lambda req: "whole path")
        service.get("/seen", seen)
        service.post("/seen", seen)
        service.put("/seen", seen)
        service.get("/accepts", lambda req: {"best": req.accepts("application/json", "text/html")})
        service.post("/is", lambda req: [req.is_("json"), req.is_("html")])
        service.get("/raises", raises)
        service.get("/raises-async", raises_async)
        service.get("/twice", twice)
        service.get("/sends-and-returns", sends_and_returns)
        service.get("/no-json", lambda req: {"a": object()})
        service.get("/bad-status", lambda req, res: res.status(99))
        service.get("/split-header", lambda req, res: res.set("A", "b\\r\\nEvil: yes").end())
        service.get("/stream", stream)
        service.get("/generator", generator)
        service.get("/stream-breaks", stream_breaks)
        service.get("/large", lambda req: b"x" * 3_000_000)
        service.post("/length", lambda req: {"length": len(req.raw)})
        service.get("/later", later)
        service.get("/never", lambda req, res: None)
        service.get("/sleep", sleep)
        service.get("/sleep-thread", sleep_thread)
        service.get("/was-cancelled", lambda req: {"cancelled": getattr(req.state, "cancelled", None)})
        service.get("/thread", lambda req: {"main": threading.current_thread() is threading.main_thread()})
        service.get("/loop", loop)
        service.get("/returns-coroutine", lambda req: give(req))
        service.get("/callable", Callable())
        service.get("/head-only", lambda req: "body")
        service.options("/seen", lambda req: (200, "options"))

    def seen(req):
        return {"method": req.method, "path": req.path, "url": req.url, "query": req.query, "body": req.body,
                "header": req.get("X-Thing"), "user": req.user.name, "anonymous": req.user.anonymous,
                "roles": sorted(req.user.roles), "backend": req.backend.name, "ecid": req.ecid,
                "authorization": req.headers.get("authorization"), "left": req.seconds_left > 0}

    def raises(req):
        raise ValueError("on purpose")

    async def raises_async(req):
        raise ValueError("on purpose")

    def twice(req, res):
        res.send(200, "first")
        res.send(200, "second")

    def sends_and_returns(req, res):
        res.send(200, "sent")
        return "returned"

    async def stream(req):
        for number in range(5):
            yield f"{number};"
            await asyncio.sleep(0)

    def generator(req):
        for number in range(5):
            yield f"{number};"

    async def stream_breaks(req):
        yield "first"
        raise ValueError("in the middle")

    def later(req, res):
        threading.Timer(0.05, lambda: res.send(200, "later")).start()

    async def sleep(req):
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            req.state.cancelled = "coroutine"
            raise

    def sleep_thread(req):
        while not req.cancelled:
            time.sleep(0.01)
        req.state.cancelled = "thread"

    async def loop(req):
        asyncio.get_running_loop()
        return {"main": threading.current_thread() is threading.main_thread()}

    async def give(req):
        return "from a coroutine"

    class Callable:
        async def __call__(self, req):
            return "callable"
"""


def implementation() -> str:
    lines = [MORE_ROUTES]
    names = []
    for name, (statement, *_) in (ANSWERS | NOTHING).items():
        arguments = "req" if statement.startswith("return") else "req, res"
        identifier = name.replace("-", "_")
        lines.append(f"    def {identifier}({arguments}):\n        {statement}\n")
        lines.append(f"    async def {identifier}_async({arguments}):\n        {statement}\n")
        names += [f"{name!r}: {identifier}", f"{name + '-async'!r}: {identifier}_async"]
    return "\n".join(lines) + "\n    HANDLERS = {" + ", ".join(names) + "}\n"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealWorker]:
    with worker(tmp_path_factory.mktemp("api"), implementation()) as running:
        yield running


@pytest.mark.parametrize("manner", ["", "-async"], ids=["in a thread", "on the loop"])
@pytest.mark.parametrize("name", ANSWERS | NOTHING)
def test_an_answer_has_the_status_type_and_body_of_the_table(api: RealWorker, name: str, manner: str) -> None:
    _, status, kind, body = (ANSWERS | NOTHING)[name]
    answer = api.get(f"/{name}{manner}")
    assert (answer.status, answer.headers.get("content-type"), answer.body) == (status, kind, body)


def test_head_is_answered_by_get_without_a_body(api: RealWorker) -> None:
    answer = api.request("HEAD", "/head-only")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-type"] == TEXT


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/things/describe", "describe"),
        ("/things/7", {"id": "7"}),
        ("/things/7/", {"id": "7"}),
        ("/things/a%2Fb%20c", {"id": "a/b c"}),
        ("/things/7/parts/9", {"id": "7", "part": "9"}),
        ("/whole", "whole path"),
        ("/callable", "callable"),
        ("/returns-coroutine", "from a coroutine"),
    ],
)
def test_the_first_route_that_fits_answers(api: RealWorker, path: str, expected: Any) -> None:
    answer = api.get(path)
    assert (answer.text if isinstance(expected, str) else answer.json()) == expected


def test_without_a_route_the_caller_gets_404_that_names_the_implementation(api: RealWorker) -> None:
    answer = api.get("/nothing/here")
    assert answer.status == 404
    assert "api(1.0) has no route for GET /nothing/here" in answer.json()["detail"]


# ── the request ──────────────────────────────────────────────────────────────────────────────────────

BODIES: list[tuple[str, str, bytes, Any]] = [
    ("POST", "application/json", b'{"a": [1]}', {"a": [1]}),
    ("POST", "application/json; charset=utf-8", '{"a": "ü"}'.encode(), {"a": "ü"}),
    ("POST", "application/json", '{"a": "ü"}'.encode("latin-1"), {"a": "ü"}),
    ("POST", "application/vnd.x+json", b"[1]", [1]),
    ("POST", "application/json", b"null", {}),
    ("POST", "application/x-www-form-urlencoded", b"a=1&b=2&b=3&c=", {"a": "1", "b": ["2", "3"], "c": ""}),
    ("POST", "text/plain", b"text", {}),
    ("POST", "image/png", b"\x89PNG", {}),
    ("POST", "application/json", b"", {}),
    ("GET", "application/json", b"not read", {}),
]


@pytest.mark.parametrize(("method", "kind", "body", "expected"), BODIES)
def test_a_body_is_parsed_by_its_type(api: RealWorker, method: str, kind: str, body: bytes, expected: Any) -> None:
    assert api.request(method, "/seen", body=body, headers={"Content-Type": kind}).json()["body"] == expected


def test_a_body_that_is_no_json_is_400_before_the_handler_sees_it(api: RealWorker) -> None:
    answer = api.post("/seen", body=b"{", headers={"Content-Type": "application/json"})
    assert (answer.status, answer.json()["title"]) == (400, "Bad request")


def test_a_request_tells_who_calls_and_what_without_any_credentials(api: RealWorker) -> None:
    seen = api.put(
        "/seen", query={"a": "1", "b": ["2", "3"]}, headers={"X-Thing": "t", "Authorization": "Basic secret"},
        user="joe", roles=("clerk", "boss"), backend="shop",
    ).json()  # fmt: skip
    assert seen == {
        "method": "PUT", "path": "/mobile/custom/api/seen", "url": "/mobile/custom/api/seen?a=1&b=2&b=3",
        "query": {"a": "1", "b": ["2", "3"]}, "body": {}, "header": "t", "user": "joe", "anonymous": False,
        "roles": ["boss", "clerk"], "backend": "shop", "ecid": "test", "authorization": None, "left": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("accept", "best"),
    [(None, "application/json"), ("text/html", "text/html"), ("text/*;q=0.5", "text/html"), ("image/png", None)],
)
def test_accepts_names_the_first_type_that_the_caller_takes(api: RealWorker, accept: str | None, best: Any) -> None:
    headers = {"Accept": accept} if accept else {}
    assert api.get("/accepts", headers=headers).json()["best"] == best


def test_is_knows_short_names(api: RealWorker) -> None:
    assert api.post("/is", json={}).json() == [True, False]


@pytest.mark.parametrize("size", [0, 1, 262_144, 262_145, 3_000_000])
def test_bodies_of_any_size_arrive_whole(api: RealWorker, size: int) -> None:
    assert api.post("/length", body=bytes(size)).json()["length"] == size


def test_an_answer_larger_than_a_frame_arrives_whole(api: RealWorker) -> None:
    assert api.get("/large").body == b"x" * 3_000_000


# ── failing ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["/raises", "/raises-async"])
def test_what_a_handler_raises_is_500_for_the_caller_and_a_traceback_in_the_log(api: RealWorker, path: str) -> None:
    with pytest.raises(ImplementationFailed) as failed:
        api.get(path)
    assert "on purpose" not in failed.value.detail
    line = api.log[-1]
    assert (line.level, line.file) == ("severe", "api.py")
    assert "ValueError: on purpose" in line.text
    assert line.line is not None


@pytest.mark.parametrize(("path", "sent"), [("/twice", "first"), ("/sends-and-returns", "sent")])
def test_the_first_answer_counts_and_the_second_is_an_error_in_the_log(api: RealWorker, path: str, sent: str) -> None:
    before = len(api.log)
    assert api.get(path).text == sent
    wait_for(lambda: any("AlreadySent" in line.text for line in api.log[before:]))


@pytest.mark.parametrize("path", ["/no-json", "/bad-status", "/split-header"])
def test_an_answer_that_cannot_be_sent_is_500_with_the_reason_in_the_log(api: RealWorker, path: str) -> None:
    with pytest.raises(ImplementationFailed):
        api.get(path)
    assert "AnswerInvalid" in api.log[-1].text


def test_a_streamed_answer_that_breaks_off_is_an_error_and_its_traceback_is_in_the_log(api: RealWorker) -> None:
    with pytest.raises(ImplementationFailed, match="in the middle"):
        api.get("/stream-breaks")
    assert "in the middle" in api.log[-1].text


# ── streams, threads, time ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["/stream", "/generator"])
def test_an_iterator_is_a_streamed_answer(api: RealWorker, path: str) -> None:
    assert api.get(path).text == "0;1;2;3;4;"


def test_handlers_that_are_no_coroutines_run_in_threads_and_coroutines_on_the_loop(api: RealWorker) -> None:
    assert api.get("/thread").json() == {"main": False}
    assert api.get("/loop").json() == {"main": True}


def test_a_handler_may_answer_after_it_has_returned(api: RealWorker) -> None:
    assert api.get("/later").text == "later"


@pytest.mark.parametrize(("path", "told"), [("/sleep", "coroutine"), ("/sleep-thread", "thread")])
def test_at_the_deadline_the_caller_gets_504_and_the_handler_is_told(api: RealWorker, path: str, told: str) -> None:
    with pytest.raises(ImplementationTimedOut):
        api.get(path, seconds=0.1)
    wait_for(lambda: api.get("/was-cancelled").json()["cancelled"] == told)


def test_a_handler_that_never_answers_costs_its_worker_nothing(api: RealWorker) -> None:
    pid = api.pool._groups["api"]._workers[0].pid
    with pytest.raises(ImplementationTimedOut):
        api.get("/never", seconds=0.1)
    wait_for(lambda: api.pool.health()[0]["inFlight"] == 0)
    assert api.pool._groups["api"]._workers[0].pid == pid


def test_many_calls_at_once_each_get_their_own_answer(api: RealWorker) -> None:
    found: dict[int, Any] = {}

    def ask(number: int) -> None:
        found[number] = api.get(f"/things/{number}").json()["id"]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(50)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert found == {number: str(number) for number in range(50)}


# ── modules, middleware, life ────────────────────────────────────────────────────────────────────────


def test_an_archive_may_have_modules_packages_and_data(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": '[project]\nname = "shop"\nversion = "2.0"\n[tool.openmcs]\nmain = "shop/__init__.py"\n',
        "shop/__init__.py": """
            from importlib import resources
            from helpers import twice
            from shop.prices import price
            from . import data

            def register(service):
                service.get("/price", lambda req: {"price": twice(price())})
                service.get("/data", lambda req: resources.files("shop.data").joinpath("items.txt").read_text())
            """,
        "shop/prices.py": "def price():\n    return 21\n",
        "shop/data/__init__.py": "",
        "shop/data/items.txt": "apples",
        "helpers.py": "def twice(x):\n    return 2 * x\n",
        "json.py": "raise RuntimeError('an uploaded json.py shadows nothing')\n",
    }
    with worker(tmp_path, files) as shop:
        assert shop.get("/price").json() == {"price": 42}
        assert shop.get("/data").text == "apples"


MIDDLEWARE = """
    def register(service):
        service.use(count)
        service.use("/admin", admins_only)
        service.use("/late", late)
        service.use("/express", express)
        service.get("/items", lambda req: {"order": req.order})
        service.get("/admin/items", lambda req: {"order": req.order})
        service.get("/administrators", lambda req: "not below /admin")
        service.get("/late", lambda req: {"order": req.order})
        service.get("/express", lambda req: {"order": req.order})
        service.get("/express/failing", lambda req: "never")

    def count(req):
        req.order = ["count"]

    def admins_only(req):
        if "admin" not in req.user.roles:
            return 403, {"message": "for admins"}
        req.order.append("admin")

    async def late(req):
        req.order.append("late")

    def express(req, res, next):
        if req.path.endswith("failing"):
            next(ValueError("from next"))
            return
        req.order.append("express")
        if req.query.get("stop"):
            res.send(418)
        else:
            next()
"""


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealWorker]:
    with worker(tmp_path_factory.mktemp("guarded"), MIDDLEWARE) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "roles", "status", "body"),
    [
        ("/items", (), 200, {"order": ["count"]}),
        ("/admin/items", (), 403, {"message": "for admins"}),
        ("/admin/items", ("admin",), 200, {"order": ["count", "admin"]}),
        ("/administrators", (), 200, None),
        ("/late", (), 200, {"order": ["count", "late"]}),
        ("/express", (), 200, {"order": ["count", "express"]}),
        ("/express?stop=1", (), 418, None),
        ("/nothing", (), 404, None),
    ],
)
def test_middleware_runs_before_the_routes_in_its_order(
    guarded: RealWorker, path: str, roles: tuple[str, ...], status: int, body: Any
) -> None:
    answer = guarded.get(path, roles=roles)
    assert answer.status == status
    if body is not None:
        assert answer.json() == body


def test_an_error_given_to_next_fails_the_call(guarded: RealWorker) -> None:
    with pytest.raises(ImplementationFailed):
        guarded.get("/express/failing")
    assert "from next" in guarded.log[-1].text


LIFE = """
    import asyncio

    async def startup(service):
        await asyncio.sleep(0)
        service.state.greeting = "hello"
        console.info("starting")

    def shutdown(service):
        console.info("ended after", service.state.calls, "calls")

    def register(service):
        service.state.calls = 0
        service.on_shutdown(lambda: console.info("hook"))
        service.get("/", hello)

    def hello(req):
        req.state.calls += 1
        return {"text": req.state.greeting, "calls": req.state.calls}
"""


def test_startup_runs_before_the_first_call_and_shutdown_after_the_last(tmp_path: Path) -> None:
    api = worker(tmp_path, LIFE)
    with api:
        assert api.get("/").json() == {"text": "hello", "calls": 1}
        assert api.get("/").json() == {"text": "hello", "calls": 2}
    assert [line.text for line in api.log] == ["starting", "hook", "ended after 2 calls"]


def test_a_startup_that_raises_keeps_the_implementation_out_of_service(tmp_path: Path) -> None:
    code = (
        "def startup():\n    raise OSError('no database')\ndef register(service):\n    service.get('/', lambda r: 1)\n"
    )
    with pytest.raises(RuntimeError, match="no database"):
        worker(tmp_path, code)


def test_a_long_handler_sees_that_its_worker_is_to_end(tmp_path: Path) -> None:
    code = """
        import time
        def register(service):
            def wait(req):
                while not service.draining:
                    time.sleep(0.01)
                return "told"
            service.get("/", wait)
        """
    with worker(tmp_path, code, limits=Limits(level=300)) as api:
        found: list[str] = []
        caller = threading.Thread(target=lambda: found.append(api.get("/").text))
        caller.start()
        wait_for(lambda: api.pool.health()[0]["inFlight"] == 1)
        api._loop.call_soon_threadsafe(lambda: api.pool._groups["api"]._workers[0].retire())
        caller.join(10)
        assert found == ["told"]


def wait_for(condition: Any) -> None:
    """Until *condition* holds; the test's own time limit is that of the harness."""
    pause = threading.Event()
    for _ in range(1000):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("it did not happen")


def test_json_answers_are_what_json_reads(api: RealWorker) -> None:
    assert json.loads(api.get("/return-dict").body) == {"a": 1}
