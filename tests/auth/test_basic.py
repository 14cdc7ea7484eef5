"""Credentials as the vendor's SDKs encode them (contract: wire 2.3, Q20)."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.auth.basic import decode
from openmcs.errors import CallerRejected

names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=":"), min_size=1)
passwords = st.text(st.characters(exclude_categories=["Cs"]))


def _header(raw: bytes, scheme: str = "Basic") -> str:
    return f"{scheme} {base64.b64encode(raw).decode()}"


@given(names, passwords)
def test_utf8_comes_back_as_it_was(user: str, password: str) -> None:
    """Every name without a colon, and every password."""
    assert decode(_header(f"{user}:{password}".encode())) == (user, password)


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("jo:é".encode("latin-1"), ("jo", "é")),
        ("andré:ÿþ".encode("latin-1"), ("andré", "ÿþ")),
        ("jo:é".encode(), ("jo", "é")),
        (b"jo:a:b", ("jo", "a:b")),
        (b"jo:", ("jo", "")),
    ],
)
def test_q20_latin1_is_the_fallback(raw: bytes, read: tuple[str, str]) -> None:
    """The JavaScript SDK sends one byte a character."""
    assert decode(_header(raw)) == read


@pytest.mark.parametrize("scheme", ["basic", "BASIC", "Basic "])
def test_the_scheme_has_no_casing(scheme: str) -> None:
    """And blanks around what is encoded do not count."""
    assert decode(_header(b"jo:x", scheme) + " ") == ("jo", "x")


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("Bearer abc", "scheme Basic"),
        ("", "scheme Basic"),
        ("Basic", "no user and password"),
        ("Basic !!!", "not base64"),
        ("Basic é", "not base64"),
        ("Basic am8=", "no user and password"),
        (_header(b":password"), "no user and password"),
    ],
)
def test_what_is_malformed_is_said_without_repeating_it(header: str, reason: str) -> None:
    """The message tells what is missing; a password might be in the rest."""
    with pytest.raises(CallerRejected, match=reason) as refused:
        decode(header)
    assert header == "" or header.partition(" ")[2] == "" or header.partition(" ")[2] not in refused.value.detail


@given(st.text())
def test_any_header_is_read_or_refused(header: str) -> None:
    """Nothing else is raised."""
    try:
        decode(header)
    except CallerRejected:
        pass
