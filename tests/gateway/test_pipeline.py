"""The journey of a call, whatever is sent: an answer or a refusal, and never a failure of the platform."""

from __future__ import annotations

import base64
import gc
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmcs.edge.cycle import Cycle
from openmcs.errors import StoreUnavailable
from openmcs.exchange import Arrival, Call, Reply
from openmcs.runtime.channel import Stream
from tests.platform_server import BACKEND_ID, ORIGIN, PlatformServer, anonymous

latin = st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f")
names = st.one_of(
    st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789-_!#$%&'*+.^`|~"), min_size=1, max_size=20),
    st.sampled_from(
        ["authorization", "oracle-mobile-backend-id", "oracle-mobile-application-key", "origin", "accept", "prefer",
         "content-type", "if-none-match", "cookie", "_keys", "_values", "access-control-request-method",
         "access-control-request-headers", "oracle-mobile-client-request-time", "x-forwarded-for", "range"]
    ),
)  # fmt: skip
# What says where a message ends is not for the gateway to read; the edge has tests of its own.
_FRAMING = {"content-length", "transfer-encoding", "connection", "host", "expect", "upgrade"}
header_sets = st.lists(st.tuples(names, st.text(latin, max_size=60)), max_size=15).map(
    lambda fields: [(name, value) for name, value in fields if name not in _FRAMING]
)
credentials = st.one_of(
    st.builds(lambda raw: "Basic " + base64.b64encode(raw).decode(), st.binary(max_size=3000)),
    st.builds(
        lambda user, password: "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode(),
        st.text(max_size=200),
        st.text(max_size=200),
    ),
    st.builds(lambda scheme, rest: f"{scheme} {rest}", st.sampled_from(["Basic", "Bearer", "basic"]), st.text(latin)),
    st.text(latin, max_size=50),
)
segments = st.one_of(
    st.text(latin.filter(lambda each: each not in " ?#"), max_size=12),
    st.sampled_from(["mobile", "custom", "platform", "users", "~", "echo", "all", "items", "..", "%", "%2F", "%00", "%ff", "",
                     "mocked", "event", "customecho", ";a=b", "analytics", "appconfig", "client", "login"]),
)  # fmt: skip
paths = st.lists(segments, max_size=7).map(lambda parts: "/" + "/".join(parts))
methods = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "PROPFIND"])


def _exchange(platform: PlatformServer, method: str, target: str, fields: list[tuple[str, str]], body: bytes) -> int:
    """The status; bytes on a socket, so that no client library puts anything right."""
    lines = [f"{method} {target} HTTP/1.1", "Host: x", "Connection: close", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in fields]
    with socket.create_connection(("127.0.0.1", platform.port), timeout=20) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    return int(received.split(b" ", 2)[1])


@settings(max_examples=150)
@given(header_sets, methods, st.binary(max_size=50))
def test_no_set_of_headers_makes_the_platform_fail(
    platform: PlatformServer, fields: list[tuple[str, str]], method: str, body: bytes
) -> None:
    """Random ones beside those of an app."""
    app = [] if any(name == "oracle-mobile-backend-id" for name, _ in fields) else [*anonymous().items()]
    assert _exchange(platform, method, "/mobile/custom/echo/all", [*app, *fields], body) < 500


@settings(max_examples=80)
@given(credentials)
def test_no_credentials_make_the_platform_fail(platform: PlatformServer, value: str) -> None:
    """Malformed, endless, empty, in no encoding: 401, or 429 when too many were tried."""
    fields = [("Oracle-Mobile-Backend-Id", BACKEND_ID), ("Authorization", value)]
    assert _exchange(platform, "GET", "/mobile/platform/users/login", fields, b"") in (400, 401, 429)


@settings(max_examples=150)
@given(paths, st.text(latin.filter(lambda each: each not in " #"), max_size=40), methods)
def test_no_path_makes_the_platform_fail(platform: PlatformServer, path: str, query: str, method: str) -> None:
    """Also those that are percent-encoded wrongly."""
    fields = [*anonymous().items(), ("Content-Type", "application/json")]
    assert _exchange(platform, method, f"{path}?{query}", fields, b"null") < 500


def test_a_failure_inside_is_an_error_document_and_no_more(
    platform: PlatformServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller gets the ECID, the platform's own log the reason."""

    def broken(*_: object) -> None:
        raise RuntimeError("secret reason")

    monkeypatch.setattr("openmcs.gateway.pipeline.identify", broken)
    answer = platform.call("GET", "/mobile/platform/users/~", {**anonymous(), "Origin": ORIGIN})
    assert (answer.status, answer.json()["o:errorCode"]) == (500, "MOBILE-90000")
    assert b"secret reason" not in answer.body and answer.header("Access-Control-Allow-Origin") == ORIGIN


def test_an_unreachable_store_is_said_so_and_asks_to_come_back(
    platform: PlatformServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 with `Retry-After`."""

    def down(*_: object) -> None:
        raise StoreUnavailable("The database does not answer.")

    monkeypatch.setattr("openmcs.gateway.pipeline.identify", down)
    answer = platform.call("GET", "/mobile/platform/users/~", anonymous())
    assert (answer.status, answer.header("Retry-After")) == (503, "5")


def test_a_platform_call_is_recorded_under_its_apis_name(platform: PlatformServer) -> None:
    """With its resource, so that KPIs tell platform APIs apart."""
    row = platform.row_of(platform.call("GET", "/mobile/platform/appconfig/client/", anonymous()))
    assert (row["api"], row["resource"], row["status"]) == (
        "platform/appconfig",
        "/mobile/platform/appconfig/client",
        200,
    )


def test_a_preflight_is_recorded_as_one(platform: PlatformServer) -> None:
    """So that KPIs can leave it out."""
    headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
    row = platform.row_of(platform.call("OPTIONS", "/mobile/custom/echo/all", headers))
    assert (row["caller_kind"], row["status"]) == ("preflight", 200)


def test_a_call_that_failed_in_custom_code_names_it_in_the_log(platform: PlatformServer) -> None:
    """Else the failing calls of an implementation could not be found by its name."""
    answer = platform.call("GET", "/mobile/custom/echo/failing", anonymous())
    row = platform.row_of(answer)
    assert (answer.status, row["status"], row["implementation"]) == (500, 500, "echo(1.0)")


def test_a_call_leaves_nothing_for_the_collector(platform: PlatformServer) -> None:
    """None of its values is part of a cycle, answered or refused: the collector is told to look seldom."""
    fields = {"Host": "x", **anonymous()}
    asked = [
        "\r\n".join([f"GET {path} HTTP/1.1", *(f"{n}: {v}" for n, v in fields.items()), "", ""]).encode()
        for path in ("/mobile/custom/echo/all", "/mobile/custom/mocked/event/1", "/mobile/custom/echo/none")
    ]
    with socket.create_connection(("127.0.0.1", platform.port), timeout=20) as connection:

        def ask() -> None:
            for each in asked * 5:
                connection.sendall(each)
                assert connection.recv(65536).startswith(b"HTTP/1.1 ")

        ask()
        gc.collect()
        gc.disable()
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            ask()
            gc.collect()
            left = {
                type(each).__name__ for each in gc.garbage if isinstance(each, Arrival | Call | Reply | Cycle | Stream)
            }
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()
    assert left == set()
