"""
The wire between the platform and one worker process: frames over an inherited socketpair.

    frame = length: u32 big endian, of what follows │ type: u8 │ stream: u32 │ body: msgpack

Stream 0 is the connection itself; every call has a stream of its own, numbered by the platform.

    platform ─▶ worker                                worker ─▶ platform
    ─────────────────────────────────────────────    ────────────────────────────────────────────
    START   what to be: walls, where the code is
                                                      (one byte, with the sockets of a relay, if START
                                                      asks for one: the only descriptors that ever cross)
                                                      HELLO   the walls are up: what was probed
    LOAD    import the code now
                                                      READY   the routes it registered
                                                      BROKEN  what it raised; the worker ends
    REQ     a call, with the first piece of its body
    BODY    the next piece (`more` until the last)
                                                      ACK     before the handler's first instruction
                                                      RESP    status, headers, first piece of the body
    CREDIT  that many bytes may follow                CHUNK   the next piece (`more` until the last)
                                                      CREDIT  that many bytes of the request's body, too
    CANCEL  nobody waits for this call any more
                                                      FAIL    the handler raised
                                                      GONE    a cancelled handler has ended
                                                      LOG     a line, tied to the call that made it
    RESULT  what an inner call led to                 CALL    the handler calls another API
    RESULT_BODY  the next piece                       CALL_BODY  the next piece of what it sends
    PING                                              PONG    from the worker's event loop
    DRAIN   finish what runs, then end

    one stream:   REQ ─▶ ACK ─▶ RESP ─▶ CHUNK* ─▶ done
                          └────▶ FAIL ─▶ done         CANCEL ─▶ (RESP | FAIL | GONE) ─▶ done

ACK tells, after a crash, what may be sent again: a call without it has not begun.
CALL has the stream of the call it is made for, which is what gives it a user and a backend; several may
be under way, told apart by a number of the worker's. It may come shortly after that stream has ended.
The peer is hostile: lengths are checked before anything is buffered, bodies are decoded into types,
and what does not fit the state of its stream ends the worker.

Imported by both sides, so: the standard library and msgspec only.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import TypeVar

import msgspec

VERSION = 1
MAX_FRAME = 1024 * 1024
PIECE = 256 * 1024
"""Bytes of a body that one frame carries at most."""
WINDOW = 256 * 1024
"""Bytes of an answer, or of a streamed request, that one end may send ahead of the credit it was given."""

SOCKETS, NO_SOCKETS = b"\x01", b"\x00"
"""The byte before HELLO, with and without descriptors."""

_HEAD = struct.Struct("!IBI")
HEAD_SIZE = _HEAD.size
_LENGTH_COVERS = HEAD_SIZE - 4


class Kind(IntEnum):
    """The type byte of a frame."""

    START = 1
    HELLO = 2
    LOAD = 3
    READY = 4
    BROKEN = 5
    REQ = 6
    BODY = 7
    ACK = 8
    RESP = 9
    CHUNK = 10
    CREDIT = 11
    CANCEL = 12
    FAIL = 13
    GONE = 14
    LOG = 15
    PING = 16
    PONG = 17
    DRAIN = 18
    CALL = 19
    CALL_BODY = 20
    RESULT = 21
    RESULT_BODY = 22


class ProtocolError(Exception):
    """The peer broke the rules; the connection is of no use any more."""


class Start(msgspec.Struct, array_like=True):
    """What a worker is to be. Sent before any byte of the customer's is read."""

    implementation: str
    api: str
    directory: str
    main: str
    packages: list[str]
    read: list[str]
    network: list[tuple[str, int]]
    addresses: dict[str, list[str]]
    """Declared host name to the addresses the platform resolved: the worker asks no name server."""
    memory: int
    level: int
    canary: str
    isolation: str
    threads: int
    apis: dict[str, str] = {}
    """Declared custom APIs, name or URI to the version that is called."""
    connectors: dict[str, str] = {}
    configuration: dict[str, dict[str, str]] = {}
    """Configuration and secrets: those of the API under "", those of a backend under `name(version)`."""
    debug_port: int = 0
    """The first port that a debugger may be let in at; 0: none. Behind walls there is none anyway."""
    user: int = 0
    """The user to become where that can be; 0: none."""
    namespaces: bool = False
    """Whether to have namespaces of its own where that can be."""
    relay: bool = False
    """Whether to hand over listening sockets for the declared hosts, before HELLO."""
    undeclared: str = "refuse"
    """What becomes of other destinations; `warn` in development."""
    platform: int = 0
    """The platform's process, which must not be reached."""
    outside: dict[str, str] = {}
    """Kind of namespace to the kernel's name of the platform's."""


class ProbeResult(msgspec.Struct, array_like=True):
    """One forbidden act and whether the wall held."""

    name: str
    shut: bool
    detail: str


class Hello(msgspec.Struct, array_like=True):
    """What the worker's self-test found, before it loaded anything."""

    version: int
    level: str
    landlock_abi: int
    seccomp: bool
    ports_enforced: bool
    probes: list[ProbeResult]
    reason: str
    """Why the walls could not be raised; empty when they stand."""
    hosts_enforced: bool = False
    additions: list[str] = []
    """Walls beside the level that were proved: `uid`, `namespaces`."""
    missing: dict[str, str] = {}
    """Additions that were asked for, and why they cannot be had."""


class Ready(msgspec.Struct, array_like=True):
    """The code is imported; `routes` are (method, path below the API)."""

    routes: list[tuple[str, str]]
    title: str


class Fault(msgspec.Struct, array_like=True):
    """An exception of the customer's code, or of its import."""

    kind: str
    message: str
    traceback: str
    file: str | None
    line: int | None
    column: int | None
    hint: str | None


class Req(msgspec.Struct, array_like=True):
    """A call. Credentials never cross: `user` and `roles` are what the platform verified."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    more: bool
    resource: str
    parameters: dict[str, str]
    ecid: str
    rid: str
    backend: str
    backend_version: str
    backend_id: str
    user: str
    anonymous: bool
    roles: list[str]
    seconds_left: float
    level: int = 800
    """The least severe level of log lines that is kept of this call."""
    streamed: bool = False
    """The rest of the body comes as the client sends it, `WINDOW` bytes at most ahead of the credit for it."""


class Piece(msgspec.Struct, array_like=True):
    """The next piece of a body, in either direction."""

    data: bytes
    more: bool


class Resp(msgspec.Struct, array_like=True):
    """The beginning of an answer, and all of it when `more` is false."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    more: bool


class Log(msgspec.Struct, array_like=True):
    """A line that custom code logged. `stream` of the frame is the call, 0 when there is none."""

    time: float
    level: int
    text: str
    logger: str
    file: str | None
    line: int | None


class Outgoing(msgspec.Struct, array_like=True):
    """A call that a handler makes. `uri` is relative to the platform; `seconds` 0 leaves the time to it."""

    number: int
    method: str
    uri: str
    headers: dict[str, str]
    body: bytes
    more: bool
    seconds: float


class Part(msgspec.Struct, array_like=True):
    """The next piece of the body of an inner call or of its result."""

    number: int
    data: bytes
    more: bool


class Result(msgspec.Struct, array_like=True):
    """What an inner call led to; status 0 and `error` when nobody answered."""

    number: int
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    more: bool
    error: str


_encoder = msgspec.msgpack.Encoder()
_Body = TypeVar("_Body")


def frame(kind: Kind, stream: int, body: msgspec.Struct | int | None = None) -> bytes:
    """One frame in bytes. Raises `ProtocolError` when the body is larger than a frame may be."""
    payload = b"" if body is None else _encoder.encode(body)
    length = len(payload) + _LENGTH_COVERS
    if length > MAX_FRAME:
        raise ProtocolError(f"{kind.name} of {length} bytes; a frame carries at most {MAX_FRAME}")
    return _HEAD.pack(length, kind, stream) + payload


class Decoder:
    """Body of a frame to its type, with the decoder made once."""

    def __init__(self) -> None:
        self._decoders: dict[type, msgspec.msgpack.Decoder[object]] = {}

    def __call__(self, payload: bytes, shape: type[_Body]) -> _Body:
        """Decode *payload*. Raises `ProtocolError` when it is not of that shape."""
        decoder = self._decoders.get(shape)
        if decoder is None:
            decoder = self._decoders[shape] = msgspec.msgpack.Decoder(shape)
        try:
            return decoder.decode(payload)  # type: ignore[return-value]
        except (msgspec.DecodeError, msgspec.ValidationError, RecursionError) as error:
            raise ProtocolError(f"not a {shape.__name__}: {error}") from None


class FrameReader:
    """Cuts a stream of bytes into frames, whatever pieces it comes in."""

    def __init__(self) -> None:
        self._rest = bytearray()
        """The beginning of a frame whose end has not come."""

    def feed(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Yield (type, stream, body) of each frame that is complete. Raises `ProtocolError`."""
        source: bytes | bytearray = data
        if self._rest:
            self._rest += data
            source = self._rest
        at, size = 0, len(source)
        try:
            while size - at >= HEAD_SIZE:
                length, kind, stream = _HEAD.unpack_from(source, at)
                if length < _LENGTH_COVERS or length > MAX_FRAME:
                    raise ProtocolError(f"frame of {length} bytes")
                end = at + 4 + length
                if end > size:
                    break
                body = bytes(source[at + HEAD_SIZE : end])
                at = end
                yield kind, stream, body
        finally:
            if source is data:
                self._rest = bytearray(source[at:])
            else:
                del self._rest[:at]


def pieces(body: bytes) -> Iterator[tuple[bytes, bool]]:
    """Cut *body* into (piece, more) that fit into frames; an empty body is one empty piece."""
    last = max(len(body) - 1, 0) // PIECE
    for index in range(last + 1):
        yield body[index * PIECE : (index + 1) * PIECE], index < last
