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
        for number, text in enumerate(HOSTILE):
            rule = {"resource": f"/{text}", "headers": {"X-A": text}, "query": {text: text}}
            estate.made(
                "POST",
                "/connectors",
                json={
                    "name": f"evil{number}", "title": text, "desc": text, "baseUrl": "http://127.0.0.1:9", "rules": [rule],
                },
            )  # fmt: skip
            estate.made("PUT", f"/apis/{estate.api['id']}/configuration/evil{number}", json={"value": text})
        estate.evil = estate.made("GET", "/connectors?text=evil0")["items"][0]
        secret = {"kind": "header", "name": "X-Key", "value": HOSTILE[0]}
        estate.made("PUT", f"/connectors/{estate.evil['id']}/credentials", json=secret)
        bodies = [{"name": "*.custom/orders(1.0).CCC_LogBody", "value": True}]
        estate.made("PATCH", "/policies", json={"policies": bodies})
        for text in HOSTILE:
            estate.call("POST", "orders/order", json={"item": text})
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
    "/connectors", "/connectors/{evil}", "/connectors/{evil}?tab=rules", "/connectors/{evil}?tab=credentials",
    "/connectors/{evil}?tab=test", "/configuration", "/apis/{api}", "/apis/{api}?tab=configuration", "/policies?tab=history",
]  # fmt: skip


def test_no_page_runs_what_a_client_sent(admin: Visitor, attacked: Estate) -> None:
    """Every page that shows something of a client or an author, with all of it unfolded."""
    ids = {"backend": attacked.backend["id"], "api": attacked.api["id"], "evil": attacked.evil["id"]}
    for path in PAGES:
        admin.page.goto(f"{attacked.server.url}/console{path.format(**ids)}")
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


def test_a_body_that_was_logged_is_a_text_where_it_is_made_again(admin: Visitor, attacked: Estate) -> None:
    """In the field, and in the answer when it is sent."""
    found = attacked.made("GET", "/messages?text=request%20body&limit=100")["items"]
    logged = [each for each in found if HOSTILE[1] in each["message"]]
    admin.go(f"/requests?open={logged[0]['ecid']}", "Requests")
    admin.button("Replay").click()
    expect(admin.page.get_by_test_id("replay").get_by_label("Body")).to_have_value(f'{{"item":"{HOSTILE[1]}"}}')
    admin.page.get_by_test_id("send-replay").click()
    expect(admin.page.get_by_test_id("test-status")).to_be_visible()
    harmless(admin)
