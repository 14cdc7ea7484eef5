"""
An app that keeps the vendor's own SDK: each generation, as the contract records it on the wire, drives the platform.

The JavaScript ones run in Chromium on a page of another origin, with real preflights; the native ones are bytes.
"""

from __future__ import annotations

import json
import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from openmcs.store.tables import analytics_event
from tests.journeys.browser import browser, site
from tests.platform_server import APPLICATION_KEY, BACKEND_ID, PlatformServer, basic
from tests.sdk.nodes import described

SCRIPT = Path(__file__).parent / "vendor.js"
GENERATIONS = re.findall(r'^  "(J[123][^"]*)": \{', SCRIPT.read_text("utf-8"), re.MULTILINE)
STATUSES = {
    "app config before a login": 200, "anonymous login": 200, "anonymous call": 200, "wrong login": 401,
    "Latin-1 login": 200, "current user": 200, "GET": 200, "GET of a path that begins with a slash": 200,
    "GET of a path that ends with a slash": 200, "POST": 200, "PUT of nothing": 200, "PATCH": 200,
    "DELETE of nothing": 200, "no resource": 404, "app config": 200, "events": 202,
}  # fmt: skip


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for the module."""
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A web site with the emulation."""
    folder = tmp_path_factory.mktemp("vendor")
    shutil.copy(SCRIPT, folder)
    text = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script src="vendor.js"></script>'
    (folder / "index.html").write_text(text)
    with site(folder) as served:
        yield served


def test_every_generation_is_emulated() -> None:
    """J1, three releases of J2, and J3 for Cordova and React Native."""
    assert len(GENERATIONS) == 7


@pytest.mark.browser
@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_generation_works_across_origins(
    platform: PlatformServer, chromium: Browser, origin: str, generation: str
) -> None:
    """Every call gets its answer: none has status 0, and the browser complains of no CORS."""
    context = chromium.new_context()
    page = context.new_page()
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text) if "CORS" in message.text else None)
    page.goto(f"{origin}/index.html")
    day = page.evaluate(
        "([generation, platform]) => drive(generation, platform)", [generation, described(platform, "")]
    )
    context.close()
    assert blocked == []
    told: dict[str, Any] = {what: data for what, _, data, _ in day["told"]}
    expected = {what: status for what, status in STATUSES.items() if what in told}
    assert {what: status for what, status, _, _ in day["told"]} == expected
    assert all(isinstance(data, dict) for data in told.values())
    assert all(ecid for _, _, _, ecid in day["told"])
    _check_answers(told)
    _check_log(platform, day)


def _check_answers(told: dict[str, Any]) -> None:
    assert (told["anonymous call"]["anonymous"], told["GET"]["anonymous"]) == (True, False)
    assert told["current user"]["username"] == told["GET"]["user"] == "andré"
    assert told["GET"]["url"] == "/mobile/custom/echo/all?a=1"
    for slash in ("begins", "ends"):
        assert told[f"GET of a path that {slash} with a slash"]["url"].rstrip("/") == "/mobile/custom/echo/all"
    assert told["POST"]["body"] == {"text": "é"}
    for method in ("PUT", "DELETE"):
        assert (told[f"{method} of nothing"]["body"], told[f"{method} of nothing"]["raw"]) == ({}, "")
    for data in (told["GET"], told["POST"]):
        assert {"_keys", "_values", "authorization", "if-none-match", "if-modified-since"} & set(
            data["headers"]
        ) == set()
    assert told["app config"]["mapLayer"] == "terrain"
    assert {"title", "detail", "status"} <= set(told["no resource"])


def _check_log(platform: PlatformServer, day: dict[str, Any]) -> None:
    """The diagnostics are in the log, and the junk headers' copy of the credentials is not."""
    ecids = {what: ecid for what, _, _, ecid in day["told"]}
    rows = {row["ecid"]: row for row in platform.rows()}
    call = rows[ecids["POST"]]
    assert (call["session_id"], call["device_id"], call["user"]) == (day["session"], day["device"], "andré")
    assert "Basic " not in repr([rows[ecid] for ecid in ecids.values()])
    events = [row for row in platform.rows(analytics_event) if row["ecid"] == ecids["events"]]
    assert [row["name"] for row in events] == ["context", "sessionStart", "Emulated", "sessionEnd"]
    assert events[2]["session_id"] == day["session"] and events[2]["model"] is None


# ── native ───────────────────────────────────────────────────────────────────────────────────────

LATIN = "Zoë".encode("latin-1")
ANDROID = {
    "Oracle-Mobile-Backend-Id": BACKEND_ID, "oracle-mobile-backend-id": BACKEND_ID,
    "Oracle-Mobile-APPLICATION-KEY": APPLICATION_KEY, "Oracle-Mobile-DEVICE-ID": "android-device",
    "Oracle-Mobile-DIAGNOSTIC-SESSION-ID": "android-session", "Authorization": basic("joe", "Mobile1*pass"),
}  # fmt: skip
IOS = {
    "Oracle-Mobile-Backend-ID": BACKEND_ID, "Oracle-Mobile-Application-Key": APPLICATION_KEY,
    "Oracle-Mobile-Device-ID": "ios-device", "Oracle-Mobile-Diagnostic-Session-ID": "ios-session",
    "Oracle-Mobile-Client-Request-Time": "2017-07-13T02:10:11.123Z", "Authorization": basic("joe", "Mobile1*pass"),
}  # fmt: skip
EVENT = b'[{"name":"A","type":"custom","timestamp":"2017-07-13T02:10:11.123Z","component":"C","country":"CH"}]'

# (client, what, method, path, more headers, body, status)
NATIVE = [
    ("Android", "2.3 login", "GET", "/mobile/platform/users/login", {}, None, 200),
    ("Android", "2.3 current user after it", "GET", "/mobile/platform/users/~", {}, None, 200),
    ("Android", "2.3 logout", "POST", "/mobile/platform/users/logout", {}, b"", 200),
    ("Android", "2.8 update, Q26", "PUT", "/mobile/platform/users/~",
     {"Content-Type": "application/json", "Accept": "application/json"}, b'{"nick":"' + LATIN + b'"}', 200),
    ("Android", "2.9 custom code, Q26", "POST", "/mobile/custom/echo/all", {"Content-Type": "application/json"},
     b'{"name":"' + LATIN + b'"}', 200),
    ("Android", "2.13 events, Q11 and Q25", "POST", "/mobile/platform/analytics/events",
     {"Content-Type": "Application/JSON"}, EVENT, 202),
    ("iOS", "2.3 login", "GET", "/mobile/platform/users/login", {}, None, 200),
    ("iOS", "2.3 logout", "GET", "/mobile/platform/users/logout", {}, None, 200),
    ("iOS", "2.9 custom code with an analytics session", "GET", "/mobile/custom/echo/all",
     {"Oracle-Mobile-Analytics-Session-ID": "s"}, None, 200),
    ("iOS", "2.12 app config", "GET", "/mobile/platform/appconfig/client", {}, None, 200),
    ("Smartface", "2.13 the header's session", "POST", "/mobile/platform/analytics/events",
     {"Content-Type": "application/json", "Oracle-Mobile-Analytics-Session-ID": "s"}, EVENT, 202),
]  # fmt: skip


@pytest.mark.parametrize(
    ("client", "method", "path", "more", "body", "status"),
    [(row[0], *row[2:]) for row in NATIVE],
    ids=[f"{row[0]} {row[1]}" for row in NATIVE],
)
def test_a_native_client_is_answered(
    platform: PlatformServer,
    client: str,
    method: str,
    path: str,
    more: dict[str, str],
    body: bytes | None,
    status: int,
) -> None:
    """With an object in it (Q10), and header names in the casing that Android's map has."""
    own = IOS if client == "iOS" else ANDROID
    fields = {"Host": "x", "Connection": "close", **own, **more}
    if body is not None:
        fields["Content-Length"] = str(len(body))
    head = "\r\n".join([f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""])
    with socket.create_connection(("127.0.0.1", platform.port), timeout=20) as connection:
        connection.sendall(head.encode("latin-1") + (body or b""))
        received = b""
        while piece := connection.recv(65536):
            received += piece
    answered, _, content = received.partition(b"\r\n\r\n")
    lines = answered.split(b"\r\n")
    assert int(lines[0].split(b" ")[1]) == status
    assert {b"Content-Type", b"Content-Length", b"Date"} <= {line.partition(b":")[0] for line in lines[1:]}
    told = json.loads(content)
    assert isinstance(told, dict) and told
    if body and LATIN in body:
        assert told.get("nick", told.get("body", {}).get("name")) == "Zoë"
    if "nick" in told:
        platform.call("PUT", "/mobile/platform/users/~", own, '{"nick": null}')
