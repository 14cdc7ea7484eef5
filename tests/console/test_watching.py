"""Figures, calls, log lines and health: what the pages tell is what happened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.console.conftest import opened
from tests.console.estate import Estate
from tests.console.visitor import Visitor

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """An installation of its own: everything in it is counted here."""
    with opened(tmp_path_factory) as made:
        yield made


def test_home_counts_what_the_log_has(visitor: Visitor, estate: Estate) -> None:
    """The cards are counted a second time from the list of calls; dragging over the chart leads to those calls."""
    visitor.go("/?range=24h", "Home")
    calls = estate.made("GET", "/requests?from=-24h&limit=1000")["items"]
    failed = [each for each in calls if each["status"] >= 500]
    expect(visitor.page.get_by_test_id("kpi-calls")).to_have_text(str(len(calls)))
    share = 100 * len(failed) / len(calls)
    expect(visitor.page.get_by_test_id("kpi-error-rate")).to_have_text(
        f"{share:.1f} %" if share < 10 else f"{share:.0f} %"
    )
    expect(visitor.page.get_by_test_id("kpi-users")).to_have_text("1")
    expect(visitor.page.get_by_role("table", name="Top errors")).to_contain_text("KeyError")
    expect(visitor.page.get_by_role("table", name="Top errors")).to_contain_text("orders.py:38")

    visitor.button("Show as table").first.click()
    twin = visitor.page.get_by_role("table", name="Calls over time, by status class")
    numbers = [int(text.replace(",", "")) for text in twin.locator("tbody td.number").all_inner_texts()]
    assert sum(numbers) == len(calls)
    visitor.button("Show as chart").click()

    box = visitor.page.locator("svg[data-zoomable]").first.bounding_box()
    assert box is not None
    visitor.page.mouse.move(box["x"] + 80, box["y"] + 60)
    visitor.page.mouse.down()
    visitor.page.mouse.move(box["x"] + box["width"] - 5, box["y"] + 60, steps=5)
    visitor.page.mouse.up()
    visitor.see("Requests")
    assert {"from", "to"} <= set(parse_qs(urlsplit(visitor.page.url).query))


def test_from_a_query_to_the_line_of_code(visitor: Visitor) -> None:
    """A query, the failing call, its log lines with file and line; all of it in the address."""
    visitor.go("/requests", "Requests")
    visitor.page.keyboard.press("/")
    visitor.page.get_by_label("Query").fill("status>=500 path:trouble")
    visitor.page.keyboard.press("Enter")
    rows = visitor.page.get_by_test_id("request-row")
    expect(rows).to_have_count(3)
    visitor.page.get_by_label("Query").blur()
    visitor.page.keyboard.press("j")
    visitor.page.keyboard.press("Enter")
    sheet = visitor.page.get_by_test_id("request-detail")
    expect(sheet).to_contain_text("KeyError")
    expect(sheet).to_contain_text("orders.py:38")
    expect(sheet.get_by_role("figure", name="Time line of the call")).to_contain_text("custom code")
    first = visitor.page.url
    visitor.page.keyboard.press("ArrowDown")
    expect(visitor.page).not_to_have_url(first)
    second = visitor.page.url
    visitor.page.reload()
    expect(sheet).to_contain_text("KeyError")
    assert visitor.page.url == second
    visitor.page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(rows).to_have_count(3)


def test_a_wrong_query_says_what_is_wrong(visitor: Visitor) -> None:
    """With a suggestion, at the box."""
    visitor.go("/requests", "Requests")
    visitor.page.get_by_label("Query").fill("usr:anna")
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.get_by_role("search")).to_contain_text("did you mean user")


def test_a_call_is_copied_as_curl_and_as_markdown(visitor: Visitor, estate: Estate) -> None:
    """For a shell, and for an issue; neither has a secret in it."""
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.go("/requests?status=5xx", "Requests")
    visitor.page.get_by_test_id("request-row").first.click()
    copied = {}
    for name in ("Copy as curl", "Copy as Markdown"):
        visitor.button(name).click()
        copied[name] = visitor.page.evaluate("navigator.clipboard.readText()")
    assert copied["Copy as curl"].startswith("curl -i 'http")
    assert "### 500 GET /mobile/custom/orders/trouble" in copied["Copy as Markdown"]
    assert "KeyError" in copied["Copy as Markdown"]
    assert estate.backend["anonymousKey"] not in json.dumps(copied)


def test_facets_count_and_narrow(visitor: Visitor, estate: Estate) -> None:
    """The number beside a value is the number of calls it leaves."""
    visitor.go("/requests?from=-24h", "Requests")
    failed = visitor.page.get_by_role("complementary", name="Facets").get_by_role("button", name="5xx")
    count = int(failed.locator("span").last.inner_text())
    failed.click()
    expect(visitor.page.get_by_test_id("request-row")).to_have_count(count)
    assert count == estate.made("GET", "/requests?from=-24h&status=5xx")["totalResults"]
    expect(failed).to_have_attribute("aria-pressed", "true")
    failed.click()
    expect(visitor.page.get_by_test_id("request-row").nth(count)).to_be_visible()


def test_calls_appear_as_they_are_made(visitor: Visitor, estate: Estate) -> None:
    """Live, without being asked for; the page says how many came."""
    visitor.go("/requests?api=stock", "Requests")
    before = visitor.page.get_by_test_id("request-row").count()
    visitor.page.keyboard.press("l")
    expect(visitor.page.get_by_label("Live")).to_be_checked()
    visitor.page.wait_for_timeout(500)
    for _ in range(2):
        estate.call("GET", "stock/order/7")
    expect(visitor.page.get_by_test_id("request-row")).to_have_count(before + 2)
    expect(visitor.page.get_by_role("status").first).to_have_text("2 new calls")


def test_log_lines_by_level_and_grouped(visitor: Visitor, estate: Estate) -> None:
    """Severe ones only; the same message counts once; a line leads to its call."""
    visitor.go("/logs?level=severe", "Logs")
    lines = visitor.page.get_by_test_id("log-line")
    expect(lines.first).to_contain_text("KeyError")
    assert {line.get_attribute("data-level") for line in lines.all()} == {"severe"}
    lines.first.get_by_role("link", name="request").click()
    expect(visitor.page.get_by_test_id("request-detail")).to_contain_text("/mobile/custom/orders/trouble")
    visitor.go("/logs?grouped=true&text=order", "Logs")
    expect(visitor.page.get_by_role("table", name="Grouped messages").locator("tbody tr").first).to_be_visible()


def test_the_light_is_the_worst_measures(visitor: Visitor) -> None:
    """Three failing calls are amber by MCS's thresholds; the part that fails is found by unfolding."""
    visitor.go("/health", "Health")
    light = visitor.page.get_by_test_id("light")
    expect(light.first).to_have_attribute("data-light", "amber")
    expect(visitor.page.locator("main")).to_contain_text("/trouble")
    visitor.page.get_by_role("link", name="GET /trouble").click()
    visitor.see("Requests")
    expect(visitor.page.get_by_test_id("request-row")).to_have_count(3)


def test_analytics_asks_and_saves(visitor: Visitor, estate: Estate) -> None:
    """Calls by status, the funnel's three steps, and the question kept for the team."""
    estate.events()
    visitor.go("/analytics?from=-24h", "Analytics")
    visitor.page.get_by_label("By", exact=True).select_option("status")
    table = visitor.page.get_by_role("table", name="Calls by status")
    expect(table).to_contain_text("500")
    visitor.page.get_by_role("tab", name="Funnels").click()
    for index, name in enumerate(("Viewed", "Basket", "Bought"), 1):
        visitor.page.get_by_label(f"Step {index}", exact=True).select_option(name)
    rows = visitor.page.get_by_role("table", name="Funnel").locator("tbody tr")
    expect(rows).to_have_count(3)
    assert [row.locator("td").nth(1).inner_text() for row in rows.all()] == ["3", "2", "1"]
    visitor.button("Save report").click()
    visitor.box("Name").fill("From looking to buying")
    visitor.dialog().get_by_role("button", name="Save", exact=True).click()
    expect(visitor.dialog()).to_have_count(0)
    visitor.page.get_by_role("tab", name="Saved reports").click()
    visitor.row("From looking to buying").click()
    expect(rows).to_have_count(3)


def test_a_table_is_taken_along_as_a_file(visitor: Visitor, estate: Estate) -> None:
    """CSV and JSON of what the list has, from the server; the log's list as a stream."""
    visitor.go("/backends", "Backends")
    with visitor.page.expect_download() as got:
        visitor.button("Backends as JSON").click()
    assert [each["name"] for each in json.loads(got.value.path().read_text("utf-8"))] == ["shop"]
    with visitor.page.expect_download() as got:
        visitor.button("Backends as CSV").click()
    assert got.value.path().read_text("utf-8").splitlines()[0] == "Backend,APIs,Sign-in,Realm,Clients"
    visitor.go("/requests?status=5xx", "Requests")
    with visitor.page.expect_download() as got:
        visitor.page.get_by_role("link", name="csv").click()
    assert len(got.value.path().read_text("utf-8").strip().splitlines()) == 4


def test_the_palette_and_the_keys_lead_everywhere(visitor: Visitor) -> None:
    """Ctrl+K by name, g and a letter by heart, ? for help; in a field they are letters."""
    visitor.go("/", "Home")
    visitor.page.keyboard.press("Control+k")
    visitor.page.get_by_role("combobox").fill("orders")
    expect(visitor.page.get_by_role("option")).to_have_count(1)
    visitor.page.keyboard.press("Enter")
    visitor.see("orders")
    for key, heading in (("b", "Backends"), ("x", "Deleted"), ("c", "Activity"), ("h", "Home")):
        visitor.page.keyboard.press("g")
        visitor.page.keyboard.press(key)
        visitor.see(heading)
    visitor.page.keyboard.press("?")
    expect(visitor.dialog()).to_contain_text("Ctrl+K")
    visitor.page.keyboard.press("Escape")
    visitor.go("/backends", "Backends")
    visitor.page.get_by_label("Search").fill("")
    visitor.page.get_by_label("Search").press_sequentially("gh")
    expect(visitor.page.locator("main h1")).to_have_text("Backends")
