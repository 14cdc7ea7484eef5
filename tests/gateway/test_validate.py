"""Bodies as the vendor's SDKs send them (contract: wire 2.9, Q11 and Q26)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.errors import RequestInvalid
from openmcs.gateway.validate import is_json, json_body
from tests.platform_server import PlatformServer, joe

JSON = "application/json"

# (contract row, method, content type, sent, status, body as custom code sees it, its bytes)
SCENARIOS = [
    ("an object", "POST", JSON, b'{"a": 1}', 200, {"a": 1}, b'{"a": 1}'),
    ("Q11 null on DELETE", "DELETE", JSON, b"null", 200, {}, b""),
    ("Q11 null on POST", "POST", JSON, b" null ", 200, {}, b""),
    ("Q11 null on PUT", "PUT", "application/json; charset=utf-8", b"null", 200, {}, b""),
    ("Q11 odd casing", "POST", "Application/JSON", b'{"a": 1}', 200, {"a": 1}, b'{"a": 1}'),
    ("Q11 odd casing, not JSON", "POST", "Application/JSON", b"{", 400, None, None),
    ("Q26 Latin-1", "POST", JSON, '{"a": "é"}'.encode("latin-1"), 200, {"a": "é"}, '{"a": "é"}'.encode()),
    ("Q26 UTF-8 stays", "POST", JSON, '{"a": "é€"}'.encode(), 200, {"a": "é€"}, '{"a": "é€"}'.encode()),
    ("2.9 falsy: 0", "POST", JSON, b"0", 200, 0, b"0"),
    ("2.9 falsy: the empty text", "POST", JSON, b'""', 200, "", b'""'),
    ("2.9 no body", "POST", JSON, None, 200, {}, b""),
    ("not JSON", "POST", JSON, b"{'a': 1}", 400, None, None),
    ("too deep", "POST", JSON, b"[" * 100_000 + b"]" * 100_000, 400, None, None),
    ("another type is not read", "POST", "text/plain", b"{", 200, {}, b"{"),
    ("no type", "POST", None, b"{", 200, {}, b"{"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "content_type", "sent", "status", "seen", "raw"),
    [row[1:] for row in SCENARIOS],
    ids=[row[0] for row in SCENARIOS],
)
def test_a_body_arrives_as_it_was_meant(
    platform: PlatformServer,
    method: str,
    content_type: str | None,
    sent: bytes | None,
    status: int,
    seen: object,
    raw: bytes | None,
) -> None:
    """JSON is JSON, in UTF-8, and `null` is none; its length is the one that custom code gets."""
    headers = joe(**({"Content-Type": content_type} if content_type else {}))
    answer = platform.call(method, "/mobile/custom/echo/all", headers, sent)
    assert answer.status == status
    if status == 200:
        told = answer.json()
        assert raw is not None
        assert (told["body"], told["raw"].encode("latin-1")) == (seen, raw)
        assert int(told["headers"].get("content-length", 0)) == len(raw)
    else:
        assert answer.json()["o:errorCode"] == "MOBILE-90002"


def test_q11_the_body_of_a_get_is_not_parsed(platform: PlatformServer) -> None:
    """Whatever it is announced as."""
    headers = joe(**{"Content-Type": JSON})
    assert platform.call("GET", "/mobile/custom/echo/all", headers, b"{").status == 200


def test_a_body_beyond_the_limit_is_refused_with_its_own_code(platform: PlatformServer) -> None:
    """413, before the whole of it was sent."""
    answer = platform.call("POST", "/mobile/custom/echo/all", joe(**{"Content-Length": str(11 * 1024 * 1024)}))
    assert (answer.status, answer.json()["o:errorCode"]) == (413, "MOBILE-90010")


@given(st.binary())
def test_any_bytes_are_json_or_are_refused(body: bytes) -> None:
    """Nothing else is raised, and what is taken is UTF-8."""
    try:
        json_body(body).decode("utf-8")
    except RequestInvalid as error:
        assert "announced as JSON" in error.detail


@pytest.mark.parametrize(
    ("content_type", "answer"),
    [
        ("application/json", True),
        ("APPLICATION/JSON;charset=UTF-8", True),
        ("application/problem+json", True),
        ("application/jsonp", False),
        ("text/json", False),
        ("", False),
    ],
)
def test_media_types_are_compared_without_casing(content_type: str, answer: bool) -> None:
    """And without their parameters."""
    assert is_json(content_type) is answer
