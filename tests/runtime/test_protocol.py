"""The wire's frames: cut from any pieces, decoded into types, bounded in length."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.runtime import protocol as wire
from openmcs.runtime.protocol import Decoder, FrameReader, Kind, ProtocolError, frame, pieces

SMALL = st.lists(
    st.tuples(st.sampled_from(list(Kind)), st.integers(0, 2**32 - 1), st.binary(max_size=300)), max_size=20
)


def read_all(data: bytes, sizes: list[int]) -> list[tuple[int, int, bytes]]:
    reader = FrameReader()
    frames, at = [], 0
    for size in [*sizes, len(data)]:
        frames += list(reader.feed(data[at : at + size]))
        at += size
    return frames


@given(SMALL, st.lists(st.integers(0, 40), max_size=60))
def test_frames_come_out_as_they_went_in_whatever_pieces_they_arrive_in(
    sent: list[tuple[Kind, int, bytes]], sizes: list[int]
) -> None:
    data = b"".join(frame(kind, stream, wire.Piece(body, False)) for kind, stream, body in sent)
    got = read_all(data, sizes)
    decode = Decoder()
    assert [(kind, stream, decode(body, wire.Piece).data) for kind, stream, body in got] == sent


@given(st.binary(max_size=2000))
def test_any_bytes_are_frames_or_a_protocol_error_and_nothing_else(data: bytes) -> None:
    reader = FrameReader()
    try:
        for _, _, body in reader.feed(data):
            assert len(body) <= wire.MAX_FRAME
    except ProtocolError:
        pass


@pytest.mark.parametrize("length", [0, 1, 4, wire.MAX_FRAME + 1, 2**32 - 1])
def test_a_length_outside_of_the_bounds_is_refused_before_anything_is_buffered(length: int) -> None:
    with pytest.raises(ProtocolError, match="frame of"):
        list(FrameReader().feed(struct.pack("!IBI", length, 1, 0)))


def test_a_frame_that_is_too_large_cannot_be_made() -> None:
    with pytest.raises(ProtocolError, match="at most"):
        frame(Kind.CHUNK, 1, wire.Piece(b"x" * wire.MAX_FRAME, False))


SHAPES = [wire.Req, wire.Resp, wire.Piece, wire.Log, wire.Hello, wire.Ready, wire.Fault, wire.Outgoing, wire.Result]


@given(st.binary(max_size=500), st.sampled_from(SHAPES))
def test_a_body_is_of_its_shape_or_a_protocol_error(payload: bytes, shape: type) -> None:
    decode = Decoder()
    try:
        assert isinstance(decode(payload, shape), shape)
    except ProtocolError as error:
        assert shape.__name__ in str(error)


def test_a_body_that_is_nested_without_end_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError):
        Decoder()(b"\x91" * 100_000, wire.Piece)


@given(st.integers(0, 3 * wire.PIECE + 1))
def test_pieces_put_together_are_the_body_and_only_the_last_says_so(size: int) -> None:
    body = bytes(size)
    cut = list(pieces(body))
    assert b"".join(piece for piece, _ in cut) == body
    assert [more for _, more in cut] == [True] * (len(cut) - 1) + [False]
    assert all(len(piece) <= wire.PIECE for piece, _ in cut)
