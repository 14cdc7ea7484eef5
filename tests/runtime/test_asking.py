"""How a call is put together: options, version, query, body; and what `outType` makes of its answer."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.runtime.asking import VERSION_HEADER, Declared, Options
from openmcs.runtime.outbound import Outcome
from openmcs.runtime.promise import MobileError
from openmcs.runtime.response import Answer, Response
from tests.runtime.asked import Asker


def ask(uri: str = "/mobile/platform/x", *, body: Any = None, **named: Any) -> Any:
    asker = Asker()
    asker.asking().ask("x", "POST", uri, Options(None, None, named), body=body)
    return asker.asked[0]


def test_options_are_read_whatever_their_spelling() -> None:
    """And those of the SDK win over the HTTP client's, named ones over both."""
    options = Options({"outType": "a", "qs": 1}, {"OUT_TYPE": "b", "Timeout": 1500}, {"qs": 2})
    assert (options.get("outtype"), options.get("qs"), options.seconds()) == ("a", 2, 1.5)


@pytest.mark.parametrize("nothing", [None, "", {}, [], 7, {"qs": None}])
def test_what_is_no_option_is_ignored(nothing: Any) -> None:
    """Real code passes '' and null."""
    options = Options(nothing, nothing, {})
    assert (options.get("qs"), options.headers(), options.seconds()) == (None, {}, 0.0)


@pytest.mark.parametrize("timeout", [-5, "soon", None, 0])
def test_a_timeout_that_is_none_leaves_it_to_the_platform(timeout: Any) -> None:
    assert Options({"timeout": timeout}, None, {}).seconds() == 0.0


def test_header_fields_have_lower_case_names() -> None:
    """`accept` and `contentType` are fields of their own."""
    fields = Options({"headers": {"X-A": 1, "Accept": "no"}, "accept": "a/b", "contentType": "c/d"}, None, {}).headers()
    assert fields == {"x-a": "1", "accept": "a/b", "content-type": "c/d"}


@pytest.mark.parametrize(
    ("query", "uri"),
    [
        ({"a": 1, "b": None}, "/mobile/platform/x?a=1"), ({"a": [1, True]}, "/mobile/platform/x?a=1&a=true"),
        ("a=1", "/mobile/platform/x?a=1"), ({}, "/mobile/platform/x"), ({"ä": "&"}, "/mobile/platform/x?%C3%A4=%26"),
    ],
)  # fmt: skip
def test_query_parameters_are_added(query: Any, uri: str) -> None:
    assert ask(qs=query).uri == uri


@pytest.mark.parametrize(
    ("body", "options", "sent"),
    [
        (None, {}, b""), ("", {}, b""), ("ä", {}, "ä".encode()), (b"\0", {}, b"\0"), (bytearray(b"a"), {}, b"a"),
        ({"a": "ä"}, {"inType": "json"}, '{"a": "ä"}'.encode()), (io.BytesIO(b"file"), {}, b"file"),
        (io.StringIO("text"), {}, b"text"), (["a", b"b"], {"inType": "stream"}, b"ab"),
    ],
)  # fmt: skip
def test_a_body_is_sent_as_what_it_is(body: Any, options: dict[str, Any], sent: bytes) -> None:
    assert ask(body=body, **options).body == sent


def test_an_object_needs_its_type() -> None:
    """As in MCS, whose words they are."""
    with pytest.raises(MobileError, match=r"Argument error, options\.body"):
        ask(body={"a": 1})


def test_json_has_its_type_unless_it_was_given_another() -> None:
    assert ask(body={}, inType="json").headers["content-type"] == "application/json;charset=utf-8"
    assert ask(body={}, inType="json", contentType="a/b").headers["content-type"] == "a/b"


@pytest.mark.parametrize(
    ("uri", "options", "version"),
    [
        ("/mobile/custom/orders/7", {}, "1.0"), ("/mobile/custom/ORDERS", {}, "1.0"),
        ("/mobile/connector/erp/x", {}, "1.2"), ("/mobile/custom/orders", {"versionToInvoke": 2}, "2"),
        ("/mobile/custom/orders", {"headers": {"Oracle-Mobile-API-Version": "3"}}, "3"), ("/mobile/platform/x", {}, None),
    ],
)  # fmt: skip
def test_the_version_is_the_declared_one_unless_the_call_names_another(
    uri: str, options: dict[str, Any], version: str | None
) -> None:
    assert ask(uri, **options).headers.get(VERSION_HEADER) == version


@pytest.mark.parametrize("uri", ["/mobile/custom/order", "/mobile/custom/orders2/x", "/mobile/connector/orders"])
def test_a_call_without_a_version_raises_at_once(uri: str) -> None:
    """Names are compared whole: MCS took a prefix for enough."""
    with pytest.raises(LookupError, match="Target version of /mobile/"):
        ask(uri)


@given(st.text())
def test_names_are_declared_in_any_casing(name: str) -> None:
    declared = Declared("custom", {"Orders": "1.0"})
    assert (name in declared) == (name.lower() == "orders")
    assert declared.version(name) == ("1.0" if name.lower() == "orders" else None)


def streamed(outcome: Outcome) -> Any:
    return Asker(outcome).asking().ask("x", "GET", "/mobile/platform/x", Options({"outType": "stream"}, None, {}))


def test_a_streamed_answer_is_read_in_pieces_or_piped() -> None:
    """With its status and type; without an answer the caller gets 502."""
    outcome = Outcome(201, {"content-type": "a/b"}, b"x" * 100_000, "")

    async def read() -> list[bytes]:
        return [each async for each in streamed(outcome)]

    assert [len(each) for each in asyncio.run(read())] == [65536, 34464]
    sent: list[Answer] = []
    streamed(outcome).pipe(Response(sent.append))
    streamed(Outcome(0, {}, b"", "gone")).pipe(Response(sent.append))
    assert [(each.status, dict(each.headers).get("Content-Type")) for each in sent] == [
        (201, "a/b"), (502, "application/json; charset=utf-8"),
    ]  # fmt: skip
