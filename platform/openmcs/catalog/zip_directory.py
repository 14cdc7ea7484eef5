"""
The directory of a zip file, read without believing it.

Only what packers of source code produce is understood: one disk, stored or deflated entries, no
encryption, no 64-bit extension. Sizes come from the directory as claims; `inflate` counts.
The format is PKWARE's APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_LONGEST_COMMENT = 65535
_NEEDS_64_BITS = 0xFFFFFFFF

_ENCRYPTED, _UTF8 = 0x0001, 0x0800
STORED, DEFLATED = 0, 8
_PIECE = 256 * 1024


class Damaged(Exception):
    """The bytes contradict the format; the text says where."""


class NotZip(Exception):
    """There is no end record: this is no zip file."""


class TooMuch(Exception):
    """An entry went on inflating past what it was allowed."""


class Entry(NamedTuple):
    """One entry as the directory describes it; every number is a claim."""

    name: str
    encrypted: bool
    method: int
    crc: int
    packed: int
    mode: int
    """Unix file mode, or 0."""
    offset: int


def count_of(data: bytes) -> int:
    """How many entries the directory claims to have. Raises `NotZip` and `Damaged`."""
    return _end_of(data)[0]


def entries(data: bytes) -> Iterator[Entry]:
    """The entries in the directory's order. Raises `NotZip` and `Damaged`."""
    count, start, end = _end_of(data)
    position = start
    for _ in range(count):
        if position + _CENTRAL.size > end:
            raise Damaged("its directory is cut off")
        fields = _CENTRAL.unpack_from(data, position)
        signature, _, _, flags, method, _, _, crc, packed, size, *lengths, disk, _, outer, offset = fields
        name_length, extra, comment = lengths
        if signature != b"PK\x01\x02" or disk != 0:
            raise Damaged("its directory is not readable")
        if _NEEDS_64_BITS in (packed, size, offset):
            raise Damaged("it uses the 64-bit extension of the format, which source archives do not need")
        name_at = position + _CENTRAL.size
        position = name_at + name_length + extra + comment
        if position > end:
            raise Damaged("its directory is cut off")
        name = _decode(data[name_at : name_at + name_length], flags)
        yield Entry(name, bool(flags & _ENCRYPTED), method, crc, packed, outer >> 16, offset)


def packed_range(data: bytes, entry: Entry) -> tuple[int, int]:
    """Where the header of *entry* begins and its content ends. Raises `Damaged`."""
    if entry.offset + _LOCAL.size > len(data):
        raise Damaged("its content lies behind the end of the file")
    fields = _LOCAL.unpack_from(data, entry.offset)
    if fields[0] != b"PK\x03\x04":
        raise Damaged("its content is not where the directory says")
    begin = entry.offset + _LOCAL.size + int(fields[9]) + int(fields[10])
    if begin + entry.packed > len(data):
        raise Damaged("its content is cut off")
    return entry.offset, begin + entry.packed


def inflate(data: bytes, entry: Entry, allowed: int) -> bytes:
    """
    The content of *entry*, at most *allowed* bytes however much it claims or contains.

    Raises `TooMuch` at the first byte too many, and `Damaged` when the stream or its checksum is wrong.
    """
    _, end = packed_range(data, entry)
    packed = memoryview(data)[end - entry.packed : end]
    if entry.method == STORED:
        content = bytes(packed[: allowed + 1])
    elif entry.method == DEFLATED:
        content = _inflate(packed, allowed)
    else:
        raise Damaged(f"it is compressed by method {entry.method}; only deflate is understood")
    if len(content) > allowed:
        raise TooMuch
    if zlib.crc32(content) != entry.crc:
        raise Damaged("its checksum is wrong")
    return content


def _inflate(packed: memoryview, allowed: int) -> bytes:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    pieces: list[bytes] = []
    total = 0
    rest: bytes | memoryview = packed
    try:
        while not stream.eof and total <= allowed:
            piece = stream.decompress(rest, min(_PIECE, allowed + 1 - total))
            rest = stream.unconsumed_tail
            if not piece and not rest and not stream.eof:
                raise Damaged("its content ends too early")
            pieces.append(piece)
            total += len(piece)
    except zlib.error as error:
        raise Damaged(f"its content cannot be inflated ({error})") from error
    return b"".join(pieces)


def _end_of(data: bytes) -> tuple[int, int, int]:
    """Number of entries, start and end of the directory."""
    at = data.rfind(b"PK\x05\x06", max(0, len(data) - _END.size - _LONGEST_COMMENT))
    if at < 0 or at + _END.size > len(data):
        raise NotZip
    _, disk, first_disk, here, total, size, offset, comment = _END.unpack_from(data, at)
    if at + _END.size + comment != len(data):
        raise Damaged("something follows its end")
    if disk or first_disk or here != total:
        raise Damaged("it is one part of several")
    if total == 0xFFFF or _NEEDS_64_BITS in (size, offset):
        raise Damaged("it uses the 64-bit extension of the format, which source archives do not need")
    if offset + size > at:
        raise Damaged("its directory lies behind its own end")
    return total, offset, offset + size


def _decode(name: bytes, flags: int) -> str:
    # Old packers write their own code page and many write UTF-8 without saying so.
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        if flags & _UTF8:
            raise Damaged(f"the name {name!r} is not the UTF-8 that it claims to be") from None
        return name.decode("cp437")
