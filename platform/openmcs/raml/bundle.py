"""A RAML file of the disk, with what its includes may name, as a bundle."""

from __future__ import annotations

import os
import re
from pathlib import Path

from openmcs.raml.load import LARGEST_FILE, MOST_FILES

_SUFFIXES = {".raml", ".yaml", ".yml", ".json", ".xsd", ".xml", ".md", ".txt"}
HIGHEST = 3
"""Folders above the root's own that an include may lead into."""
_NAMED = re.compile(rb"""(?:!include\s+|:\s+|"\$ref"\s*:\s*)["']?([^\s"'#<>|]+\.[A-Za-z]{2,4})""")
_LEFT_OUT = {"node_modules", "__pycache__"}


def read_bundle(file: Path) -> tuple[dict[str, bytes], str]:
    """
    The file, the text files beside and below it, and those above it that they name; (bundle, the root's name).

    Names are relative to the highest folder that was needed.
    """
    root = file.resolve()
    bundle, name = _beside(root)
    above = _above(bundle, root.parent)
    if not above:
        return bundle, name
    base = Path(os.path.commonpath([root.parent, *(each.parent for each in above)]))
    prefix = root.parent.relative_to(base).as_posix()
    moved = {f"{prefix}/{path}": data for path, data in bundle.items()}
    return {**moved, **{each.relative_to(base).as_posix(): data for each, data in above.items()}}, f"{prefix}/{name}"


def _above(bundle: dict[str, bytes], folder: Path) -> dict[Path, bytes]:
    """Files outside of *folder* that the bundle names by `../`, and those that they name in turn."""
    highest = folder.parents[min(HIGHEST, len(folder.parents)) - 1] if folder.parents else folder
    found: dict[Path, bytes] = {}
    waiting = [(folder / path, data) for path, data in bundle.items()]
    while waiting and len(found) + len(bundle) < MOST_FILES:
        at, data = waiting.pop()
        for target in _NAMED.findall(data):
            path = Path(os.path.normpath(at.parent / os.fsdecode(target)))
            is_wanted = path.suffix.lower() in _SUFFIXES and path.is_relative_to(highest)
            if path in found or path.is_relative_to(folder) or not is_wanted:
                continue
            if path.is_file() and path.resolve() == path and path.stat().st_size <= LARGEST_FILE:
                found[path] = path.read_bytes()
                waiting.append((path, found[path]))
    return found


def _beside(root: Path) -> tuple[dict[str, bytes], str]:
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
