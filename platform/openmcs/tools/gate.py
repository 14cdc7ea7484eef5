"""The gate before all routes: who is nobody of the team gets no further, before a byte of a body is read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from openmcs.auth import team
from openmcs.errors import PlatformError
from openmcs.store.database import Database
from openmcs.tools.workshop import token_of

Scope = dict[str, Any]
Refuse = Callable[[Request, PlatformError], Response]


class Gate:
    """Puts the team member into the scope, for `needs` to look at; the *public* routes pass without one."""

    def __init__(self, inner: Any, database: Database, public: Iterable[tuple[str, str]], refuse: Refuse) -> None:
        self._inner = inner
        self._database = database
        self._public = frozenset(public)
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        """Let a request through, or answer 401 or 403."""
        if scope["type"] == "http" and (scope["method"], scope["path"]) not in self._public:
            request = Request(scope)
            try:
                token = token_of(request)
                scope["openmcs.member"] = await asyncio.to_thread(team.member_of, self._database, token)
            except PlatformError as error:
                await self._refuse(request, error)(scope, receive, send)
                return
        await self._inner(scope, receive, send)


def require_roles(routers: Iterable[APIRouter], public: Iterable[tuple[str, str]]) -> None:
    """Raise `RuntimeError` for a route that says nothing of who may use it: what is not allowed is refused."""
    open_to_all = frozenset(public)
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute) and not _is_public(route, open_to_all):
                if not any(hasattr(each.call, "needs") for each in route.dependant.dependencies):
                    raise RuntimeError(f"{sorted(route.methods or ())} {route.path} does not say which role it needs")


def _is_public(route: APIRoute, public: frozenset[tuple[str, str]]) -> bool:
    return all(
        any(path.endswith(route.path) and method == verb for verb, path in public) for method in route.methods or ()
    )
