"""The documentation says what the code says."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [*sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("*.md")), ROOT / "sdk_js" / "README.md"]
CODE = re.compile(
    r"\"((?:API|ARCHIVE|CONTRACT|DEPENDENCY|EVENT|FIELD|IMPLEMENTATION|MANIFEST|POLICY|PROJECT|QUERY|RAML|USER)_[A-Z_]+)\""
)
"""A stable code of a finding, by its room's prefix."""


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """`docs/generate.py`, which is a script and no module of a package."""
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("file", sorted((ROOT / "docs").glob("*.md")), ids=lambda file: file.name)
def test_what_is_made_from_the_code_is_up_to_date(file: Path, generate: ModuleType) -> None:
    """`make docs` would change nothing."""
    text = file.read_text("utf-8")
    assert generate.page(text) == text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file(page: Path) -> None:
    """Relative links of a page name files that exist."""
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_code_of_a_finding_is_explained() -> None:
    """A code that the source gives out stands on the errors' page or on that of RAML."""
    explained = (ROOT / "docs" / "errors.md").read_text("utf-8") + (ROOT / "docs" / "raml-errors.md").read_text("utf-8")
    given = set()
    for file in (ROOT / "platform" / "openmcs").rglob("*.py"):
        given.update(CODE.findall(file.read_text("utf-8")))
    assert len(given) > 60
    assert sorted(code for code in given if code not in explained) == []
