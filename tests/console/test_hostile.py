"""What clients send is text, wherever it turns up: nothing of it runs, nothing of it leads away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.console.estate import HOSTILE, Estate
from tests.console.test_sign_in import fill
from tests.console.visitor import Visitor
from tests.server import Server

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """An installation of its own whose clients send nothing but attacks."""
    folder = tmp_path_factory.mktemp("attacked")
    (folder / "project").mkdir()
    with Server(folder / "project", folder / "data") as server:
        estate = Estate(server)
        estate.hostile_calls()
        for text in HOSTILE:
            estate.events(name=text[:60], value=text)
            estate.made(
                "POST",
                "/users",
                json={"username": text.replace(":", "")[:90], "password": "Mobile1*", "lastName": text},
            )
            estate.made("POST", "/team", json={"name": text[:90], "role": "analyst"})
        estate.made(
            "PUT",
            f"/mobilebackends/{estate.backend['id']}",
            json={
                "name": "shop",
                "description": HOSTILE[0],
                "realm": HOSTILE[1],
                "appPolicies": {HOSTILE[1]: HOSTILE[0]},
            },
        )
        server.tools("PUT", f"/apis/{estate.api['id']}", json={"name": "orders", "apiDefn": [HOSTILE[0]]})
        estate.made("POST", "/reports", json={"name": HOSTILE[0], "address": "/analytics"})
        yield estate


@pytest.fixture
def admin(chromium: Browser, attacked: Estate) -> Iterator[Visitor]:
    """The administrator who looks."""
    with Visitor(chromium, attacked.server.url) as visitor:
        visitor.page.on("dialog", lambda dialog: visitor.complaints.append(f"a dialog: {dialog.message}"))
        visitor.page.goto(f"{attacked.server.url}/console/")
        fill(visitor, "root", PASSWORD)
        visitor.see("Home")
        yield visitor
    assert visitor.complaints == []


def harmless(visitor: Visitor) -> None:
    """Nothing ran, and no element came into being out of a text."""
    assert visitor.page.evaluate("window.hacked") is None
    assert visitor.page.locator("main script, main img[src=x], main svg[onload], main a[href^=javascript]").count() == 0


PAGES = [
    "/", "/requests", "/logs", "/logs?grouped=true", "/health", "/analytics?tab=events", "/analytics?tab=sessions",
    "/analytics?by=sdk", "/analytics?by=client", "/analytics?tab=saved", "/backends", "/backends/{backend}",
    "/backends/{backend}?tab=settings", "/backends/{backend}?tab=policies", "/users", "/team", "/deployments", "/activity",
]  # fmt: skip


def test_no_page_runs_what_a_client_sent(admin: Visitor, attacked: Estate) -> None:
    """Every page that shows something of a client or an author, with all of it unfolded."""
    for path in PAGES:
        admin.page.goto(f"{attacked.server.url}/console{path.format(backend=attacked.backend['id'])}")
        admin.page.locator("main h1").wait_for()
        admin.settle()
        admin.page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        harmless(admin)


def test_no_call_runs_what_it_brought(admin: Visitor, attacked: Estate) -> None:
    """Each attacking call opened, with its headers, its path, its user and its log lines."""
    calls: list[dict[str, Any]] = attacked.made("GET", "/requests?limit=200")["items"]
    assert len(calls) >= 4 * len(HOSTILE)
    admin.go("/requests?api=orders", "Requests")
    seen = ""
    rows = admin.page.get_by_test_id("request-row")
    rows.first.click()
    sheet = admin.page.get_by_test_id("request-detail")
    for _ in range(23):
        expect(sheet.get_by_role("figure")).to_be_visible()
        harmless(admin)
        seen += sheet.inner_text()
        admin.button("Next request").click()
    # It is really there to be seen: as text.
    assert "<img src=x onerror" in seen


def test_hostile_texts_in_the_address_are_texts(admin: Visitor, attacked: Estate) -> None:
    """Somebody sends a link with an attack in every filter."""
    for text in HOSTILE[:6]:
        for page, filters in (
            ("/requests", "q path status user open"),
            ("/logs", "text level api"),
            ("/users", "text realm role"),
            ("/", "backend range"),
        ):
            query = "&".join(f"{name}={admin.page.evaluate('encodeURIComponent', text)}" for name in filters.split())
            admin.page.goto(f"{attacked.server.url}/console{page}?{query}")
            admin.page.locator("main h1").wait_for()
            harmless(admin)
