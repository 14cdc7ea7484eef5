"""The request as a handler sees it: contract of custom code, section 3."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from openmcs.runtime.console import Console
from openmcs.runtime.incoming import Incoming
from openmcs.runtime.protocol import Req
from openmcs.runtime.request import BodyInvalid, Request

REQ = Req(
    method="POST", path="/mobile/custom/shop/items", query="", headers={}, body=b"", more=False, resource="/items",
    parameters={}, ecid="E", rid="0:1", backend="synapse", backend_version="1.0", backend_id="id", user="joe",
    anonymous=False, roles=["clerk"], seconds_left=5.0,
)  # fmt: skip
CONSOLE: Console = object()  # type: ignore[assignment]


def request(raw: bytes = b"", incoming: Incoming | None = None, **fields: Any) -> Request:
    headers = {"content-type": fields.pop("type")} if "type" in fields else fields.pop("headers", {})
    req = msgspec.structs.replace(REQ, headers=headers, **fields)
    return Request(req, raw, CONSOLE, "state", incoming=incoming)


@pytest.mark.parametrize(
    ("kind", "raw", "body"),
    [
        ("application/json", b'{"a": 1}', {"a": 1}), ("application/json; charset=utf-8", b"[1]", [1]),
        ("application/vnd.x+json", b'"x"', "x"), ("application/json", b"null", {}), ("application/json", b"", {}),
        ("application/json", '{"a": "ä"}'.encode("latin-1"), {"a": "ä"}),
        ("application/x-www-form-urlencoded", b"a=1&b=2&b=3&c=", {"a": "1", "b": ["2", "3"], "c": ""}),
        ("text/plain", b"text", {}), ("image/png", b"\x89", {}), ("", b"x", {}),
    ],
)  # fmt: skip
def test_a_body_is_parsed_by_its_type(kind: str, raw: bytes, body: Any) -> None:
    """`{}` for what is not parsed, as in Express; its bytes are there in any case."""
    made = request(raw, type=kind)
    assert made.body == body
    assert made.raw == raw
    assert made.body is made.body


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_body_of_a_get_is_not_read(method: str) -> None:
    """The vendor's SDKs announce JSON there without sending any."""
    assert request(b"no json", type="application/json", method=method).body == {}


@pytest.mark.parametrize("raw", [b"{", b"[" * 100_000, b"{'a': 1}"])
def test_a_body_that_is_no_json_is_told(raw: bytes) -> None:
    """When it is looked at: a handler that does not care is not troubled."""
    made = request(raw, type="application/json")
    with pytest.raises(BodyInvalid, match="not valid JSON"):
        _ = made.body


def test_query_and_url() -> None:
    """Decoded; one value is a text, several are a list."""
    made = request(query="a=%C3%A4&b=1&b=2&c=")
    assert made.query == {"a": "ä", "b": ["1", "2"], "c": ""}
    assert made.url == "/mobile/custom/shop/items?a=%C3%A4&b=1&b=2&c="
    assert request().url == "/mobile/custom/shop/items"


def test_header_fields_are_found_in_any_casing() -> None:
    made = request(headers={"x-a": "1", "content-type": "application/json; charset=utf-8"})
    assert (made.get("X-A"), made.header("x-a"), made.get("X-B")) == ("1", "1", None)
    assert (made.is_("json"), made.is_("application/json"), made.is_("html")) == (True, True, False)


@pytest.mark.parametrize(
    ("accept", "best"),
    [("*/*", "application/json"), ("text/html, */*;q=0.1", "application/json"), ("text/*", "text/html"), ("image/png", None)],
)  # fmt: skip
def test_the_first_acceptable_type_is_named(accept: str, best: str | None) -> None:
    assert request(headers={"accept": accept}).accepts("application/json", "text/html") == best


def test_who_calls_is_what_the_platform_verified() -> None:
    made = request()
    assert (made.user.name, made.user.anonymous, made.user.roles) == ("joe", False, frozenset({"clerk"}))
    assert (made.backend.name, made.backend.version, made.ecid, made.rid) == ("synapse", "1.0", "E", "0:1")
    assert (made.state, made.console, made.params) == ("state", CONSOLE, {})
    assert (0 < made.seconds_left <= 5, request(seconds_left=-1.0).seconds_left) == (True, 0.0)


def test_outside_a_worker_there_is_no_sdk() -> None:
    """Under any of its names; inside, it is made once."""
    for name in ("mobile", "oracleMobile", "oracle_mobile"):
        with pytest.raises(RuntimeError, match="inside a worker"):
            getattr(request(), name)
    made: list[Req] = []
    inside = Request(REQ, b"", CONSOLE, None, lambda req: made.append(req) or "sdk", lambda: True)
    assert (inside.mobile, inside.oracleMobile, inside.cancelled) == ("sdk", "sdk", True)
    assert made == [REQ]


def test_a_body_is_read_as_a_stream_whether_it_is_there_or_comes() -> None:
    """All of a small one is one piece."""

    async def test() -> None:
        assert [each async for each in request(b"all").stream()] == [b"all"]
        incoming = Incoming(lambda size: None, asyncio.get_running_loop())
        incoming.feed(b"one", more=True)
        incoming.feed(b"two", more=False)
        made = request(b"", incoming, type="image/png")
        assert [each async for each in made.stream()] == [b"one", b"two"]
        assert (made.raw, made.body) == (b"", {})

    asyncio.run(test())
