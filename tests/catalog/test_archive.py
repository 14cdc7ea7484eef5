"""Uploads are read without being believed: what packers make is taken, what attackers make is named and refused."""

from __future__ import annotations

import io
import os
import stat
import struct
import time
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openmcs.catalog import archive
from openmcs.catalog.archive import Limits
from openmcs.catalog.sealing import discard
from openmcs.errors import ImplementationInvalid

Content = bytes | str
PROJECT = {"pyproject.toml": b"[project]", "synapse.py": b"def register(service): ..."}


def packed(*entries: tuple[str, Content], mode: int = 0o100644, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file as Python's own writer makes it, of whatever names are asked for."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of duplicate names
        for name, content in entries:
            entry = zipfile.ZipInfo("x")
            entry.filename = name
            entry.compress_type = method
            entry.external_attr = mode << 16
            file.writestr(entry, content)
    return out.getvalue()


def codes(data: bytes, limits: Limits | None = None) -> set[str]:
    """The codes of the findings that *data* is refused with."""
    with pytest.raises(ImplementationInvalid) as caught:
        archive.read(data, limits=limits or Limits())
    assert caught.value.findings
    return {each.code for each in caught.value.findings}


# ── what is taken ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("top", ["synapse", "another name", "Übung"])
def test_one_top_folder_of_any_name_is_stripped(top: str) -> None:
    """MCS's layout: the folder need not be called like the package."""
    found = archive.read(archive.write(PROJECT, top))
    assert found.files == PROJECT and found.top == top


def test_a_flat_archive_is_taken() -> None:
    """A manifest at the root makes it the root, also when everything else lies in one folder."""
    found = archive.read(packed(("pyproject.toml", "x"), ("synapse/__init__.py", "y"), ("synapse/", "")))
    assert set(found.files) == {"pyproject.toml", "synapse/__init__.py"} and found.top is None


def test_what_packers_leave_behind_is_ignored() -> None:
    """macOS's and Python's own litter is no reason to refuse, and not part of the code."""
    litter = ["__MACOSX/s/._main.py", "s/.DS_Store", "s/__pycache__/m.cpython-311.pyc", "s/old.pyc", "s/._main.py"]
    assert archive.read(packed(("s/main.py", "x"), *((name, "junk") for name in litter))).files == {"main.py": b"x"}


def test_stored_entries_are_taken() -> None:
    """Not everything is compressed."""
    assert archive.read(packed(("a.py", b"1" * 1000), method=zipfile.ZIP_STORED)).files == {"a.py": b"1" * 1000}


PART = st.text(st.sampled_from("abcXYZ019_-äß é漢"), min_size=1, max_size=12).filter(
    lambda each: each == each.strip() and not each.endswith(".")
)
NAME = st.lists(PART, min_size=1, max_size=4).map("/".join)


def unambiguous(files: dict[str, bytes]) -> bool:
    """No two names clash, none is both file and folder."""
    names = {name.casefold() for name in files}
    parents = {name[:at] for name in names for at, each in enumerate(name) if each == "/"}
    return len(names) == len(files) and not names & parents


@given(files=st.dictionaries(NAME, st.binary(max_size=300), max_size=8).filter(unambiguous), top=PART)
@example(files={"ǆ": b""}, top="x")
def test_what_is_written_is_read_back(files: dict[str, bytes], top: str) -> None:
    """Writing and reading are inverse, and writing is reproducible whatever the order."""
    files = {**files, "pyproject.toml": b""}
    data = archive.write(files, top)
    assert archive.read(data).files == files
    assert archive.write(dict(reversed(files.items())), top) == data


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name",
    ["../x.py", "a/../../x.py", "/etc/x.py", "a\\..\\x.py", "\\x.py", "C:/x.py", "C:x.py", "a/..", "../x.pyc"],
)
def test_names_that_leave_the_archive_are_refused(name: str) -> None:
    """Parents, absolute paths, backslashes and drive letters."""
    assert codes(packed(("main.py", "x"), (name, "x"))) == {"ARCHIVE_ENTRY_ESCAPES"}


@pytest.mark.parametrize(
    "name",
    [
        *("a\x00.py", "a\n.py", "a\x1b[31m.py", "a\u202egpj.py", "a\u200b.py", "a?.py", "a//b.py", "./a.py", "a./b.py"),
        *(" a.py", "a /b.py", "x" * 201, "漢" * 100, "/".join("a" * 17)),
    ],
)
def test_names_that_deceive_are_refused(name: str) -> None:
    """Control characters, reversed writing, parts some systems cannot store, and what is too long or too deep."""
    with pytest.raises(ImplementationInvalid) as caught:
        archive.read(packed(("main.py", "x"), (name, "x")))
    (finding,) = caught.value.findings
    assert finding.code == "ARCHIVE_NAME_INVALID"
    assert finding.message.isprintable()


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
def test_links_and_devices_are_refused(kind: int) -> None:
    """Only files and folders are taken."""
    assert codes(packed(("evil", "/etc/passwd"), mode=kind | 0o777)) == {"ARCHIVE_ENTRY_LINK"}


@pytest.mark.parametrize(
    ("one", "two"), [("a.py", "a.py"), ("a.py", "A.PY"), ("é.py", "e\u0301.py"), ("a", "a/b.py"), ("a/b.py", "A")]
)
def test_names_that_clash_are_refused(one: str, two: str) -> None:
    """The same name twice, in other letters or another form, or for a file and a folder."""
    assert codes(packed((one, "1"), (two, "2"))) == {"ARCHIVE_DUPLICATE_ENTRY"}


def test_every_finding_is_told_at_once() -> None:
    """The author sees all that is wrong in one answer."""
    assert codes(packed(("../a", ""), ("b?", ""))) == {"ARCHIVE_ENTRY_ESCAPES", "ARCHIVE_NAME_INVALID"}


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip", b"\x1f\x8b" + b"\0" * 100, b"[project]\n" * 50])
def test_other_files_are_no_archive(data: bytes) -> None:
    """The answer says what to upload instead."""
    assert codes(data) == {"ARCHIVE_NOT_ZIP"}


def test_an_archive_without_files_is_refused() -> None:
    """Folders and litter are nothing to run."""
    assert codes(packed(("a/", ""), ("a/.DS_Store", "x"))) == {"ARCHIVE_EMPTY"}


def test_a_bomb_is_stopped_while_it_inflates() -> None:
    """100 MB of zeros in 100 KB are refused long before they are all there."""
    started = time.monotonic()
    assert codes(packed(("zeros", bytes(100 * 2**20)))) == {"ARCHIVE_BOMB"}
    assert time.monotonic() - started < 5


def test_files_together_are_limited() -> None:
    """What counts is what comes out."""
    data = packed(*((f"{each}.bin", os.urandom(1000)) for each in range(10)))
    assert codes(data, Limits(total=9000)) == {"ARCHIVE_TOO_LARGE"}
    assert codes(data, Limits(packed=5000)) == {"ARCHIVE_TOO_LARGE"}
    assert codes(data, Limits(entries=9)) == {"ARCHIVE_TOO_MANY_ENTRIES"}
    assert len(archive.read(data, limits=Limits(total=10_000, entries=10)).files) == 10


def central(data: bytes, offset: int, form: str, value: int) -> bytes:
    """*data* with a field of its first directory entry changed."""
    at = data.index(b"PK\x01\x02") + offset
    return data[:at] + struct.pack(form, value) + data[at + struct.calcsize(form) :]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda data: central(data, 8, "<H", 1), "ARCHIVE_ENCRYPTED"),
        (lambda data: central(data, 10, "<H", 12), "ARCHIVE_DAMAGED"),
        (lambda data: central(data, 16, "<L", 1), "ARCHIVE_DAMAGED"),
        (lambda data: central(data, 20, "<L", 3), "ARCHIVE_DAMAGED"),
        (lambda data: central(data, 20, "<L", 2**31), "ARCHIVE_DAMAGED"),
        (lambda data: central(data, 42, "<L", 7), "ARCHIVE_DAMAGED"),
        (lambda data: central(data, 42, "<L", 2**31), "ARCHIVE_DAMAGED"),
        (lambda data: central(data, 24, "<L", 0xFFFFFFFF), "ARCHIVE_DAMAGED"),
        (lambda data: central(data, 28, "<H", 60000), "ARCHIVE_DAMAGED"),
        (lambda data: data[: len(data) // 2] + data[len(data) // 2 + 7 :], "ARCHIVE_DAMAGED"),
        (lambda data: data + b"tail", "ARCHIVE_DAMAGED"),
        (lambda data: b"head" + data, "ARCHIVE_DAMAGED"),
    ],
)
def test_contradictions_are_refused(change: Callable[[bytes], bytes], code: str) -> None:
    """Encryption, unknown methods, wrong checksums, lengths and offsets, missing or added bytes."""
    assert codes(change(packed(("main.py", b"print(1)\n" * 50)))) == {code}


def test_a_size_that_lies_is_not_believed() -> None:
    """The claimed size plays no part: what comes out is counted."""
    data = packed(("zeros", bytes(20 * 2**20)))
    assert codes(central(data, 24, "<L", 10)) == {"ARCHIVE_BOMB"}


def test_entries_that_share_bytes_are_refused() -> None:
    """Two names for one stretch of data are how small archives become endless ones."""
    data = packed(("a.py", "x" * 100), ("b.py", "x" * 100))
    first = data.index(b"PK\x01\x02")
    second = data.index(b"PK\x01\x02", first + 4)
    at = second + 42
    assert codes(data[:at] + struct.pack("<L", 0) + data[at + 4 :]) == {"ARCHIVE_BOMB"}


@given(data=st.binary(max_size=400), at=st.integers(0, 10_000), cut=st.integers(0, 40))
def test_damage_is_always_a_finding(data: bytes, at: int, cut: int) -> None:
    """Whatever is changed in an archive, it is read or refused, and never fails otherwise."""
    good = archive.write(PROJECT, "synapse")
    at %= len(good)
    for broken in (data, good[:at] + data + good[at + cut :], good[: -22 or None] + data + good[-22:]):
        try:
            archive.read(broken)
        except ImplementationInvalid as error:
            assert error.findings


def test_checksums_are_those_of_zlib() -> None:
    """A control for the damage tests: the untouched archive is read."""
    found = archive.read(packed(("main.py", b"print(1)\n" * 50)))
    assert zlib.crc32(found.files["main.py"]) == zlib.crc32(b"print(1)\n" * 50)


# ── unpacking ────────────────────────────────────────────────────────────────────────────────────────


def test_unpacked_files_are_complete_and_read_only(tmp_path: Path) -> None:
    """The folder holds the files, nobody may write, and nothing else is left beside it."""
    target = tmp_path / "code" / "abc"
    archive.unpack(archive.read(archive.write({"a/b/c.py": b"1", **PROJECT}, "x")), target)
    assert (target / "a/b/c.py").read_bytes() == b"1"
    assert stat.S_IMODE((target / "a/b/c.py").stat().st_mode) == 0o444
    assert {stat.S_IMODE(each.stat().st_mode) for each in (target, target / "a", target / "a/b")} == {0o555}
    assert os.listdir(target.parent) == ["abc"]
    discard(target)
    assert os.listdir(target.parent) == []


def test_unpacking_again_changes_nothing(tmp_path: Path) -> None:
    """What is there under the archive's name is the archive's content already."""
    target = tmp_path / "abc"
    archive.unpack(archive.Archive({"a.py": b"1"}, None), target)
    before = target.stat()
    archive.unpack(archive.Archive({"a.py": b"1"}, None), target)
    assert target.stat() == before


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    """A folder appears whole or not at all."""
    with pytest.raises(FileExistsError):
        archive.unpack(archive.Archive({"a.py": b"1", "a.py/b": b"2"}, None), tmp_path / "abc")
    assert os.listdir(tmp_path) == []
