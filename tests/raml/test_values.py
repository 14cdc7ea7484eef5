"""Values against schemas: bounded, closed off, and exact."""

from __future__ import annotations

import pytest

from openmcs.raml.values import MOST_MISFITS, Validator, is_pattern, problem_of


def test_misfits_have_a_pointer() -> None:
    found = Validator({"properties": {"a/b": {"items": {"type": "integer"}}}}).misfits({"a/b": [1, "x"]})
    assert [(each.pointer, each.message) for each in found] == [("/a~1b/1", '"x" is not of type "integer"')]


def test_a_mask_stands_for_the_value_in_messages() -> None:
    (found,) = Validator({"type": "integer"}, mask="the value").misfits("s3cret")
    assert found.message == 'the value is not of type "integer"'


def test_nothing_is_fetched() -> None:
    for target in ("http://127.0.0.1:9/x", "file:///etc/hostname"):
        with pytest.raises(Exception, match=r"not fetched|[Rr]etriev|resol"):
            Validator({"$ref": target}).fits(1)


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(?=(a+)+$)(a|aa)+$", r"^(\w+\s?)*$"])
def test_a_pattern_that_goes_astray_has_an_end(pattern: str) -> None:
    """What has not been decided by then does not fit."""
    assert not Validator({"pattern": pattern}).fits("a" * 60 + "!")


def test_not_every_text_is_a_pattern() -> None:
    assert is_pattern(r"^\d+(?=x)") and not is_pattern("(") and not is_pattern("a{99999999}")


def test_decimals_are_exact() -> None:
    assert Validator({"multipleOf": 0.1}).fits(0.3)


@pytest.mark.parametrize(
    ("value", "fits"),
    [("2026-02-28T10:00:00", True), ("2026-02-28T10:00:00.25", True), ("2026-02-30T10:00:00", False),
     ("2026-02-28T10:00:00Z", False), ("2026-02-28", False), ("x", False)],
)  # fmt: skip
def test_a_datetime_only_has_no_zone_and_exists(value: str, fits: bool) -> None:
    assert Validator({"format": "datetime-only"}).fits(value) is fits


def test_misfits_are_not_endless() -> None:
    assert len(Validator({"items": {"type": "integer"}}).misfits(["x"] * 500)) == MOST_MISFITS


def test_what_is_no_schema_says_why() -> None:
    assert problem_of({"type": "string"}) is None
    assert problem_of({"minLength": "x"})
    assert problem_of({"properties": {"a": {"$ref": "#/elsewhere"}}}) is None
