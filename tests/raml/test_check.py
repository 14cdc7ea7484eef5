"""Rules of both versions: what is wrong is named at its line, and what real exports contain is a warning at most."""

from __future__ import annotations

import pytest

from tests.raml.definitions import EXPORT, codes, compiled, errors, new, old

WRONG = {
    "a list as the root": ("#%RAML 0.8\n- a\n", "RAML_ROOT", 2),
    "no header": ("title: T\n", "RAML_HEADER", 1),
    "a version of RAML that does not exist": ("#%RAML 2.0\ntitle: T\n", "RAML_HEADER", 1),
    "an overlay over nothing": ("#%RAML 1.0 Overlay\ntitle: T\n", "RAML_EXTENDS", 2),
    "no title": ("#%RAML 0.8\nversion: '1'\n", "RAML_TITLE_MISSING", 2),
    "an empty title": ("#%RAML 0.8\ntitle:\n", "RAML_VALUE", 2),
    "an unknown key": (old("titel: x\n"), "RAML_KEY_UNKNOWN", 3),
    "a key of 1.0 in 0.8": (old("types: {}\n"), "RAML_KEY_UNKNOWN", 3),
    "an unknown key of a method": (old("/a:\n  get:\n    querryParameters: {}\n"), "RAML_KEY_UNKNOWN", 5),
    "an unknown verb": (new("/a:\n  gett:\n"), "RAML_KEY_UNKNOWN", 4),
    "protocols that are a text": (old("protocols: HTTPS\n"), "RAML_VALUE", 3),
    "an unknown protocol": (old("protocols: [FTP]\n"), "RAML_PROTOCOL", 3),
    "braces that do not match": (old("baseUri: http://{a/b\n"), "RAML_BRACES", 3),
    "braces of a path that do not match": (old("/a{b:\n  get:\n"), "RAML_BRACES", 3),
    "empty braces": (old("/{}:\n  get:\n"), "RAML_BRACES", 3),
    "a version that is used and missing": (old("baseUri: http://x/{version}\n"), "RAML_VERSION_MISSING", 3),
    "a media type that is none": (old("mediaType: json\n"), "RAML_MEDIA_TYPE", 3),
    "documentation that is a mapping": (old("documentation: {title: a}\n"), "RAML_VALUE", 3),
    "documentation without content": (old("documentation:\n  - title: a\n"), "RAML_DOCUMENTATION", 4),
    "a resource twice": (old("/a/b:\n  get:\n/a:\n  /b:\n    get:\n"), "RAML_DUPLICATE_RESOURCE", 6),
    "a resource that is a text": (old("/a: x\n"), "RAML_VALUE", 3),
    "a method that is a text": (old("/a:\n  get: x\n"), "RAML_VALUE", 4),
    "a status that is none": (old("/a:\n  get:\n    responses:\n      99:\n"), "RAML_STATUS", 6),
    "responses that are a list": (old("/a:\n  get:\n    responses: [200]\n"), "RAML_VALUE", 5),
    "a parameter of the path that is not in it": (
        old("/a/{b}:\n  uriParameters: {c: {}}\n  get:\n"), "RAML_URI_PARAMETER", 4,
    ),
    "an unknown type of 0.8": (
        old("/a:\n  get:\n    queryParameters:\n      q: {type: text}\n"), "RAML_TYPE_UNKNOWN", 6,
    ),
    "required that is no flag": (
        old("/a:\n  get:\n    queryParameters:\n      q: {required: maybe}\n"), "RAML_VALUE", 6,
    ),
    "minimum that is no number": (
        old("/a:\n  get:\n    queryParameters:\n      q: {minimum: few}\n"), "RAML_VALUE", 6,
    ),
    "enum that is a text": (old("/a:\n  get:\n    queryParameters:\n      q: {enum: a}\n"), "RAML_VALUE", 6),
    "parameters that are a list": (old("/a:\n  get:\n    queryParameters: [q]\n"), "RAML_VALUE", 5),
    "a body of no media type": (old("/a:\n  post:\n    body: {json: {}}\n"), "RAML_MEDIA_TYPE", 5),
    "an example beside media types": (
        new("/a:\n  post:\n    body:\n      application/json: {type: object}\n      example: '{}'\n"), "RAML_MEDIA_TYPE", 7,
    ),
    "a schema of 1.0 that is no JSON": (new("types: {a: '{\"a\": }'}\n"), "RAML_SCHEMA_JSON", 3),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_it_is_an_error_at_its_line(what: str) -> None:
    text, code, line = WRONG[what]
    found = [(each.code, each.file, each.line) for each in errors(compiled(text))]
    assert (code, "api.raml", line) in found


def test_an_export_of_the_vendor_has_warnings_only() -> None:
    found = compiled(EXPORT)
    assert found.valid
    assert sorted({each.code for each in found.findings}) == ["RAML_EXAMPLE_JSON", "RAML_KEY_UNKNOWN"]


@pytest.mark.parametrize(
    "text",
    [
        old("/a:\n  get:\n"),
        old("baseUri: /mobile/custom/x\nprotocols: [HTTPS]\n"),
        old("/a:\n  post:\n    body:\n      application/vnd.oracle.adf.resourceitem+json:\n"),
        old("/a:\n  get:\n    responses:\n      200:\n        body:\n          application/json:\n"),
        old("/a:\n  get:\n    queryParameters:\n      q: [{type: integer}, {type: string}]\n"),
        new("(note): x\nannotationTypes: {note: string}\n/a:\n  get:\n"),
        new("protocols: https\n"),
        new("title2: x\n").replace("title2", "description"),
    ],
)
def test_it_is_valid(text: str) -> None:
    assert errors(compiled(text)) == []


def test_a_misspelled_key_gets_a_hint() -> None:
    assert "did you mean 'queryParameters'?" in errors(compiled(old("/a:\n  get:\n    querryParameters:\n")))[0].message


def test_all_mistakes_are_reported_in_the_order_of_the_text() -> None:
    found = errors(compiled(old("foo: 1\nprotocols: [A]\n/a:\n  get:\n    bar:\n")))
    assert [(each.code, each.line) for each in found] == [
        ("RAML_KEY_UNKNOWN", 3),
        ("RAML_PROTOCOL", 4),
        ("RAML_KEY_UNKNOWN", 7),
    ]


def test_a_mistake_of_a_trait_that_is_used_twice_is_reported_once() -> None:
    text = old("traits:\n  - t: {foo: 1}\n/a:\n  is: [t]\n  get:\n  post:\n")
    assert codes(compiled(text.replace("  post:\n", ""))) == ["RAML_KEY_UNKNOWN"]
