"""
What the SDK's calls return: a promise, which an async handler awaits and a sync one asks for its `result()`.

A promise is under way from its birth, as in JavaScript. It is fulfilled by an `MobileAnswer` when the
status is below 400 and raises `MobileError` otherwise (contract: custom code, section 3).
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import Any, NoReturn

from openmcs.runtime.outbound import Outcome


class MobileAnswer:
    """`statusCode`, `headers`, `contentType`, `contentLength` and `result` (None for an empty body)."""

    def __init__(self, outcome: Outcome, result: Any) -> None:
        self.statusCode = outcome.status
        self.headers = outcome.headers
        self.contentType = outcome.headers.get("content-type")
        self.contentLength = len(outcome.body)
        self.result = result

    @property
    def status_code(self) -> int:
        """`statusCode`."""
        return self.statusCode

    @property
    def content_type(self) -> str | None:
        """`contentType`."""
        return self.contentType

    @property
    def content_length(self) -> int:
        """`contentLength`."""
        return self.contentLength

    def __repr__(self) -> str:
        return f"<MobileAnswer {self.statusCode} {self.contentType} {self.contentLength} bytes>"


class MobileError(Exception):
    """
    A call was answered with 400 or more, or not at all.

    `statusCode` is None when nobody answered. `error` is the body: parsed where the call's results are
    parsed, else text; without an answer it is the reason.
    """

    def __init__(self, message: str, error: Any, outcome: Outcome | None = None) -> None:
        super().__init__(message)
        self.error = error
        self.statusCode = outcome.status if outcome else None
        self.headers = outcome.headers if outcome else {}
        self.contentType = self.headers.get("content-type")
        self.contentLength = len(outcome.body) if outcome else 0

    @property
    def status_code(self) -> int | None:
        """`statusCode`."""
        return self.statusCode

    @property
    def content_type(self) -> str | None:
        """`contentType`."""
        return self.contentType

    @property
    def content_length(self) -> int:
        """`contentLength`."""
        return self.contentLength


class Promise:
    """The answer to come of one call."""

    def __init__(
        self,
        future: Future[Outcome],
        shape: Callable[[bytes], Any],
        what: str,
        unseen: Callable[[str], None],
    ) -> None:
        self._future = future
        self._shape = shape
        self._what = what
        self._unseen = unseen
        self._seen = False

    def __await__(self) -> Generator[Any, None, MobileAnswer]:
        self._seen = True
        outcome = yield from asyncio.wrap_future(self._future).__await__()
        return self._answer(outcome)

    def result(self, timeout: float | None = None) -> MobileAnswer:
        """
        Wait for the answer; for handlers that are no coroutines. *timeout* is in seconds.

        Raises `MobileError`, and `RuntimeError` on the event loop, which it would block.
        """
        if threading.current_thread() is threading.main_thread() and _on_a_loop():
            raise RuntimeError(f"await {self._what} instead of .result(): an async handler must not block")
        self._seen = True
        return self._answer(self._future.result(timeout))

    def done(self) -> bool:
        """True when the answer is there."""
        return self._future.done()

    def when_done(self, tell: Callable[[MobileAnswer | None, MobileError | None], None]) -> None:
        """Call *tell* with the answer or the error, on whatever thread it arrives."""
        self._seen = True

        def arrived(future: Future[Outcome]) -> None:
            try:
                answer = self._answer(future.result())
            except MobileError as error:
                tell(None, error)
            else:
                tell(answer, None)

        self._future.add_done_callback(arrived)

    def _answer(self, outcome: Outcome) -> MobileAnswer:
        if outcome.status == 0:
            raise MobileError(f"{self._what}: {outcome.error}", RuntimeError(outcome.error))
        body = self._shape(outcome.body) if outcome.body else None
        if outcome.status >= 400:
            raise MobileError(f"{self._what} was answered with {outcome.status}: {_brief(body)}", body, outcome)
        return MobileAnswer(outcome, body)

    def __del__(self) -> None:
        if self._seen:
            return
        what, unseen = self._what, self._unseen

        def report(future: Future[Outcome]) -> None:
            outcome = future.result()
            if outcome.status == 0 or outcome.status >= 400:
                unseen(f"{what} failed and nobody looked: {outcome.error or outcome.status}")

        # Now if the answer is there, else when it comes.
        self._future.add_done_callback(report)


def _on_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _brief(body: Any) -> str:
    if isinstance(body, dict):
        return str(body.get("detail") or body.get("title") or body.get("message") or "")[:200]
    return "" if body is None or isinstance(body, bytes) else str(body)[:200]


def rejected(what: str, reason: str) -> NoReturn:
    """Raise the error of a call that could not even be made."""
    raise MobileError(f"{what}: {reason}", ValueError(reason))


def shape_of(out_type: Any, encoding: str | None = None) -> Callable[[bytes], Any]:
    """
    How a body becomes a result (contract: custom code, section 3).

    Text without an *out_type*; `json` parses and leaves text that does not parse; `binary` is bytes;
    a mapping or *encoding* names the text's encoding.
    """
    if out_type == "json":
        return _parsed
    if out_type == "binary":
        return bytes
    if isinstance(out_type, dict):
        encoding = out_type.get("encoding", encoding)
    codec = {"utf8": "utf-8", "binary": "latin-1", "ucs2": "utf-16-le"}.get(str(encoding), encoding) or "utf-8"
    return lambda body: body.decode(codec, "replace")


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")
