"""Types of 1.0: names exist, nothing is made of itself, and examples fit."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.raml.types import parse
from tests.raml.definitions import codes, compiled, errors, new


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("A", ("name", "A")),
        ("l.A[]", ("array", ("name", "l.A"))),
        ("A | B", ("union", [("name", "A"), ("name", "B")])),
        ("(A|B)[]", ("array", ("union", [("name", "A"), ("name", "B")]))),
        ("A?", ("union", [("name", "A"), ("name", "nil")])),
        ("A[][]", ("array", ("array", ("name", "A")))),
        ("", None), ("A |", None), ("(A", None), ("A B", None), ("A[[]]", None), ("[]", None), ("(" * 500, None),
    ],
)  # fmt: skip
def test_type_expressions_are_read(text: str, expression: object) -> None:
    assert parse(text) == expression


@given(st.text(alphabet="A|()[]? .", max_size=60))
def test_any_text_is_an_expression_or_none(text: str) -> None:
    assert parse(text) is None or parse(text) is not None


def typed(declaration: str, example: str) -> str:
    return new(f"types:\n  T:\n    {declaration}\n    example: {example}\n")


@pytest.mark.parametrize(
    ("declaration", "good", "bad"),
    [
        ("type: integer", "1", "1.5"), ("type: number", "1.5", "x"), ("type: boolean", "true", "yes"),
        ("type: string", "x", "[x]"), ("type: nil", "null", "x"), ("type: date-only", "2020-01-31", "31.1.2020"),
        ("type: integer[]", "[1, 2]", "[1, x]"), ("type: integer | boolean", "true", "x"),
        ("{type: integer, minimum: 2}", "2", "1"), ("{type: string, maxLength: 2}", "ab", "abc"),
        ("{type: string, enum: [a, b]}", "a", "c"), ("{type: array, items: string, minItems: 1}", "[a]", "[]"),
        ("{properties: {a: integer}}", "{a: 1}", "{a: x}"), ("{properties: {a: integer}}", "{a: 1, b: 2}", "{b: 1}"),
        ("{properties: {a?: integer}}", "{}", "{a: x}"), ("{properties: {a: {type: integer, required: false}}}", "{}", "[]"),
        ("{properties: {a: integer}}", "'{\"a\": 1}'", "'{\"a\": \"x\"}'"), ("{type: object, maxProperties: 1}", "{a: 1}", "{a: 1, b: 2}"),
        ("{properties: {a: {properties: {b: 'integer[]'}}}}", "{a: {b: [1]}}", "{a: {b: [x]}}"),
    ],
)  # fmt: skip
def test_an_example_fits_its_type_or_is_an_error(declaration: str, good: str, bad: str) -> None:
    braces = declaration.strip("{}") if declaration.startswith("{") and "{" not in declaration[1:] else declaration
    text = braces if not declaration.startswith("{") else None

    def definition(example: str) -> str:
        if text is not None:
            return typed(text, example)
        return new(f"types:\n  T: {declaration[:-1]}, example: {example}}}\n")

    assert errors(compiled(definition(good))) == []
    assert codes(compiled(definition(bad))) == ["RAML_EXAMPLE_TYPE"]


def test_what_a_parent_asks_for_holds_for_the_child() -> None:
    text = new("types:\n  P: {properties: {a: integer}}\n  C: {type: P, properties: {b: string}, example: {b: x}}\n")
    assert [(each.code, each.line) for each in errors(compiled(text))] == [("RAML_EXAMPLE_TYPE", 5)]


def test_an_example_that_is_not_strict_is_not_looked_at() -> None:
    assert errors(compiled(typed("type: integer", "{strict: false, value: x}"))) == []
    assert codes(compiled(typed("type: integer", "{value: x}"))) == ["RAML_EXAMPLE_TYPE"]


def test_bodies_and_parameters_are_looked_at() -> None:
    text = new(
        "types: {T: {properties: {a: integer}}}\n/a:\n  get:\n    queryParameters:\n      q: {type: integer, example: x}\n"
        "    responses:\n      200:\n        body:\n          application/json:\n            type: T\n            example: {a: x}\n"
    )
    assert [(each.code, each.line) for each in errors(compiled(text))] == [
        ("RAML_EXAMPLE_TYPE", 7),
        ("RAML_EXAMPLE_TYPE", 13),
    ]


def test_xml_and_foreign_schemas_are_taken_as_they_are() -> None:
    assert errors(compiled(typed("properties: {a: integer}", "<a>1</a>"))) == []
    assert errors(compiled(new("types:\n  T:\n    type: '{\"type\": \"object\"}'\n    example: '{}'\n"))) == []
    assert codes(compiled(new("types:\n  T:\n    type: '{\"type\": \"object\"}'\n    example: '[1]'\n"))) == [
        "RAML_EXAMPLE_TYPE"
    ]


def test_a_type_of_a_library_is_known_and_used() -> None:
    text = new("uses: {l: l.raml}\ntypes:\n  T: {type: l.N, example: x}\n  U: {type: l.Nope}\n")
    found = compiled(text, l_raml="#%RAML 1.0 Library\ntypes: {N: M, M: integer}\n")
    assert codes(found) == ["RAML_EXAMPLE_TYPE", "RAML_TYPE_UNKNOWN"]


def test_a_type_that_contains_itself_in_a_property_is_fine() -> None:
    text = new("types:\n  Tree: {properties: {children?: 'Tree[]'}, example: {children: [{children: []}]}}\n")
    assert errors(compiled(text)) == []


@pytest.mark.parametrize("declared", ["A: A", "A: B\n  B: A", "A: 'A[]'", "A: 'B | string'\n  B: A"])
def test_a_type_that_is_made_of_itself_is_an_error(declared: str) -> None:
    assert "RAML_TYPE_CYCLE" in codes(compiled(new(f"types:\n  {declared}\n")))


def test_types_that_double_at_each_level_end() -> None:
    started = time.monotonic()
    types = "".join(f"  T{n}: 'T{n + 1} | T{n + 1}'\n" for n in range(30))
    compiled(new(f"types:\n{types}  T30: {{type: integer, example: x}}\n  X: {{type: T0, example: x}}\n"))
    assert time.monotonic() - started < 5
