"""A browser, an installation with something to see, and a page that is signed in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.console.estate import PASSWORD, Estate
from tests.console.visitor import Visitor
from tests.journeys.browser import browser
from tests.server import Server


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser of a module; it occupies the thread's event loop, which other modules need."""
    with browser() as opened:
        yield opened


@pytest.fixture(scope="package")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """The installation that the journeys share: nothing is counted there but what a journey made itself."""
    with opened(tmp_path_factory) as made:
        yield made


@contextmanager
def opened(factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """An installation with calls of every outcome."""
    folder = factory.mktemp("console")
    (folder / "project").mkdir()
    with Server(folder / "project", folder / "data") as server:
        made = Estate(server)
        made.calls()
        yield made


@pytest.fixture(scope="module")
def session(chromium: Browser, estate: Estate) -> dict[str, Any]:
    """The state of a browser in which the administrator has signed in by name and password."""
    with Visitor(chromium, estate.server.url) as visitor:
        visitor.page.goto(f"{estate.server.url}/console/")
        visitor.page.get_by_test_id("signin-name").fill("root")
        visitor.page.get_by_test_id("signin-password").fill(PASSWORD)
        visitor.page.get_by_test_id("signin-submit").click()
        visitor.see("Home")
        state: dict[str, Any] = dict(visitor.context.storage_state())
        return state


@pytest.fixture
def visitor(chromium: Browser, estate: Estate, session: dict[str, Any]) -> Iterator[Visitor]:
    """The administrator at a desk; the test fails when the page complains or breaks its security policy."""
    with Visitor(chromium, estate.server.url, state=session) as opened:
        yield opened
        assert opened.complaints == []
