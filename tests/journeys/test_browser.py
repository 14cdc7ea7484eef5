"""The app in a browser on another origin, then the admin in the console, who sees all that the app did."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.browser import ROOT, Watched, browser, site
from tests.journeys.conftest import set_up
from tests.mariadb import MariaDB
from tests.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.mariadb]
SECONDS = 20_000


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser of this module."""
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def served(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A platform that nobody else calls, so that its counts are known."""
    with Server(project, tmp_path_factory.mktemp("served") / "data") as server:
        set_up(server)
        yield server


@pytest.fixture(scope="module")
def app(served: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sample's web page with the SDK as it is built; its origin."""
    folder = tmp_path_factory.mktemp("site")
    for file in (ROOT / "sdk_js" / "examples" / "synapse-web").iterdir():
        shutil.copy(file, folder)
    shutil.copy(ROOT / "sdk_js" / "dist" / "mcs.min.js", folder)
    config = folder / "oracle_mobile_cloud_config.js"
    config.write_text(config.read_text("utf-8").replace("http://localhost:8080", served.url), "utf-8")
    with site(folder) as origin:
        yield origin


def log_in(page: Page, user: str, password: str) -> None:
    """Fill in the app's form."""
    page.fill("#username", user)
    page.fill("#password", password)
    page.click("#login")


def test_the_app_and_then_the_console(chromium: Browser, served: Server, app: str, database: MariaDB) -> None:
    """Five things the app's user does, well and badly, each on the app's page; then each in the console."""
    watched = Watched(chromium)
    page = watched.page
    status, rows = page.locator("#status"), page.locator("#events tr")
    page.goto(app)

    page.click("#anonymous")
    expect(status).to_have_text("5 events", timeout=SECONDS)
    expect(rows).to_have_count(5)
    watched.screenshot("app-anonymous")

    log_in(page, "joe", "Mobile1*")
    expect(status).to_have_text("5 events", timeout=SECONDS)
    expect(rows.first).to_contain_text("Earthquake of Puebla")

    log_in(page, "joe", "wrong")
    expect(status).to_contain_text("Failed (401)", timeout=SECONDS)
    expect(rows).to_have_count(0)
    watched.screenshot("app-wrong-password")

    with upstream_failing(database):
        log_in(page, "joe", "Mobile1*")
        expect(status).to_have_text("Failed (502): The event service does not answer.", timeout=SECONDS)
    watched.screenshot("app-upstream-down")
    assert watched.complaints == []
    watched.context.close()

    calls = served.openmcs("logs", "--json", "-n", "1000").lines
    asked = [each for each in calls if each["method"] == "GET"]
    assert [each["status"] for each in asked if each["path"].endswith("/all")] == [200, 200, 502]
    assert [each["status"] for each in asked if each["path"].endswith("/login")] == [200, 200, 401, 200]
    assert all(each["clientSdk"] for each in asked)
    # It was another origin for real: the browser asked for leave.
    assert served.openmcs("logs", "--json", "-q", "caller:preflight").lines
    see_in_console(chromium, served, calls)


class upstream_failing:
    """The team's API has lost its table, and answers 500."""

    def __init__(self, database: MariaDB) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._execute("RENAME TABLE synapse.event TO synapse.elsewhere")

    def __exit__(self, *error: object) -> None:
        self._execute("RENAME TABLE synapse.elsewhere TO synapse.event")

    def _execute(self, statement: str) -> None:
        with self._database.connect() as connection, connection.cursor() as cursor:
            cursor.execute(statement)


def see_in_console(chromium: Browser, served: Server, calls: list[dict[str, Any]]) -> None:
    """The admin signs in by the link that the start printed, and finds every call, line and figure."""
    watched = Watched(chromium, width=1440, height=900)
    page = watched.page
    link = re.search(r"http\S+/console/sign-in#link=\S+", served.output)
    assert link
    page.goto(link.group())
    expect(page.locator("h1")).to_have_text("Home", timeout=SECONDS)
    expect(page.get_by_test_id("kpi-calls")).to_have_text(str(len(calls)), timeout=SECONDS)
    failed = sum(each["status"] >= 500 for each in calls)
    rate = page.get_by_test_id("kpi-error-rate").inner_text()
    assert float(rate.replace("%", "")) == pytest.approx(100 * failed / len(calls), abs=0.5)
    watched.screenshot("console-home", whole=True)

    page.click("nav >> text=Requests")
    table = page.get_by_test_id("request-row")
    expect(table).to_have_count(len(calls), timeout=SECONDS)
    expect(page.locator("#content header")).to_contain_text(f"{len(calls)} calls")
    shown = [int(row.get_attribute("data-status") or 0) for row in table.all()]
    assert shown == [each["status"] for each in reversed(calls)]
    watched.screenshot("console-requests", whole=True)

    page.locator("tr[data-status='502']").click()
    detail = page.get_by_test_id("request-detail")
    expect(detail).to_contain_text("the API failed with 500", timeout=SECONDS)
    expect(detail).to_contain_text("severe")
    watched.screenshot("console-request-detail")
    page.keyboard.press("Escape")

    page.click("nav >> text=Logs")
    expect(page.locator("#content")).to_contain_text("the API failed with 500", timeout=SECONDS)
    expect(page.locator("#content")).to_contain_text("urgent: Earthquake of Puebla, Hurricane Harvey, Forest fire")
    lines = served.openmcs("logs", "--messages", "--json", "-n", "1000").lines
    expect(page.locator("#content header")).to_contain_text(f"{len(lines)} lines")
    watched.screenshot("console-logs", whole=True)

    see_a_refused_upload(watched, served)
    for place in ("Backends", "APIs", "Deployments", "Users"):
        page.click(f"nav >> text={place}")
        expect(page.locator("h1")).to_contain_text(place, timeout=SECONDS)
        page.wait_for_load_state("networkidle")
        watched.screenshot(f"console-{place.lower()}", whole=True)
    page.click("nav >> text=APIs")
    page.click("#content >> text=synapse")
    expect(page.locator("h1")).to_have_text("synapse 1.0 draft", timeout=SECONDS)
    page.wait_for_load_state("networkidle")
    watched.screenshot("console-api", whole=True)
    page.click("nav >> text=Backends")
    page.click("#content >> text=synapse")
    expect(page.locator("pre")).to_contain_text("/mobile/custom/synapse/event/info/all", timeout=SECONDS)
    watched.screenshot("console-backend", whole=True)
    assert watched.complaints == []
    watched.context.close()


def see_a_refused_upload(watched: Watched, served: Server) -> None:
    """A deploy with a syntax error: the banner on the first page names file and line, and goes when it is put right."""
    code = served.folder / "custom_code" / "synapse" / "forward" / "synapse.py"
    good = code.read_text("utf-8")
    code.write_text(good.replace("def all_events(req):", "def all_events(req:"), "utf-8")
    line = 1 + code.read_text("utf-8").splitlines().index("def all_events(req:")
    try:
        assert served.openmcs("deploy", "custom_code/synapse").code == 5
        watched.page.click("nav >> text=Home")
        banner = watched.page.get_by_test_id("problems-banner")
        expect(banner).to_contain_text(f"synapse.py:{line}", timeout=SECONDS)
        watched.screenshot("console-refused-upload")
    finally:
        code.write_text(good, "utf-8")
    assert served.openmcs("deploy", "custom_code/synapse").code == 0
    watched.page.reload()
    expect(watched.page.locator("h1")).to_have_text("Home", timeout=SECONDS)
    expect(banner).to_have_count(0, timeout=SECONDS)
