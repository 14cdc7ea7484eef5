"""Archives go through a child behind walls: the corpus comes back as findings, and the platform stays as it was."""

from __future__ import annotations

import os
import stat
import struct
from pathlib import Path

import msgspec
import pytest

from openmcs.catalog import archive, reading
from openmcs.catalog.manifest import Manifest
from openmcs.errors import ImplementationInvalid
from openmcs.sandbox import SandboxUnavailable
from tests.catalog.test_archive import central, packed

PROJECT = {
    "pyproject.toml": b'[project]\nname = "synapse"\nversion = "1.0"\n[tool.openmcs]\nmain = "synapse.py"\n',
    "synapse.py": b"def register(service): ...",
}


def good(*more: tuple[str, bytes | str]) -> bytes:
    """An archive that can be read, with *more* in it."""
    return packed(*PROJECT.items(), *more)


def lying(data: bytes) -> bytes:
    """The first entry claims to be small."""
    return central(data, 24, "<L", 10)


def shared(data: bytes) -> bytes:
    """The second entry has the first one's bytes."""
    at = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4) + 42
    return data[:at] + struct.pack("<L", 0) + data[at + 4 :]


CORPUS = {
    "a parent": (lambda: good(("../evil.py", "x")), "ARCHIVE_ENTRY_ESCAPES"),
    "an absolute name": (lambda: good(("/etc/cron.d/evil", "x")), "ARCHIVE_ENTRY_ESCAPES"),
    "a backslash": (lambda: good(("a\\..\\evil.py", "x")), "ARCHIVE_ENTRY_ESCAPES"),
    "a drive": (lambda: good(("C:/evil.py", "x")), "ARCHIVE_ENTRY_ESCAPES"),
    "a symbolic link": (lambda: packed(("evil", "/etc/passwd"), mode=stat.S_IFLNK | 0o777), "ARCHIVE_ENTRY_LINK"),
    "a device": (lambda: packed(("evil", ""), mode=stat.S_IFCHR | 0o666), "ARCHIVE_ENTRY_LINK"),
    "a control character": (lambda: good(("a\x1b[31m.py", "x")), "ARCHIVE_NAME_INVALID"),
    "reversed writing": (lambda: good(("a\u202egpj.py", "x")), "ARCHIVE_NAME_INVALID"),
    "a name too long": (lambda: good(("x" * 201, "x")), "ARCHIVE_NAME_INVALID"),
    "folders too deep": (lambda: good(("/".join("a" * 2000), "x")), "ARCHIVE_NAME_INVALID"),
    "a duplicate": (lambda: good(("synapse.py", "x")), "ARCHIVE_DUPLICATE_ENTRY"),
    "another casing": (lambda: good(("SYNAPSE.PY", "x")), "ARCHIVE_DUPLICATE_ENTRY"),
    "a file that is a folder": (lambda: good(("synapse.py/x.py", "x")), "ARCHIVE_DUPLICATE_ENTRY"),
    "a hundred thousand entries": (lambda: many(3000), "ARCHIVE_TOO_MANY_ENTRIES"),
    "a bomb": (lambda: good(("zeros", bytes(200 * 2**20))), "ARCHIVE_BOMB"),
    "a bomb of many": (lambda: good(*((f"{n}.bin", noisy(n)) for n in range(30))), "ARCHIVE_TOO_LARGE"),
    "a size that lies": (lambda: lying(packed(("zeros", bytes(50 * 2**20)))), "ARCHIVE_BOMB"),
    "shared bytes": (lambda: shared(good()), "ARCHIVE_BOMB"),
    "a wrong checksum": (lambda: central(good(), 16, "<L", 1), "ARCHIVE_DAMAGED"),
    "a tail": (lambda: good() + b"tail", "ARCHIVE_DAMAGED"),
    "a cut": (lambda: good()[:-40] + good()[-22:], "ARCHIVE_DAMAGED"),
    "a password": (lambda: central(good(), 8, "<H", 1), "ARCHIVE_ENCRYPTED"),
    "no zip": (lambda: b"\x1f\x8b" + bytes(100), "ARCHIVE_NOT_ZIP"),
    "nothing": (lambda: b"", "ARCHIVE_NOT_ZIP"),
    "no manifest": (lambda: packed(("a.py", "x")), "MANIFEST_MISSING"),
    "a manifest that nests": (lambda: packed(("package.json", "[" * 100_000)), "MANIFEST_SYNTAX"),
}


def many(count: int) -> bytes:
    """An archive of empty files."""
    return packed(*((f"{number}.py", "") for number in range(count)))


def noisy(number: int) -> bytes:
    """Two megabytes that shrink tenfold, which is no bomb alone."""
    return (os.urandom(200_000) + bytes(1_800_000)) if number >= 0 else b""


def peak_from_now() -> int:
    """Forget the highest memory use of this process so far; what it is now, in bytes."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak()


def peak() -> int:
    """The highest memory use of this process."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def test_the_peak_is_a_measure() -> None:
    """A control: what this process inflates itself is seen."""
    before = peak_from_now()
    held = b"x" * (64 * 2**20)
    assert peak() - before >= len(held) // 2


@pytest.mark.parametrize("name", CORPUS)
def test_the_corpus_is_refused_with_a_finding(name: str) -> None:
    """Names, kinds, clashes, bombs, lies and damage: each has its code, and none touches the platform's memory."""
    make, code = CORPUS[name]
    data = make()
    before = peak_from_now()
    with pytest.raises(ImplementationInvalid) as caught:
        reading.read(data, strict=True)
    assert {each.code for each in caught.value.findings} == {code}
    # What grew is the question on its way to the child, and the child's few findings.
    assert peak() - before < 8 * 2**20 + len(data)


def test_what_is_shadowed_and_what_is_litter_is_taken_as_it_is() -> None:
    """An uploaded `json.py` shadows nothing where it runs, and byte code is left out: no reason to refuse."""
    found, _ = reading.read(good(("json.py", "x"), ("sitecustomize.py", "x"), ("old.pyc", "x")), strict=True)
    assert set(found.files) == {*PROJECT, "json.py", "sitecustomize.py"}


def test_files_and_manifest_come_back() -> None:
    """As this process would have read them."""
    data = archive.write({**PROJECT, "data/ü.bin": os.urandom(3 * 2**20)}, "top")
    found, declared = reading.read(data, strict=True)
    assert found == archive.read(data)
    assert declared == Manifest(name="synapse", version="1.0", main="synapse.py")


def test_the_largest_archive_fits(tmp_path: Path) -> None:
    """What is within the limits is not refused by the child's memory."""
    data = archive.write({**PROJECT, "data.bin": os.urandom(49 * 2**20)}, "top")
    found, _ = reading.read(data, strict=True)
    assert len(found.files["data.bin"]) == 49 * 2**20


def test_an_upload_that_is_too_large_is_not_even_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child is not asked."""
    monkeypatch.setattr(reading, "ask", None)
    with pytest.raises(ImplementationInvalid) as caught:
        reading.read(bytes(archive.Limits().packed + 1))
    assert [each.code for each in caught.value.findings] == ["ARCHIVE_TOO_LARGE"]


@pytest.mark.parametrize("script", ["kill -KILL $$", "exit 1", "printf nonsense", "sleep 60", "yes"])
def test_a_child_that_breaks_is_a_finding(script: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Killed, failing, babbling, hanging or endless: the upload is refused, with a code of its own."""
    broken = tmp_path / "python"
    broken.write_text(f"#!/bin/sh\n{script}\n")
    broken.chmod(0o755)
    monkeypatch.setattr("openmcs.sandbox.child.sys.executable", str(broken))
    monkeypatch.setattr(reading, "ALLOWANCE", reading.ALLOWANCE._replace(seconds=1.0, answer=2**20))
    with pytest.raises(ImplementationInvalid) as caught:
        reading.read(good(), strict=True)
    assert [each.code for each in caught.value.findings] == ["ARCHIVE_TOO_EXPENSIVE"]


def test_a_machine_without_walls_is_no_fault_of_the_upload(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The child says that it cannot raise them; that is for the operator."""
    unwalled = tmp_path / "python"
    unwalled.write_text("#!/bin/sh\nprintf 'Landlock is not available'\nexit 77\n")
    unwalled.chmod(0o755)
    monkeypatch.setattr("openmcs.sandbox.child.sys.executable", str(unwalled))
    with pytest.raises(SandboxUnavailable, match="Landlock is not available"):
        reading.read(good(), strict=True)


def test_what_the_child_sends_is_checked() -> None:
    """Its answer is decoded into types: a path that is no text is no answer."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.msgpack.decode(msgspec.msgpack.encode({"files": {"a": 1}}), type=reading.Read)
