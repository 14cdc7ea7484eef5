"""Somebody who uses the console in a browser."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any

from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).parents[2]
ARTEFACTS = ROOT / "artefacts" / "console"
AXE = ROOT / "platform" / "console" / "node_modules" / "axe-core" / "axe.min.js"
SECONDS = 20_000
SETTLING = 100
"""Looks, a tenth of a second apart, at a page whose window has just become narrower."""
expect.set_options(timeout=SECONDS)

_POLICY = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""


class Visitor:
    """A context of the browser with one page; what the page complains about is kept."""

    def __init__(
        self,
        browser: Browser,
        url: str,
        *,
        state: Any = None,
        width: int = 1280,
        height: int = 800,
        scheme: Any = "light",
    ) -> None:
        self.url = url
        self.context = browser.new_context(
            viewport={"width": width, "height": height},
            locale="en-GB",
            storage_state=state,
            color_scheme=scheme,
            reduced_motion="reduce",
            accept_downloads=True,
        )
        self.context.set_default_timeout(SECONDS)
        self.context.add_init_script(_POLICY)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(f"raised: {error}"))
        self.page.on("request", self._asked)

    def __enter__(self) -> Visitor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.complaints += self.page.evaluate("window.violations ?? []")
        self.context.close()

    def _said(self, message: Any) -> None:
        # The browser tells of every 4xx; some steps are about them.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.complaints.append(f"fetched from outside: {request.url}")

    def go(self, path: str, heading: str | None = None) -> None:
        """Open a page of the console and wait for its heading."""
        self.page.goto(f"{self.url}/console{path}")
        if heading is not None:
            self.see(heading)

    def see(self, heading: str) -> None:
        """Wait for a page's heading, and until it has loaded."""
        expect(self.page.locator("main h1").first).to_contain_text(heading, timeout=SECONDS)
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is loading."""
        expect(self.page.locator("main .mantine-Loader-root")).to_have_count(0, timeout=SECONDS)

    def button(self, name: str, *, exact: bool = True) -> Any:
        """A button by its name."""
        return self.page.get_by_role("button", name=name, exact=exact)

    def box(self, name: str) -> Any:
        """A field of the open dialog, by its whole name."""
        return self.dialog().get_by_role("textbox", name=name, exact=True)

    def pick(self, label: str, option: str) -> None:
        """Type into a box that asks the server, and choose what it finds."""
        box = self.page.get_by_role("combobox", name=label, exact=True)
        box.click()
        box.press_sequentially(option.partition(" ")[0])
        self.page.get_by_role("option", name=option, exact=True).click()

    def row(self, text: str) -> Any:
        """The row of a table that has *text*."""
        return self.page.locator("main tbody tr", has_text=text).first

    def dialog(self) -> Any:
        """The dialog that is open."""
        return self.page.get_by_role("dialog")

    def violations(self) -> list[str]:
        """What axe finds wrong with the page as it is, a line each."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text("utf-8"))
        found = self.page.evaluate(
            "axe.run(document, {resultTypes: ['violations']}).then((result) => result.violations.flatMap((rule) =>"
            " rule.nodes.map((node) => `${rule.id}: ${node.target.join(' ')} ${node.failureSummary}`)))"
        )
        return list(found)

    def too_wide(self, width: int) -> list[str]:
        """What makes the page scroll sideways; nothing where nothing does once the charts have followed the window."""
        question = """width => document.documentElement.scrollWidth <= width ? [] : ["the page",
                 ...[...document.querySelectorAll("main *")].filter((one) => one.getBoundingClientRect().right > width + 1)
                   .slice(0, 5).map((one) => one.outerHTML.slice(0, 200))]"""
        for _ in range(SETTLING):
            if not (found := self.page.evaluate(question, width)):
                break
            self.page.wait_for_timeout(100)
        return list(found)

    def screenshot(self, name: str) -> None:
        """Keep what the page looks like as `artefacts/console/<name>.png`."""
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=ARTEFACTS / f"{name}.png", full_page=True)
