"""Answers and errors as bytes."""

from __future__ import annotations

import pytest

from openmcs.errors import MethodNotAllowed, RuntimeOverloaded
from openmcs.exchange import Arrival, Reply
from openmcs.gateway.respond import head, refusal
from tests.platform_server import BACKEND_ID, ORIGIN, PlatformServer, anonymous, basic, joe

ARRIVAL = Arrival("GET", "/mobile/custom/x", "", {}, "ecid", "0", 0.0, 0.0, "")

# (what is refused, method, path, headers, status)
REFUSED = [
    ("no backend", "GET", "/mobile/platform/users/~", {}, 401),
    ("wrong caller", "GET", "/mobile/platform/users/~",
     {"Oracle-Mobile-Backend-Id": BACKEND_ID, "Authorization": basic("joe", "wrong")}, 401),
    ("no credentials", "GET", "/mobile/platform/users/~", {"Oracle-Mobile-Backend-Id": BACKEND_ID}, 401),
    ("no resource", "GET", "/mobile/platform/nothing", joe(), 404),
    ("no method", "DELETE", "/mobile/platform/appconfig/client", joe(), 405),
    ("nothing of ours", "GET", "/mobile/nothing", joe(), 404),
    ("2.4 a token endpoint", "POST", "/oam/oauth2/tokens/", {}, 404),
    ("2.4 a token endpoint with a suffix", "POST", "//oam/oauth2/tokens/oauth2/v1/token", {}, 404),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_an_error_is_the_vendors_document(
    platform: PlatformServer, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    """2.17 and Q23: an object with title and detail, its ECID, and no challenge for a browser's dialog (Q19)."""
    answer = platform.call(method, path, {**headers, "Origin": ORIGIN})
    told = answer.json()
    assert (answer.status, told["status"], answer.header("Content-Type")) == (status, status, "application/json")
    assert set(told) >= {"type", "title", "detail", "o:errorCode", "o:errorPath", "o:ecid"}
    assert told["o:ecid"] == answer.header("X-ORACLE-DMS-ECID")
    assert answer.header("WWW-Authenticate") is None
    assert answer.header("Access-Control-Allow-Origin") == ORIGIN


def test_q19_an_implementations_challenge_opens_no_dialog(platform: PlatformServer) -> None:
    """`WWW-Authenticate: Basic` of custom code does not reach the browser."""
    assert platform.call("GET", "/mobile/custom/echo/headers", anonymous()).header("WWW-Authenticate") is None


def test_other_challenges_pass() -> None:
    """`Bearer` opens no dialog."""
    reply = Reply(status=401, headers=(("WWW-Authenticate", "Bearer"), ("www-authenticate", " NTLM")))
    assert [value for name, value in head(ARRIVAL, reply, []) if name.lower() == b"www-authenticate"] == [b"Bearer"]


def test_what_an_implementation_may_not_say_is_left_out() -> None:
    """Hop-by-hop fields, CORS, correlation ids, and names that are none; control characters become blanks."""
    reply = Reply(
        status=200,
        headers=(
            ("Connection", "x"), ("Transfer-Encoding", "chunked"), ("Content-Length", "9"), ("X-ORACLE-DMS-ECID", "y"),
            ("Access-Control-Allow-Origin", "*"), ("Bad Name", "1"), ("Größe", "1"), ("X-Ok", "a\x00\r\nb→"),
        ),
        body=b"ab",
    )  # fmt: skip
    assert head(ARRIVAL, reply, [("Vary", "Origin")]) == [
        (b"X-Ok", b"a   b?"),
        (b"Content-Security-Policy", b"sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts"),
        (b"X-ORACLE-DMS-ECID", b"ecid"),
        (b"X-ORACLE-DMS-RID", b"0"),
        (b"Vary", b"Origin"),
    ]


def test_a_page_of_custom_code_cannot_use_the_consoles_session(platform: PlatformServer) -> None:
    """Whatever is answered has an origin of its own in a browser, also an error, and whatever the answer says."""
    for path in ("/mobile/custom/echo/headers", "/mobile/custom/echo/nothing"):
        policy = platform.call("GET", path, anonymous()).header("Content-Security-Policy")
        assert policy is not None and policy.startswith("sandbox ")
        assert "allow-same-origin" not in policy
    own = Reply(200, (("Content-Security-Policy", "sandbox allow-same-origin allow-scripts"),))
    sent = [value for name, value in head(ARRIVAL, own, []) if name.lower() == b"content-security-policy"]
    assert len(sent) == 2 and any(b"allow-same-origin" not in value for value in sent), "a browser holds to both"


def test_refusals_carry_what_http_asks_for() -> None:
    """`Allow` with 405, `Retry-After` with 503."""
    assert ("Allow", "GET, PUT") in refusal(MethodNotAllowed("no", allow=["GET", "PUT"]), ARRIVAL).headers
    assert ("Retry-After", "5") in refusal(RuntimeOverloaded("busy"), ARRIVAL).headers
