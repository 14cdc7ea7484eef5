"""Folders appear whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from openmcs.catalog.sealing import discard, filling


def test_a_filled_folder_gets_its_name_at_the_end(tmp_path: Path) -> None:
    """While it is being filled, the final name does not exist."""
    final = tmp_path / "deep" / "final"
    with filling(final) as fresh:
        (fresh / "file").write_text("x")
        assert not final.exists()
    assert (final / "file").read_text() == "x"
    assert stat.S_IMODE((final / "file").stat().st_mode) == 0o444


def test_an_exception_leaves_nothing(tmp_path: Path) -> None:
    """The half-filled folder is gone."""
    with pytest.raises(RuntimeError), filling(tmp_path / "final") as fresh:
        (fresh / "file").write_text("x")
        raise RuntimeError
    assert os.listdir(tmp_path) == []


def test_the_first_of_two_wins(tmp_path: Path) -> None:
    """Two that make the same folder at once both end with it."""
    with filling(tmp_path / "final") as late:
        (late / "who").write_text("late")
        with filling(tmp_path / "final") as early:
            (early / "who").write_text("early")
    assert (tmp_path / "final" / "who").read_text() == "early"
    assert os.listdir(tmp_path) == ["final"]


def test_discarding_what_is_not_there_is_nothing(tmp_path: Path) -> None:
    """No error for a folder that is gone already."""
    discard(tmp_path / "none")
