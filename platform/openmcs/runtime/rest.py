"""
`rest`: any URI of the platform, in three manners.

    await req.mobile.rest.get({"uri": "/mobile/platform/users/~"})        a promise
    await req.mobile.rest.getAsync({…})                                   the same, under MCS's name
    req.mobile.rest.get({…}, lambda error, response, body: …)             the first generation's callback

Options are those of the HTTP client of MCS: `uri` (relative to the platform), `headers`, `qs`, `body` or
`json`, `encoding`, `timeout` in milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from openmcs.runtime.asking import Asking, Options
from openmcs.runtime.promise import MobileAnswer, MobileError, shape_of

METHOD_OVERRIDE = "x-http-method-override"
_METHODS = ("GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS")
_VERBS = {
    name: method
    for method in _METHODS
    for name in (method.lower(), f"{method.lower()}Async", f"{method.lower()}_async")
} | {"delAsync": "DELETE"}
"""`del` itself is a word of Python's and cannot be a name."""


class Response:
    """What a callback gets beside the body: `statusCode` and `headers`."""

    def __init__(self, status: int, headers: Mapping[str, str], body: Any) -> None:
        self.statusCode = self.status_code = status
        self.headers = headers
        self.body = body


class Rest:
    """The verbs: `get`, `put`, `post`, `patch`, `delete`, `head`, `options`, each also as `<verb>Async`."""

    def __init__(self, asking: Asking, schedule: Callable[[Callable[..., Any], tuple[Any, ...]], None]) -> None:
        self._asking = asking
        self._schedule = schedule

    def __getattr__(self, name: str) -> Any:
        method = _VERBS.get(name)
        if method is None:
            raise AttributeError(f"req.mobile.rest has no {name!r}")

        def call(options: Mapping[str, Any], handler: Callable[..., Any] | None = None) -> Any:
            return self._call(name, method, options, handler)

        return call

    def _call(self, verb: str, method: str, given: Mapping[str, Any], handler: Callable[..., Any] | None) -> Any:
        options = Options(None, given, {})
        uri = options.get("uri") or options.get("url")
        if not isinstance(uri, str) or urlsplit(uri).netloc or not uri:
            raise ValueError(f"rest.{verb} needs a uri relative to the platform, such as /mobile/platform/users/~")
        uri = "/" + uri.lstrip("/")
        headers = {}
        if method == "PATCH":
            method, headers[METHOD_OVERRIDE] = "POST", "PATCH"
        body, as_json = options.get("body"), options.get("json")
        if as_json is not None and as_json is not False:
            body = body if as_json is True else as_json
            given = {**given, "inType": "json"} if body is not None else given
            headers.setdefault("accept", "application/json")
        shape = shape_of("json") if as_json else shape_of(None, options.get("encoding"))
        promise = self._asking.ask(
            f"rest.{verb}", method, uri, Options(None, given, {}), body=body, headers=headers, shape=shape
        )
        if handler is not None:
            promise.when_done(lambda answer, error: self._schedule(handler, _node_arguments(answer, error)))
        return promise


def _node_arguments(answer: MobileAnswer | None, error: MobileError | None) -> tuple[Any, Any, Any]:
    """Node's `(error, response, body)`: an answer of any status is no error there."""
    if answer is not None:
        return None, Response(answer.statusCode, answer.headers, answer.result), answer.result
    assert error is not None
    if error.statusCode is None:
        return error.error, None, None
    return None, Response(error.statusCode, error.headers, error.error), error.error
