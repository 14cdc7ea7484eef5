"""Why an upload was refused is told by a code of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from openmcs.catalog import implementations, reading
from openmcs.catalog.implementations import Implementations
from openmcs.catalog.manifest import Manifest
from openmcs.errors import PlatformError
from openmcs.runtime.admission import NoRoom, WorkerRefused
from openmcs.sandbox import SandboxUnavailable

DECLARED = Manifest(name="synapse", version="1.0", main="synapse.py")


@pytest.mark.parametrize(
    ("refused", "code"),
    [(WorkerRefused("no register"), "IMPLEMENTATION_START"), (NoRoom("no room"), "IMPLEMENTATION_NO_ROOM")],
)
def test_no_room_is_no_fault_of_the_code(refused: WorkerRefused, code: str) -> None:
    """A worker that does not start, and one for which there is no memory, are told apart."""
    error = implementations._import_failed(refused, DECLARED)
    assert [each.code for each in error.findings] == [code]
    assert str(refused) in error.findings[0].message


@pytest.mark.parametrize("strict", [True, False])
def test_archives_are_read_behind_the_walls_that_are_required(
    strict: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A machine that cannot raise them refuses every upload, and says why; that is no finding in the archive."""
    asked: list[bool] = []

    def read(data: bytes, *, strict: bool) -> Any:
        asked.append(strict)
        raise SandboxUnavailable("Landlock is not available")

    monkeypatch.setattr(reading, "read", read)
    blank = cast(Any, None)
    uploads = replace(Implementations(blank, blank, blank, blank, 1.0, blank), strict=strict)
    with pytest.raises(PlatformError, match="Landlock is not available") as caught:
        uploads._read(b"")
    assert asked == [strict]
    assert caught.value.status == 500 and not caught.value.findings
