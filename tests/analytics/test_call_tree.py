"""`GET /requests/{ecid}`."""

from __future__ import annotations

from pathlib import Path

import pytest

from openmcs.analytics.call_tree import CallTree
from openmcs.errors import ResourceNotFound
from openmcs.store.database import Database
from openmcs.store.log_reader import LogReader
from tests.store.records import load, message, request


def test_a_tree_is_shown_oldest_first(database: Database, log: LogReader, tmp_path: Path) -> None:
    """All calls of the ECID with their own lines counted, and all lines."""
    load(
        database, tmp_path, request(0, rid="0:1", time=1_000_050), message(0, rid="0:1", time=1_000_060), request(0),
        request(1),
    )  # fmt: skip
    answer = CallTree("e0").ask(log)
    assert [(item["rid"], item["messages"]) for item in answer["requests"]] == [("0", 0), ("0:1", 1)]
    assert [item["message"] for item in answer["messages"]] == ["line 0"]


def test_an_unknown_ecid_is_not_found(log: LogReader) -> None:
    """The error shows it."""
    with pytest.raises(ResourceNotFound, match="nothing-here"):
        CallTree("nothing-here").ask(log)
