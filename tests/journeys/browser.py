"""Chromium without a window, and a web site of the app's own: another origin than the platform's."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.prepare import CHROMIUM, chromium, require

ROOT = Path(__file__).parents[2]
ARTEFACTS = ROOT / "artefacts"


@contextmanager
def browser() -> Iterator[Browser]:
    """
    A browser; the test is skipped (under `CI=true`: fails) where there is no Chromium.

    Playwright occupies the thread's event loop while it runs: keep it for a module, not for the whole test run.
    """
    require(CHROMIUM)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        try:
            yield opened
        finally:
            opened.close()


class Watched:
    """A page whose complaints are kept: what it logged as an error, what it raised, which requests failed."""

    def __init__(self, browser: Browser, *, width: int = 1280, height: int = 800) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB")
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"raised: {error}"))
        self.page.on("requestfailed", self._failed)

    def _console(self, message: Any) -> None:
        # That a call was answered with 401 or 502 is what some steps are about; browser and SDK both say so.
        if message.type == "error" and not message.text.startswith(("Failed to load resource", "mcs: ")):
            self.complaints.append(message.text)

    def _failed(self, request: Any) -> None:
        # A page that is left gives up what it was waiting for.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.method} {request.url}: {request.failure}")

    def screenshot(self, name: str, *, whole: bool = False) -> None:
        """Keep what the page looks like as `artefacts/<name>.png`."""
        ARTEFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTEFACTS / f"{name}.png", full_page=whole)


class _Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


@contextmanager
def site(folder: Path) -> Iterator[str]:
    """Serve *folder*; yields the origin."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
