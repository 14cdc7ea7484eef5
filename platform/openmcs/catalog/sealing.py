"""
Folders that appear whole or not at all, and never change afterwards.

A folder is filled under a temporary name beside its final one, made read-only, written through to the
disk and renamed. Whoever sees the final name sees everything, also after a power cut.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_READ_ONLY_FILE, _READ_ONLY_DIRECTORY = 0o444, 0o555


@contextmanager
def filling(final: Path) -> Iterator[Path]:
    """
    A fresh folder that becomes *final* at the end of the block; on an exception nothing is left of it.

    When *final* came into being meanwhile it is kept, since both were made from the same content.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".filling-", dir=final.parent))
    try:
        yield fresh
        _seal(fresh)
        try:
            fresh.rename(final)
        except OSError:
            if not final.is_dir():
                raise
        _write_through(final.parent)
    finally:
        discard(fresh)


def discard(directory: Path) -> None:
    """Remove a folder though it is read-only; nothing happens when there is none."""
    if not directory.is_dir():
        return
    for folder, _, _ in os.walk(directory):
        os.chmod(folder, stat.S_IRWXU)
    shutil.rmtree(directory)


def _seal(directory: Path) -> None:
    for folder, _, files in os.walk(directory, topdown=False):
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(_READ_ONLY_FILE)
                _write_through(path)
        os.chmod(folder, _READ_ONLY_DIRECTORY)
        _write_through(Path(folder))


def _write_through(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
