"""A RAML file of the disk, with what its includes may name, as a bundle."""

from __future__ import annotations

import os
from pathlib import Path

from openmcs.raml.load import LARGEST_FILE, MOST_FILES

_SUFFIXES = {".raml", ".yaml", ".yml", ".json", ".xsd", ".xml", ".md", ".txt"}
_LEFT_OUT = {"node_modules", "__pycache__"}


def read_bundle(file: Path) -> tuple[dict[str, bytes], str]:
    """The file and the text files beside and below it; (bundle, the root's name)."""
    root = file.resolve()
    bundle = {root.name: root.read_bytes()}
    if not any(word in bundle[root.name] for word in (b"!include", b"uses:", b"extends:")):
        return bundle, root.name
    for directory, names, files in os.walk(root.parent):
        names[:] = [each for each in names if each not in _LEFT_OUT and not each.startswith(".")]
        for name in files:
            path = Path(directory, name)
            if path.suffix.lower() not in _SUFFIXES or path.is_symlink() or path.stat().st_size > LARGEST_FILE:
                continue
            bundle[path.relative_to(root.parent).as_posix()] = path.read_bytes()
            if len(bundle) >= MOST_FILES:
                return bundle, root.name
    return bundle, root.name
