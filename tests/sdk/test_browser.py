"""The SDK in Chromium, on a page of another origin than the platform's."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from openmcs.store.tables import analytics_event
from tests.journeys.browser import browser, site
from tests.platform_server import PlatformServer
from tests.sdk.nodes import SDK, described, failures

pytestmark = pytest.mark.browser

GLOBAL = '<script src="mcs.min.js"></script><script>window.sdk = window.mcs;</script>'
MODULE = '<script type="module">import mcs from "./mcs.mjs"; window.sdk = mcs;</script>'
AMD = """<script>
  window.define = (dependencies, factory) => { window.sdk = factory(); }; window.define.amd = {};
</script><script src="mcs.js"></script>"""
CORDOVA = f"<script>window.cordova = {{}};</script>{GLOBAL}"
SUITE = '<script type="module">import { run } from "./suite.mjs"; window.run = run;</script>'


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for the module."""
    with browser() as opened:
        yield opened


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A profile of its own."""
    opened = chromium.new_context()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A web site with the SDK, its suite, and a page for each way to load it."""
    folder = tmp_path_factory.mktemp("site")
    for file in [*(SDK / "dist").glob("mcs*"), SDK / "tests" / "suite.mjs"]:
        shutil.copy(file, folder)
    for name, scripts in {"global": GLOBAL, "module": MODULE, "amd": AMD, "cordova": CORDOVA}.items():
        text = f'<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">{scripts}{SUITE}'
        (folder / f"{name}.html").write_text(text)
    with site(folder) as served:
        yield served


@pytest.mark.parametrize("page_name", ["global", "module", "amd", "cordova"])
def test_the_suite_passes_across_origins(
    platform: PlatformServer, context: BrowserContext, origin: str, page_name: str
) -> None:
    """The same as in Node, with real preflights; no call fails because of CORS."""
    page = context.new_page()
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text) if "CORS" in message.text else None)
    page.goto(f"{origin}/{page_name}.html")
    page.wait_for_function("window.run && window.sdk")
    results = page.evaluate("platform => run(sdk, platform)", described(platform, f"Chromium {page_name}"))
    assert failures(results) == []
    assert blocked == []
    session = next(each["session"] for each in results if "session" in each)
    rows = [row for row in platform.rows(analytics_event) if row["session_id"] == session]
    assert [row["name"] for row in rows] == ["context", "sessionStart", "Suite", "sessionEnd"]
    assert rows[0]["os_name"] == "Linux"
    word = "Cordova" if page_name == "cordova" else "Javascript"
    assert rows[0]["client_sdk"].startswith(f"{word} ") and rows[0]["client_sdk"].endswith(" [MCSAnalytics]")


def test_what_is_queued_goes_out_when_the_page_is_left(
    platform: PlatformServer, context: BrowserContext, origin: str
) -> None:
    """By a request that outlives the page."""
    page = context.new_page()
    page.goto(f"{origin}/global.html")
    config = described(platform, "leaving")
    session = page.evaluate(
        """async ({url, backendId, anonymousKey}) => {
            const basic = {mobileBackendId: backendId, anonymousKey};
            sdk.init({mobileBackend: {name: "wired", baseUrl: url, authentication: {type: "basic", basic}}});
            const session = sdk.mobileBackend.analytics.startSession();
            sdk.mobileBackend.analytics.logNamedEvent("Left");
            return session;
        }""",
        config,
    )
    page.goto("about:blank")
    assert _arrived(platform, session) == ["context", "sessionStart", "Left"]


def test_what_is_queued_without_a_network_goes_out_on_the_next_page(
    platform: PlatformServer, context: BrowserContext, origin: str
) -> None:
    """From the store that the app has chosen; in the meantime nothing is raised."""
    page = context.new_page()
    raised: list[str] = []
    page.on("pageerror", lambda error: raised.append(str(error)))
    start = """({url, backendId, anonymousKey}) => {
        const basic = {mobileBackendId: backendId, anonymousKey};
        const store = new sdk.WebStore(localStorage);
        sdk.init({store, mobileBackend: {name: "wired", baseUrl: url, authentication: {type: "basic", basic}}});
    }"""
    config = described(platform, "offline")
    page.goto(f"{origin}/global.html")
    page.evaluate(start, config)
    context.set_offline(True)
    session = page.evaluate(
        """async () => {
            const {analytics} = sdk.mobileBackend;
            const session = analytics.startSession();
            analytics.logNamedEvent("Offline");
            await analytics.flush();
            return session;
        }"""
    )
    page.goto("about:blank")
    context.set_offline(False)
    page.goto(f"{origin}/global.html")
    page.evaluate(start, config)
    page.evaluate("new Promise(resolve => setTimeout(resolve, 50)).then(() => sdk.mobileBackend.analytics.flush())")
    assert _arrived(platform, session) == ["context", "sessionStart", "Offline"]
    assert raised == []


def _arrived(platform: PlatformServer, session: str) -> list[str]:
    """The names of a session's events, once they are there."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        names = [row["name"] for row in platform.rows(analytics_event) if row["session_id"] == session]
        if names:
            return names
        time.sleep(0.1)
    return []


def test_the_console_of_a_page_never_shows_credentials(
    platform: PlatformServer, context: BrowserContext, origin: str
) -> None:
    """Not even at the most talkative level."""
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{origin}/global.html")
    config = described(platform, "console")
    page.evaluate(
        """async ({url, backendId, anonymousKey, username, password}) => {
            const basic = {mobileBackendId: backendId, anonymousKey};
            const authentication = {type: "basic", basic};
            sdk.init({logLevel: 4, logHTTP: true, mobileBackend: {name: "wired", baseUrl: url, authentication}});
            await sdk.mobileBackend.authorization.authenticate(username, password);
            await sdk.mobileBackend.authorization.authenticate(username, "wrong-secret").catch(() => {});
        }""",
        config,
    )
    text = json.dumps(said)
    assert "users/login: 200" in text
    assert config["password"] not in text and "wrong-secret" not in text and config["anonymousKey"] not in text


def test_no_dialog_asks_for_a_password(platform: PlatformServer, context: BrowserContext, origin: str) -> None:
    """Q19: a refused login of a page is told to the page."""
    page = context.new_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.type))
    page.goto(f"{origin}/global.html")
    headers = page.evaluate(
        """async ({url, backendId}) => {
            const headers = {"Oracle-Mobile-Backend-Id": backendId, "Authorization": "Basic eDp5"};
            const response = await fetch(url + "/mobile/platform/users/login", {headers, credentials: "include"});
            return [response.status, response.headers.get("www-authenticate")];
        }""",
        described(platform, "dialog"),
    )
    assert headers == [401, None] and dialogs == []
