"""JSON Schemas that authors wrote, wherever their parts stand in the bundle."""

from __future__ import annotations

import json
from typing import Any

from openmcs.raml.contract import Contract
from openmcs.raml.schemas import document, escaped, references
from openmcs.raml.values import Validator
from tests.raml.definitions import compiled, contract_of, errors, new, old


def fits(contract: Contract, name: str, value: Any) -> bool:
    definitions = {key: json.loads(text) for key, text in contract.definitions.items()}
    definition = next(each.definition for each in contract.types if each.name == name)
    return Validator({"$ref": f"#/$defs/{escaped(definition)}", "$defs": definitions}).fits(value)


def test_a_reference_into_another_file_is_followed_and_so_are_that_files_own() -> None:
    contract = contract_of(
        new("types:\n  T: !include schemas/t.json\n"),
        schemas__t_json='{"properties": {"a": {"$ref": "deep/u.json#/definitions/u"}}}',
        schemas__deep__u_json='{"definitions": {"u": {"$ref": "../v.json"}}}',
        schemas__v_json='{"type": "integer"}',
    )
    assert fits(contract, "T", {"a": 1}) and not fits(contract, "T", {"a": "x"})


def test_a_part_of_a_file_can_be_included() -> None:
    text = new("types:\n  T: !include t.json#/definitions/inner\n")
    contract = contract_of(text, t_json='{"definitions": {"inner": {"type": "integer"}}}')
    assert fits(contract, "T", 1) and not fits(contract, "T", "x")


def test_ids_and_anchors_are_places_of_the_document() -> None:
    schema = {
        "$id": "http://example.com/root.json",
        "properties": {"a": {"$ref": "#anchored"}, "b": {"$ref": "http://example.com/root.json#/definitions/c"}},
        "definitions": {"c": {"type": "integer"}, "d": {"$anchor": "anchored", "type": "string"}},
    }
    contract = contract_of(new(f"types:\n  T: {json.dumps(json.dumps(schema))}\n"))
    assert fits(contract, "T", {"a": "x", "b": 1})
    assert not fits(contract, "T", {"a": 1}) and not fits(contract, "T", {"b": "x"})


def test_files_that_refer_to_one_another_end() -> None:
    contract = contract_of(
        new("types:\n  T: !include a.json\n"),
        a_json='{"properties": {"b": {"$ref": "b.json"}}}',
        b_json='{"properties": {"a": {"$ref": "a.json"}, "n": {"type": "integer"}}}',
    )
    assert fits(contract, "T", {"b": {"a": {"b": {"n": 1}}}}) and not fits(
        contract, "T", {"b": {"a": {"b": {"n": "x"}}}}
    )


def test_a_broken_schema_of_0_8_is_a_warning_and_lets_everything_through() -> None:
    found = compiled(old("schemas:\n  - s: '{\"type\": }'\n/a:\n  post:\n    body: {application/json: {schema: s}}\n"))
    assert errors(found) == []
    assert [each.code for each in found.findings] == ["RAML_SCHEMA_JSON"]
    assert found.contract is not None and fits(found.contract, "s", {"any": "thing"})


def test_a_pattern_of_another_engine_is_left_out_and_the_rest_holds() -> None:
    schema = json.dumps(json.dumps({"type": "object", "required": ["a"], "properties": {"a": {"pattern": "a{,3}"}}}))
    found = compiled(new(f"types:\n  T: {schema}\n"))
    assert [(each.code, each.severity) for each in found.findings] == [("RAML_SCHEMA_INVALID", "warning")]
    assert found.contract is not None
    assert fits(found.contract, "T", {"a": "x"}) and not fits(found.contract, "T", {})


def test_a_document_has_the_definitions_that_it_needs_and_no_others() -> None:
    schemas = {"a b": {"$ref": "#/$defs/c"}, "c": {"type": "integer"}, "d": {}}
    fragment = {"items": {"$ref": f"#/$defs/{escaped('a b')}"}}
    assert references(fragment) == {"a b"}
    assert document(fragment, schemas) == {
        **fragment,
        "$defs": {"a b": {"$ref": "#/$defs/c"}, "c": {"type": "integer"}},
    }
    assert document(True, schemas) is True
