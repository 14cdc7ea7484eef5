"""The page of finding codes and the source say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import openmcs.raml
from tests.raml.definitions import compiled

PAGE = (Path(__file__).parents[2] / "docs" / "raml-errors.md").read_text(encoding="utf-8")
SOURCE = "\n".join(each.read_text(encoding="utf-8") for each in Path(openmcs.raml.__file__).parent.glob("*.py"))
SECTIONS = dict(re.findall(r"^## (RAML_\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
EXAMPLES = {
    code: tuple(re.findall(r"```raml\n(.*?)```", text, re.DOTALL))
    for code, text in SECTIONS.items()
    if "```raml" in text
}


def test_every_code_of_the_source_has_a_section_and_the_other_way_round() -> None:
    assert sorted(SECTIONS) == sorted(set(re.findall(r'"(RAML_[A-Z_]+)"', SOURCE)))


def test_every_section_shows_something_wrong_and_something_right() -> None:
    for code, text in SECTIONS.items():
        assert "\nWrong:\n" in text and "\nRight:\n" in text, code
        assert text.count("```") == 4, code


def test_most_sections_show_a_definition() -> None:
    assert len(EXAMPLES) >= len(SECTIONS) - 13


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_wrong_example_has_this_finding_and_the_right_one_has_none(code: str) -> None:
    wrong, right = EXAMPLES[code]
    assert code in {each.code for each in compiled(wrong).findings}
    assert compiled(right).findings == ()
