"""Who gets in, and what they see."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.console.estate import PASSWORD, Estate
from tests.console.visitor import SECONDS, Visitor

pytestmark = pytest.mark.browser


def fill(stranger: Visitor, name: str, password: str) -> None:
    """Fill in the form and send it."""
    stranger.page.get_by_test_id("signin-name").fill(name)
    stranger.page.get_by_test_id("signin-password").fill(password)
    stranger.page.get_by_test_id("signin-submit").click()


def test_signing_in_leads_to_what_was_wanted(chromium: Browser, estate: Estate) -> None:
    """A wrong password is told; then the page that was asked for opens, with its filters; then out again."""
    with Visitor(chromium, estate.server.url) as stranger:
        stranger.page.goto(f"{estate.server.url}/console/requests?status=5xx")
        fill(stranger, "root", "wrong password")
        expect(stranger.page.get_by_role("alert")).to_contain_text("Name or password is wrong")
        fill(stranger, "root", PASSWORD)
        stranger.see("Requests")
        assert stranger.page.url.endswith("/console/requests?status=5xx")
        stranger.button("Sign out").click()
        expect(stranger.page.locator("h1")).to_contain_text("Sign in")
        stranger.page.go_back()
        expect(stranger.page.locator("h1")).to_contain_text("Sign in")
    assert stranger.complaints == []


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil.example"])
def test_an_address_that_somebody_made_leads_home(chromium: Browser, estate: Estate, to: str) -> None:
    """After signing in nobody is sent elsewhere."""
    with Visitor(chromium, estate.server.url) as stranger:
        stranger.page.goto(f"{estate.server.url}/console/sign-in?to={to}")
        fill(stranger, "root", PASSWORD)
        expect(stranger.page.locator("main h1, main h2").first).to_be_visible(timeout=SECONDS)
        stranger.page.wait_for_url(lambda url: "sign-in" not in url)
        assert stranger.page.url.startswith(f"{estate.server.url}/console")
    assert stranger.complaints == []


def test_an_analyst_sees_figures_and_no_keys(chromium: Browser, visitor: Visitor, estate: Estate) -> None:
    """Invited by a link on the team page; what is for others is not shown, and the address of it is refused."""
    visitor.go("/team", "Team")
    visitor.button("Add member").click()
    visitor.box("Name").fill("ada")
    visitor.dialog().get_by_label("Role").select_option("analyst")
    visitor.button("Add member").last.click()
    link = visitor.dialog().locator("pre").inner_text()
    with Visitor(chromium, estate.server.url) as ada:
        ada.page.goto(link)
        ada.see("Home")
        names = ada.page.get_by_role("navigation", name="Pages").get_by_role("link").all_inner_texts()
        assert "Users and roles" not in names and "Requests" in names
        ada.go(f"/backends/{estate.backend['id']}", "shop")
        expect(ada.page.locator("main")).to_contain_text("are shown to developers")
        assert estate.backend["anonymousKey"] not in ada.page.content()
        expect(ada.button("Delete")).to_have_count(0)
        ada.go("/users", "Users and roles")
        expect(ada.page.get_by_role("alert").first).to_contain_text("You are analyst")
        ada.go("/account", "ada")
        ada.page.get_by_label("New password").fill("a long enough one")
        ada.button("Set password").click()
        expect(ada.page.get_by_role("status").last).to_contain_text("Saved")
    visitor.page.keyboard.press("Escape")
    visitor.row("ada").get_by_role("button", name="Disable").click()
    expect(visitor.row("ada")).to_contain_text("disabled")
    assert ada.complaints == []
