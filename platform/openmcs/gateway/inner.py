"""
Calls that custom code makes while it answers another one: as the same user, through the same backend.

    /mobile/custom/{api}/…      match, authorise and dispatch, as for a call from outside
    /mobile/platform/…          the platform's own APIs
    /mobile/connector/{name}/…  connectors, which nobody reaches from outside

Credentials are not looked at again: who calls is who made the outer call. Each inner call is a row of the
request log under the ECID of the outer one, and its RID is the outer one's with one component more.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from openmcs.catalog.snapshot import ServedApi, Snapshot
from openmcs.errors import ApiNotAssociated, CallsTooDeep, PlatformError, ResourceNotFound
from openmcs.exchange import Arrival, Association, Call, InnerCall, MobileBackend, Operation, Reply
from openmcs.gateway.dispatch import dispatch
from openmcs.gateway.match import PREFIX, match
from openmcs.gateway.record import Append, request_record
from openmcs.gateway.respond import refusal
from openmcs.gateway.rules import RuleBook
from openmcs.gateway.validate import authorise, validate
from openmcs.raml.contract import Method
from openmcs.runtime.pool import Pool
from openmcs.trace_context import parse, traceparent

log = structlog.get_logger()

DEEPEST = 8
"""Calls within calls; an API that calls itself is cut off here."""
CONNECTOR = "/mobile/connector/"
VERSION_HEADER = "oracle-mobile-api-version"
OVERRIDE_HEADER = "x-http-method-override"
_OF_THE_CALLER = (
    "oracle-mobile-application-key",
    "oracle-mobile-client-sdk-info",
    "oracle-mobile-device-id",
    "oracle-mobile-diagnostic-session-id",
    "oracle-mobile-client-request-time",
)
"""What says which app, device and session is at work goes along, so that all rows of a call tell it; so does its trace."""
_DROPPED = frozenset({"authorization", "cookie", "host", "oracle-mobile-backend-id", OVERRIDE_HEADER})

PlatformOperations = Callable[[Arrival], tuple[Callable[..., Awaitable[Reply]], Operation]]
Connect = Callable[[Call, str, str], Awaitable[Reply]]
"""(inner call, connector, version wanted or "") to the answer of the system behind it."""


class Inner:
    """Performs inner calls."""

    def __init__(
        self,
        snapshot: Callable[[], Snapshot],
        pool: Callable[[], Pool],
        platform_operation: PlatformOperations,
        connect: Connect,
        append: Append,
    ) -> None:
        self._snapshot = snapshot
        self._pool = pool
        self._platform_operation = platform_operation
        self._connect = connect
        self._append = append
        self._rules = RuleBook()

    async def perform(self, outer: Call, inner: InnerCall) -> Reply:
        """Answer *inner*, made while *outer* was answered; what goes wrong is an answer too."""
        arrival = _arrival(outer.arrival, inner)
        deadline = min(outer.deadline, arrival.started + inner.seconds) if inner.seconds else outer.deadline
        operation: Operation | None = None
        detail: str | None = None
        try:
            _refuse_depth(arrival)
            call, target = self._call(outer, arrival, inner, deadline)
            operation = call.operation
            reply = await target(call)
        except PlatformError as error:
            reply, detail = refusal(error, arrival), error.detail
        except Exception:
            log.exception("an inner call failed", ecid=arrival.ecid, method=arrival.method, path=arrival.path)
            detail = "The platform failed; its own log has the reason under the ECID."
            reply = refusal(PlatformError(detail), arrival)
        size = len(reply.body) if isinstance(reply.body, bytes) else 0
        self._append(
            request_record(
                arrival,
                reply,
                backend=outer.backend,
                caller=outer.caller,
                operation=operation,
                bytes_in=len(inner.body),
                bytes_out=size,
                detail=detail,
            )
        )
        return reply

    def _call(
        self, outer: Call, arrival: Arrival, inner: InnerCall, deadline: float
    ) -> tuple[Call, Callable[[Call], Awaitable[Reply]]]:
        """The inner call with its operation, and who answers it."""
        backend, caller = outer.backend, outer.caller
        if arrival.path.startswith(PREFIX):
            api, method, operation = self._matched(arrival, backend)
            authorise(operation, caller)
            rules = self._rules.rules_for(self._snapshot().policies, backend, operation)
            call = validate(arrival, backend, caller, operation, inner.body, rules)
            return _until(call, deadline), lambda known: self._dispatch(api, method, known)
        if arrival.path.startswith(CONNECTOR):
            name = arrival.path[len(CONNECTOR) :].partition("/")[0]
            version = arrival.headers.get(VERSION_HEADER, "")
            call = Call(arrival, backend, caller, _connector_operation(arrival, name, version), inner.body, deadline)
            return call, lambda known: self._connect(known, name, version)
        if not arrival.path.startswith("/mobile/platform/"):
            raise ResourceNotFound(f"Nothing is served under {arrival.path}.")
        perform, operation = self._platform_operation(arrival)
        call = Call(arrival, backend, caller, operation, inner.body, deadline)
        return call, lambda known: perform(known.arrival, known.backend, known.caller, known.body)

    async def _dispatch(self, api: ServedApi, method: Method, call: Call) -> Reply:
        return await dispatch(self._pool(), api, method, call)

    def _matched(self, arrival: Arrival, backend: MobileBackend) -> tuple[ServedApi, Method, Operation]:
        """
        Find the API: the backend says which names may be called, the call which version of it.

        Raises `ApiNotAssociated`, `ResourceNotFound` or `MethodNotAllowed`.
        """
        snapshot = self._snapshot()
        wanted = arrival.headers.get(VERSION_HEADER)
        name = arrival.path[len(PREFIX) :].partition("/")[0].lower()
        association = backend.associations.get(name)
        if wanted and association is not None and association.version != wanted:
            found = [each for each in snapshot.apis.values() if each.name.lower() == name and each.version == wanted]
            if not found:
                raise ApiNotAssociated(f"The API {association.name} has no version {wanted!r}.")
            chosen = Association(found[0].id, found[0].name, found[0].version)
            backend = _with_association(backend, name, chosen)
        return match(arrival, backend, snapshot)


def _arrival(outer: Arrival, inner: InnerCall) -> Arrival:
    path, _, query = inner.uri.partition("?")
    headers = {name: outer.headers[name] for name in _OF_THE_CALLER if name in outer.headers}
    sent = {name.lower(): value for name, value in inner.headers.items()}
    context = parse(outer.headers.get("traceparent"))
    if context is not None:
        headers["traceparent"] = traceparent(context.trace, outer.ecid, outer.rid, context.flags)
    headers.update((name, value) for name, value in sent.items() if name not in _DROPPED)
    method = inner.method.upper()
    if method == "POST" and sent.get(OVERRIDE_HEADER):
        method = sent[OVERRIDE_HEADER].upper()
    return Arrival(
        method=method,
        path="/" + "/".join(part for part in path.split("/") if part),
        query=query,
        headers=headers,
        ecid=outer.ecid,
        rid=f"{outer.rid}:{inner.index}",
        arrived=time.time(),
        started=time.monotonic(),
        peer=outer.peer,
    )


def _refuse_depth(arrival: Arrival) -> None:
    if arrival.rid.count(":") > DEEPEST:
        raise CallsTooDeep(
            f"{arrival.method} {arrival.path} is call number {DEEPEST + 1} within calls (RID {arrival.rid}); "
            "most likely an API calls itself."
        )


def _until(call: Call, deadline: float) -> Call:
    return Call(
        call.arrival, call.backend, call.caller, call.operation, call.body, min(call.deadline, deadline), call.rules
    )


def _with_association(backend: MobileBackend, name: str, association: Association) -> MobileBackend:
    associations: Mapping[str, Association] = {**backend.associations, name: association}
    fields: dict[str, Any] = {each: getattr(backend, each) for each in backend.__struct_fields__}
    return MobileBackend(**{**fields, "associations": associations})


def _connector_operation(arrival: Arrival, name: str, version: str) -> Operation:
    return Operation(
        api_id="",
        api=f"connector/{name}",
        api_version=version or "1.0",
        resource=arrival.path[len(CONNECTOR) + len(name) :] or "/",
        method=arrival.method,
        path_parameters={},
        login_required=False,
        roles=frozenset(),
    )
