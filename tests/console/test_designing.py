"""Journeys through the designer's declarations: traits, resource types, schemas, types, documentation."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.console.estate import Estate
from tests.console.visitor import Visitor

pytestmark = pytest.mark.browser

RAML = """#%RAML 1.0
# What the garden has.
title: Garden
mediaType: application/json
traits:
  # One page at a time.
  paged:
    queryParameters:
      limit: integer   # at most so many
types:
  Plant: {properties: {name: string}}   # grows
/plant:
  get:
    responses:
      200: {body: {example: '{"name": "Oak"}'}}
"""


def designer(visitor: Visitor, estate: Estate, name: str, text: str = RAML) -> dict[str, Any]:
    """A new API in the designer."""
    made = estate.made("POST", "/apis", json={"name": name, "title": name, "apiDefn": [text]})
    visitor.go(f"/apis/{made['id']}?tab=designer", name)
    return made


def opened(visitor: Visitor, part: str) -> Locator:
    """A part of the forms, unfolded."""
    found = visitor.page.get_by_test_id(f"designer-{part}").first
    found.locator("summary").first.click()
    return found


def saved(visitor: Visitor, estate: Estate, api: dict[str, Any]) -> str:
    """What the definition is after it was saved."""
    expect(visitor.page.get_by_test_id("save-raml")).to_be_enabled()
    with visitor.page.expect_response(lambda answer: answer.request.method == "PUT"):
        visitor.page.get_by_test_id("save-raml").click()
    text: str = estate.made("GET", f"/apis/{api['id']}")["apiDefn"][0]
    return text


def test_a_trait_is_changed_as_text_and_the_rest_stays(visitor: Visitor, estate: Estate) -> None:
    """What is wrong with it stands below it by its own line; comments and order of everything else stay."""
    applied = RAML.replace("  get:\n", "  get:\n    is: [paged]\n")
    api = designer(visitor, estate, "garden1", applied)
    traits = opened(visitor, "traits")
    trait = traits.get_by_test_id("designer-declaration")
    trait.locator("summary").click()
    field = trait.get_by_label("Text of paged")
    expect(field).to_have_value("paged:\n  queryParameters:\n    limit: integer   # at most so many")
    field.fill("paged:\n  queryParameters:\n    limit: integr   # at most so many")
    field.blur()
    expect(trait).to_contain_text("line 3")
    expect(visitor.page.get_by_test_id("save-raml")).to_be_disabled()
    field.fill("paged:\n  queryParameters:\n    limit: [integer")
    field.blur()
    expect(trait).to_contain_text("YAML")
    expect(visitor.page.locator(".cm-content")).not_to_contain_text("[integer")
    field.fill("paged:\n  queryParameters:\n    limit: integer   # at most so many\n    from: integer")
    field.blur()
    text = saved(visitor, estate, api)
    assert text == applied.replace("# at most so many\n", "# at most so many\n      from: integer\n")


def test_traits_and_types_are_added_and_applied(visitor: Visitor, estate: Estate) -> None:
    """A trait applied to a method brings its parameters; a body is of a type; both are taken away again."""
    api = designer(visitor, estate, "garden2")
    resource = visitor.page.get_by_test_id("designer-resource").first
    resource.locator("summary").first.click()
    method = resource.get_by_test_id("designer-method").first
    method.locator("summary").first.click()
    method.get_by_label("Apply a trait").select_option("paged")
    expect(method.get_by_role("group", name="Query parameters").get_by_label("Name")).to_have_value("limit")
    method.locator("summary", has_text="200").click()
    method.get_by_label("Type of application/json").select_option("Plant")
    types = opened(visitor, "types")
    types.get_by_label("Add type").first.fill("Bed")
    types.get_by_role("button", name="Add type").click()
    expect(types.get_by_test_id("designer-declaration")).to_have_count(2)
    kinds = opened(visitor, "resourceTypes")
    kinds.get_by_label("Add resource type").first.fill("collection")
    kinds.get_by_role("button", name="Add resource type").click()
    resource.get_by_label("Resource type").select_option("collection")
    expect(visitor.page.locator(".cm-content")).to_contain_text("type: collection")
    text = saved(visitor, estate, api)
    for line in ("# What the garden has.", "  # One page at a time.", "# at most so many", "# grows"):
        assert line in text
    model = estate.made("POST", "/apis/raml", json={"apiDefn": [text]})
    applied = {tuple(each["at"]): (each["type"], each["is"]) for each in model["declared"]["applied"]}
    assert applied == {("/plant",): ("collection", []), ("/plant", "get"): (None, ["paged"])}
    (answer,) = model["model"]["resources"][0]["methods"][0]["responses"][0]["bodies"]
    assert answer["type"] == "Plant"

    visitor.go(f"/apis/{api['id']}?tab=designer", "garden2")
    resource.locator("summary").first.click()
    method.locator("summary").first.click()
    visitor.screenshot("designing-light-1280")
    assert visitor.violations() == []
    visitor.button("Take the trait paged away").click()
    resource.get_by_label("Resource type").select_option("")
    expect(visitor.page.locator(".cm-content")).not_to_contain_text("is:")
    assert "is:" not in saved(visitor, estate, api)


def test_schemas_of_the_older_raml_and_pages_of_documentation(visitor: Visitor, estate: Estate) -> None:
    """A schema is a JSON text of its own; a page has a title and a text."""
    old = '#%RAML 0.8\ntitle: Beds # yes\nversion: "1"\n/bed:\n  post:\n    body: {application/json: {example: "{}"}}\n'
    api = designer(visitor, estate, "garden3", old)
    schemas = opened(visitor, "schemas")
    schemas.get_by_label("Add schema").first.fill("Bed")
    schemas.get_by_role("button", name="Add schema").click()
    declaration = schemas.get_by_test_id("designer-declaration")
    declaration.locator("summary").click()
    expect(declaration.get_by_label("Text of Bed")).to_have_value(
        'Bed: |\n  {\n    "type": "object",\n    "properties": {}\n  }'
    )
    pages = opened(visitor, "documentation")
    pages.get_by_label("Add page").first.fill("Start")
    pages.get_by_role("button", name="Add page").click()
    pages.get_by_label("Text").fill("Water it.\nTwice.")
    pages.get_by_label("Text").blur()
    expect(visitor.page.locator(".cm-content")).to_contain_text("Twice.")
    text = saved(visitor, estate, api)
    assert text.startswith("#%RAML 0.8\ntitle: Beds # yes\n")
    told = estate.made("POST", "/apis/raml", json={"apiDefn": [text]})
    assert [each["name"] for each in told["declared"]["entries"]] == ["Bed"]
    assert told["declared"]["documentation"][0]["title"] == "Start"
    assert told["declared"]["documentation"][0]["content"].rstrip("\n") == "Water it.\nTwice."
