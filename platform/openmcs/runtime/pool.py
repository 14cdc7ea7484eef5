"""
All implementations in service in this process: which one answers for which API, and the switch from one to the next.

A new one takes over when its first worker is ready; the old one finishes what it has and ends.
One that does not start leaves the old one in service.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from typing import Any

import msgspec

from openmcs.errors import ImplementationFailed, ImplementationTimedOut, RuntimeOverloaded
from openmcs.exchange import Call, InnerCall, Message, Reply
from openmcs.runtime import protocol as wire
from openmcs.runtime.admission import NoRoom, WorkerRefused
from openmcs.runtime.binding import Binding, Limits
from openmcs.runtime.calls import Perform
from openmcs.runtime.channel import DeadlinePassed, HandlerRaised, WorkerLost
from openmcs.runtime.group import Group
from openmcs.runtime.machine import Machine
from openmcs.runtime.zygote import Zygote

_WITHHELD = frozenset(
    {"authorization", "proxy-authorization", "cookie", "_keys", "_values", "oracle-mobile-social-access-token"}
)
"""Credentials never cross to a worker: it is told who the caller is."""


class Pool:
    """The implementations that this process serves, by API id."""

    def __init__(
        self,
        limits: Limits,
        report: Callable[[Message], None],
        canary: str,
        perform: Perform | None = None,
        zygote: Zygote | None = None,
        machine: Machine | None = None,
    ) -> None:
        self._machine = machine or Machine()
        self._machine.make_room = self._make_room
        self._zygote = zygote
        self._perform = perform
        self._limits = limits
        self._report = report
        self._canary = canary
        self._groups: dict[str, Group] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self.failures: dict[str, str] = {}

    async def apply(self, bindings: Mapping[str, Binding]) -> None:
        """Bring the pool to *bindings*: start what is new, switch, let go of what is no longer bound."""
        changed = {
            api_id: binding
            for api_id, binding in bindings.items()
            if api_id not in self._groups or self._groups[api_id].binding.key != binding.key
        }
        await asyncio.gather(*(self._switch(api_id, binding) for api_id, binding in changed.items()))
        for api_id in [each for each in self._groups if each not in bindings]:
            self._let_go(self._groups.pop(api_id))
            self.failures.pop(api_id, None)

    async def _switch(self, api_id: str, binding: Binding) -> None:
        perform = None if self._perform is None else partial(self._perform_for, binding, self._perform)
        group = Group(binding, self._limits, self._report, self._canary, perform, self._zygote, self._machine)
        try:
            await group.start()
        except NoRoom as refused:
            if api_id in self._groups:
                self.failures[api_id] = str(refused)
                text = f"{binding.implementation} does not start, and the one before goes on: {refused}"
                self._report(binding.message("severe", text, None, logger="runtime"))
                return
            group.begin_asleep()
        except WorkerRefused as refused:
            self.failures[api_id] = str(refused)
            text = f"{binding.implementation} does not start: {refused}"
            self._report(binding.message("severe", text, None, logger="runtime"))
            return
        self.failures.pop(api_id, None)
        old, self._groups[api_id] = self._groups.get(api_id), group
        if old is not None:
            self._let_go(old)

    def _make_room(self) -> bool:
        """Put the implementation to sleep that has been quiet for longest, unless workers are leaving already."""
        if self._leaving or any(group.leaving for group in self._groups.values()):
            return True
        quiet = [(group.quiet_since, group) for group in self._groups.values() if group.quiet_since is not None]
        if not quiet:
            return False
        min(quiet, key=lambda each: each[0] or 0.0)[1].sleep("so that another has room")
        return True

    def _let_go(self, group: Group) -> None:
        task = asyncio.get_running_loop().create_task(group.drain())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def call(self, api_id: str, call: Call) -> Reply:
        """
        Have the implementation bound to *api_id* answer.

        Raises `ImplementationFailed` and its kin, or `RuntimeOverloaded`.
        """
        group = self._groups.get(api_id)
        if group is None:
            reason = self.failures.get(api_id, "it is not started yet")
            raise RuntimeOverloaded("The implementation of this API is not in service.") from WorkerRefused(reason)
        started = time.monotonic()
        logs_bodies = call.rules.log_body >= 0
        if logs_bodies:
            self._report_body(group.binding, call, "request body", call.body)
        try:
            head, chunks = await group.call(req_of(call), call.body, call.deadline, _without_body(call), call.rest)
        except HandlerRaised as raised:
            self._report_fault(group.binding, call, raised.fault)
            detail = f"The implementation {group.binding.implementation} failed; its log has the traceback "
            detail += f"under the ECID {call.arrival.ecid}."
            if call.rules.send_stack:
                detail += f"\n{raised.fault.traceback}"
            raise ImplementationFailed(detail) from raised
        except DeadlinePassed:
            seconds = call.deadline - call.arrival.started
            text = f"no answer within {seconds:.3g} s (Network_HttpRequestTimeout)"
            self._report(group.binding.message("severe", text, call, logger="runtime"))
            raise ImplementationTimedOut(
                f"The implementation {group.binding.implementation} did not answer within {seconds:.3g} s."
            ) from None
        if logs_bodies and chunks is None:
            self._report_body(group.binding, call, f"response body, {head.status}", head.body)
        return Reply(
            status=head.status,
            headers=tuple(head.headers),
            body=head.body if chunks is None else self._until_lost(chunks, group.binding, call),
            implementation=group.binding.implementation,
            worker_seconds=time.monotonic() - started,
        )

    async def _until_lost(self, chunks: AsyncIterator[bytes], binding: Binding, call: Call) -> AsyncIterator[bytes]:
        try:
            async for chunk in chunks:
                yield chunk
        except HandlerRaised as raised:
            self._report_fault(binding, call, raised.fault)
            raise ImplementationFailed("The implementation failed in the middle of its answer.") from raised
        except DeadlinePassed:
            raise ImplementationTimedOut("The answer did not end in time (Network_HttpRequestTimeout).") from None
        except WorkerLost as lost:
            raise ImplementationFailed("The implementation ended in the middle of its answer.") from lost

    def has(self, api_id: str) -> bool:
        """Whether an implementation is in service for *api_id*."""
        return api_id in self._groups

    def implementation_of(self, api_id: str) -> str | None:
        """`name(version)` of what answers for the API now, also when it is no longer what is bound."""
        group = self._groups.get(api_id)
        return group.binding.implementation if group else None

    async def _perform_for(self, binding: Binding, perform: Perform, call: Call, inner: InnerCall) -> Reply:
        """Perform an inner call, and log its bodies where the policy CCC_LogBody says so."""
        if call.rules.log_body < 0:
            return await perform(call, inner)
        what = f"{inner.method} {inner.uri.partition('?')[0]}"
        self._report_body(binding, call, f"{what}: request body", inner.body)
        reply = await perform(call, inner)
        if isinstance(reply.body, bytes):
            self._report_body(binding, call, f"{what}: response body, {reply.status}", reply.body)
        return reply

    def _report_body(self, binding: Binding, call: Call, what: str, body: bytes) -> None:
        most = call.rules.log_body
        text = body[: most * 4].decode("utf-8", "replace")[:most]
        self._report(binding.message("warning", f"{what}: {text}", call, logger="body"))

    def _report_fault(self, binding: Binding, call: Call, fault: wire.Fault) -> None:
        text = fault.traceback if not fault.hint else f"{fault.traceback.rstrip()}\n{fault.hint}"
        self._report(binding.message("severe", text, call, logger="exception", file=fault.file, line=fault.line))

    def health(self) -> list[dict[str, Any]]:
        """One entry for each implementation in service, and for each that did not come up."""
        entries = [group.health() for group in self._groups.values()]
        missing = [reason for api_id, reason in self.failures.items() if api_id not in self._groups]
        return entries + [{"implementation": None, "workers": 0, "failure": reason} for reason in missing]

    def workers(self) -> list[dict[str, Any]]:
        """`health`, each with its API's id and its workers one by one."""
        entries = [
            {"apiId": api_id, **group.health(), "workers": group.workers()} for api_id, group in self._groups.items()
        ]
        for entry in entries:
            # What is bound does not start, and the one before it goes on.
            entry["failure"] = self.failures.get(entry["apiId"], entry["failure"])
            # What some of an API's calls go to is under a key of its own.
            entry["apiId"] = entry["apiId"].partition("/")[0]
        missing = [(api_id, reason) for api_id, reason in self.failures.items() if api_id not in self._groups]
        return entries + [
            {"apiId": api_id, "implementation": None, "workers": [], "failure": reason} for api_id, reason in missing
        ]

    async def close(self) -> None:
        """Drain all, and wait for it."""
        for group in self._groups.values():
            self._let_go(group)
        self._groups = {}
        if self._leaving:
            await asyncio.wait(self._leaving, timeout=self._limits.drain_seconds + 1)


async def rehearse(
    binding: Binding,
    limits: Limits,
    report: Callable[[Message], None],
    canary: str,
    zygote: Zygote | None = None,
    machine: Machine | None = None,
) -> list[tuple[str, str]]:
    """
    Start one worker of *binding* behind its walls and end it again.

    Returns its routes as (method, path below the API). Raises `WorkerRefused` with the fault of the
    import, so that what cannot serve is refused before it takes over.
    """
    group = Group(binding, limits, report, canary, zygote=zygote, machine=machine)
    try:
        ready = await group.start()
    finally:
        await group.drain()
    return list(ready.routes)


def _without_body(call: Call) -> Call:
    """Whose call it is, for log lines and inner calls; its body need not be held until it ends."""
    return msgspec.structs.replace(call, body=b"", rest=None) if call.body else call


def req_of(call: Call) -> wire.Req:
    """*call* as it goes to a worker."""
    arrival, operation = call.arrival, call.operation
    return wire.Req(
        method=arrival.method,
        path=_canonical_path(call),
        query=arrival.query,
        headers=_without_credentials(arrival.headers),
        body=b"",
        more=False,
        resource=operation.resource,
        parameters=dict(operation.path_parameters),
        ecid=arrival.ecid,
        rid=arrival.rid,
        backend=call.backend.name,
        backend_version=call.backend.version,
        backend_id=call.backend.backend_id,
        user=call.caller.username,
        anonymous=call.caller.is_anonymous,
        roles=list(call.caller.roles),
        seconds_left=max(0.0, call.deadline - time.monotonic()),
        level=call.rules.level,
    )


def _without_credentials(headers: Mapping[str, str]) -> dict[str, str]:
    passed = dict(headers)
    for name in _WITHHELD:
        passed.pop(name, None)
    return passed


def _canonical_path(call: Call) -> str:
    """The path with the API's name as it was defined: apps write it in any casing."""
    below = call.arrival.path.split("/", 4)
    rest = below[4] if len(below) > 4 else ""
    return f"/mobile/custom/{call.operation.api}/{rest}" if rest else f"/mobile/custom/{call.operation.api}"
