"""
`req.mobile` against the contract of custom code, sections 3 and 4: names, arguments, options, results.

Each row is a statement of a handler, the call it makes, and what the handler gets.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openmcs.exchange import InnerCall, Reply
from openmcs.testing import FakeService, RealWorker
from tests.runtime.implementations import worker, write

HEADER = "oracle-mobile-api-version"
JSON_BODY = {"content-type": "application/json;charset=utf-8"}

CALLS: dict[str, tuple[str, str, str, dict[str, str], bytes]] = {
    # custom and connectors
    "declared": ("custom.orders.get('items/7')", "GET", "/mobile/custom/orders/items/7", {HEADER: "1.0"}, b""),
    "by name": ("custom.get('orders', 'items')", "GET", "/mobile/custom/orders/items", {HEADER: "1.0"}, b""),
    "leading slash": ("custom.orders.get('/items')", "GET", "/mobile/custom/orders/items", {HEADER: "1.0"}, b""),
    "empty endpoint": ("custom.orders.post('', {'a': 1}, {'inType': 'json'})", "POST", "/mobile/custom/orders",
                       {HEADER: "1.0", **JSON_BODY}, b'{"a": 1}'),
    "query in the endpoint": ("custom.orders.get('items?a=1', {'qs': {'b': [2, 3]}})", "GET",
                              "/mobile/custom/orders/items?a=1&b=2&b=3", {HEADER: "1.0"}, b""),
    "null options": ("custom.orders.get('items', None, {'qs': {'a': True}})", "GET",
                     "/mobile/custom/orders/items?a=true", {HEADER: "1.0"}, b""),
    "empty http options": ("custom.orders.get('items', {}, '')", "GET", "/mobile/custom/orders/items",
                           {HEADER: "1.0"}, b""),
    "options win": ("custom.orders.get('x', {'qs': {'a': 1}}, {'qs': {'a': 2}})", "GET",
                    "/mobile/custom/orders/x?a=1", {HEADER: "1.0"}, b""),
    "version to invoke": ("custom.get('prices', 'x', {'versionToInvoke': '2.0'})", "GET",
                          "/mobile/custom/prices/x", {HEADER: "2.0"}, b""),
    "version in a header": ("custom.get('prices', 'x', None, {'headers': {'Oracle-Mobile-API-Version': '3.0'}})",
                            "GET", "/mobile/custom/prices/x", {HEADER: "3.0"}, b""),
    "python's spelling": ("custom.get('prices', 'x', version_to_invoke='2.0')", "GET",
                          "/mobile/custom/prices/x", {HEADER: "2.0"}, b""),
    "put": ("custom.orders.put('7', 'text', {'contentType': 'text/plain'})", "PUT", "/mobile/custom/orders/7",
            {HEADER: "1.0", "content-type": "text/plain"}, b"text"),
    "patch": ("custom.orders.patch('7', b'\\x00')", "PATCH", "/mobile/custom/orders/7", {HEADER: "1.0"}, b"\0"),
    "delete": ("custom.orders.delete('7')", "DELETE", "/mobile/custom/orders/7", {HEADER: "1.0"}, b""),
    "stream": ("custom.orders.post('7', iter([b'a', 'b']), {'inType': 'stream'})", "POST",
               "/mobile/custom/orders/7", {HEADER: "1.0"}, b"ab"),
    "accept in both casings": ("custom.orders.get('7', {'accept': 'text/csv'})", "GET", "/mobile/custom/orders/7",
                               {HEADER: "1.0", "accept": "text/csv"}, b""),
    "connector": ("connectors.erp.get('lines')", "GET", "/mobile/connector/erp/lines", {HEADER: "1.2"}, b""),
    "external authorization": ("connectors.erp.get('x', {'externalAuthorization': 'Bearer t'})", "GET",
                               "/mobile/connector/erp/x",
                               {HEADER: "1.2", "oracle-mobile-external-authorization": "Bearer t"}, b""),
    # rest
    "rest": ("rest.get({'uri': '/mobile/platform/x', 'qs': {'a': 1}, 'headers': {'X-A': 'b'}})", "GET",
             "/mobile/platform/x?a=1", {"x-a": "b"}, b""),
    "rest async": ("rest.getAsync({'uri': '/mobile/platform/x'})", "GET", "/mobile/platform/x", {}, b""),
    "rest del async": ("rest.delAsync({'uri': '/mobile/platform/x'})", "DELETE", "/mobile/platform/x", {}, b""),
    "rest without a slash": ("rest.get({'uri': 'mobile/platform/x'})", "GET", "/mobile/platform/x", {}, b""),
    "rest patch": ("rest.patch({'uri': '/mobile/platform/x', 'body': 'b'})", "POST", "/mobile/platform/x",
                   {"x-http-method-override": "PATCH"}, b"b"),
    "rest json": ("rest.post({'uri': '/mobile/platform/x', 'json': {'a': 1}})", "POST", "/mobile/platform/x",
                  {"accept": "application/json", **JSON_BODY}, b'{"a": 1}'),
    "rest to a declared api": ("rest.get({'uri': '/mobile/custom/orders/7'})", "GET", "/mobile/custom/orders/7",
                               {HEADER: "1.0"}, b""),
    # the platform's services
    "getUser": ("ums.getUser()", "GET", "/mobile/platform/users/~", {}, b""),
    "getUser fields": ("ums.getUser({'fields': 'email,firstName'})", "GET",
                       "/mobile/platform/users/~?fields=email,firstName", {}, b""),
    "getUser other": ("ums.get_user(username='ann b')", "GET", "/mobile/platform/users/ann%20b", {}, b""),
    "getUserExtended": ("ums.getUserExtended()", "GET", "/mobile/platform/extended/users/~", {}, b""),
    "updateUser": ("ums.updateUser({'a': 1})", "PUT", "/mobile/platform/users/~", JSON_BODY, b'{"a": 1}'),
    "appConfig": ("appConfig.getProperties()", "GET", "/mobile/platform/appconfig/client", {}, b""),
    "app_config": ("app_config.get_properties()", "GET", "/mobile/platform/appconfig/client", {}, b""),
    "postEvent": ("analytics.postEvent([{'name': 'x'}], {'applicationKey': 'k', 'sessionId': 's', 'deviceId': 'd'})",
                  "POST", "/mobile/platform/analytics/events",
                  {"oracle-mobile-application-key": "k", "oracle-mobile-analytics-session-id": "s",
                   "oracle-mobile-device-id": "d", **JSON_BODY}, b'[{"name": "x"}]'),
}  # fmt: skip

RESULTS: dict[str, tuple[str, Any]] = {
    "text by default": ("custom.orders.get('json')", '{"a": 1}'),
    "json": ("custom.orders.get('json', {'outType': 'json'})", {"a": 1}),
    "json that does not parse stays text": ("custom.orders.get('text', {'outType': 'json'})", "grüße"),
    "an encoding": ("custom.orders.get('latin', {'outType': {'encoding': 'latin1'}})", "grüße"),
    "rest is text": ("rest.get({'uri': '/mobile/custom/orders/json'})", '{"a": 1}'),
    "rest with json parses": ("rest.get({'uri': '/mobile/custom/orders/json', 'json': True})", {"a": 1}),
    "ums is parsed": ("ums.getUser()", {"username": "joe"}),
    "an empty body has no result": ("custom.orders.get('empty')", None),
    "inType does not parse the answer": ("custom.orders.post('json', {}, {'inType': 'json'})", '{"a": 1}'),
}

REST = """
    def register(service):
        for number, statement in enumerate(STATEMENTS):
            service.get(f"/async/{number}", coroutine(statement))
            service.get(f"/sync/{number}", thread(statement))
        service.get("/binary", binary)
        service.get("/attributes", attributes)
        service.get("/rejected", rejected)
        service.get("/unreachable", unreachable)
        service.get("/many", many)
        service.get("/callback", callback)
        service.get("/callback-error", callback_error)
        service.get("/callback-raises", callback_raises)
        service.get("/pipe", lambda req, res: req.mobile.custom.orders.get("json", {"outType": "stream"}).pipe(res))
        service.get("/pieces", pieces)
        service.get("/fire-and-forget", fire_and_forget)
        service.get("/nobody-looked", nobody_looked)
        service.get("/mbe", lambda req: vars(req.mobile.mbe.getMBE()))
        service.get("/same", lambda req: req.mobile is req.oracleMobile is req.oracle_mobile)
        service.get("/config", lambda req: {"key": req.mobile.config["key"], "other": req.mobile.config.get("o", 1)})
        service.get("/config-missing", lambda req: req.mobile.config["missing"])
        service.get("/blocking", blocking)
        service.get("/sync-item", sync_item)
        service.get("/sync-collection", sync_collection)
        service.get("/sync-mixed", sync_mixed)
        service.get("/sync-send", sync_send)
        service.get("/sync-clear", sync_clear)
        for number, statement in enumerate(WRONG):
            service.get(f"/wrong/{number}", thread(statement))

    def coroutine(statement):
        async def handler(req):
            promise = eval("req.mobile." + statement)
            return {"result": (await promise).result}
        return handler

    def thread(statement):
        def handler(req):
            promise = eval("req.oracleMobile." + statement)
            return {"result": promise.result().result}
        return handler

    async def binary(req):
        answer = await req.mobile.custom.orders.get("bytes", {"outType": "binary"})
        return answer.result

    async def attributes(req):
        a = await req.mobile.custom.orders.get("json")
        assert (a.statusCode, a.contentType, a.contentLength) == (a.status_code, a.content_type, a.content_length)
        return {"status": a.statusCode, "type": a.contentType, "length": a.contentLength, "made": a.headers["x-made"]}

    async def rejected(req):
        out = []
        for call in (lambda: req.mobile.ums.getUser(username="nobody"), lambda: req.mobile.custom.orders.get("fails")):
            try:
                await call()
            except Exception as error:
                out.append([type(error).__name__, error.statusCode, error.error, error.contentType])
        return out

    def unreachable(req):
        try:
            req.mobile.custom.orders.get("breaks").result()
        except Exception as error:
            return {"status": error.statusCode, "error": str(error.error)}

    async def many(req):
        import asyncio
        answers = await asyncio.gather(*(req.mobile.custom.orders.get(f"echo/{n}") for n in range(30)))
        return [int(each.result) for each in answers]

    def callback(req, res):
        def handler(error, response, body):
            res.send(response.statusCode, {"error": error, "body": body})
        req.oracleMobile.rest.get({"uri": "/mobile/custom/orders/fails"}, handler)

    async def callback_error(req, res):
        async def handler(error, response, body):
            res.send(200, {"error": str(error), "response": response})
        req.oracleMobile.rest.get({"uri": "/mobile/custom/orders/breaks"}, handler)

    def callback_raises(req, res):
        def handler(error, response, body):
            raise ValueError("in the callback")
        req.oracleMobile.rest.get({"uri": "/mobile/custom/orders/json"}, handler)

    async def pieces(req):
        async for piece in req.mobile.custom.orders.get("large", {"outType": "stream"}):
            yield piece

    def fire_and_forget(req, res):
        res.send(200, "answered")
        req.mobile.analytics.postEvent([{"name": "after"}])

    async def nobody_looked(req):
        import gc, asyncio
        req.mobile.custom.orders.get("fails")
        await asyncio.sleep(0.05)
        gc.collect()
        return "ok"

    async def blocking(req):
        return req.mobile.custom.orders.get("json").result()

    def sync_item(req, res):
        req.mobile.sync.setItem(res, {"a": 1})
        res.end()

    def sync_collection(req, res):
        sync = req.mobile.sync
        sync.addItem(res, {"a": 1}, "/items/1", "e1")
        sync.add_item(res, {"a": 2}, "/items/2", "e2")
        sync.setCollectionProperties(res, {"more": False})
        res.end()

    def sync_mixed(req, res):
        req.mobile.sync.setItem(res, {"a": 1})
        req.mobile.sync.addItem(res, {"a": 1})

    def sync_send(req, res):
        req.mobile.sync.setItem(res, {"a": 1})
        res.send(200)

    def sync_clear(req, res):
        req.mobile.sync.setSyncItem(res, {"a": 1})
        req.mobile.sync.clearSync(res)
        res.send(200, "cleared")
"""
WRONG: dict[str, tuple[str, str, str]] = {
    "no version": ("custom.get('prices', 'x')", "LookupError", "Target version of /mobile/custom/prices not specified"),
    "a prefix is no match": ("custom.get('orders2', 'x')", "LookupError", "orders2 not specified"),
    "an undeclared shortcut": ("custom.prices.get('x')", "AttributeError", "declare it in pyproject.toml"),
    "a body without inType": ("custom.orders.post('x', {'a': 1})", "MobileError", "Argument error, options.body"),
    "another host": ("rest.get({'uri': 'http://example.com/'})", "ValueError", "relative to the platform"),
    "no uri": ("rest.get({})", "ValueError", "needs a uri"),
    "a service that is not there": ("storage.getAll('c')", "ServiceNotServed", "no storage service yet"),
    "another one": ("database.sql('x')", "ServiceNotServed", "no database service yet"),
    "no such thing": ("nothing.x()", "AttributeError", "req.mobile has no 'nothing'"),
    "an item that is nothing": ("sync.setItem(None, {})", "ValueError", "needs an item"),
}
MANIFEST = """
    [project]
    name = "api"
    version = "1.0"
    [tool.openmcs.apis]
    "/mobile/custom/orders" = "1.0"
    [tool.openmcs.connectors]
    erp = "1.2"
"""
STATEMENTS = [each[0] for each in CALLS.values()] + [each[0] for each in RESULTS.values()]


def answer(inner: InnerCall) -> Any:
    """The platform of these tests."""
    name = inner.uri.partition("?")[0].rpartition("/")[2]
    if inner.uri.startswith("/mobile/platform/users/nobody") or name == "fails":
        return 404, {"title": "Not found", "status": 404, "detail": "There is none."}
    if inner.uri == "/mobile/platform/users/~":
        return {"username": "joe"}
    if name == "breaks":
        raise ConnectionError("nobody answers")
    contents = {"text": "grüße", "latin": "grüße".encode("latin-1"), "empty": b"", "bytes": b"\x00\xff"}
    if name in contents:
        return contents[name]
    if name == "large":
        return b"x" * 1_500_000
    if "/echo/" in inner.uri:
        return name
    return Reply(status=200, headers=(("Content-Type", "application/json"), ("X-Made", "yes")), body=b'{"a": 1}')


def files() -> dict[str, str]:
    wrong = [each[0] for each in WRONG.values()]
    code = f"{REST}\n    STATEMENTS = {STATEMENTS!r}\n    WRONG = {wrong!r}\n"
    return {"api.py": code, "pyproject.toml": MANIFEST}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealWorker]:
    folder = tmp_path_factory.mktemp("mobile")
    with worker(folder, files(), platform=answer, config={"key": "value"}) as running:
        yield running


@pytest.mark.parametrize("manner", ["async", "sync"])
@pytest.mark.parametrize("name", CALLS)
def test_a_statement_makes_the_call_of_the_contract(api: RealWorker, name: str, manner: str) -> None:
    statement, method, uri, headers, body = CALLS[name]
    api.inner_calls.clear()
    api.get(f"/{manner}/{STATEMENTS.index(statement)}", user="joe")
    (inner,) = api.inner_calls
    assert (inner.method, inner.uri, inner.headers, inner.body) == (method, uri, headers, body)


@pytest.mark.parametrize("manner", ["async", "sync"])
@pytest.mark.parametrize("name", RESULTS)
def test_a_result_has_the_type_of_the_contract(api: RealWorker, name: str, manner: str) -> None:
    statement, expected = RESULTS[name]
    assert api.get(f"/{manner}/{STATEMENTS.index(statement)}", user="joe").json() == {"result": expected}


def test_a_binary_result_is_bytes(api: RealWorker) -> None:
    assert api.get("/binary").body == b"\x00\xff"


def test_an_answer_has_the_attributes_of_the_contract(api: RealWorker) -> None:
    assert api.get("/attributes").json() == {"status": 200, "type": "application/json", "length": 8, "made": "yes"}


def test_a_rejection_has_its_body_parsed_only_where_results_are(api: RealWorker) -> None:
    parsed, text = api.get("/rejected").json()
    assert parsed[:2] == text[:2] == ["MobileError", 404]
    assert parsed[2]["detail"] == "There is none."
    assert json.loads(text[2])["detail"] == "There is none."


def test_without_an_answer_there_is_no_status_code(api: RealWorker) -> None:
    assert api.get("/unreachable").json()["status"] is None


def test_many_calls_at_once_each_get_their_own_result(api: RealWorker) -> None:
    assert api.get("/many").json() == list(range(30))


def test_the_first_generations_callback_gets_any_status_as_an_answer(api: RealWorker) -> None:
    answered = api.get("/callback")
    assert answered.status == 404
    assert answered.json()["error"] is None
    assert json.loads(answered.json()["body"])["detail"] == "There is none."


def test_the_callback_gets_an_error_only_when_nobody_answers(api: RealWorker) -> None:
    answered = api.get("/callback-error").json()
    assert answered["response"] is None
    assert answered["error"]


def test_what_a_callback_raises_fails_the_call(api: RealWorker) -> None:
    with pytest.raises(Exception, match="failed"):
        api.get("/callback-raises")
    assert "in the callback" in api.log[-1].text


def test_a_streamed_result_can_be_piped_or_read_in_pieces(api: RealWorker) -> None:
    piped = api.get("/pipe")
    assert (piped.json(), piped.headers["content-type"]) == ({"a": 1}, "application/json")
    assert api.get("/pieces").body == b"x" * 1_500_000


def test_a_call_may_be_made_after_the_answer(api: RealWorker) -> None:
    api.inner_calls.clear()
    assert api.get("/fire-and-forget").text == "answered"
    for _ in range(200):
        if api.inner_calls:
            break
        api.get("/same")
    assert api.inner_calls[0].uri == "/mobile/platform/analytics/events"


def test_a_rejection_that_nobody_looked_at_is_a_warning_in_the_log(api: RealWorker) -> None:
    api.log.clear()
    api.get("/nobody-looked")
    assert any(line.level == "warning" and "nobody looked" in line.text for line in api.log)


def test_mbe_is_the_backend_that_is_called(api: RealWorker) -> None:
    assert api.get("/mbe", backend="shop").json() == {"name": "shop", "version": "1.0", "id": "shop-id"}


def test_the_sdk_has_mcss_name_and_ours(api: RealWorker) -> None:
    assert api.get("/same").json() is True


def test_configuration_is_a_mapping_that_says_how_to_set_what_is_missing(api: RealWorker) -> None:
    assert api.get("/config").json() == {"key": "value", "other": 1}
    with pytest.raises(Exception, match="failed"):
        api.get("/config-missing")
    assert "openmcs env set missing" in api.log[-1].text


def test_waiting_on_the_loop_is_an_error_that_says_await(api: RealWorker) -> None:
    with pytest.raises(Exception, match="failed"):
        api.get("/blocking")
    assert "await custom.orders.get" in api.log[-1].text


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_call_raises_at_once_and_says_what_to_do(api: RealWorker, name: str) -> None:
    _, kind, text = WRONG[name]
    with pytest.raises(Exception, match="failed"):
        api.get(f"/wrong/{list(WRONG).index(name)}")
    assert kind in api.log[-1].text
    assert text in api.log[-1].text


# ── sync ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sync_item_is_tab_indented_json_with_its_header(api: RealWorker) -> None:
    answered = api.get("/sync-item")
    assert answered.text == '{\n\t"a": 1\n}'
    assert answered.headers["oracle-mobile-sync-resource-type"] == "item"
    assert answered.headers["content-type"] == "application/json"


def test_a_sync_collection_has_three_parallel_lists(api: RealWorker) -> None:
    answered = api.get("/sync-collection")
    assert answered.headers["oracle-mobile-sync-resource-type"] == "collection"
    assert answered.json() == {
        "items": [{"a": 1}, {"a": 2}], "uris": ["/items/1", "/items/2"], "etags": ["e1", "e2"],
        "properties": {"more": False},
    }  # fmt: skip


@pytest.mark.parametrize(("path", "text"), [("/sync-mixed", "cannot be a collection"), ("/sync-send", "sync mode")])
def test_mixing_modes_or_sending_in_sync_mode_raises(api: RealWorker, path: str, text: str) -> None:
    with pytest.raises(Exception, match="failed"):
        api.get(path)
    assert text in api.log[-1].text


def test_sync_mode_can_be_left(api: RealWorker) -> None:
    assert api.get("/sync-clear").text == "cleared"


def test_the_fake_service_makes_the_same_calls(tmp_path: Path) -> None:
    with FakeService(write(tmp_path, files()), platform=answer, config={"key": "value"}) as fake:
        for name, (statement, method, uri, headers, body) in CALLS.items():
            fake.inner_calls.clear()
            fake.get(f"/async/{STATEMENTS.index(statement)}", user="joe")
            (inner,) = fake.inner_calls
            assert (inner.method, inner.uri, inner.headers, inner.body) == (method, uri, headers, body), name
