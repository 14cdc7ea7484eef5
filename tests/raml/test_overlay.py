"""Overlays describe, extensions add; both are laid over an API in the bundle."""

from __future__ import annotations

import pytest

from tests.raml.definitions import codes, compiled, contract_of

BASE = "#%RAML 1.0\ntitle: Base\nversion: '1'\n/a:\n  get:\n    description: old\n    queryParameters: {q?: integer}\n    responses: {200: }\n"


def over(kind: str, body: str) -> str:
    return f"#%RAML 1.0 {kind}\nextends: base.raml\n{body}"


def test_an_overlay_changes_texts_and_examples() -> None:
    contract = contract_of(
        over("Overlay", "title: New\n/a:\n  get:\n    description: new\n"),
        base_raml=BASE,
    )
    method = contract.resources[0].methods[0]
    assert (contract.title, contract.version, method.description) == ("New", "1", "new")


@pytest.mark.parametrize(
    "body",
    [
        "version: '2'\n", "/b:\n", "/a:\n  post:\n", "/a:\n  get:\n    responses: {404: }\n", "baseUri: /x\n",
        "/a:\n  get:\n    queryParameters: {r: string}\n", "traits: {t: {}}\n",
    ],
)  # fmt: skip
def test_an_overlay_adds_and_changes_nothing_that_an_api_does(body: str) -> None:
    assert codes(compiled(over("Overlay", body), base_raml=BASE)) == ["RAML_OVERLAY"]


def test_an_extension_adds_what_it_likes() -> None:
    contract = contract_of(
        over("Extension", "/b:\n  get:\n/a:\n  post:\n    body: {application/json: {type: object}}\n"), base_raml=BASE
    )
    assert {(each.path, method.verb) for each in contract.resources for method in each.methods} == {
        ("/a", "GET"), ("/a", "POST"), ("/b", "GET"),
    }  # fmt: skip


def test_layers_are_laid_in_their_order() -> None:
    second = "#%RAML 1.0 Extension\nextends: first.raml\ntitle: Third\n/c:\n  get:\n"
    first = over("Extension", "title: Second\n/b:\n  get:\n")
    contract = contract_of(second, first_raml=first, base_raml=BASE)
    assert (contract.title, [each.path for each in contract.resources]) == ("Third", ["/a", "/b", "/c"])


def test_names_of_an_overlay_resolve_in_it() -> None:
    text = over("Extension", "uses: {l: l.raml}\n/b:\n  post:\n    body: {application/json: l.T}\n")
    library = "#%RAML 1.0 Library\ntypes: {T: {properties: {a: string}}}\n"
    contract = contract_of(text, base_raml=BASE, l_raml=library)
    body = next(each for each in contract.resources if each.path == "/b").methods[0].bodies[0]
    assert body.schema is not None and '"T"' not in body.schema and "T" in contract.definitions


def test_what_is_not_there_or_no_api_cannot_be_extended() -> None:
    assert codes(compiled(over("Overlay", ""))) == ["RAML_INCLUDE_MISSING"]
    assert codes(compiled(over("Overlay", ""), base_raml="#%RAML 1.0 Library\n")) == ["RAML_EXTENDS"]
    assert codes(compiled(over("Overlay", ""), base_raml="#%RAML 0.8\ntitle: T\n")) == ["RAML_EXTENDS"]
