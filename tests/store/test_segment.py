"""Lines of the spool: whole, damaged, torn."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openmcs.store.segment import frame, read, unframe

records = st.binary(max_size=300).map(lambda data: b"{" + data.replace(b"\n", b"") + b"}")


@given(records)
def test_a_framed_record_comes_back(record: bytes) -> None:
    """`unframe` is the inverse of `frame`."""
    line = frame(record)
    assert line.endswith(b"\n")
    assert unframe(line[:-1]) == record


@given(st.binary(max_size=60))
def test_any_bytes_are_a_record_or_damaged(line: bytes) -> None:
    """Nothing that may stand in a file raises."""
    record = unframe(line)
    assert record is None or frame(record)[9:-1] == record


@given(records, st.data())
def test_a_changed_byte_is_noticed(record: bytes, data: st.DataObject) -> None:
    """A flipped bit anywhere makes the line damaged, or (in the case of a hex digit) leaves it the same."""
    line = bytearray(frame(record)[:-1])
    place = data.draw(st.integers(0, len(line) - 1))
    line[place] ^= 1 << data.draw(st.integers(0, 7))
    assert unframe(bytes(line)) in (None, record)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.lists(records, max_size=30), st.integers(1, 7), st.integers(0, 400))
def test_a_file_cut_anywhere_gives_the_whole_records_before_the_cut(
    tmp_path: Path, written: list[bytes], limit: int, cut: int
) -> None:
    """Read in pieces of any size, each whole record appears once and in order, and the torn one never."""
    file = tmp_path / "segment.log"
    whole = b"".join(map(frame, written))
    data = whole[: max(0, len(whole) - cut)]
    file.write_bytes(data)
    expected, size = [], 0
    for record in written:
        size += len(frame(record))
        if size <= len(data):
            expected.append(record)
    found, position, torn = [], 0, False
    while True:
        piece = read(file, position, limit)
        for line in piece.lines:
            assert line.record is not None
            found.append(line.record)
        position, torn = piece.end, piece.torn
        if len(piece.lines) < limit:
            break
    assert found == expected
    assert torn == (position < len(data))


def test_a_damaged_line_in_the_middle_is_told_apart(tmp_path: Path) -> None:
    """The records around it are read."""
    file = tmp_path / "segment.log"
    file.write_bytes(frame(b"{1}") + b"deadbeef {2}\n" + frame(b"{3}"))
    piece = read(file, 0, 10)
    assert [line.record for line in piece.lines] == [b"{1}", None, b"{3}"]
    assert not piece.torn


def test_a_file_without_line_feeds_does_not_fill_the_memory(tmp_path: Path) -> None:
    """More than a megabyte without a line feed is one damaged line."""
    file = tmp_path / "segment.log"
    file.write_bytes(b"\0" * 5_000_000)
    piece = read(file, 0, 100)
    assert piece.lines
    assert all(line.record is None for line in piece.lines)
