"""`GET /messages`."""

from __future__ import annotations

from pathlib import Path

import pytest

from openmcs.analytics.messages import Messages
from openmcs.errors import RequestInvalid
from openmcs.store.database import Database
from openmcs.store.log_reader import LogReader
from tests.store.records import load, message


def test_messages_have_the_shape_of_the_tools_api(database: Database, log: LogReader, tmp_path: Path) -> None:
    """Levels by name, ISO times, newest first."""
    load(database, tmp_path, message(0, level=1000, file="synapse.py", line=3, user="joe"), message(1))
    answer = Messages().ask(log)
    assert [item["ecid"] for item in answer["items"]] == ["e1", "e0"]
    assert answer["items"][1] == {
        "time": "1970-01-01T00:00:01.000Z", "ecid": "e0", "level": "severe", "message": "line 0", "logger": "console",
        "backend": None, "api": None, "apiVersion": None, "implementation": None, "user": "joe", "file": "synapse.py",
        "line": 3,
    }  # fmt: skip


def test_a_level_means_this_and_worse(database: Database, log: LogReader, tmp_path: Path) -> None:
    """Also by the names that JavaScript and Python use."""
    load(database, tmp_path, message(0, level=500), message(1, level=900), message(2, level=1000))

    def ecids(**parameters: str) -> list[str]:
        return [item["ecid"] for item in Messages.parse(parameters).ask(log)["items"]]

    assert ecids(level="warning") == ecids(level="WARN") == ["e2", "e1"]
    assert ecids(level="finest", text="LINE 0") == ["e0"]
    with pytest.raises(RequestInvalid, match="parameter level"):
        ecids(level="loud")


def test_the_cursor_follows_the_log(database: Database, log: LogReader, tmp_path: Path) -> None:
    """Only what came later, oldest first."""
    load(database, tmp_path, message(5))
    cursor = Messages().ask(log)["cursor"]
    load(database, tmp_path, message(1), message(2))
    answer = Messages.parse({"after": cursor}).ask(log)
    assert [item["ecid"] for item in answer["items"]] == ["e1", "e2"]
    assert Messages.parse({"after": answer["cursor"]}).ask(log)["items"] == []
