"""
The journey of a call, in one sentence:

    accept        scope                          ─▶ Arrival         clock, ECID
    identify      Arrival                        ─▶ MobileBackend   by header; else 401
    authenticate  Arrival, MobileBackend         ─▶ Caller          Basic, anonymous; else 401
    match         Arrival, MobileBackend         ─▶ Operation       404, 405
    validate      Operation, Caller, body        ─▶ Call            401, 403; 413; 400
    dispatch      Call                           ─▶ Reply           worker │ mock
    record        what is known by now           ─▶ request log     always, also for what was refused
    respond       Reply                          ─▶ bytes

Plain ASGI: no database, no password hash and no object of a web framework on this path.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
import structlog

from openmcs.auth.callers import Authenticator
from openmcs.catalog.snapshot import Snapshot
from openmcs.errors import CallerNotAllowed, ImplementationFailed, MethodNotAllowed, PlatformError, ResourceNotFound
from openmcs.exchange import EDGE, Arrival, Caller, Edge, MobileBackend, Operation, Reply
from openmcs.gateway import cors
from openmcs.gateway.accept import ClientGone, Receive, Rest, Scope, accept, begin_body, may_stream, read_body
from openmcs.gateway.contract import check_reply, check_request
from openmcs.gateway.dispatch import dispatch
from openmcs.gateway.identify import identify
from openmcs.gateway.match import PREFIX, match
from openmcs.gateway.pending import Pending
from openmcs.gateway.record import Append, request_record
from openmcs.gateway.respond import Send, refusal, respond, stream
from openmcs.gateway.rules import RuleBook
from openmcs.gateway.validate import authorise, utf8, validate
from openmcs.runtime.pool import Pool

log = structlog.get_logger()

CLIENT_CLOSED = 499
"""The status in the log of a call whose client did not wait for the answer; nobody ever gets it."""

PlatformOperation = Callable[[Arrival, MobileBackend, Caller, bytes], Awaitable[Reply]]
"""One method of a platform API: (arrival, backend, caller, body) to the reply."""
ANY = "/{name}"
"""Stands in the table of platform APIs for the last segment of a path, whatever it is."""


class Gateway:
    """Everything below `/mobile/custom` and `/mobile/platform`, as one ASGI application."""

    def __init__(
        self,
        snapshot: Callable[[], Snapshot],
        authenticator: Authenticator,
        pool: Pool,
        platform_apis: Mapping[str, Mapping[str, PlatformOperation]],
        append: Append,
        *,
        body_limit: int,
    ) -> None:
        self._snapshot = snapshot
        self._authenticator = authenticator
        self._pool = pool
        self._platform_apis = platform_apis
        self._append = append
        self._body_limit = body_limit
        self._rules = RuleBook()
        self.pending = Pending()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request and record it."""
        snapshot = self._snapshot()
        edge: Edge = scope[EDGE]
        arrival = accept(scope)
        backend: MobileBackend | None = None
        caller: Caller | None = None
        operation: Operation | None = None
        body = b""
        rest: Rest | None = None
        detail: str | None = None
        extra: list[tuple[str, str]] | None = None
        try:
            if is_preflight(arrival):
                caller = Caller(kind="preflight", username="")
                extra = self._grant(arrival, snapshot)
                reply = Reply(status=200, body=b"")
            else:
                _refuse_foreign(arrival)
                backend = identify(arrival, snapshot)
                caller = await self._authenticator.authenticate(arrival, backend)
                if arrival.path.startswith(PREFIX):
                    api, method, operation = match(arrival, backend, snapshot)
                    authorise(operation, caller)
                    if api.binding is not None and may_stream(arrival):
                        body, rest = await begin_body(arrival, receive, self._body_limit)
                    else:
                        body = await read_body(arrival, receive, self._body_limit)
                    rules = self._rules.rules_for(snapshot.policies, backend, operation)
                    call = validate(arrival, backend, caller, operation, body, rules)
                    check_request(call, api, method, self._append)
                    if rest is not None:
                        call = msgspec.structs.replace(call, rest=rest)
                    place = self.pending.begin(backend, operation)
                    edge.cancel_when_gone = True
                    try:
                        reply = await dispatch(self._pool, api, method, call)
                    finally:
                        edge.cancel_when_gone = False
                        self.pending.end(place)
                    check_reply(call, api, method, reply, self._append)
                else:
                    perform, operation = self.platform_operation(arrival)
                    body = await read_body(arrival, receive, self._body_limit)
                    reply = await perform(arrival, backend, caller, utf8(body))
        except PlatformError as error:
            reply, detail = refusal(error, arrival), error.detail
            if operation is not None and isinstance(error, ImplementationFailed):
                reply.implementation = error.implementation or self._pool.implementation_of(operation.api_id)
        except (asyncio.CancelledError, ClientGone):
            reply, detail = Reply(status=CLIENT_CLOSED), "The client went away before the answer."
        except Exception:
            # The wall around one request: whatever breaks here, the others go on.
            log.exception("request failed", ecid=arrival.ecid, method=arrival.method, path=arrival.path)
            detail = "The platform failed; its own log has the reason under the ECID."
            reply = refusal(PlatformError(detail), arrival)
        if extra is None:
            allowed = backend.cors_origins if backend else snapshot.origins
            extra = cors.headers_for(arrival.headers.get("origin"), allowed, reply.headers)
        known: dict[str, Any] = {
            "backend": backend,
            "caller": caller,
            "operation": operation,
            "bytes_in": len(body) if rest is None else rest.received,
            "detail": detail,
        }
        if isinstance(reply.body, bytes):
            # Recorded first: a call whose answer anybody has seen is in the log, whatever dies next.
            self._append(request_record(arrival, reply, bytes_out=len(reply.body), **known))
            await respond(arrival, reply, extra, edge)
        else:
            edge.cancel_when_gone = True
            await self._stream(arrival, reply, extra, send, known)

    async def _stream(
        self, arrival: Arrival, reply: Reply, extra: list[tuple[str, str]], send: Send, known: dict[str, Any]
    ) -> None:
        size = 0
        try:
            size = await stream(arrival, reply, extra, send)
        except PlatformError as error:
            reply.error_code = error.code
            known["detail"] = error.detail
            raise
        except asyncio.CancelledError:
            known["detail"] = "The client went away during the answer."
        finally:
            self._append(request_record(arrival, reply, bytes_out=size, **known))

    def _grant(self, arrival: Arrival, snapshot: Snapshot) -> list[tuple[str, str]]:
        origin = arrival.headers["origin"]
        if not cors.is_allowed(origin, snapshot.origins):
            raise CallerNotAllowed(
                f"No mobile backend allows the origin {origin}; add it to the backend's CORS origins."
            )
        return cors.preflight_headers(origin, arrival.headers.get("access-control-request-headers"))

    def platform_operation(self, arrival: Arrival) -> tuple[PlatformOperation, Operation]:
        """The platform's own API that *arrival* is for. Raises `ResourceNotFound` or `MethodNotAllowed`."""
        resource = arrival.path.rstrip("/")
        methods = self._platform_apis.get(resource)
        if methods is None:
            resource = resource.rpartition("/")[0] + ANY
            methods = self._platform_apis.get(resource)
        if methods is None:
            raise ResourceNotFound(f"The platform serves nothing under {arrival.path}.")
        perform = methods.get(arrival.method)
        if perform is None:
            raise MethodNotAllowed(f"{arrival.path} has no {arrival.method}.", allow=sorted(methods))
        name = arrival.path.split("/")[3]
        return perform, Operation(
            api_id="",
            api=f"platform/{name}",
            api_version="1.0",
            resource=resource,
            method=arrival.method,
            path_parameters={},
            login_required=False,
            roles=frozenset(),
        )


def _refuse_foreign(arrival: Arrival) -> None:
    """A token endpoint is asked for by apps in OAuth mode, which is not there."""
    if not arrival.path.startswith("/mobile/"):
        raise ResourceNotFound(f"Nothing is served under {arrival.path}; apps sign in by HTTP Basic (basicAuth).")


def is_preflight(arrival: Arrival) -> bool:
    """True for a browser's question whether it may make the call that follows."""
    return (
        arrival.method == "OPTIONS"
        and "origin" in arrival.headers
        and "access-control-request-method" in arrival.headers
    )
