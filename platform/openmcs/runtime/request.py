"""The request as a handler sees it: Express's names, and the caller that the platform verified."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs

from openmcs.runtime.console import Console
from openmcs.runtime.incoming import Incoming, Whole
from openmcs.runtime.protocol import Req


class BodyInvalid(Exception):
    """The body does not parse as what its Content-Type says; the caller gets 400."""


class User:
    """Who called: `name`, `roles`, and whether it was the backend's anonymous user."""

    __slots__ = ("anonymous", "name", "roles")

    def __init__(self, name: str, anonymous: bool, roles: frozenset[str]) -> None:
        self.name = name
        self.anonymous = anonymous
        self.roles = roles


class Backend:
    """The mobile backend in whose name the call was made."""

    __slots__ = ("name", "version")

    def __init__(self, name: str, version: str) -> None:
        self.name = name
        self.version = version


class Request:
    """
    One call.

    `method`, `path` (whole, percent-encoded), `url` (path and query), `params` (decoded path
    parameters), `query` (a dict; a repeated parameter is a list), `headers` (lower-case names),
    `body` (parsed JSON or form, `{}` for other types, as in Express), `raw` (its bytes), `stream()` (its
    pieces as they come, for a route that was registered with `stream=True`),
    `user`, `backend`, `ecid`, `rid`, `console` and `state`; `mobile`, which MCS calls `oracleMobile`;
    `cancelled` and `seconds_left` for handlers that take long.
    """

    def __init__(
        self,
        req: Req,
        raw: bytes,
        console: Console,
        state: Any,
        mobile: Callable[[Req], Any] | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
        incoming: Incoming | None = None,
    ) -> None:
        self._req = req
        self._make_mobile = mobile
        self._is_cancelled = is_cancelled
        self._incoming = incoming
        self._until = time.monotonic() + req.seconds_left
        self.method = req.method
        self.path = req.path
        self.params: dict[str, str] = {}
        self.headers = req.headers
        self.raw = raw
        self.console = console
        self.state = state
        self.ecid = req.ecid
        self.rid = req.rid

    @cached_property
    def mobile(self) -> Any:
        """The platform's services and other APIs, as the caller: see `openmcs.runtime.mobile`."""
        if self._make_mobile is None:
            raise RuntimeError("req.mobile is there inside a worker only")
        return self._make_mobile(self._req)

    @property
    def oracleMobile(self) -> Any:
        """MCS's name of `mobile`."""
        return self.mobile

    @property
    def oracle_mobile(self) -> Any:
        """`mobile`."""
        return self.mobile

    @property
    def cancelled(self) -> bool:
        """True when nobody waits for the answer any more; coroutines are cancelled, threads may look here."""
        return self._is_cancelled()

    @property
    def seconds_left(self) -> float:
        """Seconds until the caller gets 504 instead of the answer."""
        return max(0.0, self._until - time.monotonic())

    def stream(self) -> Incoming | Whole:
        """
        The body piece by piece: `async for` in a coroutine, `for` in a function. Each piece is there once.

        The client sends as fast as the pieces are taken. Raises `BodyLost` when it goes away before the end.
        """
        return Whole(self.raw) if self._incoming is None else self._incoming

    @property
    def url(self) -> str:
        """Path and query string."""
        return f"{self.path}?{self._req.query}" if self._req.query else self.path

    @cached_property
    def query(self) -> dict[str, str | list[str]]:
        """Query parameters, decoded."""
        parsed = parse_qs(self._req.query, keep_blank_values=True)
        return {name: values[0] if len(values) == 1 else values for name, values in parsed.items()}

    @cached_property
    def user(self) -> User:
        """The caller."""
        return User(self._req.user, self._req.anonymous, frozenset(self._req.roles))

    @cached_property
    def backend(self) -> Backend:
        """The mobile backend."""
        return Backend(self._req.backend, self._req.backend_version)

    @cached_property
    def body(self) -> Any:
        """
        The parsed body.

        A JSON `null` is no body, and the body of a GET is not read: the vendor's SDKs send both
        (contract: wire, Q11). JSON that is not UTF-8 is read as Latin-1 (Q26).
        """
        if not self.raw or self.method in ("GET", "HEAD"):
            return {}
        media_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type == "application/json" or media_type.endswith("+json"):
            return self._json()
        if media_type == "application/x-www-form-urlencoded":
            form = parse_qs(self._text(), keep_blank_values=True)
            return {name: values[0] if len(values) == 1 else values for name, values in form.items()}
        return {}

    def get(self, name: str) -> str | None:
        """A header's value, whatever the casing of *name*."""
        return self.headers.get(name.lower())

    header = get

    def is_(self, media_type: str) -> bool:
        """True when the body is of *media_type* (`json` and `html` are understood)."""
        sent = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return sent == media_type.lower() or sent.endswith(("/" + media_type.lower(), "+" + media_type.lower()))

    def accepts(self, *media_types: str) -> str | None:
        """The first of *media_types* that the caller takes, or None."""
        accepted = [part.partition(";")[0].strip().lower() for part in self.headers.get("accept", "*/*").split(",")]
        for media_type in media_types:
            kind = media_type.lower().partition("/")[0]
            if any(each in ("*/*", media_type.lower(), f"{kind}/*") for each in accepted):
                return media_type
        return None

    def _text(self) -> str:
        try:
            return self.raw.decode("utf-8")
        except UnicodeDecodeError:
            return self.raw.decode("latin-1")

    def _json(self) -> Any:
        try:
            parsed = json.loads(self._text())
        except (ValueError, RecursionError) as error:
            raise BodyInvalid(f"The body is not valid JSON: {error}") from None
        return {} if parsed is None else parsed
