"""Journeys: a call made again, workers restarted, connectors and configuration looked after."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.console.estate import SECRET, Estate
from tests.console.visitor import Visitor
from tests.server import eventually
from tests.soap_server import soap_server

pytestmark = pytest.mark.browser


@pytest.fixture
def logged_bodies(estate: Estate) -> Iterator[None]:
    """The policy CCC_LogBody is on for the orders, with room for sixty characters."""
    names = ("*.custom/orders(1.0).CCC_LogBody", "*.custom/orders(1.0).CCC_LogBodyMaxLength")
    policies = [{"name": names[0], "value": True}, {"name": names[1], "value": 60}]
    estate.made("PATCH", "/policies", json={"policies": policies})
    yield
    for name in names:
        estate.made("DELETE", f"/policies/{name}")


def open_call(visitor: Visitor, ecid: str) -> None:
    """The side sheet of one call."""
    visitor.go(f"/requests?open={ecid}", "Requests")
    expect(visitor.page.get_by_test_id("request-detail").get_by_role("figure")).to_be_visible()


def test_a_call_is_made_again_with_the_body_that_was_logged(
    visitor: Visitor, estate: Estate, logged_bodies: None
) -> None:
    """As another caller, whose credentials are asked for; the answer leads to the new call's log lines."""
    sent = {"item": "Lamp", "note": "for the hall"}
    first = estate.call("POST", "orders/order?trace=7", json=sent)
    ecid = first.headers["x-oracle-dms-ecid"]
    open_call(visitor, ecid)
    visitor.button("Replay").click()
    replay = visitor.page.get_by_test_id("replay")
    expect(replay).to_contain_text("/mobile/custom/orders/order?trace=7")
    expect(replay).to_contain_text("As it was logged (CCC_LogBody).")
    expect(replay.get_by_label("Body")).to_have_value(re.compile("for the hall"))
    replay.get_by_label("Caller").select_option("user")
    replay.get_by_label("User name").fill("joe")
    replay.locator("input[type=password]").fill("Mobile1*")
    visitor.screenshot("replay-light-1280")
    assert visitor.violations() == []
    visitor.page.get_by_test_id("send-replay").click()
    expect(visitor.page.get_by_test_id("test-status")).to_contain_text("201")
    again = visitor.page.get_by_role("link", name="Log lines of this call").get_attribute("href") or ""
    new = again.rpartition("=")[2]
    assert new != ecid
    tree = eventually(lambda: estate.server.tools("GET", f"/requests/{new}").json()["requests"])
    assert (tree[0]["user"], tree[0]["path"]) == ("joe", "/mobile/custom/orders/order?trace=7")


def test_a_body_that_was_cut_or_not_logged_is_said_to_be(visitor: Visitor, estate: Estate, logged_bodies: None) -> None:
    """A long one is cut; where none was logged, the RAML's example takes its place."""
    ecid = estate.call("POST", "orders/order", json={"item": "L" * 200}).headers["x-oracle-dms-ecid"]
    open_call(visitor, ecid)
    visitor.button("Replay").click()
    expect(visitor.page.get_by_test_id("replay")).to_contain_text("which is not all of it")
    for name in ("CCC_LogBody", "CCC_LogBodyMaxLength"):
        estate.made("DELETE", f"/policies/*.custom/orders(1.0).{name}")
    ecid = estate.call("POST", "orders/order", json={"item": "Lamp"}).headers["x-oracle-dms-ecid"]
    estate.made(
        "PATCH",
        "/policies",
        json={
            "policies": [
                {"name": f"*.custom/orders(1.0).{name}", "value": value}
                for name, value in (("CCC_LogBody", True), ("CCC_LogBodyMaxLength", 60))
            ]
        },
    )
    open_call(visitor, ecid)
    visitor.button("Replay").click()
    replay = visitor.page.get_by_test_id("replay")
    expect(replay).to_contain_text("was not logged (CCC_LogBody). This is the example of the RAML document.")
    expect(replay.get_by_label("Body")).to_have_value('{"item": "Lamp"}')


def test_secrets_of_an_address_are_asked_for_again(visitor: Visitor, estate: Estate) -> None:
    """The log has stars in their place, and the stars are never sent unseen."""
    ecid = estate.call("GET", "orders/order?token=abc").headers["x-oracle-dms-ecid"]
    open_call(visitor, ecid)
    visitor.button("Replay").click()
    address = visitor.page.get_by_test_id("replay").get_by_label("Address")
    expect(address).to_have_value("/mobile/custom/orders/order?token=***")
    address.fill("/mobile/custom/orders/order?token=def")
    visitor.page.get_by_test_id("send-replay").click()
    expect(visitor.page.get_by_test_id("test-status")).to_contain_text("200")


def test_workers_are_seen_and_restarted(visitor: Visitor, estate: Estate) -> None:
    """Memory, time, calls and walls of each; after a restart it is another process, and the activity tells of it."""
    estate.call("GET", "orders/order")
    visitor.go(f"/apis/{estate.api['id']}", "orders")
    table = visitor.page.get_by_role("table", name="Workers")
    expect(table).to_contain_text("ready")
    expect(table).to_contain_text("strict")
    expect(table).to_contain_text("MB")
    before = table.locator("tbody td").first.inner_text().split()[0]
    visitor.button("Restart").click()
    visitor.dialog().get_by_role("button", name="Restart", exact=True).click()
    expect(visitor.dialog()).to_have_count(0)
    expect(table.locator("tbody tr td:first-child", has_text=re.compile(rf"^{before}\b"))).to_have_count(0)
    expect(table).to_contain_text("ready")
    assert estate.call("GET", "orders/order").status_code == 200
    visitor.go("/activity?kind=api", "Activity")
    expect(visitor.row("restarted")).to_contain_text("orders(1.0)")


def test_the_life_of_a_connector(visitor: Visitor, estate: Estate) -> None:
    """Made, given a rule and credentials that are not shown again, tried out, deleted and restored."""
    visitor.go("/connectors", "Connectors")
    visitor.button("New connector").click()
    visitor.box("Name").fill("health")
    visitor.box("Address").fill(f"{estate.server.url}")
    visitor.box("Allowed networks").fill("127.0.0.1")
    visitor.button("Create connector").click()
    visitor.see("health")

    visitor.page.get_by_role("tab", name="Rules").click()
    visitor.button("Add rule").click()
    visitor.page.get_by_label("Resource").fill("/healthz")
    visitor.page.get_by_label("Headers").fill("nothing")
    visitor.button("Save rules").click()
    expect(visitor.page.get_by_role("alert")).to_contain_text("write it as name: value")
    visitor.page.get_by_label("Headers").fill("X-Client: mobile")
    visitor.button("Save rules").click()
    expect(visitor.page.get_by_role("alert")).to_have_count(0)

    visitor.page.get_by_role("tab", name="Credentials").click()
    visitor.page.get_by_label("User name").fill("mobile")
    visitor.page.locator("input[type=password]").fill(SECRET)
    visitor.button("Set").click()
    expect(visitor.page.locator("main")).to_contain_text("set, and not shown")
    assert SECRET not in visitor.page.content()

    visitor.page.get_by_role("tab", name="Test").click()
    visitor.page.get_by_label("Local resource").fill("/healthz")
    expect(visitor.page.get_by_test_id("remote")).to_have_text(f"{estate.server.url}/healthz")
    visitor.button("Test endpoint").click()
    expect(visitor.page.get_by_test_id("trial-status")).to_contain_text("200")
    expect(visitor.page.get_by_label("Body", exact=True)).to_contain_text('"status"')

    visitor.button("Delete").click()
    expect(visitor.dialog()).to_contain_text("Nothing relies on it.")
    visitor.dialog().get_by_role("button", name="Delete", exact=True).click()
    visitor.see("Connectors")
    visitor.go("/deleted?kind=connector", "Deleted")
    visitor.button("Restore health(1.0)").click()
    expect(visitor.page.get_by_text("Nothing is deleted")).to_be_visible()
    visitor.go("/connectors?text=health", "Connectors")
    expect(visitor.row("health")).to_contain_text("basic")
    visitor.go("/activity?kind=connector", "Activity")
    expect(visitor.row("restored")).to_contain_text("health(1.0)")


def test_values_and_secrets_are_set_replaced_and_removed(visitor: Visitor, estate: Estate) -> None:
    """For an API found by typing; a secret is in no page, and a plain value comes back by undo."""
    visitor.go("/configuration", "Configuration")
    expect(visitor.row("shelf.key")).to_contain_text("secret")
    visitor.button("Set a value").click()
    visitor.pick("API", "stock 1.0")
    visitor.dialog().get_by_label("Name").fill("stock.token")
    visitor.dialog().get_by_role("switch").check(force=True)
    visitor.dialog().get_by_label("Value").fill(SECRET)
    visitor.dialog().get_by_role("button", name="Set", exact=True).click()
    expect(visitor.row("stock.token")).to_contain_text("secret")
    assert SECRET not in visitor.page.content()

    visitor.button("Replace stock.token").click()
    expect(visitor.dialog().get_by_label("Value")).to_have_value("")
    visitor.dialog().get_by_role("switch").uncheck(force=True)
    visitor.dialog().get_by_label("Value").fill("https://stock.example")
    visitor.dialog().get_by_role("button", name="Set", exact=True).click()
    expect(visitor.row("stock.token")).to_contain_text("https://stock.example")

    visitor.button("Remove stock.token").click()
    visitor.dialog().get_by_role("button", name="Remove", exact=True).click()
    expect(visitor.page.locator("main tbody tr", has_text="stock.token")).to_have_count(0)
    visitor.go("/activity?kind=configuration", "Activity")
    visitor.button("Undo changed stock(1.0)").first.click()
    expect(visitor.row("undone by")).to_contain_text("stock(1.0)")
    visitor.go("/configuration?text=stock", "Configuration")
    expect(visitor.row("stock.token")).to_contain_text("https://stock.example")
    estate.made("DELETE", f"/apis/{estate.mock['id']}/configuration/stock.token")


def test_a_soap_connector_comes_from_its_wsdl_and_is_published(
    visitor: Visitor, estate: Estate, tmp_path: Path
) -> None:
    """The port is chosen from the file, an operation is tried with JSON; published, it is a draft no more."""
    with soap_server("1.1") as server:
        file = tmp_path / "orders.wsdl"
        file.write_text(server.wsdl)
        visitor.go("/connectors", "Connectors")
        visitor.button("New connector").click()
        visitor.box("Name").fill("soapy")
        visitor.dialog().get_by_label("Type").select_option("SOAP")
        visitor.page.get_by_test_id("upload-wsdl").set_input_files(file)
        expect(visitor.dialog().get_by_label("Port")).to_have_value("Orders/Orders")
        visitor.box("Allowed networks").fill("127.0.0.1")
        visitor.button("Create connector").click()
        visitor.see("soapy")
        visitor.page.get_by_role("tab", name="Operations").click()
        expect(visitor.page.get_by_role("table", name="Operations")).to_contain_text("getOrder")
        visitor.page.get_by_role("tab", name="Test").click()
        visitor.page.get_by_label("Operation", exact=True).select_option("ping")
        visitor.page.get_by_label("Body, as JSON").fill('{"Body": {"ping": null}}')
        visitor.button("Test endpoint").click()
        expect(visitor.page.get_by_test_id("trial-status")).to_contain_text("200")
        assert visitor.violations() == []
    expect(visitor.page.locator("main h1")).to_contain_text("draft")
    visitor.button("Publish").click()
    expect(visitor.dialog()).to_contain_text("soapy(1.0)")
    visitor.dialog().get_by_role("button", name="Publish", exact=True).click()
    expect(visitor.page.locator("main h1")).to_contain_text("published")
    visitor.page.get_by_role("tab", name="Settings").click()
    visitor.page.get_by_label("Title").fill("Another")
    visitor.button("Save").click()
    expect(visitor.page.get_by_role("alert")).to_contain_text("published")
