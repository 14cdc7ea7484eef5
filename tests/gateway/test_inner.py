"""Calls within calls: the same user and backend, security and log as for a call from outside, and an end to loops."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from openmcs.catalog.policies import Policies
from openmcs.catalog.snapshot import ServedApi, Snapshot
from openmcs.errors import MethodNotAllowed, ResourceNotFound
from openmcs.exchange import (
    Arrival,
    Association,
    Call,
    Caller,
    InnerCall,
    MobileBackend,
    Operation,
    Reply,
)
from openmcs.gateway.inner import DEEPEST, Inner
from openmcs.raml.compiler import compile
from openmcs.raml.match import Matcher
from openmcs.runtime.binding import Binding
from openmcs.trace_context import span_of

RAML = """#%RAML 0.8
title: t
/items:
  get:
  post:
  /{id}:
    get:
    patch:
"""


def served(id_: str, name: str, version: str, **fields: Any) -> ServedApi:
    contract = compile({"a.raml": RAML.encode()}, "a.raml").contract
    assert contract is not None
    binding = Binding(
        key=id_, implementation=f"{name}({version})", api=name, api_version=version, directory="/", main="x"
    )
    values: dict[str, Any] = {"login_required": False, "roles": frozenset(), "endpoint_roles": {}, **fields}
    return ServedApi(id=id_, name=name, version=version, etag=1, matcher=Matcher(contract), binding=binding, **values)


APIS = {
    each.id: each
    for each in (
        served("orders1", "Orders", "1.0"),
        served("orders2", "Orders", "2.0"),
        served("private", "private", "1.0", login_required=True),
        served("clerks", "clerks", "1.0", roles=frozenset({"clerk"})),
        served("foreign", "foreign", "1.0"),
    )
}
ASSOCIATED = ("orders1", "private", "clerks")
BACKEND = MobileBackend(
    id="b", name="shop", version="1.0", backend_id="id", anonymous_key="", basic_auth=True, anonymous_auth=True,
    realm="Default", cors_origins=(), app_policies={}, application_keys={},
    associations={APIS[id_].name.lower(): Association(id_, APIS[id_].name, APIS[id_].version) for id_ in ASSOCIATED},
)  # fmt: skip
SNAPSHOT = Snapshot(revision=1, backends={"id": BACKEND}, apis=APIS, origins=(), policies=Policies({}))
JOE = Caller(kind="user", username="joe")
CLERK = Caller(kind="user", username="ann", roles=frozenset({"clerk"}))
ANONYMOUS = Caller(kind="anonymous", username="anon")


class FakePool:
    """Takes note of the calls that would go to a worker."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Call]] = []

    async def call(self, api_id: str, call: Call) -> Reply:
        self.calls.append((api_id, call))
        return Reply(status=200, body=b"answer", implementation=f"{api_id}(1.0)")


class Run:
    """One inner call of *caller*, and what came of it."""

    def __init__(
        self,
        caller: Caller,
        method: str,
        uri: str,
        *,
        rid: str = "0",
        body: bytes = b"",
        outer: Mapping[str, str] = MappingProxyType({}),
        **headers: str,
    ) -> None:
        self.pool = FakePool()
        self.connected: list[tuple[str, str]] = []
        self.rows: list[dict[str, Any]] = []
        arrival = Arrival(
            method="GET", path="/mobile/custom/outer/x", query="", ecid="E", rid=rid, arrived=time.time(),
            started=time.monotonic(), peer="1.2.3.4",
            headers={"oracle-mobile-device-id": "phone", "authorization": "Basic secret", **outer},
        )  # fmt: skip
        operation = Operation("o", "outer", "1.0", "/x", "GET", {}, False, frozenset())
        outer_call = Call(arrival, BACKEND, caller, operation, b"", time.monotonic() + 20)
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        inner = Inner(
            lambda: SNAPSHOT, lambda: self.pool, self._platform, self._connect,  # type: ignore[arg-type, return-value]
            lambda row: self.rows.append(json.loads(row)),
        )  # fmt: skip
        self.reply = asyncio.run(inner.perform(outer_call, InnerCall(method, uri, fields, body, 0.0, 3)))

    def _platform(self, arrival: Arrival) -> Any:
        if arrival.path != "/mobile/platform/users/~":
            raise ResourceNotFound("no")
        if arrival.method != "GET":
            raise MethodNotAllowed("no", allow=["GET"])

        async def perform(arrival: Arrival, backend: MobileBackend, caller: Caller, body: bytes) -> Reply:
            return Reply(status=200, body=caller.username.encode())

        return perform, Operation("", "platform/users", "1.0", arrival.path, "GET", {}, False, frozenset())

    async def _connect(self, call: Call, name: str, version: str) -> Reply:
        self.connected.append((name, version))
        return Reply(status=202, body=b"")


SCENARIOS = [
    # caller, method, uri, status, answering API
    (ANONYMOUS, "GET", "/mobile/custom/orders/items", 200, "orders1"),
    (JOE, "GET", "/mobile/custom/Orders/items/7?a=1", 200, "orders1"),
    (ANONYMOUS, "GET", "/mobile/custom/private/items", 401, None),
    (JOE, "GET", "/mobile/custom/private/items", 200, "private"),
    (JOE, "GET", "/mobile/custom/clerks/items", 403, None),
    (CLERK, "GET", "/mobile/custom/clerks/items", 200, "clerks"),
    (JOE, "GET", "/mobile/custom/foreign/items", 404, None),
    (JOE, "GET", "/mobile/custom/nothing/items", 404, None),
    (JOE, "GET", "/mobile/custom/orders/nothing", 404, None),
    (JOE, "DELETE", "/mobile/custom/orders/items", 405, None),
    (JOE, "GET", "//mobile//custom/orders//items", 200, "orders1"),
    (JOE, "GET", "/mobile/platform/users/~", 200, None),
    (JOE, "PUT", "/mobile/platform/users/~", 405, None),
    (JOE, "GET", "/mobile/platform/nothing", 404, None),
    (JOE, "GET", "/mobile/connector/erp/lines", 202, None),
    (JOE, "GET", "/mobile/tools/1.0/apis", 404, None),
    (JOE, "GET", "/elsewhere", 404, None),
    (JOE, "GET", "http://example.com/", 404, None),
]


@pytest.mark.parametrize(("caller", "method", "uri", "status", "api"), SCENARIOS)
def test_security_is_that_of_a_call_from_outside(
    caller: Caller, method: str, uri: str, status: int, api: str | None
) -> None:
    run = Run(caller, method, uri)
    assert run.reply.status == status
    assert [id_ for id_, _ in run.pool.calls] == ([api] if api else [])


def test_the_call_is_made_as_the_same_user_and_its_credentials_go_nowhere() -> None:
    run = Run(JOE, "GET", "/mobile/custom/orders/items", authorization="Basic other", x_thing="t")
    _, call = run.pool.calls[0]
    assert call.caller is JOE
    assert call.arrival.headers == {"oracle-mobile-device-id": "phone", "x-thing": "t"}


def test_an_inner_call_is_in_the_trace_of_the_outer_one() -> None:
    """Below the outer call's span, not beside it; without a trace there is none, and code may name another."""
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    outer = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    run = Run(JOE, "GET", "/mobile/custom/orders/items", rid="0:2", outer=outer)
    span = f"{span_of('E', '0:2')}-01"
    assert run.pool.calls[0][1].arrival.headers["traceparent"] == f"00-{trace}-{span}"
    assert (run.rows[0]["trace_id"], run.rows[0]["trace_parent"]) == (trace, span)
    assert "trace_id" not in Run(JOE, "GET", "/mobile/custom/orders/items").rows[0]
    own = f"00-{'a' * 32}-{'b' * 16}-01"
    assert Run(JOE, "GET", "/mobile/custom/orders/items", outer=outer, traceparent=own).rows[0]["trace_id"] == "a" * 32


def test_each_inner_call_is_a_row_under_the_same_ecid_with_a_longer_rid() -> None:
    for uri, status in (("/mobile/custom/orders/items", 200), ("/mobile/custom/nothing/x", 404)):
        (row,) = Run(JOE, "GET", uri, rid="0:2").rows
        assert (row["ecid"], row["rid"], row["status"], row["user"]) == ("E", "0:2:3", status, "joe")


@pytest.mark.parametrize(
    ("version", "api", "status"), [("1.0", "orders1", 200), ("2.0", "orders2", 200), ("9", None, 404)]
)
def test_the_version_header_chooses_among_the_versions_of_an_associated_api(
    version: str, api: str | None, status: int
) -> None:
    run = Run(JOE, "GET", "/mobile/custom/orders/items", oracle_mobile_api_version=version)
    assert run.reply.status == status
    assert [id_ for id_, _ in run.pool.calls] == ([api] if api else [])


def test_patch_may_come_as_post_with_the_override_header() -> None:
    run = Run(JOE, "POST", "/mobile/custom/orders/items/7", body=b"{}", x_http_method_override="PATCH")
    assert run.pool.calls[0][1].arrival.method == "PATCH"


def test_a_connector_is_asked_for_by_name_and_version() -> None:
    assert Run(JOE, "GET", "/mobile/connector/erp/x", oracle_mobile_api_version="1.2").connected == [("erp", "1.2")]


def test_a_circle_of_calls_is_cut_and_says_so() -> None:
    deep = "0" + ":1" * DEEPEST
    run = Run(JOE, "GET", "/mobile/custom/orders/items", rid=deep)
    assert run.reply.status == 508
    assert b"calls itself" in run.reply.body  # type: ignore[operator]
    assert not run.pool.calls
    assert Run(JOE, "GET", "/mobile/custom/orders/items", rid=deep[:-2]).reply.status == 200


def test_a_body_that_is_not_the_json_it_says_is_refused_as_from_outside() -> None:
    run = Run(JOE, "POST", "/mobile/custom/orders/items", body=b"{", content_type="application/json")
    assert run.reply.status == 400
