"""The object store keeps bytes under their digest."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from openmcs.store.objects import FolderObjects, ObjectMissing


def test_what_was_put_is_got_under_its_digest(tmp_path: Path) -> None:
    """The key is the SHA-256; storing the same again is harmless, and leaves no drafts."""
    objects = FolderObjects(tmp_path / "objects")
    key = objects.put(b"zip")
    assert key == hashlib.sha256(b"zip").hexdigest() == objects.put(b"zip")
    assert objects.get(key) == b"zip"
    assert objects.exists(key)
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == [key]
    assert FolderObjects(tmp_path / "objects").get(key) == b"zip"


def test_an_unknown_key_is_said_so(tmp_path: Path) -> None:
    """The error is a KeyError that says what is missing."""
    objects = FolderObjects(tmp_path)
    key = hashlib.sha256(b"never").hexdigest()
    assert not objects.exists(key)
    with pytest.raises(KeyError, match=f"{key}.*not in the object store"):
        objects.get(key)


@pytest.mark.parametrize("key", ["", "..", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n", "a" * 62 + "/x"])
def test_a_key_that_is_no_digest_reaches_no_file(tmp_path: Path, key: str) -> None:
    """Paths, upper case and other lengths are refused before the file system is asked."""
    objects = FolderObjects(tmp_path)
    assert not objects.exists(key)
    with pytest.raises(ObjectMissing, match="not a SHA-256"):
        objects.get(key)


def test_a_damaged_object_is_not_handed_out(tmp_path: Path) -> None:
    """Content that does not fit its key any more is an error that names the file."""
    objects = FolderObjects(tmp_path)
    key = objects.put(b"good")
    (tmp_path / key[:2] / key[2:4] / key).write_bytes(b"evil")
    with pytest.raises(ObjectMissing, match="damaged"):
        objects.get(key)


def test_a_failed_put_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk fails there is no object, and no half of one."""

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        FolderObjects(tmp_path).put(b"data")
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []
