"""Cross-origin calls (contract: wire, section 3)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.cli.client import ToolsFailed
from openmcs.gateway import cors
from tests.platform_server import BACKEND_ID, ORIGIN, OTHER_BACKEND_ID, PlatformServer, anonymous, basic, joe

# (allowed, origin, granted)
ORIGINS = [
    ("https://app.example.com", "https://app.example.com", True),
    ("https://app.example.com", "https://APP.example.com", True),
    ("https://app.example.com", "https://app.example.com:8443", False),
    ("https://app.example.com", "http://app.example.com", False),
    ("https://app.example.com", "https://app.example.com.evil.com", False),
    ("https://app.example.com", "https://appXexample.com", False),
    ("https://*.example.com", "https://a.example.com", True),
    ("https://*.example.com", "https://a.b-c.example.com", True),
    ("https://*.example.com", "https://example.com", False),
    ("https://*.example.com", "https://evilexample.com", False),
    ("https://*.example.com", "https://evil.com/.example.com", False),
    ("https://*.example.com", "https://evil.com:1.example.com", False),
    ("https://*.example.com", "https://a.example.com:8443", False),
    ("https://*.example.com:*", "https://a.example.com:8443", True),
    ("http://localhost:*", "http://localhost:8100", True),
    ("http://localhost:*", "http://localhost", False),
    ("http://localhost:*", "http://localhost:1.evil.com", False),
    ("http://[::1]:*", "http://[::1]:3000", True),
    ("ionic://localhost", "ionic://localhost", True),
    ("file://", "file://", True),
    ("null", "null", True),
    ("https://a.example", "null", False),
    ("*", "https://anything.example", True),
    ("*", "null", True),
]


@pytest.mark.parametrize(("allowed", "origin", "granted"), ORIGINS)
def test_origins_are_exact_or_of_a_wildcard(allowed: str, origin: str, granted: bool) -> None:
    """A star stands for the labels of a subdomain or for a port, and for nothing else."""
    assert cors.is_allowed(origin, [allowed]) is granted


@given(st.text(), st.sampled_from([each[0] for each in ORIGINS if each[0] != "*"]))
def test_a_list_never_allows_another_host(origin: str, allowed: str) -> None:
    """Whatever is sent: what is granted ends with the host (and perhaps port) that was written."""
    if cors.is_allowed(origin, [allowed]):
        host = re.sub(r":\*$", "", allowed).partition("*")[2] or re.sub(r":\*$", "", allowed)
        assert host.lower() in origin.lower()


@pytest.mark.parametrize("origin", ["example.com", "https://", "https://a b", "https://*", "https://a.*.com", "**", ""])
def test_what_is_no_origin_is_refused_when_it_is_written(platform: PlatformServer, origin: str) -> None:
    """The message names the entry and shows how it is meant."""
    with pytest.raises(ToolsFailed, match=r"corsOrigins\[1\]"):
        platform.put_backend(corsOrigins=[ORIGIN, origin])


# Recorded sets of names in preflights of the vendor's SDKs (contract: wire, section 3).
J1 = (
    "authorization,content-type,if-match,oracle-mobile-application-key,oracle-mobile-backend-id,"
    "oracle-mobile-client-request-time,oracle-mobile-device-id,oracle-mobile-diagnostic-session-id,oracle-mobile-name"
)
J2 = J1 + ",oracle-mobile-client-sdk-info"
J3 = J2.replace("oracle-mobile-application-key,", "") + ",_keys,_values"


@pytest.mark.parametrize(
    "requested", [J1, J2, J3, "X-Whatever-An-App-Sends", ""], ids=["J1", "J2", "J3", "own", "none"]
)
@pytest.mark.parametrize(
    "path",
    [
        "/mobile/custom/echo/all",
        "/mobile/custom/nothing/at/all",
        "/mobile/platform/users/login",
        "//mobile//platform/analytics/events",
        "/mobile/platform/not-there",
        "/oam/oauth2/tokens",
        "/oam/oauth2/tokens/",
    ],
)
def test_a_preflight_is_granted_on_every_path_without_credentials(
    platform: PlatformServer, path: str, requested: str
) -> None:
    """The names that were asked for are granted, listed and not starred."""
    headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    if requested:
        headers["Access-Control-Request-Headers"] = requested
    answer = platform.call("OPTIONS", path, headers)
    granted = (answer.header("Access-Control-Allow-Headers") or "").lower()
    assert answer.status == 200 and answer.body == b""
    assert answer.header("Access-Control-Allow-Origin") == ORIGIN
    assert answer.header("Access-Control-Allow-Credentials") == "true"
    assert answer.header("Access-Control-Allow-Methods") == "GET, POST, PUT, DELETE, HEAD, PATCH, OPTIONS"
    assert set((requested or J3).lower().split(",")) <= set(granted.split(", "))
    assert "*" not in granted and (answer.header("Vary") or "").startswith("Origin")


def test_a_preflight_of_another_origin_is_refused_and_says_what_to_do(platform: PlatformServer) -> None:
    """Without any of the grant."""
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    answer = platform.call("OPTIONS", "/mobile/custom/echo/all", headers)
    assert answer.status == 403 and "CORS origins" in answer.json()["detail"]
    assert answer.header("Access-Control-Allow-Origin") is None and answer.header("Vary") == "Origin"


def test_options_that_is_no_preflight_is_an_ordinary_call(platform: PlatformServer) -> None:
    """It needs a backend like any other."""
    assert platform.call("OPTIONS", "/mobile/custom/echo/all", {"Origin": ORIGIN}).status == 401


# (scenario, method, path, headers, status)
CALLS = [
    ("an answer of custom code", "GET", "/mobile/custom/echo/all", joe(), 200),
    ("a mocked answer", "GET", "/mobile/custom/mocked/event/1", anonymous(), 200),
    ("a platform API", "GET", "/mobile/platform/users/~", joe(), 200),
    ("no backend", "GET", "/mobile/platform/users/~", {}, 401),
    ("wrong caller", "GET", "/mobile/platform/users/~",
     {"Oracle-Mobile-Backend-Id": BACKEND_ID, "Authorization": basic("joe", "wrong")}, 401),
    ("no resource", "GET", "/mobile/custom/echo/nothing", joe(), 404),
    ("no method", "PUT", "/mobile/custom/echo/headers", joe(), 405),
    ("an unreadable body", "POST", "/mobile/custom/echo/all", joe(**{"Content-Type": "application/json"}), 400),
    ("a body that is too large", "POST", "/mobile/custom/echo/all", joe(**{"Content-Length": "99999999"}), 413),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"), [row[1:] for row in CALLS], ids=[row[0] for row in CALLS]
)
def test_every_answer_names_the_origin(
    platform: PlatformServer, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    """Errors too, or the app would see status 0; the origin is echoed and never `*`."""
    body = b"{" if status == 400 else None
    answer = platform.call(method, path, {**headers, "Origin": ORIGIN}, body)
    exposed = answer.header("Access-Control-Expose-Headers") or ""
    assert answer.status == status
    assert [value for name, value in answer.headers if name == "Access-Control-Allow-Origin"] == [ORIGIN]
    assert answer.header("Access-Control-Allow-Credentials") == "true"
    assert {"ETag", "Location", "Oracle-Mobile-Name", "X-ORACLE-DMS-ECID"} <= set(exposed.split(", "))
    assert "Origin" in answer.named("Vary") and "*" not in exposed


def test_names_of_an_implementations_own_are_exposed(platform: PlatformServer) -> None:
    """Custom code's headers are there to be read; it does not say who may read them."""
    answer = platform.call("GET", "/mobile/custom/echo/headers", {**anonymous(), "Origin": ORIGIN})
    exposed = (answer.header("Access-Control-Expose-Headers") or "").split(", ")
    assert {"X-Own-Name", "X-Wild"} <= set(exposed)
    assert {"WWW-Authenticate", "Access-Control-Allow-Origin", "Content-Type"} & set(exposed) == set()
    assert answer.named("Access-Control-Allow-Origin") == [ORIGIN]


def test_another_origin_reads_nothing(platform: PlatformServer) -> None:
    """The call is answered (it was no browser's, or it was simple), and the browser keeps the answer."""
    answer = platform.call("GET", "/mobile/custom/echo/headers", {**anonymous(), "Origin": "https://evil.example"})
    assert answer.status == 200 and answer.header("Access-Control-Allow-Origin") is None
    assert answer.header("Vary") == "Origin"


def test_an_origin_of_one_backend_is_none_of_another(platform: PlatformServer) -> None:
    """The preflight names no backend and is granted; the call does, and is not."""
    headers = {**joe(), "Oracle-Mobile-Backend-Id": OTHER_BACKEND_ID, "Origin": ORIGIN}
    assert platform.call("GET", "/mobile/platform/users/~", headers).header("Access-Control-Allow-Origin") is None


def test_an_answer_without_origin_varies_all_the_same(platform: PlatformServer) -> None:
    """A cache must not hand it to a page."""
    answer = platform.call("GET", "/mobile/custom/mocked/event/1", anonymous())
    assert answer.header("Vary") == "Origin" and answer.header("Access-Control-Allow-Origin") is None


def test_a_star_is_echoed(platform: PlatformServer) -> None:
    """Allowed only where it is written, and even then every origin is named."""
    platform.put_backend(corsOrigins=["*"])
    try:
        for origin in ("https://anything.example", "null", "file://"):
            answer = platform.call("GET", "/mobile/platform/users/~", {**joe(), "Origin": origin})
            assert answer.header("Access-Control-Allow-Origin") == origin
    finally:
        platform.put_backend()


def test_a_star_that_is_asked_for_is_not_granted() -> None:
    """With credentials it would count for nothing, and it is no name."""
    granted = dict(cors.preflight_headers(ORIGIN, "*, X-One, bad name, ,"))
    assert granted["Access-Control-Allow-Headers"] == "X-One"
