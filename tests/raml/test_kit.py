"""The labelled kit of RAML files: no crash, at least what was reached before, and the operations that are listed."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from openmcs.raml.compiler import Compiled, compile_here

KIT = Path(os.environ.get("OPENMCS_RAML_KIT") or Path(__file__).parents[2] / "../shared/raml-kit")

LEAST = {
    ("1.0", True): 0.97,
    ("1.0", False): 0.92,
    ("0.8", True): 0.94,
    ("0.8", False): 0.85,
}
"""Shares of valid files that are accepted, and of invalid ones that are refused."""
LEAST_NEAR = 0.85
LEAST_POSITIONED = 0.95


class Case(NamedTuple):
    label: dict[str, Any]
    found: Compiled


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    if not (KIT / "manifest.json").is_file():
        if os.environ.get("CI") == "true":
            pytest.fail(f"the kit is not at {KIT}")
        pytest.skip(f"the kit is not at {KIT}; set OPENMCS_RAML_KIT")
    labels = json.loads((KIT / "manifest.json").read_text())["cases"]
    # Whatever goes wrong inside is an exception here, and fails every test of this file.
    return [Case(label, _compiled(KIT / label["path"])) for label in labels]


def _compiled(file: Path) -> Compiled:
    folder = file.parent
    bundle = {each.relative_to(folder).as_posix(): each.read_bytes() for each in folder.rglob("*") if each.is_file()}
    return compile_here(bundle, file.name)


def test_as_many_are_told_right_as_is_promised(cases: list[Case]) -> None:
    right: Counter[tuple[str, bool]] = Counter()
    all_: Counter[tuple[str, bool]] = Counter()
    for label, found in cases:
        kind = (label["raml_version"], label["valid"])
        all_[kind] += 1
        right[kind] += found.valid == label["valid"]
    for (version, valid), least in LEAST.items():
        kind = (version, valid)
        share = right[kind] / all_[kind]
        verdict = "valid accepted" if valid else "invalid refused"
        print(f"RAML {version}, {verdict}: {right[kind]} of {all_[kind]} ({share:.1%})")
        assert share >= least


def test_operations_are_those_of_the_reference(cases: list[Case]) -> None:
    compared = 0
    for label, found in cases:
        if label["valid"] and found.valid and "operations" in label:
            ours = sorted(f"{verb} {each['path']}" for each in found.resources() for verb in each["methods"])
            assert ours == sorted(label["operations"]), label["path"]
            compared += 1
    assert compared >= 250


def test_the_node_model_is_made_for_every_accepted_file(cases: list[Case]) -> None:
    failed = [
        label["path"] for label, found in cases if found.valid and any(f.code == "RAML_NODES" for f in found.findings)
    ]
    assert failed == []


def test_errors_have_file_line_and_column(cases: list[Case]) -> None:
    findings = [finding for _, found in cases for finding in found.findings if finding.severity == "error"]
    positioned = [each for each in findings if each.file and each.line and each.column]
    print(f"errors with file, line and column: {len(positioned)} of {len(findings)}")
    assert len(positioned) / len(findings) >= LEAST_POSITIONED


def test_what_is_refused_is_refused_near_the_line_of_a_reference(cases: list[Case]) -> None:
    near = far = 0
    for label, found in cases:
        lines = {label.get("error_line"), label.get("error_line_amf")} - {None}
        if label["valid"] or found.valid or not lines:
            continue
        ours = [each.line for each in found.findings if each.severity == "error" and each.line is not None]
        is_near = any(abs(one - other) <= 1 for one in ours for other in lines)
        near += is_near
        far += not is_near
        if not is_near:
            print(label["path"], sorted(lines), ours)
    print(f"within a line of a reference: {near} of {near + far} ({near / (near + far):.1%})")
    assert near / (near + far) >= LEAST_NEAR
