"""The writer of the spool: every record at once, and none half."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from openmcs.errors import ConfigurationError
from openmcs.store.segment import read
from openmcs.store.spool import Spool, writer_lives
from tests.store.records import request


def _records(directory: Path) -> list[bytes | None]:
    lines = [read(file, 0, 10**9).lines for file in sorted(directory.glob("*/*.log"))]
    return [line.record for part in lines for line in part]


def test_a_record_is_in_the_file_when_append_returns(tmp_path: Path) -> None:
    """Without a flush or a close, a reader finds it, and `position` is behind it."""
    spool = Spool.open(tmp_path, sync_interval=60)
    spool.append(request(1))
    assert _records(tmp_path) == [request(1)]
    segment, offset = spool.position
    file = tmp_path / segment.partition("-")[0] / f"{segment}.log"
    assert file.stat().st_size == offset
    spool.close()


def test_threads_write_whole_records(tmp_path: Path) -> None:
    """Records of eight threads are all there while segments change under them."""
    spool = Spool.open(tmp_path, sync_interval=0.002, segment_bytes=20_000)

    def write(thread: int) -> None:
        for number in range(300):
            spool.append(request(thread * 1000 + number))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spool.close()
    expected = sorted(request(thread * 1000 + number) for thread in range(8) for number in range(300))
    assert sorted(record or b"" for record in _records(tmp_path)) == expected
    assert len(list(tmp_path.glob("*/*.log"))) > 1


def test_a_segment_ends_by_age(tmp_path: Path) -> None:
    """After `segment_seconds` the next record goes to a new file; an empty one stays."""
    spool = Spool.open(tmp_path, sync_interval=0.01, segment_seconds=0.05)
    first = spool.position[0]
    time.sleep(0.2)
    assert spool.position == (first, 0)
    spool.append(request(1))
    deadline = time.monotonic() + 5
    while spool.position[0] == first:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    spool.close()


def test_a_record_costs_little(tmp_path: Path) -> None:
    """Half of the records take less than 100 µs, an order more than measured, so that only real trouble fails."""
    spool = Spool.open(tmp_path)
    record, times = request(1), []
    for _ in range(2000):
        start = time.perf_counter()
        spool.append(record)
        times.append(time.perf_counter() - start)
    spool.close()
    assert sorted(times)[1000] < 100e-6


def test_a_short_write_is_cut_off_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk takes half a record, then nothing, then has room again: whole records only, the rest is counted."""
    spool = Spool.open(tmp_path, sync_interval=0.01)
    spool.append(request(1))
    real, mood = os.write, ["half", "full"]

    def write(descriptor: int, data: bytes) -> int:
        if mood[0] == "half":
            mood[0] = mood[1]
            return real(descriptor, data[: len(data) // 2])
        if mood[0] == "full":
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, data)

    monkeypatch.setattr("openmcs.store.spool.os.write", write)
    spool.append(request(2))
    spool.append(request(3))
    time.sleep(0.1)  # the side thread tries to report, in vain
    assert spool.lost == 2
    assert _records(tmp_path) == [request(1)]
    mood[0] = "good"
    spool.append(request(4))
    spool.close()
    whole = [msgspec.json.decode(record or b"null") for record in _records(tmp_path)]
    assert [record.get("ecid") for record in whole if record["k"] == "r"] == ["e1", "e4"]
    assert [(record["lost"], record["reason"]) for record in whole if record["k"] == "l"] == [(2, "disk full")]
    assert spool.lost == 2


def test_remains_that_cannot_be_cut_become_one_damaged_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if the file cannot be shortened, the next record is whole."""
    spool = Spool.open(tmp_path, sync_interval=60)
    real, first = os.write, [True]

    def write(descriptor: int, data: bytes) -> int:
        return real(descriptor, data[:20] if first.pop() else data) if first else real(descriptor, data)

    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("openmcs.store.spool.os.write", write)
    monkeypatch.setattr("openmcs.store.spool.os.ftruncate", refuse)
    spool.append(request(1))
    spool.append(request(2))
    assert _records(tmp_path) == [None, request(2)]
    segment, offset = spool.position
    assert (tmp_path / segment.partition("-")[0] / f"{segment}.log").stat().st_size == offset
    spool.close()


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"may not mount a tmpfs: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_loses_what_does_not_fit_and_says_how_much(tiny_disk: Path) -> None:
    """On a real full file system each record is whole or counted, and the count is written when there is room."""
    filler = tiny_disk / "filler"
    filler.write_bytes(b"x" * 100_000)
    spool = Spool.open(tiny_disk / "spool", sync_interval=0.01)
    for number in range(3000):
        spool.append(request(number))
    lost = spool.lost
    assert lost > 0
    kept = [record for record in _records(tiny_disk / "spool") if record and b'"k":"r"' in record]
    assert kept == [request(number) for number in range(3000 - lost)]
    filler.unlink()
    spool.append(request(9999))
    spool.close()
    whole = [msgspec.json.decode(record or b"null") for record in _records(tiny_disk / "spool")]
    assert [record["ecid"] for record in whole if record["k"] == "r"][-1] == "e9999"
    assert sum(record["lost"] for record in whole if record["k"] == "l") == lost == spool.lost


def test_a_folder_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    """The error names the folder and what to do."""
    (tmp_path / "spool").write_text("a file")
    with pytest.raises(ConfigurationError, match=r"spool.*another data folder"):
        Spool.open(tmp_path / "spool")


def test_a_writer_lives_as_long_as_its_process(tmp_path: Path) -> None:
    """After `close` and after `kill -9` its folder is known to be a dead one's."""
    spool = Spool.open(tmp_path)
    folder = tmp_path / spool.position[0].partition("-")[0]
    assert writer_lives(folder)
    spool.close()
    assert not writer_lives(folder)
    code = (
        "import sys, pathlib, time; from openmcs.store.spool import Spool\n"
        "s = Spool.open(pathlib.Path(sys.argv[1])); print(s.position[0], flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        other = tmp_path / process.stdout.readline().partition("-")[0]
        assert writer_lives(other)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not writer_lives(other)
