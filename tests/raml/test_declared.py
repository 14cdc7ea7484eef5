"""What a text declares and where."""

from __future__ import annotations

from typing import Any

import pytest

from openmcs.raml.declared import declared
from openmcs.raml.edit import Edit, apply

ONE = """#%RAML 1.0
title: T
# The traits
traits:
  paged: # one page at a time
    queryParameters:
      limit: integer

  secured: {headers: {X-Key: string}}
resourceTypes:
  collection:
    get?:
      description: All
types:
  Event: !include event.json
  Flow: {properties: {a: string}}
  Text: |
    {"type": "object"}
documentation:
  - title: Start
    content: |
      Read me.
      Twice.
  - {title: Other, content: !include other.md}
/event:
  type: collection
  is: [paged, {secured: {scope: x}}]
  get:
    is:
      - paged
  /{id}:
    get: {}
"""
EIGHT = """#%RAML 0.8
title: T
traits:
  - paged:
      queryParameters: {limit: {type: integer}}
  - secured: {}
schemas:
  - Event: |
      {"type": "object"}
    Other: |
      {"type": "array"}
"""


def texts(text: str) -> dict[str, str]:
    """Each declaration's own lines, from where its name begins."""
    lines = text.splitlines()
    found: dict[str, str] = {}
    for each in declared({"a": text}, "a")["entries"]:
        own = lines[each["line"] - 1 : each["lastLine"]]
        found[each["name"]] = "\n".join([own[0][each["column"] :], *own[1:]])
    return found


def test_declarations_have_their_own_lines() -> None:
    """Blocks, lines, includes and long texts; comments behind the name go along."""
    assert texts(ONE) == {
        "paged": "paged: # one page at a time\n    queryParameters:\n      limit: integer",
        "secured": "secured: {headers: {X-Key: string}}",
        "collection": "collection:\n    get?:\n      description: All",
        "Event": "Event: !include event.json",
        "Flow": "Flow: {properties: {a: string}}",
        "Text": 'Text: |\n    {"type": "object"}',
    }


def test_lists_of_mappings_are_declarations_too() -> None:
    """As RAML 0.8 writes them; two in one mapping as well."""
    assert texts(EIGHT) == {
        "paged": "paged:\n      queryParameters: {limit: {type: integer}}",
        "secured": "secured: {}",
        "Event": 'Event: |\n      {"type": "object"}',
        "Other": 'Other: |\n      {"type": "array"}',
    }
    assert all(each["alone"] for each in declared({"a": EIGHT}, "a")["entries"])


@pytest.mark.parametrize("text", ["traits: {a: {}, b: {}}", "types: {A: string}", "traits: [{a: {}}]"])
def test_what_shares_its_line_says_so(text: str) -> None:
    """It cannot be taken out of its line."""
    assert not any(each["alone"] for each in declared({"a": text}, "a")["entries"])


def test_what_is_applied_is_told_by_place() -> None:
    """By the places that edits use, without what is passed to it."""
    assert declared({"a": ONE}, "a")["applied"] == [
        {"at": ["/event"], "type": "collection", "is": ["paged", "secured"]},
        {"at": ["/event", "get"], "type": None, "is": ["paged"]},
    ]


def test_traits_are_applied_and_taken_away_by_edits() -> None:
    """The index of what is applied is its place in the list of the text."""
    put = Edit("put", ("/event", "get", "is", "1"), "secured")
    after = apply(ONE, [put, Edit("remove", ("/event", "is", "0"))])
    assert [each["is"] for each in declared({"a": after}, "a")["applied"]] == [["secured"], ["paged", "secured"]]
    first = apply(ONE, [Edit("put", ("/event/{id}", "get", "is"), ["paged"])])
    assert {"at": ["/event/{id}", "get"], "type": None, "is": ["paged"]} in declared({"a": first}, "a")["applied"]


def test_a_declaration_is_added_in_both_versions() -> None:
    """Where there are none yet, and beside others, by the key that edits give it."""
    for text in ("#%RAML 1.0\ntitle: T\n", ONE, EIGHT, "#%RAML 0.8\ntitle: T\n"):
        after = apply(text, [Edit("put", ("traits", "fresh"), {"description": "x"})])
        names = [each["name"] for each in declared({"a": after}, "a")["entries"] if each["kind"] == "traits"]
        assert names[-1] == "fresh"


def test_pages_of_documentation_are_told() -> None:
    """What is included is not shown as if it were here."""
    assert declared({"a": ONE}, "a")["documentation"] == [
        {"title": "Start", "content": "Read me.\nTwice.\n", "included": False, "line": 20},
        {"title": "Other", "content": "", "included": True, "line": 24},
    ]


@pytest.mark.parametrize(
    "text", ["", "a: [", "- 1", "traits: x", "traits:", "types: [1, [2]]", "/a: x\nis: 1", "documentation: x"]
)
def test_a_text_that_declares_nothing_declares_nothing(text: str) -> None:
    """Whatever is wrong with it, the findings tell."""
    found: dict[str, Any] = declared({"a": text}, "a")
    assert found == {"entries": [], "applied": [], "documentation": []}


def test_libraries_declare_as_well() -> None:
    """Each with its file; what they apply is not theirs to say."""
    found = declared({"a": "title: T\n", "l": "types:\n  X: string\n/a:\n  type: b\n"}, "a")
    assert [(each["file"], each["name"]) for each in found["entries"]] == [("l", "X")]
    assert found["applied"] == []
