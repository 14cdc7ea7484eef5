"""What a declaration comes to, seen by the values that fit it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openmcs.raml.values import Validator
from tests.raml.definitions import codes, compiled, contract_of, new


def fits(types: str, value: Any, name: str = "T") -> bool:
    contract = contract_of(new(f"types:\n{types}\n"))
    definitions = {key: json.loads(text) for key, text in contract.definitions.items()}
    definition = next(each.definition for each in contract.types if each.name == name)
    return Validator({"$ref": f"#/$defs/{definition}", "$defs": definitions}).fits(value)


# declarations, values that fit, values that do not
CASES: list[tuple[str, list[Any], list[Any]]] = [
    ("  T: {properties: {a: string, b?: integer}}", [{"a": "x"}, {"a": "x", "b": 1, "c": 2}], [{}, {"a": 1}, {"a": "x", "b": "y"}, [], "x"]),
    ("  T: {properties: {a?: string}, additionalProperties: false}", [{}, {"a": "x"}], [{"b": 1}]),
    ("  T: {properties: {/^x-/: integer, a: string}}", [{"a": "x", "x-1": 1}], [{"a": "x", "x-1": "y"}]),
    ("  T: {properties: {//: integer}}", [{"a": 1}], [{"a": "x"}]),
    ("  T: {properties: {/^a/: integer, //: string}}", [{"a": 1, "b": "x"}], [{"a": "x"}, {"b": 1}]),
    ("  A: {properties: {a: string}}\n  T: {type: A, properties: {b: string}}", [{"a": "x", "b": "y"}], [{"a": "x"}, {"b": "y"}]),
    ("  A: {properties: {a: string}}\n  B: {properties: {b: string}}\n  T: [A, B]", [{"a": "x", "b": "y"}], [{"a": "x"}]),
    ("  A: {type: integer, minimum: 2}\n  T: {type: A, maximum: 4}", [2, 4], [1, 5, 2.5, "2"]),
    ("  T: string | integer[]", ["x", [1]], [1, ["x"], None]),
    ("  T: string?", ["x", None], [1]),
    ("  T: (string | nil)[]", [["x", None], []], [[1]]),
    ("  A: string | integer\n  T: {type: A, minLength: 2, minimum: 5}", ["xy", 5], ["x", 4]),
    ("  T: {type: array, items: {properties: {a: integer}}, minItems: 1, uniqueItems: true}", [[{"a": 1}]], [[], [{"a": 1}, {"a": 1}], [{}]]),
    ("  T: {type: string, pattern: 'a+'}", ["aaa"], ["b", "ab"]),
    ("  T: {type: number, format: int8}", [127, -128], [128, 1.5]),
    ("  T: {type: number, multipleOf: 0.1}", [0.3], [0.35]),
    ("  T: date-only", ["2026-02-28"], ["2026-02-30", "x", 1]),
    ("  T: time-only", ["23:59:59", "00:00:00.5"], ["24:00:00", "10:00", "10:00:00Z"]),
    ("  T: datetime-only", ["2026-02-28T10:00:00"], ["2026-02-28T10:00:00Z"]),
    ("  T: datetime", ["2026-02-28T10:00:00Z", "2026-02-28T10:00:00.1+02:00"], ["2026-02-28T10:00:00", "x"]),
    ("  T: {type: datetime, format: rfc2616}", ["Sun, 28 Feb 2016 16:41:41 GMT"], ["2026-02-28T10:00:00Z"]),
    ("  T: boolean", [True], ["true", 1]),
    ("  T: nil", [None], ["", 0]),
    ("  T: any", [1, "x", None, {}], []),
    ("  T: {enum: [a, b]}", ["a"], ["c"]),
    ("  T: {properties: {children: 'T[]'}}", [{"children": [{"children": []}]}], [{"children": [1]}]),
    ("  A: {properties: {p: number}}\n  T: {type: A, properties: {p: {type: integer, minimum: 3}}}", [{"p": 3}], [{"p": 2}, {"p": 3.5}]),
    ("  T:\n    discriminator: k\n    properties: {k: string}\n  B: {type: T, properties: {b: integer}}\n  C: {type: T, discriminatorValue: sea}",
     [{"k": "T"}, {"k": "B", "b": 1}, {"k": "sea"}], [{"k": "B"}, {"k": "C"}, {"k": "other"}]),
]  # fmt: skip


@pytest.mark.parametrize(("types", "good", "bad"), CASES, ids=[each[0].strip()[:60] for each in CASES])
def test_values(types: str, good: list[Any], bad: list[Any]) -> None:
    assert [each for each in good if not fits(types, each)] == []
    assert [each for each in bad if fits(types, each)] == []


@pytest.mark.parametrize(
    ("types", "code"),
    [
        ("  T: [string, integer]", "RAML_TYPE_CONFLICT"), ("  T: Nothing", "RAML_TYPE_UNKNOWN"), ("  T: 'a | '", "RAML_TYPE_UNKNOWN"),
        ("  T: T", "RAML_TYPE_CYCLE"), ("  T: U\n  U: T", "RAML_TYPE_CYCLE"), ("  T: 'T[]'", "RAML_TYPE_CYCLE"),
        ("  A: {properties: {p: string}}\n  T: {type: A, properties: {p?: string}}", "RAML_PROPERTY_OVERRIDE"),
        ("  A: {properties: {p: integer}}\n  T: {type: A, properties: {p: number}}", "RAML_PROPERTY_OVERRIDE"),
    ],
)  # fmt: skip
def test_what_cannot_be(types: str, code: str) -> None:
    assert code in codes(compiled(new(f"types:\n{types}\n")))


def test_a_name_means_what_the_file_that_writes_it_says() -> None:
    library = "#%RAML 1.0 Library\ntypes:\n  Id: integer\n  Thing: {properties: {id: Id}}\n"
    text = new("uses: {l: l.raml}\ntypes:\n  Id: string\n  T: {properties: {mine: Id, theirs: l.Thing}}\n")
    contract = contract_of(text, l_raml=library)
    definitions = {key: json.loads(each) for key, each in contract.definitions.items()}
    validator = Validator({"$ref": "#/$defs/T", "$defs": definitions})
    assert validator.fits({"mine": "x", "theirs": {"id": 1}})
    assert not validator.fits({"mine": "x", "theirs": {"id": "x"}})
