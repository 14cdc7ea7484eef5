"""
Definitions as MCS exports them load without a hitch (contract: custom code, section 7).

The files beside this one are written for these tests, with every habit of real exports that is known.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from openmcs.raml.compiler import Compiled, compile_here
from openmcs.raml.match import Matcher
from openmcs.raml.normalised import normalised
from openmcs.raml.openapi import openapi
from openmcs.raml.typescript import typescript
from tests.raml.definitions import errors

FILES = sorted((Path(__file__).parent / "mcs").glob("*.raml"))


def read(file: Path) -> Compiled:
    return compile_here({file.name: file.read_bytes()}, file.name)


@pytest.mark.parametrize("file", FILES, ids=lambda each: each.stem)
def test_it_has_no_errors(file: Path) -> None:
    found = read(file)
    assert errors(found) == []
    assert found.contract is not None and found.contract.resources


@pytest.mark.parametrize("file", FILES, ids=lambda each: each.stem)
def test_the_mock_answers_every_method_and_all_forms_are_written(file: Path) -> None:
    contract = read(file).contract
    assert contract is not None
    matcher = Matcher(contract)
    for resource in contract.resources:
        for method in resource.methods:
            assert matcher.mock.answer(resource.path, method, "*/*", None).status < 600
            matcher.requests.problems(resource.path, method, path={}, query="", headers={}, body=b"")
    assert errors(compile_here({"a.raml": normalised(contract, "0.8").encode()}, "a.raml")) == []
    assert openapi(contract)["paths"] and typescript(contract)


def test_what_exports_have_is_a_warning_at_most() -> None:
    """A name on a method, and examples that are no JSON."""
    by_name = {each.stem: [finding.code for finding in read(each).findings] for each in FILES}
    assert "RAML_KEY_UNKNOWN" in by_name["designer"]
    assert "RAML_EXAMPLE_JSON" in by_name["broken_examples"]
    assert by_name["plain"] == []


def test_a_broken_example_is_served_as_it_is() -> None:
    file = next(each for each in FILES if each.stem == "broken_examples")
    contract = read(file).contract
    assert contract is not None
    method = contract.resources[0].methods[0]
    answer = Matcher(contract).mock.answer(contract.resources[0].path, method, "*/*", None)
    assert answer.body.decode().rstrip().endswith("]") and "}," in answer.body.decode()


def test_schemas_may_refer_to_one_another_by_their_names() -> None:
    file = next(each for each in FILES if each.stem == "connector")
    contract = read(file).contract
    assert contract is not None
    assert "#/$defs/cardinality" in contract.definitions["describe"]
