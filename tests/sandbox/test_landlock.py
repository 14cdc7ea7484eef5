"""Landlock's own part; what it stops is shown by the attacks in `test_sandbox.py`."""

from __future__ import annotations

import pytest

from openmcs.sandbox import landlock
from openmcs.sandbox.walls import SandboxUnavailable, Walls


def test_a_kernel_without_landlock_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says which kernel and setting are needed; nothing is restricted by trying."""
    monkeypatch.setattr(landlock, "abi", lambda: 0)
    with pytest.raises(SandboxUnavailable, match=r"Linux 5\.13"):
        landlock.restrict(Walls(read=()))


def test_a_refusal_of_the_kernel_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile that forbids Landlock's calls shows as its error."""

    def refuse(*_: object) -> int:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(landlock, "abi", lambda: 4)
    monkeypatch.setattr(landlock, "_syscall", refuse)
    with pytest.raises(SandboxUnavailable, match=r"ABI 4.*not permitted"):
        landlock.restrict(Walls(read=()))


def test_a_kernel_that_forbids_the_question_has_no_landlock(monkeypatch: pytest.MonkeyPatch) -> None:
    """ABI 0 stands for missing, switched off and forbidden alike."""

    def refuse(*_: object) -> int:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(landlock, "_syscall", refuse)
    assert landlock.abi() == 0
