"""Keys of declarations and their values."""

from __future__ import annotations

import pytest

from tests.raml.definitions import codes, compiled, new


@pytest.mark.parametrize(
    "declaration",
    [
        "{type: string, minLength: 1, maxLength: 2, pattern: '^a', enum: [ab]}", "{type: number, format: double, multipleOf: 0.5}",
        "{type: array, items: string, minItems: 0, uniqueItems: true}", "{type: file, fileTypes: ['*/*'], maxLength: 9}",
        "{type: object, additionalProperties: false, minProperties: 0}", "{type: datetime, format: rfc2616}",
        "{type: 'string | integer', minLength: 1, minimum: 2}", "{type: 'string[]', maxItems: 3}", "{enum: [a]}", "{default: x}",
        "{type: string, facets: {unit: string, many?: 'string[]'}}", "{properties: {a: {required: false}}}",
    ],
)  # fmt: skip
def test_it_is_right(declaration: str) -> None:
    assert codes(compiled(new(f"types:\n  T: {declaration}\n"))) == []


@pytest.mark.parametrize(
    ("declaration", "code"),
    [
        ("{type: string, minimum: 1}", "RAML_FACET_UNKNOWN"), ("{type: integer, pattern: a}", "RAML_FACET_UNKNOWN"),
        ("{type: string, foo: 1}", "RAML_FACET_UNKNOWN"),
        ("{type: nil, maxLength: 1}", "RAML_FACET_UNKNOWN"), ("{type: string, properties: {a: string}}", "RAML_FACET_UNKNOWN"),
        ("{type: string, maxLength: -1}", "RAML_FACET_VALUE"), ("{type: string, maxLength: 1.5}", "RAML_FACET_VALUE"),
        ("{type: string, pattern: '('}", "RAML_FACET_VALUE"), ("{type: number, format: int99}", "RAML_FACET_VALUE"),
        ("{type: number, multipleOf: 0}", "RAML_FACET_VALUE"), ("{type: number, minimum: low}", "RAML_FACET_VALUE"),
        ("{type: array, items: [string, string]}", "RAML_FACET_VALUE"), ("{type: array, uniqueItems: often}", "RAML_FACET_VALUE"),
        ("{type: integer, enum: [a]}", "RAML_FACET_VALUE"), ("{type: string, enum: a}", "RAML_FACET_VALUE"),
        ("{type: string, minLength: 3, maxLength: 2}", "RAML_FACET_CONFLICT"), ("{type: array, minItems: 3, maxItems: 2}", "RAML_FACET_CONFLICT"),
        ("{type: string, facets: {minLength: integer}}", "RAML_FACET_NAME"), ("{discriminator: kind}", "RAML_DISCRIMINATOR"),
    ],
)  # fmt: skip
def test_it_is_wrong(declaration: str, code: str) -> None:
    assert codes(compiled(new(f"types:\n  T: {declaration}\n"))) == [code]


def test_facets_of_ones_own_are_given_by_those_that_inherit() -> None:
    base = "types:\n  P: {type: number, facets: {unit: string, digits?: integer}}\n"
    assert codes(compiled(new(base + "  Q: {type: P, unit: EUR, digits: 2}\n"))) == []
    assert codes(compiled(new(base + "  Q: {type: P, digits: 2}\n"))) == ["RAML_FACET_MISSING"]
    assert codes(compiled(new(base + "  Q: {type: P, unit: 5}\n"))) == ["RAML_FACET_VALUE"]
    assert codes(compiled(new(base + "  Q: {type: P, unit: EUR}\n  R: {type: Q, minimum: 1}\n"))) == []


def test_a_conflict_with_a_parent_is_told() -> None:
    text = "types:\n  A: {type: integer, minimum: 5}\n  B: {type: A, maximum: 3}\n"
    assert codes(compiled(new(text))) == ["RAML_FACET_CONFLICT"]
