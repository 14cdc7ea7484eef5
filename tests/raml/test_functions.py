"""Parameters of resource types and traits are filled in by value, and the ten functions do what RAML says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.raml.functions import apply, parameters_of, substitute
from openmcs.raml.load import Loader
from openmcs.raml.node import Node


def read(text: str) -> Node:
    return Loader({"a.raml": text.encode()}).load("a.raml")[0]


@pytest.mark.parametrize(
    ("function", "text", "result"),
    [
        ("singularize", "users", "user"), ("singularize", "categories", "category"), ("singularize", "people", "person"),
        ("singularize", "classes", "class"), ("singularize", "status", "status"), ("singularize", "glass", "glass"),
        ("pluralize", "user", "users"), ("pluralize", "category", "categories"), ("pluralize", "day", "days"),
        ("pluralize", "box", "boxes"), ("pluralize", "child", "children"),
        ("uppercase", "userId", "USERID"), ("lowercase", "userId", "userid"),
        ("lowercamelcase", "UserId", "userId"), ("uppercamelcase", "userId", "UserId"),
        ("lowerunderscorecase", "userId", "user_id"), ("upperunderscorecase", "userId", "USER_ID"),
        ("lowerhyphencase", "userId", "user-id"), ("upperhyphencase", "userId", "USER-ID"),
        ("unknown", "userId", "userId"),
    ],
)  # fmt: skip
def test_a_function_changes_its_text(function: str, text: str, result: str) -> None:
    assert apply(function, text) == result


def test_functions_are_applied_from_left_to_right() -> None:
    node = substitute(read("a: <<name | !singularize | !uppercase>>"), {"name": read("users")})
    assert node.plain() == {"a": "USER"}


def test_a_scalar_that_is_one_parameter_keeps_the_type_of_its_value() -> None:
    values = {"number": read("5"), "list": read("[1, 2]")}
    assert substitute(read("{a: <<number>>, b: x<<number>>, c: <<list>>}"), values).plain() == {
        "a": 5,
        "b": "x5",
        "c": [1, 2],
    }


def test_keys_are_filled_in() -> None:
    assert substitute(read("<<name>>Id: 1"), {"name": read("user")}).plain() == {"userId": 1}


def test_an_unknown_parameter_stays_as_it_is() -> None:
    assert substitute(read("a: x <<b>>"), {}).plain() == {"a": "x <<b>>"}


def test_a_value_cannot_add_keys() -> None:
    """Parameters are filled into values, so text that looks like JSON or YAML stays one text."""
    evil = read('\'x", "required": true, "y": "z\'')
    filled = substitute(read('example: \'{"a": "<<name>>"}\''), {"name": evil})
    assert list(filled.value) == ["example"]


def test_all_parameters_are_found() -> None:
    node = read("a: [<<b>>, {c: x <<d | !uppercase>> y <<e>>}]\n<<f>>: 1")
    assert parameters_of(node) == {"b", "d", "e", "f"}


@given(st.text(max_size=50))
def test_names_with_characters_of_regular_expressions_do_no_harm(name: str) -> None:
    assert isinstance(substitute(read("a: x <<(( >> y"), {name: read("v")}).plain()["a"], str)


@given(st.text(max_size=50), st.sampled_from(["singularize", "pluralize", "lowercamelcase", "upperhyphencase"]))
def test_functions_take_any_text(text: str, function: str) -> None:
    assert isinstance(apply(function, text), str)
