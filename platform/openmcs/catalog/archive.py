"""
An uploaded implementation: a zip file, hostile until proven otherwise. `reading.py` runs this behind walls.

`read` looks at names, kinds and claimed positions first and inflates afterwards, counting what comes
out; nothing touches the disk before `unpack`. MCS's layout, one top folder of any name, and a flat
layout are both read. What packers leave behind (`__MACOSX`, `.DS_Store`, byte code) is ignored.
"""

from __future__ import annotations

import io
import os
import re
import stat
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from openmcs.catalog import zip_directory
from openmcs.catalog.sealing import filling
from openmcs.catalog.zip_directory import Damaged, Entry, NotZip, TooMuch
from openmcs.errors import ImplementationInvalid
from openmcs.exchange import Finding

MIB = 2**20
MANIFESTS = ("pyproject.toml", "package.json")
_NOISE_PARTS = {"__MACOSX", ".DS_Store", "Thumbs.db", "__pycache__"}
_NOISE_NAME = re.compile(r"\.py[co]$|(^|/)\._[^/]*$")
_FORBIDDEN_CHARACTERS = set('<>:"|?*\\')
_FORBIDDEN_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Control and format characters (among them those that reverse the direction of writing), unassigned ones."""
_LONGEST_PART = 255
"""Bytes that file systems take for one name."""
_MOST_FINDINGS = 20
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


class Limits(NamedTuple):
    """What an archive may have."""

    packed: int = 50 * MIB
    """Bytes as uploaded."""
    total: int = 50 * MIB
    """Bytes after inflating, all files together."""
    entries: int = 2000
    ratio: int = 100
    """Bytes that may come out for each byte that goes in, beyond `free`."""
    free: int = MIB
    depth: int = 16
    """Folders and file of one name."""
    name: int = 200
    """Characters of one name."""


class Archive(NamedTuple):
    """The files of an upload."""

    files: dict[str, bytes]
    """Content by name, relative to the top folder, with `/` between the parts."""
    top: str | None
    """The top folder, if there was exactly one."""


def read(data: bytes, *, limits: Limits = Limits()) -> Archive:  # noqa: B008 - immutable
    """
    The files in the zip file *data*.

    Raises `ImplementationInvalid` with the findings ARCHIVE_NOT_ZIP, ARCHIVE_DAMAGED, ARCHIVE_TOO_LARGE,
    ARCHIVE_TOO_MANY_ENTRIES, ARCHIVE_BOMB, ARCHIVE_ENTRY_ESCAPES, ARCHIVE_ENTRY_LINK, ARCHIVE_NAME_INVALID,
    ARCHIVE_DUPLICATE_ENTRY, ARCHIVE_ENCRYPTED or ARCHIVE_EMPTY.
    """
    kept = _kept(_directory(data, limits), limits)
    _refuse_overlaps(data, kept)
    return _below_top(_inflate_all(data, kept, limits))


def refuse_too_large(data: bytes, limits: Limits = Limits()) -> None:  # noqa: B008 - immutable
    """Raise `ImplementationInvalid` for an upload that is too large to be looked at."""
    if len(data) > limits.packed:
        raise _refused("ARCHIVE_TOO_LARGE", f"The archive has {len(data)} bytes; {limits.packed} are allowed.")


def write(files: Mapping[str, bytes], top: str) -> bytes:
    """A zip file of *files* below the folder *top*; the same files always give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{top}/{name}", _FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever it is made
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            packed.writestr(entry, files[name])
    return out.getvalue()


def unpack(archive: Archive, directory: Path) -> None:
    """
    Make *directory* with the archive's files, read-only; when it exists, it is taken to be the same.

    It appears whole or not at all: the caller names it after the archive's hash.
    """
    if directory.is_dir():
        return
    with filling(directory) as fresh:
        for name, content in archive.files.items():
            path = fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
            with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
                file.write(content)


# ── the directory ────────────────────────────────────────────────────────────────────────────────────


def _directory(data: bytes, limits: Limits) -> list[Entry]:
    refuse_too_large(data, limits)
    try:
        if (count := zip_directory.count_of(data)) > limits.entries:
            message = f"The archive has {count} entries; {limits.entries} are allowed."
            raise _refused("ARCHIVE_TOO_MANY_ENTRIES", message)
        return list(zip_directory.entries(data))
    except NotZip:
        message = "The upload is not a zip file. Zip the implementation's folder with its pyproject.toml."
        raise _refused("ARCHIVE_NOT_ZIP", message) from None
    except Damaged as error:
        raise _refused("ARCHIVE_DAMAGED", f"The archive cannot be read: {error}.") from error


def _kept(found: Iterable[Entry], limits: Limits) -> list[Entry]:
    """The entries that are files and no noise; every one that is refused becomes a finding."""
    findings: list[Finding] = []
    kept: list[Entry] = []
    for entry in found:
        finding = _escape(entry)
        if finding is None and not _is_noise(entry.name):
            finding = _bad_kind(entry) or _bad_name(entry.name, limits)
            if finding is None and not entry.name.endswith("/"):
                kept.append(entry)
        if finding is not None:
            findings.append(finding)
    findings += _clashes(kept)
    if findings:
        raise _all_refused(findings)
    return kept


def _escape(entry: Entry) -> Finding | None:
    name = entry.name
    inside = not name.startswith(("/", "\\")) and "\\" not in name and not re.match(r"[A-Za-z]:", name)
    if inside and ".." not in name.split("/"):
        return None
    message = f"The entry {_shown(name)} points outside the archive: names are relative, with / between folders."
    return Finding("ARCHIVE_ENTRY_ESCAPES", message, _shown(name))


def _is_noise(name: str) -> bool:
    return not _NOISE_PARTS.isdisjoint(name.split("/")) or _NOISE_NAME.search(name) is not None


def _bad_kind(entry: Entry) -> Finding | None:
    shown = _shown(entry.name)
    if entry.encrypted:
        return Finding("ARCHIVE_ENCRYPTED", f"The entry {shown} is encrypted; zip without a password.", shown)
    kind = stat.S_IFMT(entry.mode)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        what = "a symbolic link" if kind == stat.S_IFLNK else "a device or the like"
        return Finding("ARCHIVE_ENTRY_LINK", f"The entry {shown} is {what}; only files and folders are taken.", shown)
    return None


def _bad_name(name: str, limits: Limits) -> Finding | None:
    parts = name.removesuffix("/").split("/")
    if len(name) > limits.name:
        why = f"has {len(name)} characters; {limits.name} are allowed"
    elif len(parts) > limits.depth:
        why = f"is {len(parts)} folders deep; {limits.depth} are allowed"
    elif any(len(part.encode()) > _LONGEST_PART for part in parts):
        why = f"has a part of more than {_LONGEST_PART} bytes"
    elif any(part in ("", ".") or part != part.strip() or part.endswith(".") for part in parts):
        why = "has a part that is empty or ends in a dot or a space"
    elif not _FORBIDDEN_CHARACTERS.isdisjoint(name):
        why = 'has one of the characters < > : " | ? * \\'
    elif any(unicodedata.category(each) in _FORBIDDEN_CATEGORIES for each in name):
        why = "has a control character"
    else:
        return None
    return Finding("ARCHIVE_NAME_INVALID", f"The name {_shown(name)} {why}.", _shown(name))


def _clashes(kept: Iterable[Entry]) -> list[Finding]:
    """Names that some file system takes for the same one, and files that are folders too."""
    findings = []
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    for entry in kept:
        key = _same(entry.name)
        parents = [key[:at] for at, each in enumerate(key) if each == "/"]
        other = files.get(key) or folders.get(key) or next((files[each] for each in parents if each in files), None)
        if other is not None:
            message = f"{_shown(entry.name)} and {_shown(other)} cannot both be there."
            findings.append(Finding("ARCHIVE_DUPLICATE_ENTRY", message, _shown(entry.name)))
        files[key] = entry.name
        folders.update(dict.fromkeys(parents, entry.name))
    return findings


def _same(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


# ── the content ──────────────────────────────────────────────────────────────────────────────────────


def _refuse_overlaps(data: bytes, kept: Iterable[Entry]) -> None:
    """Entries that share bytes are how a small archive becomes an endless one."""
    end = 0
    for entry in sorted(kept, key=lambda each: each.offset):
        try:
            begin, next_end = zip_directory.packed_range(data, entry)
        except Damaged as error:
            raise _damaged(entry, error) from error
        if begin < end:
            raise _refused("ARCHIVE_BOMB", f"The entry {_shown(entry.name)} overlaps another one.", entry.name)
        end = next_end


def _inflate_all(data: bytes, kept: Iterable[Entry], limits: Limits) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    left = limits.total
    for entry in kept:
        most = limits.free + limits.ratio * entry.packed
        try:
            content = zip_directory.inflate(data, entry, min(left, most))
        except TooMuch:
            raise _too_much(entry, left < most, limits) from None
        except Damaged as error:
            raise _damaged(entry, error) from error
        left -= len(content)
        files[entry.name] = content
    if not files:
        raise _refused("ARCHIVE_EMPTY", "There is no file in the archive.")
    return files


def _below_top(files: dict[str, bytes]) -> Archive:
    tops = {name.split("/", 1)[0] for name in files}
    if len(tops) != 1 or any(name in MANIFESTS for name in files) or any("/" not in name for name in files):
        return Archive(files, None)
    (top,) = tops
    return Archive({name[len(top) + 1 :]: content for name, content in files.items()}, top)


# ── findings ─────────────────────────────────────────────────────────────────────────────────────────


def _too_much(entry: Entry, total: bool, limits: Limits) -> ImplementationInvalid:
    if total:
        return _refused("ARCHIVE_TOO_LARGE", f"The archive's files have more than {limits.total} bytes.", entry.name)
    message = f"{_shown(entry.name)} inflates to more than {limits.ratio} times its packed size."
    return _refused("ARCHIVE_BOMB", message, entry.name)


def _damaged(entry: Entry, error: Damaged) -> ImplementationInvalid:
    return _refused("ARCHIVE_DAMAGED", f"The entry {_shown(entry.name)} cannot be read: {error}.", entry.name)


def _refused(code: str, message: str, name: str | None = None) -> ImplementationInvalid:
    return _all_refused([Finding(code, message, None if name is None else _shown(name))])


def _all_refused(findings: list[Finding]) -> ImplementationInvalid:
    more = f" (and {len(findings) - 1} more findings)" if len(findings) > 1 else ""
    return ImplementationInvalid(findings[0].message + more, findings=findings[:_MOST_FINDINGS])


def _shown(name: str) -> str:
    """*name* without characters that would act on a terminal or a page, and not too long."""
    safe = "".join(each if unicodedata.category(each) not in _FORBIDDEN_CATEGORIES else "\ufffd" for each in name)
    return safe if len(safe) <= 120 else safe[:117] + "..."
