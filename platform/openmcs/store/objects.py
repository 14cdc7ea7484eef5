"""The object store: bytes under the SHA-256 of their content, such as uploaded archives."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from pathlib import Path
from typing import Protocol

_KEY = re.compile(r"[0-9a-f]{64}")


class ObjectMissing(KeyError):
    """Nothing is stored under this key, or the key is not the SHA-256 of anything."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(key)
        self.key = key
        self.reason = reason

    def __str__(self) -> str:
        return f"object {self.key!r}: {self.reason}"


class Objects(Protocol):
    """What an object store can do; a folder today, a bucket tomorrow."""

    def put(self, data: bytes) -> str:
        """Keep *data* durably; returns its key, the SHA-256 in hexadecimal. Storing it again changes nothing."""
        ...

    def get(self, key: str) -> bytes:
        """The bytes under *key*. Raises `ObjectMissing`."""
        ...

    def exists(self, key: str) -> bool:
        """Whether something is stored under *key*."""
        ...


class FolderObjects:
    """Objects in a local folder, `ab/cd/abcd…`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def put(self, data: bytes) -> str:
        """
        Keep *data*; when this returns, it survives a power cut.

        The name appears only after the content is on the disk, so a reader never finds half an object.
        """
        key = hashlib.sha256(data).hexdigest()
        file = self._file(key)
        if file.is_file():
            return key
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.parent / f".{key[:8]}-{secrets.token_hex(8)}"
        try:
            _write_durably(draft, data)
            os.rename(draft, file)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        for folder in (file.parent, file.parent.parent, self._directory):
            sync_directory(folder)
        return key

    def get(self, key: str) -> bytes:
        """The bytes under *key*. Raises `ObjectMissing`, also when the content was damaged on the disk."""
        if not _KEY.fullmatch(key):
            raise ObjectMissing(key, "not a SHA-256 in lower-case hexadecimal")
        try:
            data = self._file(key).read_bytes()
        except FileNotFoundError:
            raise ObjectMissing(key, "not in the object store") from None
        if hashlib.sha256(data).hexdigest() != key:
            raise ObjectMissing(key, f"its content is damaged, see {self._file(key)}")
        return data

    def exists(self, key: str) -> bool:
        """Whether something is stored under *key*."""
        return bool(_KEY.fullmatch(key)) and self._file(key).is_file()

    def _file(self, key: str) -> Path:
        return self._directory / key[:2] / key[2:4] / key


def _write_durably(file: Path, data: bytes) -> None:
    with open(file, "xb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def sync_directory(directory: Path) -> None:
    """Make the names in *directory* durable; a new file is not, before its folder is."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
