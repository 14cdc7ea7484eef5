"""Who answers: the bound implementation, or the examples of the RAML."""

from __future__ import annotations

from openmcs.gateway.dispatch import MOCK
from tests.platform_server import PlatformServer, anonymous, joe


def test_an_implementation_answers_and_is_named_in_the_log(platform: PlatformServer) -> None:
    """With the time that it took."""
    answer = platform.call("GET", "/mobile/custom/echo/all", joe())
    row = platform.row_of(answer)
    assert (answer.json()["user"], answer.json()["anonymous"]) == ("joe", False)
    assert row["implementation"] == "echo(1.0)" and row["worker_us"] is not None


def test_the_mock_answers_the_example_and_is_named_in_the_log(platform: PlatformServer) -> None:
    """Nothing is bound to this API."""
    answer = platform.call("GET", "/mobile/custom/mocked/event/1", anonymous())
    assert (answer.status, answer.json()) == (200, {"id": 1})
    assert platform.row_of(answer)["implementation"] == MOCK


def test_custom_code_sees_no_credentials(platform: PlatformServer) -> None:
    """Neither `Authorization` nor J3's copy of it."""
    headers = joe(**{"_values": "Basic secret", "_keys": "Authorization", "Cookie": "c=1"})
    seen = platform.call("GET", "/mobile/custom/echo/all", headers).json()["headers"]
    assert {"authorization", "_values", "_keys"} & set(seen) == set()
