"""Schemas of older drafts mean the same after translation, by the judgement of a library that knows those drafts."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.raml import values
from openmcs.raml.dialects import DEEPEST, TooDeep, translate


def translated(schema: Any) -> Any:
    return translate(schema, lambda target: target)


DRAFT_3 = [
    {"type": "object", "properties": {"a": {"type": "string", "required": True}, "b": {"type": "any"}}},
    {"type": ["string", {"type": "object", "properties": {"a": {"required": True}}}]},
    {"divisibleBy": 3, "minimum": 3, "exclusiveMinimum": True},
    {"disallow": ["string", {"type": "array"}]},
    {"extends": {"properties": {"a": {"type": "integer"}}}, "properties": {"b": {"type": "integer"}}},
    {"extends": [{"minimum": 2}, {"maximum": 5}]},
    {"dependencies": {"a": "b"}},
    {"dependencies": {"a": ["b", "c"]}},
    {"dependencies": {"a": {"properties": {"b": {"required": True}}}}},
    {"items": [{"type": "integer"}, {"type": "string"}], "additionalItems": False},
    {"additionalProperties": {"type": "integer"}, "patternProperties": {"^x": {"type": "string"}}},
]
DRAFT_4 = [
    {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"type": "integer", "maximum": 5, "exclusiveMaximum": True}},
    },
    {"items": [{"type": "integer"}], "additionalItems": {"type": "string"}},
    {"dependencies": {"a": ["b"], "c": {"required": ["b"]}}},
    {"anyOf": [{"type": "string"}, {"minimum": 5}], "not": {"enum": [7]}},
]
TRIED: list[Any] = [
    None, True, 0, 3, 4, 5, 7, 9, "x", [], [1], [1, "a"], [1, 2], ["a", 1, 2], {}, {"a": 1}, {"a": "x"}, {"a": "x", "b": 1}, {"b": "x"},
    {"a": 1, "b": 2, "c": 3}, {"x": "a"}, {"x": 1}, {"c": 1}, {"a": 5}, {"y": "z"},
]  # fmt: skip


@pytest.mark.parametrize("schema", DRAFT_3)
def test_draft_3_means_the_same(schema: dict[str, Any]) -> None:
    validator, oracle = values.Validator(translated(schema)), jsonschema.Draft3Validator(schema)
    assert [each for each in TRIED if validator.fits(each) != oracle.is_valid(each)] == []


@pytest.mark.parametrize("schema", DRAFT_4)
def test_draft_4_means_the_same(schema: dict[str, Any]) -> None:
    validator, oracle = values.Validator(translated(schema)), jsonschema.Draft4Validator(schema)
    assert [each for each in TRIED if validator.fits(each) != oracle.is_valid(each)] == []


def test_names_of_properties_are_no_keywords() -> None:
    schema = {
        "properties": {
            "required": {"type": "string", "required": True},
            "id": {"type": "any"},
            "$ref": {"type": "integer"},
        }
    }
    assert translated(schema) == {
        "properties": {"required": {"type": "string"}, "id": {}, "$ref": {"type": "integer"}},
        "required": ["required"],
    }


def test_beside_a_reference_only_definitions_count() -> None:
    schema = {"$ref": "#/definitions/a", "type": "string", "definitions": {"a": {"type": "any"}}}
    assert translated(schema) == {"$ref": "#/definitions/a", "definitions": {"a": {}}}


def test_a_reference_to_nothing_lets_everything_through() -> None:
    assert translate({"$ref": "x"}, lambda target: None) == {}


def test_what_is_too_deep_is_told() -> None:
    schema: dict[str, Any] = {}
    for _ in range(DEEPEST + 2):
        schema = {"not": schema}
    with pytest.raises(TooDeep):
        translated(schema)


@given(st.recursive(st.none() | st.integers() | st.text(max_size=3), lambda each: st.lists(each) | st.dictionaries(st.sampled_from(["type", "items", "required", "extends", "properties", "enum", "allOf"]), each)))  # fmt: skip
def test_any_json_is_translated(schema: Any) -> None:
    assert isinstance(translated(schema), dict | bool)
