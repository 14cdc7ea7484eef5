"""The adapter to ramlfications leaves no trace, and finds the operations that our tree has."""

from __future__ import annotations

import sys

import attr
import pytest

from openmcs.raml.load import Loader
from openmcs.raml.nodes import operations
from tests.raml.definitions import EXPORT, ROOT, compiled

PATHS = [("/event", "GET"), ("/event/{id}", "GET"), ("/event/{id}", "DELETE")]


def test_it_finds_every_operation() -> None:
    root, _ = Loader({ROOT: EXPORT.encode()}).load(ROOT)
    assert [(each.path, each.verb) for each in operations(root, "0.8", {"application/json"})] == PATHS


def test_validators_of_attrs_are_restored() -> None:
    root, _ = Loader({ROOT: EXPORT.encode()}).load(ROOT)
    before = attr.validators.get_disabled()
    operations(root, "0.8", set())
    assert attr.validators.get_disabled() is before is False


def test_media_types_of_one_api_do_not_stay_for_the_next() -> None:
    root, _ = Loader({ROOT: EXPORT.encode()}).load(ROOT)
    operations(root, "0.8", set())
    known = list(sys.modules["ramlfications.config"].MEDIA_TYPES)
    operations(root, "0.8", {"application/x-of-one-api"})
    assert known == sys.modules["ramlfications.config"].MEDIA_TYPES


def test_no_empty_module_stays_under_the_name_inflect() -> None:
    root, _ = Loader({ROOT: EXPORT.encode()}).load(ROOT)
    operations(root, "0.8", set())
    module = sys.modules.get("inflect")
    assert module is None or module.__spec__ is not None


def test_should_it_fail_the_tree_is_read_and_a_warning_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise AttributeError("x")

    monkeypatch.setattr("openmcs.raml.nodes.operations", broken)
    found = compiled(EXPORT)
    assert ("RAML_NODES", "warning") in [(each.code, each.severity) for each in found.findings]
    assert found.contract is not None
    assert [(each.path, method.verb) for each in found.contract.resources for method in each.methods] == PATHS


def test_it_is_what_the_compiler_uses() -> None:
    """Without this warning the node model was made."""
    assert "RAML_NODES" not in {each.code for each in compiled(EXPORT).findings}
