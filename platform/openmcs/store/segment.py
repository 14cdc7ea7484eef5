"""
A segment of the spool: an append-only file with one record a line.

    <CRC-32 of the JSON, 8 hexadecimal digits> <JSON object>\n

JSON escapes control characters, so a record never contains the line feed that ends it.
A line that is not whole (the machine died, or the disk was full) has no line feed or a wrong checksum.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import NamedTuple

SUFFIX = ".log"
DONE = ".done"
"""A loaded segment on its way out; see `log_loader`."""
_BLOCK = 256 * 1024
_LONGEST = 1024 * 1024
"""No record is longer (see `log_records`): a file whose next line feed is further away is damaged."""


def frame(record: bytes) -> bytes:
    """The line for *record*, a JSON object without line feed."""
    return b"%08x %b\n" % (zlib.crc32(record), record)


def unframe(line: bytes) -> bytes | None:
    """The record in a line (without its line feed), or None when the line is damaged."""
    if len(line) < 11 or line[8] != 0x20:
        return None
    try:
        expected = int(line[:8], 16)
    except ValueError:
        return None
    record = line[9:]
    return record if zlib.crc32(record) == expected else None


class Line(NamedTuple):
    """One line of a segment."""

    position: int
    """Of the line's first byte in the file."""
    record: bytes | None
    """None: the line is damaged."""


class Piece(NamedTuple):
    """Some lines of a segment."""

    lines: list[Line]
    end: int
    """Position behind the last line: where to go on."""
    torn: bool
    """Behind `end` are bytes that no line feed ends: a record being written, or one that never will be."""


def read(file: Path, position: int, limit: int) -> Piece:
    """
    Up to *limit* whole lines of *file* from *position* on.

    Fewer lines than *limit* mean that the end was reached.
    Raises `OSError`.
    """
    lines: list[Line] = []
    rest = b""
    with open(file, "rb", buffering=0) as stream:
        stream.seek(position)
        while len(lines) < limit:
            block = stream.read(_BLOCK)
            if not block:
                break
            *whole, rest = (rest + block).split(b"\n")
            for line in whole:
                lines.append(Line(position, unframe(line)))
                position += len(line) + 1
                if len(lines) == limit:
                    return Piece(lines, position, False)
            if len(rest) > _LONGEST:  # no record at all: skip it as one damaged line
                lines.append(Line(position, None))
                position += len(rest)
                rest = b""
    return Piece(lines, position, bool(rest))
