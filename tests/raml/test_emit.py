"""Values as YAML text: what is read back is what was written."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from openmcs.raml import emit
from openmcs.raml.layout import Layout

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)


def normal(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: normal(each) for key, each in value.items()}
    return [normal(each) for each in value] if isinstance(value, list) else value


@given(values)
def test_a_value_within_braces_is_read_back(value: Any) -> None:
    assert Layout(f"k: {emit.flow(value)}\n").root.plain() == {"k": normal(value)}


@given(values, st.sampled_from(["\n", "\r\n"]), st.sampled_from([2, 4]))
def test_a_value_behind_a_key_is_read_back(value: Any, line_break: str, step: int) -> None:
    text = f"k:{emit.behind_key(value, 0, step, line_break)}{line_break}l: 1{line_break}"
    assert Layout(text).root.plain() == {"k": normal(value), "l": 1}


@given(texts)
def test_a_key_is_read_back(text: str) -> None:
    assert [name.text for name, _ in Layout(f"{emit.key(text)}: 1\n").root.entries] == [text]
