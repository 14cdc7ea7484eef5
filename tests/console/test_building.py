"""Backends, APIs, users, policies: made, changed, tried out, deleted and brought back, in the browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.console.estate import RAML, Estate, project
from tests.console.visitor import Visitor
from tests.server import eventually

pytestmark = pytest.mark.browser


def test_the_life_of_a_backend(visitor: Visitor, estate: Estate) -> None:
    """Made, given an API, a client and a policy; its key refreshed, that undone; deleted and restored."""
    visitor.go("/backends", "Backends")
    visitor.button("New backend").click()
    visitor.box("Name").fill("garden")
    visitor.box("Description").fill("For the garden")
    visitor.button("Create backend").click()
    visitor.see("garden")
    address = visitor.page.url

    visitor.pick("API to associate", "orders 1.0")
    visitor.button("Associate").click()
    expect(visitor.page.get_by_role("table", name="APIs")).to_contain_text("orders")
    visitor.button("Show").click()
    key = visitor.page.get_by_test_id("backend-key")
    first = key.inner_text()
    visitor.button("Refresh the anonymous key").click()
    visitor.dialog().get_by_role("button", name="Refresh", exact=True).click()
    expect(key).not_to_have_text(first)

    visitor.page.get_by_role("tab", name="Clients").click()
    visitor.button("Add client").click()
    visitor.box("Name").fill("tablet")
    visitor.dialog().get_by_label("Platform").select_option("ANDROID")
    visitor.dialog().get_by_role("button", name="Add client").click()
    expect(visitor.row("tablet").locator("code")).to_have_text(re.compile("[0-9a-f-]{36}"))

    visitor.page.get_by_role("tab", name="App policies").click()
    for number, (name, kind, value) in enumerate((("water", "number", "2.5"), ("night", "true or false", "true")), 1):
        visitor.button("Add policy").click()
        visitor.page.get_by_label(f"Name {number}").fill(name)
        visitor.page.get_by_label(f"Type of {name}").select_option(kind)
        field = visitor.page.get_by_label(f"Value of {name}")
        field.select_option(value) if kind == "true or false" else field.fill(value)
    visitor.button("Save policies").click()
    expect(visitor.button("Save policies")).to_be_visible()

    def policies() -> object:
        (found,) = [each for each in estate.made("GET", "/mobilebackends?text=garden")["items"]]
        return found["appPolicies"]

    visitor.page.wait_for_function("document.querySelectorAll('form input').length >= 2")
    visitor.page.reload()
    expect(visitor.page.get_by_label("Value of water")).to_have_value("2.5")
    assert policies() == {"water": 2.5, "night": True}

    visitor.page.get_by_role("tab", name="Settings").click()
    visitor.page.get_by_label("CORS origins").fill("nonsense origin")
    visitor.button("Save").click()
    expect(visitor.page.get_by_role("alert")).to_contain_text("corsOrigins[0]")

    visitor.go("/activity?kind=backend", "Activity")
    visitor.page.locator("main tbody tr", has_text="anonymous key").first.get_by_role("button", name="Undo").click()
    expect(visitor.page.locator("main tbody tr", has_text="undone by root").first).to_be_visible()
    visitor.page.goto(address)
    visitor.button("Show").click()
    expect(key).to_have_text(first)

    visitor.button("Delete").click()
    expect(visitor.dialog()).to_contain_text("client tablet")
    visitor.dialog().get_by_role("button", name="Delete", exact=True).click()
    visitor.see("Backends")
    visitor.go("/deleted", "Deleted")
    visitor.row("garden").get_by_role("button", name="Restore").click()
    expect(visitor.page.locator("main tbody tr", has_text="garden")).to_have_count(0)
    visitor.page.goto(address)
    visitor.see("garden")


def test_an_api_from_raml_to_an_implementation(visitor: Visitor, tmp_path: Path) -> None:
    """The document is checked, a broken zip is refused with its place, a good one answers, its code can be read."""
    raml = tmp_path / "parcels.raml"
    raml.write_text(RAML.replace("Orders", "Parcels"))
    visitor.go("/apis", "APIs")
    visitor.page.get_by_test_id("upload-raml").set_input_files(raml)
    visitor.page.get_by_test_id("create-api").click()
    visitor.see("parcels")
    expect(visitor.page.locator("main")).to_contain_text("The mock answers now")

    broken = tmp_path / "broken.zip"
    broken.write_bytes(project("0.1", "def register(service):\n    retrun 1\n"))
    visitor.page.get_by_test_id("upload-implementation").set_input_files(broken)
    alert = visitor.page.get_by_role("alert")
    expect(alert).to_contain_text("orders.py:2")
    expect(alert).to_contain_text("SyntaxError")

    good = tmp_path / "good.zip"
    good.write_bytes(project("1.0"))
    visitor.page.get_by_test_id("upload-implementation").set_input_files(good)
    expect(visitor.page.get_by_text("orders 1.0 answers now")).to_be_visible()
    rows = visitor.page.get_by_role("table", name="Implementations")
    expect(rows).to_contain_text("✓ active")
    rows.get_by_role("button", name="Code").click()
    expect(visitor.dialog()).to_contain_text("def register(service):")
    visitor.dialog().get_by_role("button", name="pyproject.toml").click()
    expect(visitor.dialog()).to_contain_text('version = "1.0"')
    visitor.page.keyboard.press("Escape")

    visitor.button("Answer with the mock").click()
    expect(visitor.page.locator("main")).to_contain_text("The mock answers now")
    rows.get_by_role("button", name="Delete orders 1.0").click()
    visitor.dialog().get_by_role("button", name="Delete", exact=True).click()
    expect(visitor.page.locator("main")).to_contain_text("No implementation yet")


def test_the_test_page_calls_like_an_app(visitor: Visitor, estate: Estate) -> None:
    """Anonymous and as a user, with a parameter, a body and a picture; the answer leads to its log lines."""
    visitor.go(f"/apis/{estate.api['id']}?tab=test", "orders")
    send, status = visitor.page.get_by_test_id("send-test"), visitor.page.get_by_test_id("test-status")
    main = visitor.page.locator("main")
    send.click()
    expect(status).to_contain_text("200")
    expect(main).to_contain_text('"item": "Lamp"')

    main.get_by_role("button", name="GET /order/{id}").click()
    visitor.page.get_by_label("Path: id").fill("7 & 8")
    visitor.page.get_by_label("Caller").select_option("user")
    visitor.page.get_by_label("User name").fill("joe")
    visitor.page.get_by_label("Password").fill("wrong")
    send.click()
    expect(status).to_contain_text("401")
    visitor.page.get_by_label("Password").fill("Mobile1*")
    send.click()
    expect(main).to_contain_text('"id": "7 & 8"')

    visitor.page.get_by_label("Caller").select_option("me")
    send.click()
    expect(main.get_by_role("alert")).to_contain_text("add a mobile user of your own name first")
    me = estate.made("POST", "/users", json={"username": "root", "password": "Mobile1*"})
    send.click()
    expect(status).to_contain_text("200")
    expect(main.get_by_role("alert")).to_have_count(0)
    ecid = visitor.page.get_by_role("link", name="Log lines of this call").get_attribute("href") or ""
    tree = eventually(lambda: estate.made("GET", f"/requests/{ecid.rpartition('=')[2]}")["requests"])
    assert (tree[0]["user"], tree[0]["callerKind"]) == ("root", "user")
    estate.made("DELETE", f"/users/{me['id']}")

    main.get_by_role("button", name="POST /order").click()
    visitor.page.get_by_label("Body", exact=True).fill('{"item": "Chair"}')
    send.click()
    expect(status).to_contain_text("201")

    main.get_by_role("button", name="GET /picture").click()
    send.click()
    picture = main.get_by_alt_text("The body of the answer")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") == 1

    main.get_by_role("button", name="GET /trouble").click()
    send.click()
    expect(status).to_contain_text("500")
    visitor.page.get_by_role("link", name="Log lines of this call").click()
    expect(visitor.page.get_by_test_id("request-detail")).to_contain_text("KeyError")


def test_security_holds_from_the_next_call_on(visitor: Visitor, estate: Estate) -> None:
    """Login and the role of one endpoint, saved in the browser, felt by an app; then taken back by undo."""
    visitor.go(f"/apis/{estate.mock['id']}?tab=security", "stock")
    visitor.page.get_by_role("switch", name="Login required").check()
    visitor.page.get_by_label("Roles of GET /order", exact=True).fill("boss")
    with visitor.page.expect_response(lambda answer: answer.request.method == "PUT"):
        visitor.button("Save security").click()
    expect(visitor.page.get_by_label("Roles of GET /order", exact=True)).to_have_value("boss")
    assert estate.made("GET", f"/apis/{estate.mock['id']}")["security"]["loginRequired"] is True
    assert estate.call("GET", "stock/order").status_code == 401
    assert estate.call("GET", "stock/order", auth=("joe", "Mobile1*")).status_code == 403
    assert estate.call("GET", "stock/order/1", auth=("joe", "Mobile1*")).status_code == 200
    visitor.go("/activity?kind=api", "Activity")
    visitor.row("endpoint roles").get_by_role("button", name="Undo").click()
    expect(visitor.page.locator("main tbody tr", has_text="undone by root").first).to_be_visible()
    assert estate.call("GET", "stock/order").status_code == 200


def test_the_source_is_checked_while_it_is_typed(visitor: Visitor, estate: Estate) -> None:
    """An error is told with its line and cannot be saved; put right, it is saved, comments and all."""
    made = estate.made("POST", "/apis", json={"name": "notes", "title": "Notes", "apiDefn": [RAML]})
    visitor.go(f"/apis/{made['id']}?tab=designer", "notes")
    content = visitor.page.locator(".cm-content")
    resources = visitor.page.get_by_test_id("designer-resource")
    expect(resources).to_have_count(4)
    content.click()
    visitor.page.keyboard.press("Control+End")
    visitor.page.keyboard.type("/note:\n  gett: {}")
    findings = visitor.page.get_by_test_id("raml-findings")
    expect(findings).to_contain_text("gett")
    expect(findings).to_contain_text(f"notes.raml:{RAML.count(chr(10)) + 2}")
    expect(visitor.page.get_by_test_id("save-raml")).to_be_disabled()
    for _ in range(len("t: {}")):
        visitor.page.keyboard.press("Backspace")
    visitor.page.keyboard.type(": {}")
    expect(resources).to_have_count(5)
    with visitor.page.expect_response(lambda answer: answer.request.method == "PUT"):
        visitor.page.get_by_test_id("save-raml").click()
    text = estate.made("GET", f"/apis/{made['id']}")["apiDefn"][0]
    assert text.startswith(RAML.rstrip()) and text.rstrip().endswith("get: {}")


def test_a_form_changes_its_own_lines_of_the_source(visitor: Visitor, estate: Estate) -> None:
    """A description written into a form stands in the text, and all else of it is the author's."""
    made = estate.made("POST", "/apis", json={"name": "forms", "title": "Forms", "apiDefn": [RAML]})
    visitor.go(f"/apis/{made['id']}?tab=designer", "forms")
    resource = visitor.page.get_by_test_id("designer-resource").first
    resource.locator("summary").first.click()
    method = resource.get_by_test_id("designer-method").first
    method.locator("summary").first.click()
    method.get_by_label("Description").first.fill("Every order")
    method.get_by_label("Description").first.blur()
    expect(visitor.page.locator(".cm-content")).to_contain_text("description: Every order")
    with visitor.page.expect_response(lambda answer: answer.request.method == "PUT"):
        visitor.page.get_by_test_id("save-raml").click()
    text = estate.made("GET", f"/apis/{made['id']}")["apiDefn"][0]
    assert text == RAML.replace("description: All orders", "description: Every order")


def test_mobile_users_come_and_go(visitor: Visitor, estate: Estate, tmp_path: Path) -> None:
    """One by hand, two from a file after a wrong line was told, roles shown, one deleted."""
    visitor.go("/users", "Users and roles")
    visitor.button("Add user").click()
    dialog = visitor.dialog()
    dialog.get_by_label("User name").fill("eve")
    visitor.box("Password").fill("Mobile9*x")
    dialog.get_by_label("Roles").fill("clerk, boss")
    dialog.get_by_role("button", name="Add user").click()
    expect(visitor.row("eve")).to_contain_text("boss")
    assert estate.call("GET", "orders/order", auth=("eve", "Mobile9*x")).status_code == 200

    file = tmp_path / "users.csv"
    visitor.button("Import CSV").click()
    file.write_text("username,password,roles\nkim,Mobile3*x,clerk\nlee,short,\n")
    visitor.page.get_by_test_id("import-users").set_input_files(file)
    expect(visitor.dialog().get_by_role("alert")).to_contain_text("users.csv:3")
    file.write_text("username,password,roles\nkim,Mobile3*x,clerk\nlee,Mobile4*x,\n")
    visitor.page.get_by_test_id("import-users").set_input_files(file)
    expect(visitor.dialog()).to_contain_text("2 added, 0 changed")
    visitor.button("Done").click()
    expect(visitor.row("kim")).to_be_visible()

    visitor.row("kim").click()
    visitor.dialog().get_by_label("New password").fill("Mobile5*x")
    visitor.dialog().get_by_role("button", name="Save").click()
    expect(visitor.dialog()).to_have_count(0)
    assert estate.call("GET", "orders/order", auth=("kim", "Mobile5*x")).status_code == 200
    visitor.button("Delete eve").click()
    visitor.dialog().get_by_role("button", name="Delete", exact=True).click()
    expect(visitor.page.locator("main tbody tr", has_text="eve")).to_have_count(0)
    assert estate.call("GET", "orders/order", auth=("eve", "Mobile9*x")).status_code == 401
    visitor.page.get_by_role("tab", name="Roles").click()
    expect(visitor.row("clerk")).to_be_visible()


def test_a_policy_is_changed_and_taken_back(visitor: Visitor, estate: Estate) -> None:
    """A wrong value is refused with the rule; a good one holds, stands in the history, and is undone there."""
    visitor.go("/policies?name=Diagnostics_LongRequestThreshold", "Policies")
    visitor.row("Diagnostics_LongRequestThreshold").click()
    value = visitor.dialog().get_by_label("Value")
    value.fill("soon")
    visitor.dialog().get_by_role("button", name="Save").click()
    expect(visitor.dialog().get_by_role("alert")).to_be_visible()
    value.fill("9000")
    visitor.dialog().get_by_role("button", name="Save").click()
    expect(visitor.row("Diagnostics_LongRequestThreshold")).to_contain_text("9000")
    visitor.page.get_by_role("tab", name="History").click()
    visitor.row("9000").get_by_role("button", name="Undo").click()
    expect(visitor.row("9000 → not set")).to_be_visible()
    assert estate.made("GET", "/policies/*.*.Diagnostics_LongRequestThreshold")["isDefault"] is True


def test_nothing_is_said_of_it_when_all_is_well(visitor: Visitor) -> None:
    """The first steps are gone once they are done."""
    visitor.go("/", "Home")
    expect(visitor.page.get_by_test_id("checklist")).to_have_count(0)
