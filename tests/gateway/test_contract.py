"""Calls that do not fit an API's RAML: refused, reported or let through, as the policy says."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from openmcs.catalog.policies import Policies
from openmcs.catalog.snapshot import ServedApi
from openmcs.errors import RequestInvalid
from openmcs.exchange import Arrival, Call, Caller, MobileBackend, Operation, Reply
from openmcs.gateway.contract import check_reply, check_request
from openmcs.gateway.rules import RuleBook
from openmcs.raml.match import Matcher
from openmcs.store.tables import log_message
from tests.platform_server import PlatformServer, anonymous, platform_server
from tests.raml.definitions import contract_of

BODY = """\
title: Orders
mediaType: application/json
/orders:
  post:
    queryParameters:
      limit: {type: integer, required: false}
    body:
      application/json:
        SCHEMA
    responses:
      201:
        body:
          application/json:
            SCHEMA
            example: '{"name": "one"}'
"""
OLD = "#%RAML 0.8\n" + BODY.replace(
    "SCHEMA", 'schema: \'{"type": "object", "properties": {"name": {"type": "string", "required": true}}}\''
)
NEW = "#%RAML 1.0\n" + BODY.replace("SCHEMA", "properties: {name: string}")
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformServer]:
    with platform_server(Path(tmp_path_factory.mktemp("contract")) / "data") as server:
        for name, text in (("old", OLD), ("new", NEW)):
            definition = {"name": name, "version": "1.0", "root": "api.raml", "files": {"api.raml": text}}
            server.tools.put(f"/apis/by-name/{name}/1.0", definition)
        server.put_backend(apis=[{"name": "old", "version": "1.0"}, {"name": "new", "version": "1.0"}])
        yield server


def test_an_api_of_raml_1_0_refuses_with_all_findings_and_their_pointers(orders: PlatformServer) -> None:
    answer = orders.call("POST", "/mobile/custom/new/orders?limit=x", anonymous(**JSON), b'{"name": 5}')
    details = answer.json()["o:errorDetails"]
    assert answer.status == 400
    assert [(each["o:errorCode"], each["o:errorPath"]) for each in details] == [
        ("CONTRACT_QUERY", "/query/limit"),
        ("CONTRACT_BODY", "/body/name"),
    ]
    assert orders.row_of(answer)["error_code"] == RequestInvalid.code


def test_another_media_type_is_refused_as_one(orders: PlatformServer) -> None:
    answer = orders.call("POST", "/mobile/custom/new/orders", anonymous(**{"Content-Type": "text/plain"}), b"x")
    assert answer.status == 415


def test_what_fits_is_answered(orders: PlatformServer) -> None:
    answer = orders.call("POST", "/mobile/custom/new/orders?limit=5", anonymous(**JSON), b'{"name": "n"}')
    assert (answer.status, answer.json()) == (201, {"name": "one"})


def test_an_api_of_raml_0_8_answers_and_the_log_tells_what_did_not_fit(orders: PlatformServer) -> None:
    """Apps of MCS go on working; the line belongs to the call and does not repeat what was sent."""
    answer = orders.call("POST", "/mobile/custom/old/orders?limit=x", anonymous(**JSON), b'{"name": 515}')
    assert answer.status == 201
    lines = [each for each in orders.rows(log_message) if each["ecid"] == answer.header("X-ORACLE-DMS-ECID")]
    assert [(each["logger"], each["api"], each["level"]) for each in lines] == [("contract", "old", 900)]
    assert "/query/limit" in lines[0]["text"] and "/body/name" in lines[0]["text"]
    assert "515" not in lines[0]["text"]


def a_call(text: str, body: bytes, policies: dict[str, str]) -> tuple[Call, ServedApi]:
    matcher = Matcher(contract_of(text))
    api = ServedApi("1", "orders", "1.0", 1, matcher, False, frozenset(), {}, None)
    headers = {"content-type": "application/json"}
    now = time.monotonic()
    arrival = Arrival("POST", "/mobile/custom/orders/orders", "", headers, "e", "0", time.time(), now, "::1")
    backend = MobileBackend("1", "b", "1.0", "id", "", True, True, "r", {}, (), {}, {})
    operation = Operation("1", "orders", "1.0", "/orders", "POST", {}, False, frozenset())
    rules = RuleBook().rules_for(Policies(policies), backend, operation)
    return Call(arrival, backend, Caller("user", "joe"), operation, body, now + 1, rules), api


@pytest.mark.parametrize(
    ("policies", "refused", "lines"),
    [
        ({}, True, 0),
        ({"*.*.Validation_Requests": "off"}, False, 0),
        ({"*.*.Validation_Requests": "report"}, False, 1),
        ({"*.custom/orders(1.0).Validation_Requests": "report"}, False, 1),
        ({"b(1.0).*.Validation_Requests": "off"}, False, 0),
        ({"*.*.Validation_Requests": "report", "b(1.0).custom/orders(1.0).Validation_Requests": "enforce"}, True, 0),
    ],
)
def test_the_narrowest_policy_says_what_happens(policies: dict[str, str], refused: bool, lines: int) -> None:
    call, api = a_call(NEW, b"{}", policies)
    method = api.matcher.contract.resources[0].methods[0]
    written: list[bytes] = []
    try:
        check_request(call, api, method, written.append)
        was_refused = False
    except RequestInvalid:
        was_refused = True
    assert (was_refused, len(written)) == (refused, lines)


def test_an_answer_that_does_not_fit_is_reported_where_that_is_asked_for() -> None:
    reply = Reply(201, (("Content-Type", "application/json"),), b'{"name": 1}')
    for policies, lines in (({}, 0), ({"*.*.Validation_Responses": "report"}, 1)):
        call, api = a_call(NEW, b"{}", policies)
        written: list[bytes] = []
        check_reply(call, api, api.matcher.contract.resources[0].methods[0], reply, written.append)
        assert len(written) == lines
        assert all(b"/body/name" in each for each in written)
