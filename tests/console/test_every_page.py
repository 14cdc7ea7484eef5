"""Every page in both themes and at two widths: nothing that axe finds, nothing that breaks the policy, no sideways scrolling."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.console.estate import Estate
from tests.console.visitor import Visitor

pytestmark = pytest.mark.browser

PAGES = {
    "home": "/",
    "requests": "/requests",
    "one-call": "/requests?open={ecid}",
    "logs": "/logs",
    "logs-grouped": "/logs?grouped=true",
    "health": "/health",
    "analytics-calls": "/analytics",
    "analytics-events": "/analytics?tab=events",
    "analytics-funnel": "/analytics?tab=funnels&steps=Viewed%7CBasket%7CBought",
    "analytics-users": "/analytics?tab=users",
    "analytics-sessions": "/analytics?tab=sessions",
    "analytics-saved": "/analytics?tab=saved",
    "backends": "/backends",
    "backend": "/backends/{backend}",
    "backend-settings": "/backends/{backend}?tab=settings",
    "backend-clients": "/backends/{backend}?tab=clients",
    "backend-policies": "/backends/{backend}?tab=policies",
    "apis": "/apis",
    "api": "/apis/{api}",
    "api-designer": "/apis/{api}?tab=designer",
    "api-test": "/apis/{api}?tab=test",
    "api-security": "/apis/{api}?tab=security",
    "api-documentation": "/apis/{api}?tab=documentation",
    "api-configuration": "/apis/{api}?tab=configuration",
    "backend-configuration": "/backends/{backend}?tab=configuration",
    "connectors": "/connectors",
    "connector": "/connectors/{connector}",
    "connector-rules": "/connectors/{connector}?tab=rules",
    "connector-credentials": "/connectors/{connector}?tab=credentials",
    "connector-test": "/connectors/{connector}?tab=test",
    "connector-used": "/connectors/{connector}?tab=used",
    "configuration": "/configuration",
    "deployments": "/deployments",
    "users": "/users",
    "roles": "/users?tab=roles",
    "policies": "/policies",
    "policies-history": "/policies?tab=history",
    "team": "/team",
    "deleted": "/deleted",
    "activity": "/activity",
    "account": "/account",
    "no-such-page": "/nowhere",
}


JUDGED = (("light", 1280), ("dark", 360))
"""Where axe looks: at each theme and at each width, and not at each in the other."""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_in_both_themes_and_at_two_widths(visitor: Visitor, estate: Estate, name: str) -> None:
    """One load; then dark, narrow, and light again, each looked at by axe and kept as a picture."""
    ecid = estate.made("GET", "/requests?status=5xx&limit=1")["items"][0]["ecid"] if "{ecid}" in PAGES[name] else ""
    path = PAGES[name].format(
        ecid=ecid, backend=estate.backend["id"], api=estate.api["id"], connector=estate.connector["id"]
    )
    visitor.page.goto(f"{estate.server.url}/console{path}")
    visitor.page.locator("main h1, main h2").first.wait_for()
    visitor.page.wait_for_load_state("networkidle") if name not in ("requests", "logs") else visitor.settle()
    visitor.settle()
    for scheme, width in (("light", 1280), ("dark", 1280), ("dark", 360), ("light", 360)):
        visitor.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        visitor.page.set_viewport_size({"width": width, "height": 800})
        visitor.page.locator(f":root[data-mantine-color-scheme={scheme}]").wait_for()
        assert visitor.too_wide(width) == [], (scheme, width)
        if (scheme, width) in JUDGED:
            assert visitor.violations() == [], (scheme, width)
        visitor.screenshot(f"{name}-{scheme}-{width}")
    assert "sign-in" not in visitor.page.url


def test_the_sign_in_page(chromium: Browser, estate: Estate) -> None:
    """It is looked at without a session."""
    with Visitor(chromium, estate.server.url, scheme="dark", width=360) as stranger:
        stranger.page.goto(f"{estate.server.url}/console/")
        stranger.page.get_by_test_id("signin-name").wait_for()
        assert stranger.violations() == []
        stranger.screenshot("sign-in-dark-360")
    assert stranger.complaints == []
