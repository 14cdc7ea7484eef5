"""Security schemes are of a type that RAML has, with the settings that OAuth needs."""

from __future__ import annotations

import pytest

from tests.raml.definitions import codes, compiled, errors, new, old


@pytest.mark.parametrize(
    "scheme",
    [
        "{type: Basic Authentication}",
        "{type: Pass Through, describedBy: {headers: {X: string}}}",
        "{type: x-own}",
        "{type: OAuth 2.0, settings: {authorizationGrants: [authorization_code]}}",
        "{type: OAuth 1.0, settings: {requestTokenUri: http://a, authorizationUri: http://b, tokenCredentialsUri: http://c}}",
    ],
)
def test_a_scheme_of_the_standard_is_valid(scheme: str) -> None:
    assert errors(compiled(new(f"securitySchemes: {{s: {scheme}}}\n"))) == []


@pytest.mark.parametrize(
    ("scheme", "code"),
    [
        ("{type: Basic}", "RAML_SECURITY"),
        ("{}", "RAML_SECURITY"),
        ("{type: OAuth 2.0, settings: {accessTokenUri: http://a}}", "RAML_SECURITY"),
        ("{type: Pass Through, describedBy: {header: {}}}", "RAML_KEY_UNKNOWN"),
    ],
)
def test_another_one_is_an_error(scheme: str, code: str) -> None:
    assert codes(compiled(new(f"securitySchemes: {{s: {scheme}}}\n"))) == [code]


def test_0_8_lists_its_schemes() -> None:
    assert errors(compiled(old("securitySchemes:\n  - s: {type: Basic Authentication}\n"))) == []
    assert [(each.code, each.line) for each in errors(compiled(old("securitySchemes:\n  - s: {type: n-sls}\n")))] == [
        ("RAML_SECURITY", 4)
    ]
