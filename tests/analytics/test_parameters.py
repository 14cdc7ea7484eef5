"""Reading query parameters: any text is a value or refused by name."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from openmcs.analytics import parameters as read
from openmcs.analytics.messages import Messages
from openmcs.analytics.requests import Requests
from openmcs.errors import RequestInvalid
from openmcs.store.log import END, Cursor

names = st.sampled_from(
    ["from", "to", "status", "order", "limit", "offset", "after", "minDurationMs", "tools", "level", "path", "text"]
)


@given(st.dictionaries(names, st.text(max_size=25) | st.from_regex(r"[0-9.x-]{0,22}", fullmatch=True), max_size=4))
def test_hostile_parameters_are_refused_and_nothing_else_is_raised(parameters: dict[str, str]) -> None:
    """Neither reader lets another exception out, and what it lets through is within its bounds."""
    for kind in (Requests, Messages):
        try:
            question = kind.parse(parameters)
        except RequestInvalid as error:
            assert "parameter" in error.detail
        else:
            assert 1 <= question.limit <= 1000
            assert question.after is None or question.after.batch < 10**18


def test_a_cursor_comes_back_as_it_was_handed_out() -> None:
    """Both forms of it."""
    for cursor in (Cursor(17, END), Cursor(17, 2048)):
        assert read.cursor({"after": read.cursor_text(cursor)}) == cursor
