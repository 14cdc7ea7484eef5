"""
Tests of an implementation, with pytest or anything else that knows `assert`.

    from openmcs.testing import FakeService

    def test_an_event_that_does_not_exist_is_404():
        service = FakeService("custom_code/events")
        assert service.get("/event/7").status == 404

`FakeService` runs the handlers in this process: quick, with a debugger, and what a handler raises comes out
of the call. `RealWorker` starts a worker behind its walls, as the platform does. Both answer other APIs and
platform services with what `platform` says: a mapping of `"GET /mobile/custom/x/y"` to `(status, body)` or
a body, or a function of the inner call.
"""

from __future__ import annotations

import asyncio
import builtins
import json as json_module
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar
from urllib.parse import urlencode

from openmcs import sandbox
from openmcs.catalog import manifest
from openmcs.exchange import Arrival, Call, Caller, CallRules, InnerCall, Message, MobileBackend, Operation, Reply
from openmcs.runtime import loader
from openmcs.runtime import protocol as wire
from openmcs.runtime.asking import Asking, Declared
from openmcs.runtime.binding import Binding, Limits
from openmcs.runtime.configuration import Configuration
from openmcs.runtime.console import Console, current_stream
from openmcs.runtime.group import level_name
from openmcs.runtime.handling import Handling
from openmcs.runtime.mobile import Mobile
from openmcs.runtime.mobile import MobileBackend as Mbe
from openmcs.runtime.outbound import Outbound
from openmcs.runtime.pool import Pool, req_of
from openmcs.runtime.protocol import Kind
from openmcs.runtime.service import Service

Platform = Mapping[str, Any] | Callable[[InnerCall], Any] | None
"""What inner calls are answered with."""


Result = TypeVar("Result")


class Answer(NamedTuple):
    """What a handler answered."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    def json(self) -> Any:
        """The body, parsed."""
        return json_module.loads(self.body)


class Line(NamedTuple):
    """A line that was logged."""

    level: str
    text: str
    file: str | None
    line: int | None


class Implementation:
    """An implementation under test: what both manners have in common."""

    def __init__(
        self,
        code: str | Path,
        *,
        api: str | None = None,
        config: Mapping[str, str] | None = None,
        platform: Platform = None,
        level: int = 300,
    ) -> None:
        self._folder, self._declared = _declared(Path(code))
        self.api = api or self._declared.name
        self.config = dict(config or {})
        self.level = level
        self.platform = platform
        self.log: list[Line] = []
        self.inner_calls: list[InnerCall] = []
        """The calls that handlers made, in their order."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="implementation", daemon=True)
        self._thread.start()

    def get(self, path: str, **options: Any) -> Answer:
        """GET *path*, which is below the API; options as in `request`."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> Answer:
        """POST."""
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> Answer:
        """PUT."""
        return self.request("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Answer:
        """PATCH."""
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Answer:
        """DELETE."""
        return self.request("DELETE", path, **options)

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | str = b"",
        json: Any = None,
        user: str | None = None,
        roles: tuple[str, ...] = (),
        backend: str = "test",
        seconds: float = 30.0,
    ) -> Answer:
        """
        Make a call as *user*, or as the backend's anonymous user without one.

        Raises what the handler raised (`FakeService`), or the platform's error for it (`RealWorker`).
        """
        fields = {name.lower(): value for name, value in (headers or {}).items()}
        data = body.encode() if isinstance(body, str) else body
        if json is not None:
            data = json_module.dumps(json).encode()
            fields.setdefault("content-type", "application/json")
        caller = Caller(kind="user" if user else "anonymous", username=user or "anonymous", roles=frozenset(roles))
        sent = urlencode(query or {}, doseq=True)
        call = make_call(
            self.api, method, path, sent, fields, data, caller, backend, seconds, CallRules(level=self.level)
        )
        return self._run(self._answer(call))

    async def _answer(self, call: Call) -> Answer:
        raise NotImplementedError

    async def _stop(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        """End it."""
        if self._thread.is_alive():
            try:
                self._run(self._stop())
            finally:
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._thread.join()
                self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _perform(self, inner: InnerCall) -> Reply:
        self.inner_calls.append(inner)
        platform = self.platform
        if callable(platform):
            found = platform(inner)
            if asyncio.iscoroutine(found):
                found = await found
        else:
            known = platform or {}
            key = f"{inner.method} {inner.uri}"
            found = known.get(key, known.get(key.partition("?")[0], (404, {"title": "Not found", "status": 404})))
        if isinstance(found, Reply):
            return found
        status, content = found if isinstance(found, tuple) else (200, found)
        is_raw = isinstance(content, bytes | str)
        data = (
            content
            if isinstance(content, bytes)
            else content.encode()
            if is_raw
            else json_module.dumps(content).encode()
        )
        kind = "text/plain; charset=utf-8" if is_raw else "application/json"
        return Reply(status=status, headers=(("Content-Type", kind),), body=data)


class FakeService(Implementation):
    """The handlers in this process, without walls. What a handler raises comes out of the call."""

    def __init__(self, code: str | Path, **options: Any) -> None:
        super().__init__(code, **options)
        self._answers: dict[int, asyncio.Future[Answer]] = {}
        self._heads: dict[int, tuple[wire.Resp, bytearray]] = {}
        self._faults: dict[int, BaseException] = {}
        self._next = 1
        self._console_before = getattr(builtins, "console", None)
        self.service: Service | None = None
        try:
            self._run(self._begin())
        except BaseException:
            self.service = None
            self.close()
            raise

    async def _begin(self) -> None:
        start = _start(self._folder, self._declared, self.api, {"": self.config})
        console = Console(self._logged, self.level, str(self._folder))
        builtins.console = console  # type: ignore[attr-defined]
        sys.path.append(str(self._folder))
        self.service = service = Service(self.api, console)
        self._outbound = Outbound(self._send)
        self._asking = Asking(
            self._outbound,
            {"custom": Declared("custom", start.apis), "connector": Declared("connector", start.connectors)},
            console.warning,
        )
        self._handling = Handling(start, service, self._send, self._mobile, self._kept, lambda: None)
        loader.load(start, service)
        for hook in service.startup:
            await loader.run_hook(hook, service)

    def _mobile(self, req: wire.Req) -> Mobile:
        stream = current_stream.get()
        return Mobile(
            self._asking,
            Mbe(req.backend, req.backend_version, req.backend_id),
            Configuration({"": self.config}, ""),
            lambda handler, arguments: self._handling.schedule(handler, arguments, stream),
        )

    def _logged(
        self, stream: int, at: float, level: int, text: str, logger: str, file: str | None, line: int | None
    ) -> None:
        self.log.append(Line(level_name(level), text, file, line))

    def _kept(self, error: BaseException) -> wire.Fault:
        self._faults[id(error)] = error
        return wire.Fault(str(id(error)), str(error), "", None, None, None, None)

    async def _answer(self, call: Call) -> Answer:
        stream, self._next = self._next, self._next + 1
        answer: asyncio.Future[Answer] = self._loop.create_future()
        self._answers[stream] = answer
        req = req_of(call)
        req.body = call.body
        self._handling.accept(stream, req)
        self._handling.begin(stream)
        return await answer

    def _send(self, kind: Kind, stream: int, body: Any) -> None:
        self._loop.call_soon_threadsafe(self._on_frame, kind, stream, body)

    def _on_frame(self, kind: Kind, stream: int, body: Any) -> None:
        if kind == Kind.RESP and body.more:
            self._heads[stream] = (body, bytearray(body.body))
        elif kind == Kind.RESP:
            self._answers.pop(stream).set_result(Answer(body.status, _lower(body.headers), body.body))
        elif kind == Kind.CHUNK:
            head, data = self._heads[stream]
            data += body.data
            self._handling.grant(stream, len(body.data))
            if not body.more:
                del self._heads[stream]
                self._answers.pop(stream).set_result(Answer(head.status, _lower(head.headers), bytes(data)))
        elif kind == Kind.FAIL:
            self._answers.pop(stream).set_exception(self._faults.pop(int(body.kind)))
        elif kind == Kind.LOG:
            self.log.append(Line(level_name(body.level), body.text, body.file, body.line))
        elif kind == Kind.CALL:
            inner = InnerCall(body.method, body.uri, body.headers, body.body, body.seconds, body.number)
            task = self._loop.create_task(self._perform(inner))
            task.add_done_callback(lambda done: self._outbound.on_result(_result(body.number, done)))

    async def _stop(self) -> None:
        if self.service is not None:
            for hook in self.service.shutdown:
                await loader.run_hook(hook, self.service)
        sys.path.remove(str(self._folder))
        if self._console_before is None:
            del builtins.console  # type: ignore[attr-defined]
        else:
            builtins.console = self._console_before  # type: ignore[attr-defined]


class RealWorker(Implementation):
    """A worker process behind its walls, as the platform starts it. Packages have to be importable here."""

    def __init__(
        self, code: str | Path, *, limits: Limits | None = None, packages: tuple[str, ...] = (), **options: Any
    ) -> None:
        super().__init__(code, **options)
        self.limits = limits or Limits(level=self.level)
        self.level = self.limits.level
        self._canary = tempfile.NamedTemporaryFile(prefix="openmcs-canary-")  # noqa: SIM115 - closed in _stop
        self.binding = Binding(
            key="test",
            implementation=f"{self._declared.name}({self._declared.version})",
            api=self.api,
            api_version="1.0",
            directory=str(self._folder),
            main=self._declared.main,
            packages=packages,
            network=tuple(self._declared.network),
            apis=self._declared.apis,
            connectors=self._declared.connectors,
            configuration={"": self.config},
        )
        try:
            self._run(self._begin())
        except BaseException:
            self.close()
            raise

    async def _begin(self) -> None:
        async def perform(call: Call, inner: InnerCall) -> Reply:
            return await self._perform(inner)

        self.pool = Pool(self.limits, self._report, self._canary.name, perform)
        await self.pool.apply({self.api: self.binding})
        if self.api in self.pool.failures:
            raise RuntimeError(self.pool.failures[self.api])

    def _report(self, message: Message) -> None:
        self.log.append(Line(message.level, message.text, message.file, message.line))

    async def _answer(self, call: Call) -> Answer:
        reply = await self.pool.call(self.api, call)
        body = reply.body if isinstance(reply.body, bytes) else b"".join([chunk async for chunk in reply.body])
        return Answer(reply.status, _lower(reply.headers), body)

    async def _stop(self) -> None:
        await self.pool.close()
        self._canary.close()


def _declared(code: Path) -> tuple[Path, manifest.Manifest]:
    """The folder and the manifest of *code*, which is a folder with a manifest or a single module."""
    code = code.resolve()
    if code.is_file():
        name = code.stem if code.stem[:1].isalpha() else "implementation"
        return code.parent, manifest.Manifest(name=name, version="1.0", main=code.name)
    files = {
        each.relative_to(code).as_posix(): each.read_bytes()
        for each in sorted(code.rglob("*"))
        if each.is_file() and each.suffix in (".py", ".toml", ".json")
    }
    return code, manifest.read(files)


def _start(folder: Path, declared: manifest.Manifest, api: str, configuration: dict[str, dict[str, str]]) -> wire.Start:
    return wire.Start(
        implementation=f"{declared.name}({declared.version})",
        api=api,
        directory=str(folder),
        main=declared.main,
        packages=[],
        read=list(sandbox.interpreter_directories()),
        network=[],
        addresses={},
        memory=0,
        level=300,
        canary="",
        isolation="none",
        threads=8,
        apis=declared.apis,
        connectors=declared.connectors,
        configuration=configuration,
    )


def make_call(
    api: str,
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
    caller: Caller,
    backend: str,
    seconds: float,
    rules: CallRules,
) -> Call:
    """A call as the gateway would hand it to an implementation of *api*."""
    now = time.monotonic()
    path, _, inline = path.partition("?")
    whole = path if path.startswith("/mobile/") else f"/mobile/custom/{api}/{path.lstrip('/')}".rstrip("/")
    arrival = Arrival(
        method=method,
        path=whole,
        query="&".join(part for part in (inline, query) if part),
        headers=headers,
        ecid="test",
        rid="0",
        arrived=time.time(),
        started=now,
        peer="127.0.0.1",
    )
    mobile_backend = MobileBackend(
        id=backend,
        name=backend,
        version="1.0",
        backend_id=f"{backend}-id",
        anonymous_key="",
        basic_auth=True,
        anonymous_auth=True,
        realm="Default",
        associations={},
        cors_origins=(),
        app_policies={},
        application_keys={},
    )
    operation = Operation(
        api_id=api,
        api=api,
        api_version="1.0",
        resource=path,
        method=method,
        path_parameters={},
        login_required=False,
        roles=frozenset(),
    )
    return Call(arrival, mobile_backend, caller, operation, body, now + seconds, rules)


def _result(number: int, done: asyncio.Task[Reply]) -> wire.Result:
    error = done.exception()
    if error is not None:
        return wire.Result(number, 0, [], b"", False, str(error))
    reply = done.result()
    assert isinstance(reply.body, bytes)
    return wire.Result(number, reply.status, list(reply.headers), reply.body, False, "")


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}
