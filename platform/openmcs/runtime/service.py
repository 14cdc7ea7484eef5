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
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


class Route(NamedTuple):
    """One handler and what it answers."""

    method: str
    path: str
    pattern: re.Pattern[str]
    names: tuple[str, ...]
    handler: Callable[..., Any]
    takes_response: bool
    is_async: bool


class Service:
    """The routes of one implementation, and `state`, which lives as long as the worker."""

    def __init__(self, api: str, console: Console) -> None:
        self.api = api
        self.console = console
        self.state = SimpleNamespace()
        self.routes: list[Route] = []
        self._base = f"/mobile/custom/{api}"

    def get(self, path: str, handler: Handler | None = None) -> Any:
        """Answer GET on *path* with *handler*; without one, decorate it."""
        return self._register("GET", path, handler)

    def post(self, path: str, handler: Handler | None = None) -> Any:
        """Answer POST on *path*."""
        return self._register("POST", path, handler)

    def put(self, path: str, handler: Handler | None = None) -> Any:
        """Answer PUT on *path*."""
        return self._register("PUT", path, handler)

    def patch(self, path: str, handler: Handler | None = None) -> Any:
        """Answer PATCH on *path*."""
        return self._register("PATCH", path, handler)

    def delete(self, path: str, handler: Handler | None = None) -> Any:
        """Answer DELETE on *path*."""
        return self._register("DELETE", path, handler)

    def head(self, path: str, handler: Handler | None = None) -> Any:
        """Answer HEAD on *path*; without one, GET answers and the body is left out."""
        return self._register("HEAD", path, handler)

    def options(self, path: str, handler: Handler | None = None) -> Any:
        """Answer OPTIONS on *path*."""
        return self._register("OPTIONS", path, handler)

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The first route for *method* and *path* (below the API), with its decoded parameters."""
        for route in self.routes:
            if route.method == method and (found := route.pattern.fullmatch(path)):
                return route, {name: unquote(value) for name, value in zip(route.names, found.groups(), strict=True)}
        return self.find("GET", path) if method == "HEAD" else None

    def _register(self, method: str, path: str, handler: Handler | None) -> Any:
        if handler is None:
            return lambda decorated: self._register(method, path, decorated)
        self.routes.append(self._route(method, path, handler))
        return handler

    def _route(self, method: str, path: str, handler: Callable[..., Any]) -> Route:
        if not isinstance(path, str):
            raise TypeError(f"service.{method.lower()}: the path is a {type(path).__name__}, not a text")
        if not callable(handler):
            raise TypeError(f"service.{method.lower()}({path!r}): the handler is not callable")
        below = self._below(path)
        pattern, names = _compile(below)
        return Route(method, below, pattern, names, handler, _takes_response(handler, path), _is_async(handler))

    def _below(self, path: str) -> str:
        if not path.startswith("/"):
            path = "/" + path
        if path.lower().startswith("/mobile/custom/"):
            api = path.split("/", 4)[3]
            if api.lower() != self.api.lower():
                raise ValueError(f"the route {path!r} belongs to the API {api!r}; this code implements {self.api!r}")
            path = path[len(self._base) :]
        return path.rstrip("/") or "/"


def _compile(path: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
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
    return re.compile("".join(pieces) + "/?"), tuple(names)


def _takes_response(handler: Callable[..., Any], path: str) -> bool:
    parameters = [
        each
        for each in inspect.signature(handler).parameters.values()
        if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD) and each.default is each.empty
    ]
    if len(parameters) not in (1, 2):
        raise TypeError(
            f"the handler of {path!r} takes {len(parameters)} arguments; it takes (request) or (request, response)"
        )
    return len(parameters) == 2


def _is_async(handler: Callable[..., Any]) -> bool:
    call = handler if inspect.isroutine(handler) else getattr(handler, "__call__", handler)  # noqa: B004
    return inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call)
