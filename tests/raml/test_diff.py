"""Differences between two versions, and which of them break apps."""

from __future__ import annotations

import pytest

from openmcs.raml.diff import differences
from tests.raml.definitions import contract_of, new

BASE = new(
    """\
mediaType: application/json
types:
  Item:
    properties:
      id: integer
      name?: string
      kind: {enum: [a, b]}
/items:
  get:
    queryParameters:
      limit?: {type: integer, maximum: 100}
    responses:
      200: {body: "Item[]"}
  post:
    body: Item
    responses: {201: {body: Item}}
"""
)

# what, replaced, by, breaking differences, others
CASES = [
    ("nothing", "", "", [], []),
    ("a method that is gone", "  post:\n    body: Item\n    responses: {201: {body: Item}}\n", "", ["POST /items"], []),
    ("a resource that is new", "/items:", "/other:\n  get:\n/items:", [], ["GET /other"]),
    ("a parameter that is required now", "limit?:", "limit:", ["GET /items query limit"], []),
    ("a narrower bound", "maximum: 100", "maximum: 10", ["GET /items query limit"], []),
    ("a wider bound", "maximum: 100", "maximum: 1000", [], []),
    ("another type", "limit?: {type: integer, maximum: 100}", "limit?: string", ["GET /items query limit"], []),
    ("a new property that has to be sent", "      id: integer\n", "      id: integer\n      size: integer\n",
     ["POST /items body /size"], ["GET /items answer 200 []/size", "POST /items answer 201 /size"]),
    ("a property that may be sent", "      id: integer\n", "      id: integer\n      size?: integer\n", [],
     ["GET /items answer 200 []/size", "POST /items answer 201 /size", "POST /items body /size"]),
    ("a property that may be missing in an answer", "      id: integer", "      id?: integer",
     ["GET /items answer 200 []/id", "POST /items answer 201 /id"], []),
    ("a value that is not taken any more", "enum: [a, b]", "enum: [a]", ["POST /items body /kind"], []),
    ("a value that answers may have now", "enum: [a, b]", "enum: [a, b, c]",
     ["GET /items answer 200 []/kind", "POST /items answer 201 /kind"], []),
    ("a status that is gone", "200: {body", "202: {body", ["GET /items answer 200"], ["GET /items answer 202"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "other", "breaking", "more"), [each[1:] for each in CASES], ids=[each[0] for each in CASES]
)
def test_what_breaks_and_what_does_not(old: str, other: str, breaking: list[str], more: list[str]) -> None:
    found = differences(contract_of(BASE), contract_of(BASE.replace(old, other) if old else BASE))
    assert sorted(each.where for each in found if each.breaking) == sorted(breaking)
    assert sorted(each.where for each in found if not each.breaking) == sorted(more)
