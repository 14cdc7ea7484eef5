"""
What an implementation registers its handlers with: the `service` that `register(service)` is given.

Paths are MCS's: `/mobile/custom/{api}/…` or relative to that, with `:x` or `{x}` for parameters.
The first registered route that fits wins, as in Express (contract: custom code, sections 1 and 10).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeVar
from urllib.parse import unquote

from openmcs.runtime.console import Console

Handler = TypeVar("Handler", bound=Callable[..., Any])


class Route(NamedTuple):
    """One handler and what it answers; `method` is empty for middleware."""

    method: str
    path: str
    pattern: re.Pattern[str]
    names: tuple[str, ...]
    handler: Callable[..., Any]
    arguments: int
    """1: (req). 2: (req, res). 3, middleware only: (req, res, next)."""
    is_async: bool
    streams: bool = False
    """It reads its body as it comes."""

    @property
    def is_middleware(self) -> bool:
        """True for what `use` registered."""
        return not self.method


class Step(NamedTuple):
    """A handler that a call comes to, with the path parameters it sees."""

    route: Route
    params: dict[str, str]


class Service:
    """
    The routes of one implementation.

    `state` lives as long as the worker; `draining` is true once the worker takes no new calls, which
    long handlers may look at. `on_startup` and `on_shutdown` register what runs before the first call and
    after the last one, as functions `startup(service)` and `shutdown(service)` of the main module do.
    """

    def __init__(self, api: str, console: Console) -> None:
        self.api = api
        self.console = console
        self.state = SimpleNamespace()
        self.draining = False
        self.routes: list[Route] = []
        self.middleware: list[Route] = []
        self.startup: list[Callable[..., Any]] = []
        self.shutdown: list[Callable[..., Any]] = []
        self._base = f"/mobile/custom/{api}"
        self._literal: dict[tuple[str, str], Route] = {}
        """What was found without parameters: each such route has two spellings, with a slash at the end and without."""

    def get(self, path: str, handler: Handler | None = None) -> Any:
        """Answer GET on *path* with *handler*; without one, decorate it."""
        return self._register("GET", path, handler)

    def post(self, path: str, handler: Handler | None = None, *, stream: bool = False) -> Any:
        """
        Answer POST on *path*.

        With *stream* a large body of a type that is not parsed is not waited for: `req.stream()` has its pieces.
        """
        return self._register("POST", path, handler, stream=stream)

    def put(self, path: str, handler: Handler | None = None, *, stream: bool = False) -> Any:
        """Answer PUT on *path*."""
        return self._register("PUT", path, handler, stream=stream)

    def patch(self, path: str, handler: Handler | None = None, *, stream: bool = False) -> Any:
        """Answer PATCH on *path*."""
        return self._register("PATCH", path, handler, stream=stream)

    def delete(self, path: str, handler: Handler | None = None, *, stream: bool = False) -> Any:
        """Answer DELETE on *path*."""
        return self._register("DELETE", path, handler, stream=stream)

    def head(self, path: str, handler: Handler | None = None) -> Any:
        """Answer HEAD on *path*; without one, GET answers and the body is left out."""
        return self._register("HEAD", path, handler)

    def options(self, path: str, handler: Handler | None = None) -> Any:
        """Answer OPTIONS on *path*."""
        return self._register("OPTIONS", path, handler)

    def use(self, path: Any, handler: Any = None) -> Any:
        """
        Run a handler before the routes, for every call or for those below *path*.

        It answers, or returns nothing and the call goes on. One that takes `(req, res, next)` has to
        call `next()` for the call to go on, as in Express.
        """
        if callable(path):
            path, handler = "/", path
        if handler is None:
            return lambda decorated: self.use(path, decorated)
        self.middleware.append(self._route("", path, handler))
        return handler

    def on_startup(self, handler: Handler) -> Handler:
        """Run *handler* before the first call; it takes nothing or the service, and may be a coroutine."""
        self.startup.append(handler)
        return handler

    def on_shutdown(self, handler: Handler) -> Handler:
        """Run *handler* after the last call."""
        self.shutdown.append(handler)
        return handler

    def find(self, method: str, path: str) -> Step | None:
        """The first route for *method* and *path* (below the API), with its decoded parameters."""
        known = self._literal.get((method, path))
        if known is not None:
            return Step(known, {})
        for route in self.routes:
            if route.method == method and (found := route.pattern.fullmatch(path)):
                if not route.names:
                    self._literal[method, path] = route
                return Step(route, _decoded(route, found))
        return self.find("GET", path) if method == "HEAD" else None

    def before(self, path: str) -> list[Step]:
        """The middleware that a call to *path* comes to first, in the order of registration."""
        return [Step(each, _decoded(each, found)) for each in self.middleware if (found := each.pattern.match(path))]

    def _register(self, method: str, path: str, handler: Handler | None, *, stream: bool = False) -> Any:
        if handler is None:
            return lambda decorated: self._register(method, path, decorated, stream=stream)
        self.routes.append(self._route(method, path, handler)._replace(streams=stream))
        self._literal.clear()
        return handler

    def _route(self, method: str, path: str, handler: Callable[..., Any]) -> Route:
        verb = method.lower() or "use"
        if not isinstance(path, str):
            raise TypeError(f"service.{verb}: the path is a {type(path).__name__}, not a text")
        if not callable(handler):
            raise TypeError(f"service.{verb}({path!r}): the handler is not callable")
        below = self._below(path)
        pattern, names = _compile(below, prefix=not method)
        most = 2 if method else 3
        return Route(method, below, pattern, names, handler, _arguments(handler, path, most), _is_async(handler))

    def _below(self, path: str) -> str:
        if not path.startswith("/"):
            path = "/" + path
        if path.lower().startswith("/mobile/custom/"):
            api = path.split("/", 4)[3]
            if api.lower() != self.api.lower():
                raise ValueError(f"the route {path!r} belongs to the API {api!r}; this code implements {self.api!r}")
            path = path[len(self._base) :]
        return path.rstrip("/") or "/"


def _decoded(route: Route, found: re.Match[str]) -> dict[str, str]:
    return {name: unquote(value) for name, value in zip(route.names, found.groups(), strict=True)}


def _compile(path: str, *, prefix: bool) -> tuple[re.Pattern[str], tuple[str, ...]]:
    names: list[str] = []
    pieces: list[str] = []
    for piece in re.split(r"(:[A-Za-z_]\w*|\{[^{}/]+\})", path):
        if piece[:1] == ":" and len(piece) > 1:
            names.append(piece[1:])
            pieces.append("([^/]+?)")
        elif piece[:1] == "{":
            names.append(piece[1:-1])
            pieces.append("([^/]+?)")
        else:
            pieces.append(re.escape(piece))
    if prefix:
        return re.compile("".join(pieces).rstrip("/") + "(?=/|$)"), tuple(names)
    return re.compile("".join(pieces) + "/?"), tuple(names)


def _arguments(handler: Callable[..., Any], path: str, most: int) -> int:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(handler).parameters.values()
    count = sum(1 for each in parameters if each.kind in kinds and each.default is each.empty)
    if not 1 <= count <= most:
        last = " or (request, response, next)" if most == 3 else ""
        raise TypeError(
            f"the handler of {path!r} takes {count} arguments; it takes (request) or (request, response){last}"
        )
    return count


def _is_async(handler: Callable[..., Any]) -> bool:
    call = handler if inspect.isroutine(handler) else getattr(handler, "__call__", handler)  # noqa: B004
    return inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call)
