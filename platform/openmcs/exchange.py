"""
The values a call is made of.

A call is told by the stages of `gateway/pipeline.py`; each stage takes some of these values and
returns the next one. They are frozen: what an earlier stage said cannot be changed by a later one.
Those of the hot path are msgspec structs, which are made three times as fast as data classes.

Times are wall-clock seconds since the epoch (`float`) where a person will read them and seconds of
`time.monotonic` where a duration is computed from them; the attribute's docstring says which.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import msgspec

Headers = tuple[tuple[str, str], ...]
"""Header fields in the order they were sent, the names as the sender spelled them."""

EDGE = "openmcs.edge"
"""Key of an ASGI scope: the `Edge` that the request came in at."""

CallerKind = Literal["anonymous", "user", "team", "preflight"]


class Edge(Protocol):
    """What the HTTP edge offers beyond ASGI, for one request."""

    cancel_when_gone: bool
    """The task that answers is cancelled when the client's connection ends."""

    async def answer(self, status: int, fields: Iterable[tuple[bytes, bytes]], body: bytes) -> None:
        """Send a complete answer in one write."""


class Arrival(msgspec.Struct, frozen=True):
    """A request as it came in, before anyone asked who sent it."""

    method: str
    """Upper case."""
    path: str
    """Percent-encoded as sent, with duplicate slashes collapsed (contract: apps send `//`)."""
    query: str
    """Without the leading `?`, and without the cache breaker `_` that the vendor's SDKs append."""
    headers: Mapping[str, str]
    """Names in lower case; of a repeated field the values are joined by `, `."""
    ecid: str
    """Execution context id: one per inbound request, shared by all the calls it causes."""
    rid: str
    """Place in the tree of calls: `0`, then `0:1` for the first call made from custom code."""
    arrived: float
    """Wall clock."""
    started: float
    """Monotonic."""
    peer: str
    """Address of the client."""

    @property
    def is_internal(self) -> bool:
        """True for a call that an implementation makes while it answers another one."""
        return ":" in self.rid


class Association(msgspec.Struct, frozen=True):
    """An API version that a mobile backend makes reachable for its apps."""

    api_id: str
    name: str
    version: str


class MobileBackend(msgspec.Struct, frozen=True):
    """What an app identifies itself with: a name, two credentials, and the APIs behind them."""

    id: str
    name: str
    version: str
    backend_id: str
    anonymous_key: str
    """Base64 of `user:password`, ready to stand behind `Basic ` (contract/wire 1.1)."""
    basic_auth: bool
    anonymous_auth: bool
    realm: str
    associations: Mapping[str, Association]
    """By API name, lower case."""
    cors_origins: tuple[str, ...]
    """Exact origins, `https://*.example.com`, `http://localhost:*`, or the single `*`."""
    app_policies: Mapping[str, str | float | bool]
    application_keys: Mapping[str, str]
    """Application key to the client's name."""


class Caller(msgspec.Struct, frozen=True):
    """Who is calling: the backend's anonymous user, or a mobile user of its realm."""

    kind: CallerKind
    username: str
    user_id: str | None = None
    roles: frozenset[str] = frozenset()

    @property
    def is_anonymous(self) -> bool:
        """True when the call was made with the backend's anonymous key."""
        return self.kind == "anonymous"


class Operation(msgspec.Struct, frozen=True):
    """One method of one resource of one API, as the RAML describes it, found for a path."""

    api_id: str
    api: str
    api_version: str
    resource: str
    """The resource's path as the RAML spells it, such as `/event/{id}`."""
    method: str
    path_parameters: Mapping[str, str]
    """Percent-decoded values."""
    login_required: bool
    roles: frozenset[str]
    """The caller needs one of these; empty means that no role is asked for."""


class CallRules(msgspec.Struct, frozen=True):
    """What the policies say for the calls of one API through one backend."""

    seconds: float = 40.0
    """For the whole call."""
    level: int = 800
    """The least severe level of log lines that is kept."""
    log_body: int = -1
    """Characters of bodies that are logged; -1 for none."""
    send_stack: bool = False
    """The caller of custom code that raises gets the traceback."""
    validate_requests: str = "auto"
    """`auto`, `off`, `report` or `enforce`: what happens to a request that does not fit the RAML."""
    validate_responses: str = "off"
    """`off` or `report`."""
    mock_remembers: bool = False
    """The mock answers with what was sent to it."""


class BodyRest(Protocol):
    """What of a request's body is still to come."""

    begun: bool
    """Some of it was asked for: the call cannot be sent again."""

    async def next(self) -> bytes:
        """The next piece; empty at the end. Raises when there is too much, or the client went away."""
        ...


class Call(msgspec.Struct, frozen=True):
    """A call that may reach an implementation: all that dispatch needs."""

    arrival: Arrival
    backend: MobileBackend
    caller: Caller
    operation: Operation
    body: bytes
    deadline: float
    """Monotonic time after which nobody waits for the answer."""
    rules: CallRules = CallRules()
    rest: BodyRest | None = None
    """The body goes on behind `body`: it is passed on while it comes."""


class InnerCall(msgspec.Struct, frozen=True):
    """A call that custom code makes while it answers another one."""

    method: str
    uri: str
    """Relative to the platform, with its query."""
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    """How long its maker waits; 0 leaves that to the platform."""
    index: int
    """1 for the first inner call of a call: the component by which the RID grows."""


class Reply(msgspec.Struct):
    """
    An answer on its way out.

    `body` is either complete or an iterator of chunks.
    `worker_seconds` is the time the implementation took, and `implementation` its `name(version)`.
    """

    status: int
    headers: Headers = ()
    body: bytes | AsyncIterator[bytes] = b""
    implementation: str | None = None
    worker_seconds: float | None = None
    error_code: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One line that an implementation (or the platform about it) logged."""

    time: float
    """Wall clock."""
    level: str
    """`severe`, `warning`, `info`, `config`, `fine`, `finer` or `finest`: the levels of MCS's console."""
    text: str
    ecid: str | None = None
    rid: str | None = None
    logger: str = "console"
    backend: str | None = None
    api: str | None = None
    api_version: str | None = None
    implementation: str | None = None
    user: str | None = None
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong in what was handed in: where, what, and a stable code."""

    code: str
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    severity: Literal["error", "warning"] = "error"
    place: str | None = None
    """Where in what was sent, if that has no lines: `[3].timestamp`, or a JSON pointer as `/body/items/0/name`."""


Findings = Sequence[Finding]
