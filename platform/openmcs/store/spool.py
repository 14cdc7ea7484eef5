"""
The spool: where every request is written down before its answer goes out.

    <directory>/<writer id>/lock              held (flock) while the writing process lives
    <directory>/<writer id>/<segment>.log     see `segment`

A record is one `write` into the page cache: it survives the death of this and every other process.
A side thread flushes to the disk, so that a power cut costs at most `sync_interval` and one flush; it also
starts new segments, so that the caller (the event loop) never waits for the file system's journal.
When the disk is full, records are counted instead of kept, and calls go on being answered.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import structlog

from openmcs.errors import ConfigurationError
from openmcs.store.clock import now_us
from openmcs.store.ids import new_id
from openmcs.store.log_records import LossRecord, encode_loss
from openmcs.store.objects import sync_directory
from openmcs.store.segment import SUFFIX

LOCK = "lock"
_log = structlog.get_logger("openmcs.spool")


class Spool:
    """One writer; each gateway process opens its own."""

    def __init__(
        self, directory: Path, writer: str, lock: int, sync_interval: float, segment_bytes: int, segment_seconds: float
    ) -> None:
        self.lost = 0
        """Records that could not be written since the start."""
        self._directory = directory
        self._writer = writer
        self._lock_descriptor = lock
        self._sync_interval = sync_interval
        self._segment_bytes = segment_bytes
        self._segment_seconds = segment_seconds
        self._number = 0
        self._reported = 0
        self._mutex = threading.Lock()
        self._stop = threading.Event()
        self._dirty = False
        self._torn = b""
        self._segment, self._descriptor = self._new_segment()
        self._size = 0
        self._started = time.monotonic()
        self._thread = threading.Thread(target=self._tend, name="spool", daemon=True)

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        sync_interval: float = 0.1,
        segment_bytes: int = 64 * 1024 * 1024,
        segment_seconds: float = 60.0,
    ) -> Spool:
        """
        Become a new writer below *directory*.

        Its folder appears under its name only after its lock is held, so that no loader takes it for a dead one.
        Raises `ConfigurationError` when the folder cannot be written.
        """
        writer = new_id()
        draft = directory / f".{writer}"
        try:
            draft.mkdir(parents=True)
            lock = os.open(draft / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
            os.rename(draft, directory / writer)
            sync_directory(directory)
            spool = cls(directory / writer, writer, lock, sync_interval, segment_bytes, segment_seconds)
        except OSError as error:
            raise ConfigurationError(
                f"The request log cannot be written to {directory}: {error.strerror}. "
                "Make the folder writable, or choose another data folder."
            ) from error
        spool._thread.start()
        return spool

    @property
    def position(self) -> tuple[str, int]:
        """Segment and offset behind the last record: what `store.log.loaded` is asked about."""
        with self._mutex:
            return self._segment, self._size

    def append(self, record: bytes) -> None:
        """
        Write one record, a JSON object without line feed. Takes about 10 µs and never raises.

        What does not fit on the disk is cut off again and counted in `lost`.
        """
        line = _line(record)
        with self._mutex:
            if not self._write(line):
                self.lost += 1

    def extend(self, records: Sequence[bytes]) -> None:
        """Write several records at once: after the death of this process all of them are there, or none."""
        lines = b"".join(map(_line, records))
        with self._mutex:
            if not self._write(lines):
                self.lost += len(records)

    def close(self) -> None:
        """Flush, and give up the lock: a loader may now finish and remove this writer's folder."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._thread.join()
        self._report_lost()
        self._sync()
        os.close(self._descriptor)
        os.close(self._lock_descriptor)

    def _write(self, lines: bytes) -> bool:
        lines = self._torn + lines
        try:
            written = os.write(self._descriptor, lines)
        except OSError:
            return False
        if written != len(lines):
            self._cut()
            return False
        self._size += written
        self._torn = b""
        self._dirty = True
        return True

    def _cut(self) -> None:
        """Remove the part of a record that was written before the disk was full."""
        try:
            os.ftruncate(self._descriptor, self._size)
        except OSError:
            # The remains become a line of their own, which its checksum tells apart.
            self._torn = b"\n"
            self._size = os.fstat(self._descriptor).st_size

    def _new_segment(self) -> tuple[str, int]:
        self._number += 1
        name = f"{self._writer}-{self._number:08d}"
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
        descriptor = os.open(self._directory / f"{name}{SUFFIX}", flags, 0o600)
        try:
            sync_directory(self._directory)
        except OSError:
            os.close(descriptor)
            raise
        return name, descriptor

    def _tend(self) -> None:
        """The side thread."""
        while not self._stop.wait(self._sync_interval):
            self._report_lost()
            self._sync()
            aged = self._size and time.monotonic() - self._started >= self._segment_seconds
            if aged or self._size >= self._segment_bytes:
                self.rotate()

    def _sync(self) -> None:
        if not self._dirty:
            return
        self._dirty = False  # before the flush: a record written meanwhile is flushed by the next one
        try:
            os.fdatasync(self._descriptor)
        except OSError as error:
            _log.error("the request log could not be flushed to the disk", reason=error.strerror)

    def _report_lost(self) -> None:
        """Write down how many records were lost, as soon as there is room again."""
        lost = self.lost
        if lost == self._reported:
            return
        counted = lost - self._reported
        report = encode_loss(LossRecord(time=now_us(), lost=counted, reason="disk full"))
        with self._mutex:
            written = self._write(_line(report))
        if written:
            self._reported = lost
            _log.error("records of the request log were lost, the disk was full", records=counted)

    def rotate(self) -> None:
        """Start a new segment; the side thread does this by size and age."""
        try:
            segment, descriptor = self._new_segment()
        except OSError as error:
            _log.warning("no new segment of the request log, going on with the old one", reason=error.strerror)
            return
        with self._mutex:
            old, self._descriptor = self._descriptor, descriptor
            self._segment, self._size, self._torn = segment, 0, b""
            self._started = time.monotonic()
        with contextlib.suppress(OSError):
            os.fdatasync(old)
        os.close(old)


def _line(record: bytes) -> bytes:
    """A record as it stands in the spool, with its checksum."""
    return b"%08x %b\n" % (zlib.crc32(record), record)


def writer_lives(folder: Path) -> bool:
    """Whether the process that writes *folder* is there: its lock ends with it, however it ends."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
