"""The query box's grammar."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.analytics.filters import FIELDS, Binds, Condition, Filter
from openmcs.analytics.query_box import parse_query
from openmcs.errors import RequestInvalid


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_TEXTS = [name for name, field in FIELDS.items() if field.kind == "text" and name != "method"]
_values = st.text(min_size=1, max_size=20)
_terms = st.builds(
    lambda name, values, negated: (
        Condition(FIELDS[name], "is", tuple(values), negated),
        f"{'-' if negated else ''}{name}:{','.join(map(_quoted, values))}",
    ),
    st.sampled_from(_TEXTS), st.lists(_values, min_size=1, max_size=3), st.booleans(),
)  # fmt: skip
_numbers = st.builds(
    lambda comparison, number: (Condition(FIELDS["duration"], comparison, (number,)), f"duration{comparison}{number}us"),
    st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), st.integers(0, 10**9 - 1),
)  # fmt: skip
_words = _values.map(lambda word: (Condition(FIELDS["text"], "is", (word,)), _quoted(word)))


@given(st.lists(_terms | _numbers | _words, max_size=8), st.sampled_from([" ", "  ", "\t", "\n "]))
def test_what_is_written_is_read(terms: list[tuple[Condition, str]], space: str) -> None:
    """Every list of tests, written down, is that list again, whatever the values are."""
    assert parse_query(space.join(text for _, text in terms)) == [test for test, _ in terms]


@given(st.text(max_size=60) | st.text(alphabet='status:user"\\-,<>=! 45x', max_size=40))
def test_any_text_is_read_or_refused_with_its_place(text: str) -> None:
    """Never another error; the column is in the text or just behind it, and what was read becomes a condition."""
    try:
        tests = parse_query(text)
    except RequestInvalid as error:
        (finding,) = error.findings
        assert finding.code in ("QUERY_FIELD", "QUERY_OPERATOR", "QUERY_VALUE", "QUERY_QUOTE", "QUERY_TOO_LONG")
        assert finding.line == 1
        assert finding.column is not None
        assert 1 <= finding.column <= len(text) + 1
    else:
        Filter(tuple(tests)).sql(Binds())


@pytest.mark.parametrize(
    ("text", "code", "column", "hint"),
    [
        ("status>=500 usr:anna", "QUERY_FIELD", 13, "did you mean user"),
        ("http://x", "QUERY_FIELD", 1, "text in quotes"),
        ("user>anna", "QUERY_OPERATOR", 5, "user:value"),
        ("status:5x", "QUERY_VALUE", 8, "4xx"),
        ("duration>soon", "QUERY_VALUE", 10, "250ms"),
        ("user: anna", "QUERY_VALUE", 6, "missing"),
        ("user:a,,b", "QUERY_VALUE", 8, "missing"),
        ('path:"/x', "QUERY_QUOTE", 6, "not closed"),
        ('user:a"b"', "QUERY_QUOTE", 7, "middle"),
        ("x " * 51, "QUERY_TOO_LONG", 101, "50 terms"),
        ("x" * 1001, "QUERY_TOO_LONG", 1001, "1000 characters"),
    ],
)
def test_a_mistake_is_shown_where_it_is(text: str, code: str, column: int, hint: str) -> None:
    """With a stable code, the column, and what to write instead."""
    with pytest.raises(RequestInvalid, match="parameter q") as caught:
        parse_query(text)
    (finding,) = caught.value.findings
    assert (finding.code, finding.column) == (code, column)
    assert hint in finding.message
