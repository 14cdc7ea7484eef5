"""Annotations are declared, stand where they may, and fit their type."""

from __future__ import annotations

import pytest

from tests.raml.definitions import codes, compiled, new

DECLARED = """\
annotationTypes:
  anywhere: string
  on: {type: boolean, allowedTargets: [Method, Resource]}
  owner: {properties: {name: string, since?: date-only}}
  nothing: nil
"""


@pytest.mark.parametrize(
    "body",
    [
        "(anywhere): x\n", "(owner): {name: a, since: 2026-01-01}\n", "(nothing):\n", "/a:\n  (on): true\n  get: {(on): false}\n",
        "types: {T: {type: string, (anywhere): x}}\n", "/a:\n  description: {value: text, (anywhere): y}\n",
        "/a: {get: {queryParameters: {q: {(anywhere): x}}}}\n", "securitySchemes: {s: {type: Basic Authentication, (anywhere): x}}\n",
        "types: {T: {properties: {p: {type: string, (owner): {name: n}}}}}\n",
    ],
)  # fmt: skip
def test_it_fits(body: str) -> None:
    assert codes(compiled(new(DECLARED + body))) == []


@pytest.mark.parametrize(
    "body",
    [
        "(other): x\n", "(anywhere): 5\n", "(on): true\n", "(owner): {since: 2026-01-01}\n", "(owner): {name: a, since: 2026-02-31}\n",
        "(nothing): x\n", "/a:\n  (on): 1\n", "types: {T: {type: string, (on): true}}\n", "/a:\n  get: {responses: {200: {(none): x}}}\n",
        "types: {T: {properties: {p: {type: string, (owner): {}}}}}\n", "/a:\n  description: {value: text, (anywhere): 1}\n",
    ],
)  # fmt: skip
def test_it_does_not_fit(body: str) -> None:
    assert codes(compiled(new(DECLARED + body))) == ["RAML_ANNOTATION"]


def test_a_place_that_is_none_is_told() -> None:
    assert codes(compiled(new("annotationTypes: {a: {allowedTargets: Everywhere}}\n"))) == ["RAML_ANNOTATION"]


def test_those_of_a_library_have_its_name_in_front() -> None:
    library = "#%RAML 1.0 Library\nannotationTypes: {a: string}\n"
    assert codes(compiled(new("uses: {l: l.raml}\n(l.a): x\n"), l_raml=library)) == []
    assert codes(compiled(new("uses: {l: l.raml}\n(a): x\n"), l_raml=library)) == ["RAML_ANNOTATION"]
