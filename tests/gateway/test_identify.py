"""Which backend is called (contract: wire 2.1 and 2.2)."""

from __future__ import annotations

import pytest

from tests.platform_server import ANONYMOUS_KEY, BACKEND_ID, OTHER_BACKEND_ID, PlatformServer

URL = "/mobile/platform/appconfig/client"
KEY = {"Authorization": f"Basic {ANONYMOUS_KEY}"}

# (scenario, headers, status, code)
SCENARIOS = [
    ("no backend", {}, 401, "MOBILE-90003"),
    ("an empty id", {"Oracle-Mobile-Backend-Id": ""}, 401, "MOBILE-90003"),
    ("an unknown id", {"Oracle-Mobile-Backend-Id": "nobody"}, 401, "MOBILE-90003"),
    ("2.1 JavaScript's spelling", {"Oracle-Mobile-Backend-Id": BACKEND_ID}, 200, None),
    ("2.1 iOS's spelling", {"Oracle-Mobile-Backend-ID": BACKEND_ID}, 200, None),
    ("2.1 Android's spelling", {"oracle-mobile-backend-id": BACKEND_ID}, 200, None),
    ("2.1 Android's two spellings", {"Oracle-Mobile-Backend-Id": BACKEND_ID, "oracle-mobile-backend-id": BACKEND_ID},
     200, None),
    ("two different ids", {"Oracle-Mobile-Backend-Id": BACKEND_ID, "oracle-mobile-backend-id": OTHER_BACKEND_ID},
     401, "MOBILE-90003"),
    ("an id in other casing", {"Oracle-Mobile-Backend-Id": BACKEND_ID.upper()}, 200, None),
    ("another backend's key", {"Oracle-Mobile-Backend-Id": OTHER_BACKEND_ID}, 401, "MOBILE-90004"),
    ("Q13 no application key", {"Oracle-Mobile-Backend-Id": BACKEND_ID}, 200, None),
    ("Q13 the key undefined",
     {"Oracle-Mobile-Backend-Id": BACKEND_ID, "Oracle-Mobile-Application-Key": "undefined"}, 200, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "status", "code"), [row[1:] for row in SCENARIOS], ids=[row[0] for row in SCENARIOS]
)
def test_the_backend_is_found_by_its_header(
    platform: PlatformServer, headers: dict[str, str], status: int, code: str | None
) -> None:
    """Names are compared without casing, and what is refused says why."""
    answer = platform.call("GET", URL, KEY | headers)
    assert (answer.status, answer.json().get("o:errorCode")) == (status, code)


def test_the_log_knows_which_backend_was_called(platform: PlatformServer) -> None:
    """And that none was, where it was not found."""
    found = platform.call("GET", URL, KEY | {"Oracle-Mobile-Backend-Id": BACKEND_ID})
    unknown = platform.call("GET", URL, KEY)
    assert platform.row_of(found)["backend"] == "wired"
    assert platform.row_of(unknown)["backend"] is None
