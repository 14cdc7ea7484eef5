"""
The answer of a handler, in either manner: a returned value, or Express's `res`.

Express's rules that real implementations rely on (contract: custom code, section 3): `send(200, obj)`,
`send(obj, 201)`, `send(412)` answers the reason phrase, `send("text")` is `text/html`, sending twice
is an error.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from openmcs.runtime.promise import MobileAnswer
from openmcs.runtime.sync import RESOURCE_TYPE, SyncBody

JSON = "application/json; charset=utf-8"
_SHORT_TYPES = {
    "json": JSON,
    "html": "text/html; charset=utf-8",
    "text": "text/plain; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
    "bin": "application/octet-stream",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "csv": "text/csv; charset=utf-8",
}


Body = bytes | AsyncIterator[Any] | Iterator[Any]


class AlreadySent(RuntimeError):
    """The handler answered twice."""


class AnswerInvalid(TypeError):
    """The handler returned something that is no answer."""


class Answer:
    """What goes out: status, headers and a body that is complete or comes in chunks."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: list[tuple[str, str]], body: Body) -> None:
        self.status = status
        self.headers = headers
        self.body = body


class Response:
    """Express's `res`. Every method but `end` and `send` returns the response, so that calls chain."""

    def __init__(self, deliver: Callable[[Answer], None], is_head: bool = False) -> None:
        self._deliver = deliver
        self._status = 200
        self._headers: dict[str, tuple[str, str]] = {}
        self._is_head = is_head
        self._written: list[bytes] = []
        self.sent = False
        self.sync_body: SyncBody | None = None
        """What `req.mobile.sync` has put together; while it is there only `end` answers."""

    def status(self, code: int) -> Response:
        """Set the status."""
        self._status = _checked_status(code)
        return self

    def set(self, name: str | Mapping[str, str], value: str | None = None) -> Response:
        """Set one header, or several from a mapping."""
        items = name.items() if isinstance(name, Mapping) else [(name, value)]
        for key, each in items:
            self._headers[str(key).lower()] = _checked_header(str(key), str(each))
        return self

    header = set

    def get(self, name: str) -> str | None:
        """A header that was set."""
        found = self._headers.get(name.lower())
        return found[1] if found else None

    def type(self, media_type: str) -> Response:
        """Set Content-Type; short names such as `json` and `text` are understood."""
        return self.set("Content-Type", _SHORT_TYPES.get(media_type.lower().lstrip("."), media_type))

    def write_head(self, status: int, headers: Mapping[str, str] | None = None) -> Response:
        """Set status and headers, Node's way."""
        self._refuse_in_sync_mode("write_head")
        self.status(status)
        return self.set(headers or {})

    writeHead = write_head

    def send(self, *parts: Any) -> None:
        """`send(body)`, `send(status)`, `send(status, body)` or `send(body, status)`."""
        self._refuse_in_sync_mode("send")
        if len(parts) == 2:
            first, second = parts
            if isinstance(first, int) and not isinstance(first, bool):
                self.status(first)
                body = second
            else:
                self.status(second)
                body = first
        elif len(parts) == 1 and isinstance(parts[0], int) and not isinstance(parts[0], bool):
            self.status(parts[0])
            body = _reason(parts[0])
            self._default_type("text/plain; charset=utf-8")
        else:
            body = parts[0] if parts else None
        self._finish(self._encoded(body))

    def json(self, *parts: Any) -> None:
        """`json(obj)` or `json(status, obj)`; always JSON, also for text and None."""
        if len(parts) == 2:
            self.status(parts[0])
        self._default_type(JSON)
        self._finish(_dumped(parts[-1] if parts else None))

    def write(self, data: str | bytes) -> Response:
        """Add to the body; `end` sends it."""
        self._refuse_in_sync_mode("write")
        self._written.append(data.encode() if isinstance(data, str) else bytes(data))
        return self

    def end(self, data: str | bytes = b"") -> None:
        """Send what was written, and *data*; in sync mode, send the item or the collection."""
        if self.sync_body is not None:
            self.set("Content-Type", "application/json")
            self.set(RESOURCE_TYPE, self.sync_body.kind)
            self._finish(self.sync_body.encoded())
            return
        self.write(data)
        self._finish(b"".join(self._written))

    def answer_with(self, value: Any) -> None:
        """Send what a handler returned instead of calling `send`."""
        if self.sent:
            raise AlreadySent("the handler sent an answer and returned another")
        if self.sync_body is not None and value is None:
            self.end()
            return
        if isinstance(value, tuple):
            value = self._unpacked(value)
        if isinstance(value, Answer):
            self._go(value)
        elif hasattr(value, "__aiter__") or isinstance(value, Iterator):
            self._default_type("application/octet-stream")
            self._go(Answer(self._status, list(self._headers.values()), value))
        elif isinstance(value, MobileAnswer):
            if value.contentType:
                self._default_type(value.contentType)
            self.answer_with(value.result)
        elif value is None:
            self._status = 204 if self._status == 200 else self._status
            self._finish(b"")
        elif isinstance(value, str):
            self._default_type("text/plain; charset=utf-8")
            self._finish(value.encode())
        else:
            self._finish(self._encoded(value))

    def _unpacked(self, value: tuple[Any, ...]) -> Any:
        if len(value) not in (2, 3) or not isinstance(value[0], int):
            raise AnswerInvalid("a handler that returns a tuple returns (status, body) or (status, body, headers)")
        self.status(value[0])
        if len(value) == 3:
            self.set(value[2])
        return value[1]

    def _encoded(self, body: Any) -> bytes:
        if body is None:
            return b""
        if isinstance(body, bytes | bytearray | memoryview):
            self._default_type("application/octet-stream")
            return bytes(body)
        if isinstance(body, str):
            self._default_type("text/html; charset=utf-8")
            return body.encode()
        self._default_type(JSON)
        return _dumped(body)

    def _refuse_in_sync_mode(self, name: str) -> None:
        if self.sync_body is not None:
            raise RuntimeError(f"res.{name} in sync mode: call res.end(), or sync.clear(res) first")

    def _default_type(self, media_type: str) -> None:
        self._headers.setdefault("content-type", ("Content-Type", media_type))

    def _finish(self, body: bytes) -> None:
        self._go(Answer(self._status, list(self._headers.values()), b"" if self._is_head else body))

    def _go(self, answer: Answer) -> None:
        if self.sent:
            raise AlreadySent("the answer was sent already; a handler answers once")
        self.sent = True
        self._deliver(answer)


def _dumped(value: Any) -> bytes:
    try:
        return msgspec.json.encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise AnswerInvalid(f"the answer cannot be written as JSON: {error}") from None


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return str(status)


def _checked_status(code: Any) -> int:
    if not isinstance(code, int) or isinstance(code, bool) or not 200 <= code <= 599:
        raise AnswerInvalid(f"{code!r} is no status; one between 200 and 599 is")
    return int(code)


def _checked_header(name: str, value: str) -> tuple[str, str]:
    if not name or any(c in name for c in "\r\n:\0 ") or any(c in value for c in "\r\n\0"):
        raise AnswerInvalid(f"the header {name!r} has a character that a header cannot have")
    return name, value
