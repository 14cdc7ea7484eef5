"""Sixth stage: who answers. Two equal implementations of one seam: a worker, or the RAML's examples."""

from __future__ import annotations

from openmcs.catalog.snapshot import ServedApi
from openmcs.exchange import Call, Reply
from openmcs.raml import mock
from openmcs.raml.contract import Method
from openmcs.runtime.pool import Pool

MOCK = "MockService(1.0)"
"""What a new API is bound to, under the name it had in MCS (contract: custom code, section 2)."""


async def by_worker(pool: Pool, api: ServedApi, call: Call) -> Reply:
    """Have the bound implementation answer. Raises `ImplementationFailed` and its kin."""
    return await pool.call(api.id, call)


def by_mock(method: Method, call: Call) -> Reply:
    """Answer the example of the RAML; `Prefer: code=404` asks for that status's."""
    headers = call.arrival.headers
    status, media_type, body = mock.answer(method, headers.get("accept", "*/*"), headers.get("prefer"))
    return Reply(status=status, headers=(("Content-Type", media_type),), body=body, implementation=MOCK)


async def dispatch(pool: Pool, api: ServedApi, method: Method, call: Call) -> Reply:
    """Have the implementation that is bound to the API answer, or the mock while none is."""
    if api.binding is None:
        return by_mock(method, call)
    return await by_worker(pool, api, call)
