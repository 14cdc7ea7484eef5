"""Header names of answers go out in the casing in which old clients look for them (contract: wire, Q17)."""

from __future__ import annotations

import pytest

from openmcs.edge.casing import canonical, label
from tests.platform_server import ORIGIN, PlatformServer, anonymous


def _names(received: bytes) -> list[bytes]:
    head = received.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    return [line.partition(b":")[0] for line in head]


def _request(line: str, headers: dict[str, str]) -> bytes:
    fields = {"Host": "x", "Connection": "close", **headers}
    return "\r\n".join([f"{line} HTTP/1.1", *(f"{n}: {v}" for n, v in fields.items()), "", ""]).encode("latin-1")


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (b"content-type", b"Content-Type"),
        (b"etag", b"ETag"),
        (b"www-authenticate", b"WWW-Authenticate"),
        (b"x-oracle-dms-ecid", b"X-ORACLE-DMS-ECID"),
        (b"oracle-mobile-sync-resource-type", b"Oracle-Mobile-Sync-Resource-Type"),
        (b"Oracle-Mobile-SYNC-AGENT", b"Oracle-Mobile-SYNC-AGENT"),
    ],
)
def test_a_name_has_its_canonical_casing_unless_it_brings_its_own(sent: bytes, shown: bytes) -> None:
    """Lower case is made canonical; upper case was meant."""
    assert canonical(sent) == shown


@pytest.mark.parametrize("sent", [b"", b"two words", b"colon:", b"line\r\n", b"caf\xe9"])
def test_what_is_no_name_is_refused(sent: bytes) -> None:
    """No answer of whatever application splits a head."""
    with pytest.raises(ValueError, match="no name"):
        label(sent)


# (what answers, request line, headers)
ANSWERS = [
    ("custom code", "GET /mobile/custom/echo/headers", anonymous()),
    ("the mock", "GET /mobile/custom/mocked/event/1", anonymous()),
    ("a platform API", "GET /mobile/platform/appconfig/client", anonymous()),
    ("a refusal", "GET /mobile/platform/appconfig/client", {}),
    ("a missing resource", "GET /mobile/custom/echo/none", anonymous()),
    ("a preflight", "OPTIONS /mobile/custom/echo/all", {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}),
    ("the tools API", "GET /mobile/tools/1.0/apis", {}),
    ("the console", "GET /console/", {}),
    ("health", "GET /healthz", {}),
    ("the edge", "GET /mobile/custom/echo/all", {"X-Many": "x" * 40_000}),
]


@pytest.mark.parametrize(("line", "headers"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_every_answer_has_canonical_names(platform: PlatformServer, line: str, headers: dict[str, str]) -> None:
    """Whoever answers."""
    names = _names(platform.raw(_request(line, {"Origin": ORIGIN, **headers})))
    assert b"Content-Length" in names
    assert [name for name in names if name == name.lower()] == []


def test_date_and_content_length_are_there_once(platform: PlatformServer) -> None:
    """In the casing that old web views look for."""
    names = _names(platform.raw(_request("GET /mobile/platform/appconfig/client", anonymous())))
    assert names.count(b"Date") == names.count(b"Content-Length") == names.count(b"Content-Type") == 1


def test_names_of_an_implementation_are_made_canonical(platform: PlatformServer) -> None:
    """Android's sync library finds `Oracle-Mobile-Sync-Resource-Type` in a case-sensitive map."""
    names = _names(platform.raw(_request("GET /mobile/custom/echo/headers", anonymous())))
    assert {b"Oracle-Mobile-Sync-Resource-Type", b"ETag", b"X-Own-Name"} <= set(names)
