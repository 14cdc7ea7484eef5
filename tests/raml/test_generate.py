"""Values made from schemas fit them, and are the same each time."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.raml.generate import generate
from openmcs.raml.patterns import text_for
from openmcs.raml.values import Validator
from tests.raml.definitions import compiled

bounds = st.integers(-50, 50)
schemas = st.recursive(
    st.just({"type": "string"}) | st.just({"type": "boolean"}) | st.just({"type": "null"})
    | st.builds(lambda low, size: {"type": "integer", "minimum": low, "maximum": low + size}, bounds, st.integers(0, 9))
    | st.builds(lambda low, step: {"type": "integer", "minimum": low, "multipleOf": step}, bounds, st.integers(1, 9))
    | st.builds(lambda least, more: {"type": "string", "minLength": least, "maxLength": least + more}, st.integers(0, 40), st.integers(0, 9))
    | st.sampled_from(["date", "date-time", "datetime-only", "email", "uri", "uuid", "ipv4", "ipv6"]).map(lambda each: {"type": "string", "format": each})
    | st.lists(st.integers() | st.text(), min_size=1, max_size=3).map(lambda each: {"enum": each}),
    lambda inner: st.builds(lambda items, least: {"type": "array", "items": items, "minItems": least}, inner, st.integers(0, 4))
    | st.dictionaries(st.text(max_size=4), inner, max_size=3).map(
        lambda each: {"type": "object", "properties": each, "required": list(each), "additionalProperties": False}
    )
    | st.lists(inner, min_size=1, max_size=3).map(lambda each: {"anyOf": each}),
    max_leaves=8,
)  # fmt: skip


@given(schemas, st.text(max_size=5))
def test_a_value_fits_its_schema(schema: dict[str, Any], seed: str) -> None:
    assert Validator(schema).misfits(generate(schema, {}, seed)) == []


@given(schemas, st.text(max_size=5))
def test_it_is_the_same_each_time(schema: dict[str, Any], seed: str) -> None:
    assert generate(schema, {}, seed) == generate(schema, {}, seed)


def test_a_type_that_has_itself_ends() -> None:
    definitions = {
        "T": {
            "type": "object",
            "properties": {"in": {"$ref": "#/$defs/T"}, "all": {"type": "array", "items": {"$ref": "#/$defs/T"}}},
        }
    }
    assert len(json.dumps(generate({"$ref": "#/$defs/T"}, definitions, ""))) < 100_000
    endless = {
        "T": {"type": "object", "properties": {"in": {"$ref": "#/$defs/T"}}, "required": ["in"]},
        "U": {"$ref": "#/$defs/U"},
    }
    assert generate({"$ref": "#/$defs/T"}, endless, "") is not None
    generate({"$ref": "#/$defs/U"}, endless, "")


@pytest.mark.parametrize(
    "pattern",
    [
        r"^\d{3}-\w{12}$",
        r"[A-Z]{2}[0-9]+",
        r"^(ab|cd)+x?$",
        r"^[^@]+@[^.]+\.com$",
        r"^#[0-9a-fA-F]{6}$",
        r"a|b|c",
        r"^\S+$",
        r"^.{4}$",
    ],
)
def test_a_text_fits_its_pattern(pattern: str) -> None:
    for number in range(20):
        text = text_for(pattern, number)
        assert text is not None and Validator({"pattern": pattern}).fits(text)


@pytest.mark.parametrize("pattern", ["(", r"a{100000}", "(?P<x>a)(?P=x)", "[", "(a{99}){99}"])
def test_a_pattern_that_is_not_understood_has_no_text(pattern: str) -> None:
    assert text_for(pattern, 1) is None


def test_nearly_all_types_of_real_definitions_get_a_value_that_fits() -> None:
    kit = Path(os.environ.get("OPENMCS_RAML_KIT") or Path(__file__).parents[2] / "../shared/raml-kit")
    if not kit.is_dir():
        pytest.skip("the kit is not there")
    fits = misfits = 0
    for file in sorted(kit.rglob("valid*.raml")):
        contract = compiled(file.read_bytes()).contract
        definitions = {name: json.loads(text) for name, text in contract.definitions.items()} if contract else {}
        for schema in definitions.values():
            whole = {**schema, "$defs": definitions} if isinstance(schema, dict) else schema
            if Validator(whole).fits(generate(schema, definitions, "x")):
                fits += 1
            else:
                misfits += 1
    assert fits > 150 and misfits <= 0.05 * fits
