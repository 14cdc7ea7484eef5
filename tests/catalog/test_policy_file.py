"""`policies.properties`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.catalog.policy_file import Entry, Malformed, read, write

_names = st.from_regex(
    r"(\*|[A-Z][a-z]{0,5}\(1\.0\))\.(\*|custom/[a-z]{1,5}\(1\.0\))\.[A-Z][A-Za-z_]{1,20}", fullmatch=True
)
_values = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(st.lists(st.tuples(_names, _values), max_size=8))
def test_what_is_written_is_read(entries: list[tuple[str, str]]) -> None:
    """Whatever the values are; the file is plain ASCII, a line an entry behind the header."""
    text = write(entries, instance="here: # \\", version="1")
    assert text.isascii()
    assert [(each.name, each.value) for each in read(text)] == entries
    assert len(text.splitlines()) == 4 + len(entries)


@given(st.text(max_size=200) | st.text(alphabet="a=:\\ \n\tu0#", max_size=60))
def test_any_text_is_read_or_refused_with_its_line(text: str) -> None:
    """Never another error."""
    try:
        entries = list(read(text))
    except Malformed as error:
        assert 1 <= error.line <= len(text) + 1
    else:
        assert all(isinstance(each, Entry) for each in entries)


def test_an_exported_file_of_mcs_is_read() -> None:
    """With its title lines, escaped colons, lines that go on, blanks and comments."""
    text = (
        "Oracle Mobile Cloud Service Policies\r\nSnapshot from: mcs-x\r\nSystem version: 18.2.3\r\nData format: 2\r\n\r\n"
        "*.*.Asset_AllowPurge=ALL\r\n"
        "*.connector/X(1.0).Connector_Endpoint=https\\://example.org\\:443/a\\=b\r\n"
        "   ! a comment \\\r\n"
        "B(1.0).custom/A(1.0).Security_IdentityProviders : [ {\\\r\n"
        '     "name"\\: "f\\u00e9" } ]\r\n'
        "*.*.Empty_One\r\n"
    )
    assert [tuple(each) for each in read(text)] == [
        (6, "*.*.Asset_AllowPurge", "ALL"),
        (7, "*.connector/X(1.0).Connector_Endpoint", "https://example.org:443/a=b"),
        (9, "B(1.0).custom/A(1.0).Security_IdentityProviders", '[ {"name": "f\u00e9" } ]'),
        (11, "*.*.Empty_One", ""),
    ]


def test_a_line_that_cannot_be_read_is_named() -> None:
    """With its number."""
    with pytest.raises(Malformed, match=r"line 2: .*hexadecimal"):
        list(read("*.*.A=1\n*.*.B=\\u12\n"))
