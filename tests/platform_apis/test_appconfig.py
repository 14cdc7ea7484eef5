"""The backend's app policies (contract: wire 2.12)."""

from __future__ import annotations

import pytest

from tests.platform_server import BACKEND_ID, PlatformServer, anonymous, basic, joe

URL = "/mobile/platform/appconfig/client"
POLICIES = {"mapLayer": "terrain", "refreshSeconds": 30, "ratio": 0.5, "offline": True}

# (scenario, method, path, headers, status)
SCENARIOS = [
    ("no backend", "GET", URL, {}, 401),
    ("wrong caller", "GET", URL, {"Oracle-Mobile-Backend-Id": BACKEND_ID, "Authorization": basic("joe", "no")}, 401),
    ("anonymous", "GET", URL, anonymous(), 200),
    ("ordinary user", "GET", URL, joe(), 200),
    ("2.12 Content-Type on GET", "GET", URL, joe(**{"Content-Type": "application/json"}), 200),
    ("Q1", "GET", URL + "?_=1511600000000", joe(), 200),
    ("Q4 and Q6", "GET", "//mobile//platform/appconfig//client", joe(), 200),
    ("a slash at the end", "GET", URL + "/", joe(), 200),
    ("another method", "POST", URL, joe(), 405),
]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"), [row[1:] for row in SCENARIOS], ids=[row[0] for row in SCENARIOS]
)
def test_any_caller_reads_the_policies(
    platform: PlatformServer, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    """One flat JSON object of texts, numbers and booleans."""
    answer = platform.call(method, path, headers)
    assert answer.status == status and answer.header("Content-Type") == "application/json"
    if status == 200:
        assert answer.json() == POLICIES


def test_policies_are_edited_live(platform: PlatformServer) -> None:
    """The next call has them, and an empty set is still an object (Q8)."""
    try:
        platform.put_backend(appPolicies={"mapLayer": "satellite"})
        assert platform.call("GET", URL, anonymous()).json() == {"mapLayer": "satellite"}
        platform.put_backend(appPolicies={})
        assert platform.call("GET", URL, anonymous()).body == b"{}"
    finally:
        platform.put_backend()
