"""Server-sent events."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from openmcs.tools.events import event


@given(st.text())
def test_no_text_ends_an_event_early(text: str) -> None:
    """One block whatever is in it, since JSON escapes line ends."""
    block = event("line", {"text": text}, "7")
    assert block.endswith("\n\n") and block.count("\n") == 4
    name, id_, data = block.strip("\n").split("\n")
    assert (name, id_) == ("event: line", "id: 7")
    assert json.loads(data.removeprefix("data: ")) == {"text": text}


def test_an_id_may_be_left_out() -> None:
    """Then there is no place to take the stream up again."""
    assert event("ping", {}) == "event: ping\ndata: {}\n\n"
