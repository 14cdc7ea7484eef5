"""Other forms of a contract: right by the judgement of tools that are not ours, and safe with hostile texts."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from openmcs.raml import values
from openmcs.raml.contract import Contract
from openmcs.raml.export import FORMATS, json_schema, names
from openmcs.raml.normalised import normalised
from openmcs.raml.openapi import openapi
from openmcs.raml.typescript import typescript
from tests.raml.definitions import EXPORT, compiled, contract_of, errors, new, old

TYPED = new(
    """\
version: "2"
mediaType: application/json
types:
  Animal:
    discriminator: kind
    properties:
      kind: string
      born?: date-only
      tags?: string[]
      /^x-/: integer
  Cat:
    type: Animal
    properties:
      lives: {type: integer, minimum: 0, maximum: 9}
      mood: {enum: [calm, angry]}
  Tree:
    properties:
      children: Tree[]
      value: string | number | nil
  odd-name!:
    additionalProperties: false
  Legacy: |
    {"$schema": "http://json-schema.org/draft-03/schema#", "type": "object",
     "properties": {"id": {"type": "string", "required": true}, "self": {"$ref": "#"}}}
/animals:
  description: All of them.
  get:
    queryParameters:
      limit?: {type: integer, minimum: 1, default: 10}
      kinds?: {type: array, items: string}
      at?: datetime
    headers:
      X-Trace?: string
    responses:
      200:
        headers: {X-Total?: integer}
        body: Animal[]
      404:
        description: None.
  post:
    body:
      application/json: Cat | Tree
      multipart/form-data:
        properties:
          name: string
          photo: file
    responses:
      201: {body: Legacy}
/animals/{id}:
  uriParameters:
    id: integer
  get:
    responses:
      200:
        body:
          application/json:
            type: Cat
            examples:
              calm: {kind: Cat, lives: 9, mood: calm}
              angry: {kind: Cat, lives: 1, mood: angry}
"""
)
# Texts that would break out of a literal, a comment, an element or an attribute.
HOSTILE = old(
    r"""
version: "*/ alert(1) // \n process.exit()"
documentation: []
"/a'\"<script>{x}":
  displayName: "<img src=x onerror=alert(1)>"
  description: "</p><script>alert(1)</script>*/"
  get:
    queryParameters:
      "a\"]; alert(1); //": {description: "`${alert(1)}`", enum: ["\"", "\\", "</script>"]}
    responses:
      200:
        body:
          "application/json": {example: "</pre><script>alert(1)</script>"}
"""
)
CONTRACTS = {"export": EXPORT, "typed": TYPED, "hostile": HOSTILE, "empty": old(""), "empty 1.0": new("")}


@pytest.fixture(params=CONTRACTS)
def contract(request: pytest.FixtureRequest) -> Contract:
    return contract_of(CONTRACTS[request.param])


def test_openapi_is_valid(contract: Contract) -> None:
    assert [each.message for each in OpenAPIV31SpecValidator(openapi(contract)).iter_errors()] == []


def test_openapi_has_all_operations(contract: Contract) -> None:
    found = {
        (path, verb.upper())
        for path, item in openapi(contract)["paths"].items()
        for verb in item
        if verb != "description"
    }
    assert found == {(each.path, method.verb) for each in contract.resources for method in each.methods}


@pytest.mark.parametrize("version", ["0.8", "1.0"])
def test_normalised_raml_is_valid_and_has_the_same_operations(contract: Contract, version: str) -> None:
    found = compiled(normalised(contract, version))  # type: ignore[arg-type]
    assert errors(found) == []
    assert found.resources() == contract.summary()


def test_normalised_raml_keeps_parameters_and_examples() -> None:
    before = contract_of(EXPORT)
    after = contract_of(normalised(before, "0.8"))
    limit = after.resources[0].methods[0].query_parameters[0]
    assert (limit.name, limit.type, limit.minimum, limit.default) == ("limit", "integer", 1, "10")
    assert after.resources[0].methods[0].responses == before.resources[0].methods[0].responses
    assert after.base_uri == before.base_uri


def test_a_json_schema_of_each_type_holds_values_against_it() -> None:
    contract = contract_of(TYPED)
    assert names(contract) == ["Animal", "Cat", "Tree", "odd-name!", "Legacy"]
    cat = values.Validator(json_schema(contract, "Cat"))
    assert cat.fits({"kind": "Cat", "lives": 9, "mood": "calm", "x-a": 1})
    assert not cat.fits({"kind": "Dog", "lives": 9, "mood": "calm"})
    assert not cat.fits({"kind": "Cat", "lives": 10, "mood": "calm"})
    assert not cat.fits({"kind": "Cat", "lives": 1, "mood": "calm", "x-a": "b"})
    legacy = values.Validator(json_schema(contract, "Legacy"))
    assert legacy.fits({"id": "1", "self": {"id": "2"}}) and not legacy.fits({"id": "1", "self": {}})


def test_a_value_of_a_base_type_is_held_against_the_type_that_its_discriminator_names() -> None:
    animal = values.Validator(json_schema(contract_of(TYPED), "Animal"))
    assert animal.fits({"kind": "Animal"}) and animal.fits({"kind": "Cat", "lives": 1, "mood": "calm"})
    assert not animal.fits({"kind": "Cat"}) and not animal.fits({"kind": "Unicorn"})


def test_a_type_that_is_not_declared_has_no_schema() -> None:
    with pytest.raises(KeyError):
        json_schema(contract_of(TYPED), "Dog")


def test_types_of_typescript_are_taken_by_its_compiler(tmp_path: Path) -> None:
    """With use of them that fits, and use that does not."""
    compiler = Path(__file__).parents[2] / "sdk_js/node_modules/.bin/tsc"
    if not compiler.exists() or shutil.which("node") is None:
        pytest.skip("TypeScript is not installed; make build does it")
    for name, text in CONTRACTS.items():
        (tmp_path / f"{name.replace(' ', '_').replace('.', '_')}.ts").write_text(typescript(contract_of(text)))
    (tmp_path / "use.ts").write_text(
        "import type { Cat, Operations } from './typed';\n"
        "const cat: Cat = { kind: 'Cat', lives: 1, mood: 'calm' };\n"
        "const query: Operations['GET /animals']['query'] = { limit: 1, kinds: ['a'] };\n"
        "const path: Operations['GET /animals/{id}']['path'] = { id: 1 };\n"
        "// @ts-expect-error a mood that is none\n"
        "const wrong: Cat = { kind: 'Cat', lives: 1, mood: 'odd' };\n"
        "// @ts-expect-error an id that is a text\n"
        "const other: Operations['GET /animals/{id}']['path'] = { id: 'x' };\n"
        "export { cat, query, path, wrong, other };\n"
    )
    files = sorted(str(each) for each in tmp_path.glob("*.ts"))
    done = subprocess.run(
        [str(compiler), "--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom", *files],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_no_text_of_a_definition_becomes_markup_or_code() -> None:
    contract = contract_of(HOSTILE)
    page = FORMATS["html"].write(contract)
    assert "<script" not in page and "<img" not in page
    assert page.count("<style>") == 1
    code = typescript(contract)
    assert all(line.startswith(("//", "export", " ", "}")) or not line for line in code.splitlines())
    assert "alert(1)" not in code.splitlines()[0].removeprefix("// ") or code.splitlines()[0].startswith("//")


def test_every_form_is_written_for_every_contract(contract: Contract) -> None:
    for name, form in FORMATS.items():
        assert form.write(contract), name
    json.loads(FORMATS["openapi"].write(contract))
