"""The contract has what the definition says."""

from __future__ import annotations

from openmcs.raml.contract import Method
from tests.raml.definitions import EXPORT, contract_of, new, old


def get(text: str) -> Method:
    return contract_of(text).resources[0].methods[0]


def test_an_export_of_the_vendor_becomes_a_contract() -> None:
    contract = contract_of(EXPORT)
    assert (contract.title, contract.version, contract.base_uri) == ("Events", "1.0", "/mobile/custom/Events")
    assert contract.summary() == [
        {"path": "/event", "methods": ["GET"]},
        {"path": "/event/{id}", "methods": ["GET", "DELETE"]},
    ]
    limit = contract.resources[0].methods[0].query_parameters[0]
    assert (limit.name, limit.type, limit.minimum, limit.default, limit.required) == (
        "limit",
        "integer",
        1,
        "10",
        False,
    )
    assert contract.resources[1].uri_parameters[0].required
    body = contract.resources[0].methods[0].responses[0].bodies[0]
    assert body.example == '{"items": [1, 2,]}\n'


def test_parameters_are_required_by_default_in_1_0_only() -> None:
    body = "/a:\n  get:\n    queryParameters:\n      a:\n      b: {required: false}\n      c: {required: true}\n"
    assert [each.required for each in get(old(body)).query_parameters] == [False, False, True]
    assert [each.required for each in get(new(body)).query_parameters] == [True, False, True]


def test_a_question_mark_makes_a_parameter_optional_unless_required_is_written_out() -> None:
    found = get(
        new("/a:\n  get:\n    queryParameters:\n      a?: string\n      b?: {required: true}\n")
    ).query_parameters
    assert [(each.name, each.required) for each in found] == [("a", False), ("b?", True)]


def test_a_parameter_says_all_about_its_values() -> None:
    found = get(
        old(
            "/a:\n  get:\n    queryParameters:\n      a: {enum: [1, NO, x], pattern: '^a$', minLength: 1, maxLength: 3,"
            " maximum: 2.5, repeat: true, example: 1.50, description: d}\n"
        )
    ).query_parameters[0]
    assert found.enum == ["1", "NO", "x"]
    assert (found.pattern, found.min_length, found.max_length, found.maximum) == ("^a$", 1, 3, 2.5)
    assert (found.repeat, found.example, found.description) == (True, "1.50", "d")


def test_a_body_without_a_media_type_is_of_the_default_ones() -> None:
    found = get(new("mediaType: [application/json, text/xml]\n/a:\n  post:\n    body: {example: {a: 1}}\n"))
    assert [each.media_type for each in found.bodies] == ["application/json", "text/xml"]


def test_examples_are_text_whether_written_as_text_or_as_structure() -> None:
    found = get(
        new(
            "/a:\n  get:\n    responses:\n      200:\n        body:\n          application/json:\n"
            "            examples:\n              one: {a: [1, NO]}\n              two: {value: {b: null}}\n"
            "              three: '{\"c\": 3}'\n"
        )
    )
    examples = found.responses[0].bodies[0].examples
    assert examples == {"one": '{\n  "a": [\n    1,\n    "NO"\n  ]\n}', "two": '{\n  "b": null\n}', "three": '{"c": 3}'}


def test_the_example_of_a_named_type_stands_for_the_body() -> None:
    found = get(
        new(
            "types: {T: {type: object, example: {a: 1}}}\n/a:\n  get:\n    responses:\n      200:\n        body:\n"
            "          application/json: T\n"
        )
    )
    assert found.responses[0].bodies[0].example == '{\n  "a": 1\n}'


def test_a_schema_that_is_named_is_a_definition_that_the_body_refers_to() -> None:
    contract = contract_of(
        old('schemas:\n  - s: \'{"type": "object"}\'\n/a:\n  post:\n    body: {application/json: {schema: s}}\n')
    )
    body = contract.resources[0].methods[0].bodies[0]
    assert (body.type, body.schema) == ("s", '{"$ref":"#/$defs/s"}')
    assert contract.definitions == {"s": '{"type":"object"}'}


def test_a_resource_without_methods_is_there() -> None:
    assert [each.path for each in contract_of(old("/a:\n  /b:\n    get:\n")).resources] == ["/a", "/a/b"]


def test_security_of_the_root_holds_for_methods_that_say_nothing() -> None:
    text = new("securitySchemes: {s: {type: Basic Authentication}}\nsecuredBy: [s]\n/a:\n  get:\n")
    assert get(text).secured_by == ["s"]
