"""An app calls the sample's API, by every way that is right and by every way that is wrong, and the log tells of each."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.server import Server

ALL = "/mobile/custom/synapse/event/info/all"
EVENTS = {"River flood", "Forest fire", "Hurricane Harvey", "Landslide", "Earthquake of Puebla"}


def basic(user: str, password: str) -> str:
    """The header of HTTP Basic."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture(scope="module")
def keys(platform: Server) -> dict[str, Any]:
    """The sample backend with its keys."""
    return platform.backend("synapse")


def log_of(platform: Server, ecid: str) -> dict[str, Any]:
    """The one request of a call, as the command line shows it."""
    lines = platform.openmcs("logs", "--json", "--ecid", ecid).lines
    assert len(lines) == 1, lines
    found: dict[str, Any] = lines[0]
    return found


def test_anonymous_key_reaches_the_upstream_and_the_log_names_the_call(platform: Server, keys: dict[str, Any]) -> None:
    """The answer is what the team's own API has in MariaDB; the log has the call with all its names."""
    headers = {"Oracle-Mobile-Backend-ID": keys["backendId"], "Authorization": f"Basic {keys['anonymousKey']}"}
    answer = platform.http.get(ALL, headers=headers)
    assert answer.status_code == 200, answer.text
    assert {each["name"] for each in answer.json()["data"]} == EVENTS
    entry = log_of(platform, answer.headers["X-ORACLE-DMS-ECID"])
    expected = {
        "backend": "synapse",
        "api": "synapse",
        "apiVersion": "1.0",
        "method": "GET",
        "resource": "/event/info/all",
        "path": ALL,
        "status": 200,
        "implementation": "synapse(1.0)",
    }
    assert {name: entry[name] for name in expected} == expected
    assert entry["durationMs"] > 0 and entry["callerKind"] == "anonymous"


def test_user_and_password_call_in_the_name_of_the_user(platform: Server, keys: dict[str, Any]) -> None:
    """The implementation sees who calls; its lines carry the ECID of the call."""
    headers = {"oracle-mobile-backend-id": keys["backendId"], "Authorization": basic("joe", "Mobile1*")}
    answer = platform.http.get(ALL, headers=headers)
    assert answer.status_code == 200, answer.text
    ecid = answer.headers["X-ORACLE-DMS-ECID"]
    assert log_of(platform, ecid)["user"] == "joe"
    lines = platform.openmcs("logs", "--messages", "--json", "--ecid", ecid).lines
    assert {line["ecid"] for line in lines} == {ecid}
    told = {(line["level"], line["message"]) for line in lines}
    assert ("info", "all events wanted by joe") in told
    assert any(level == "warning" and text.startswith("urgent:") for level, text in told)
    assert any(level == "fine" and text.startswith("the API answered 200") for level, text in told)


WRONG = [
    # what is sent instead                                                      status  code
    pytest.param({"Oracle-Mobile-Backend-ID": None}, ALL, "GET", 401, "MOBILE-90003", id="no backend"),
    pytest.param({"Oracle-Mobile-Backend-ID": "nobody"}, ALL, "GET", 401, "MOBILE-90003", id="unknown backend"),
    pytest.param({"Authorization": None}, ALL, "GET", 401, "MOBILE-90004", id="no credentials"),
    pytest.param({"Authorization": basic("x", "y")}, ALL, "GET", 401, "MOBILE-90004", id="wrong key"),
    pytest.param({"Authorization": basic("joe", "mobile1*")}, ALL, "GET", 401, "MOBILE-90004", id="wrong password"),
    pytest.param({"Authorization": "Basic %%%"}, ALL, "GET", 401, "MOBILE-90004", id="malformed Basic"),
    pytest.param({}, "/mobile/custom/lonely/thing", "GET", 404, "MOBILE-57926", id="API not associated"),
    pytest.param({}, "/mobile/custom/nothing/thing", "GET", 404, "MOBILE-57926", id="unknown API"),
    pytest.param({}, "/mobile/custom/synapse/nothing", "GET", 404, "MOBILE-90006", id="unknown path"),
    pytest.param({}, ALL, "DELETE", 405, "MOBILE-90007", id="wrong method"),
]


@pytest.mark.parametrize(("change", "path", "method", "status", "code"), WRONG)
def test_a_wrong_call_gets_its_own_error_document_and_is_logged(
    platform: Server,
    keys: dict[str, Any],
    change: dict[str, str | None],
    path: str,
    method: str,
    status: int,
    code: str,
) -> None:
    """Each has a status and a code of its own, the ECID in header and document, and one line in the log."""
    right = {"Oracle-Mobile-Backend-ID": keys["backendId"], "Authorization": basic("joe", "Mobile1*")}
    headers = {name: value for name, value in {**right, **change}.items() if value is not None}
    answer = platform.http.request(method, path, headers=headers)
    document = answer.json()
    assert (answer.status_code, document["status"], document["o:errorCode"]) == (status, status, code)
    assert document["o:errorPath"] == path and document["detail"]
    assert document["o:ecid"] == answer.headers["X-ORACLE-DMS-ECID"]
    entry = log_of(platform, document["o:ecid"])
    assert (entry["status"], entry["errorCode"], entry["method"], entry["path"]) == (status, code, method, path)
    if status == 405:
        assert "GET" in answer.headers["Allow"]


def test_no_password_and_no_key_is_in_the_log(platform: Server, keys: dict[str, Any]) -> None:
    """What a caller is identified by appears neither in the log nor in the platform's own output."""
    for headers in (
        {"Authorization": basic("joe", "Secret-of-joe")},
        {"Authorization": f"Basic {keys['anonymousKey']}"},
    ):
        platform.http.get(ALL, headers={"Oracle-Mobile-Backend-ID": keys["backendId"], **headers})
    told = platform.openmcs("logs", "--json", "-n", "1000").out
    told += platform.openmcs("logs", "--json", "--messages", "-n", "1000").out + platform.output
    for secret in ("Secret-of-joe", keys["anonymousKey"], "Mobile1*", basic("joe", "Mobile1*")):
        assert secret not in told


def test_sign_in_and_current_user_answer_as_the_vendors_did(platform: Server, keys: dict[str, Any]) -> None:
    """`users/login` and `users/~` of the platform APIs, with the user's own credentials."""
    headers = {"Oracle-Mobile-Backend-ID": keys["backendId"], "Authorization": basic("joe", "Mobile1*")}
    assert platform.http.get("/mobile/platform/users/login", headers=headers).status_code == 200
    assert platform.http.get("/mobile/platform/users/~", headers=headers).json()["username"] == "joe"
    policies = platform.http.get("/mobile/platform/appconfig/client", headers=headers).json()
    assert policies["refreshSeconds"] == 30
