"""Sixth stage: who answers. Two equal implementations of one seam: a worker, or the RAML's examples."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable

from openmcs.catalog.snapshot import Canary, ServedApi
from openmcs.errors import ImplementationFailed
from openmcs.exchange import Call, Reply
from openmcs.gateway.canary import goes_to
from openmcs.raml.contract import Method
from openmcs.runtime.pool import Pool

MOCK = "MockService(1.0)"
"""What a new API is bound to, under the name it had in MCS (contract: custom code, section 2)."""


async def by_canary(pool: Pool, canary: Canary, call: Call) -> Reply:
    """Have the second implementation answer; an error tells that it was that one."""
    try:
        return await pool.call(canary.key, call)
    except ImplementationFailed as error:
        error.implementation = pool.implementation_of(canary.key)
        raise


async def by_mock(api: ServedApi, method: Method, call: Call) -> Reply:
    """
    Answer the example of the RAML; `Prefer: code=404` asks for that status's (docs/raml.md).

    With the policy `Mock_Stateful`, what was posted is what is fetched.
    """
    headers, resource = call.arrival.headers, call.operation.resource
    found = api.matcher.mock.answer(resource, method, headers.get("accept", "*/*"), headers.get("prefer"))
    if call.rules.mock_remembers:
        # Beginning with the prefix and the name, as `match` has seen to.
        base = "/".join(call.arrival.path.split("/")[:4])
        found = api.matcher.mock_state.answer(resource, method, call.arrival.path[len(base) :], call.body, found, base)
    if found.delay:
        await asyncio.sleep(max(0.0, min(found.delay, call.deadline - time.monotonic())))
    fields = (("Content-Type", found.media_type), *found.headers)
    return Reply(status=found.status, headers=fields, body=found.body, implementation=MOCK)


def dispatch(pool: Pool, api: ServedApi, method: Method, call: Call) -> Awaitable[Reply]:
    """
    The answer to come: of the implementation that is bound to the API, or of the mock while none is.

    Awaiting it raises `ImplementationFailed` and its kin.
    """
    if api.binding is None:
        return by_mock(api, method, call)
    if api.canary is not None and goes_to(api.canary, call) and pool.has(api.canary.key):
        return by_canary(pool, api.canary, call)
    return pool.call(api.id, call)
