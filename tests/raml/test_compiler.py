"""The child process: whatever a bundle does to it becomes a finding."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from openmcs.raml import compiler
from openmcs.raml.compiler import compile, compile_here
from openmcs.sandbox import child
from tests.raml.definitions import EXPORT, ROOT, codes, compiled, new


def test_the_child_says_what_this_process_says() -> None:
    bundle = {ROOT: EXPORT.encode()}
    assert compile(bundle, ROOT) == compile_here(bundle, ROOT)


def test_what_takes_too_long_is_a_finding() -> None:
    started = time.monotonic()
    found = compile({ROOT: EXPORT.encode()}, ROOT, timeout=0.01)
    assert time.monotonic() - started < 5
    assert not found.valid
    assert [each.code for each in found.findings] == ["RAML_TOO_EXPENSIVE"]


def test_a_child_that_crashes_is_a_finding(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    crashing = tmp_path / "python"
    crashing.write_text("#!/bin/sh\nkill -SEGV $$\n")
    crashing.chmod(0o755)
    monkeypatch.setattr(child.sys, "executable", str(crashing))
    found = compile({ROOT: b""}, ROOT)
    assert [each.code for each in found.findings] == ["RAML_TOO_EXPENSIVE"]
    assert found.findings[0].file == ROOT


def test_a_hostile_bundle_is_refused_in_the_child_too() -> None:
    found = compile({ROOT: b"#%RAML 1.0\na: " + b"[" * 100_000}, ROOT)
    assert [each.code for each in found.findings] == ["RAML_TOO_DEEP"]


def test_findings_are_not_endless() -> None:
    keys = "".join(f"k{n}: 1\n" for n in range(2000))
    assert len(compiled(new(keys)).findings) == compiler.MOST_FINDINGS


def test_aliases_that_make_a_value_endlessly_deep_are_a_finding() -> None:
    chain = "".join(f"/a{n + 1}: &a{n + 1}\n  /b: {{/c: {{/d: {{/e: *a{n}}}}}}}\n" for n in range(400))
    assert codes(compiled(new("/a0: &a0 {get: {}}\n" + chain))) in (["RAML_TOO_DEEP"], ["RAML_TOO_EXPENSIVE"])
