"""
How the SDK's namespaces make a call: options, headers, body, and the promise.

Options are read whatever their spelling: `outType`, `out_type` and `OUTTYPE` are one; those of the
SDK win over those of the HTTP client (contract: custom code, section 3).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from openmcs.runtime.outbound import Outbound, Outcome
from openmcs.runtime.promise import Promise, rejected, shape_of

JSON_TYPE = "application/json;charset=utf-8"
VERSION_HEADER = "oracle-mobile-api-version"


class Options:
    """The options of one call, by their names in lower case without underscores."""

    def __init__(self, opts: Any, http: Any, named: Mapping[str, Any]) -> None:
        self._values: dict[str, Any] = {}
        # Real code passes '' and null for options it does not need.
        for source in (http, opts, named):
            if isinstance(source, Mapping):
                self._values |= {_plain(name): value for name, value in source.items() if value is not None}

    def get(self, name: str, default: Any = None) -> Any:
        """An option by its plain name."""
        return self._values.get(name, default)

    def headers(self) -> dict[str, str]:
        """The header fields they ask for, names in lower case."""
        given = self.get("headers")
        fields = {str(k).lower(): str(v) for k, v in given.items()} if isinstance(given, Mapping) else {}
        for option, header in (("accept", "accept"), ("contenttype", "content-type")):
            if option in self._values:
                fields[header] = str(self._values[option])
        return fields

    def seconds(self) -> float:
        """`timeout`, which is in milliseconds; 0 without."""
        value = self.get("timeout", 0)
        return float(value) / 1000 if isinstance(value, int | float) and value > 0 else 0.0


class Declared:
    """The versions of APIs or connectors that the manifest declares."""

    def __init__(self, kind: str, versions: Mapping[str, str]) -> None:
        self.kind = kind
        self._versions = {name.rstrip("/").rpartition("/")[2].lower(): version for name, version in versions.items()}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._versions

    def version(self, name: str) -> str | None:
        """The declared version of *name*. Names are compared whole: `foo` is not `foobar`."""
        return self._versions.get(name.lower())


class Asking:
    """Makes the calls of one request's SDK object."""

    def __init__(self, outbound: Outbound, declared: Mapping[str, Declared], unseen: Callable[[str], None]) -> None:
        self._outbound = outbound
        self.declared = declared
        self._unseen = unseen

    def ask(
        self,
        what: str,
        method: str,
        uri: str,
        options: Options,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        parsed: bool = False,
        shape: Callable[[bytes], Any] | None = None,
    ) -> Any:
        """
        Make a call and return its `Promise` (or a `Streamed` when `outType` says so); *parsed* is for namespaces whose results are always parsed.

        Raises `MobileError` for a body that cannot be sent, and `LookupError` for a custom API or
        connector of which no version is known.
        """
        fields = {**options.headers(), **(headers or {})}
        data = _encoded(what, body, options, fields)
        self._choose_version(uri, fields, options)
        uri = _with_query(uri, options.get("qs"))
        future = self._outbound.ask(method, uri, fields, data, options.seconds())
        shape = shape or shape_of("json" if parsed else options.get("outtype"), options.get("encoding"))
        promise = Promise(future, shape, what, self._unseen)
        return Streamed(promise, future) if options.get("outtype") == "stream" else promise

    def _choose_version(self, uri: str, fields: dict[str, str], options: Options) -> None:
        kind, name = _target(uri)
        if kind is None or VERSION_HEADER in fields:
            return
        version = options.get("versiontoinvoke") or self.declared[kind].version(name)
        if version is None:
            key = "apis" if kind == "custom" else "connectors"
            raise LookupError(
                f"Target version of /mobile/{kind}/{name} not specified: declare it in pyproject.toml under "
                f'[tool.openmcs.{key}] as {name} = "1.0", or pass versionToInvoke.'
            )
        fields[VERSION_HEADER] = str(version)


class Streamed:
    """`outType: 'stream'`: the body in pieces, and `pipe(res)` to pass the whole answer on."""

    def __init__(self, promise: Promise, future: Any) -> None:
        self._promise = promise
        self._future = future

    async def __aiter__(self) -> AsyncIterator[bytes]:
        await self._promise
        outcome: Outcome = await asyncio.wrap_future(self._future)
        for at in range(0, len(outcome.body), 65536):
            yield outcome.body[at : at + 65536]

    def pipe(self, res: Any) -> Any:
        """Answer with what the call is answered with: status, content type and body."""

        def passed_on(future: Any) -> None:
            outcome: Outcome = future.result()
            if outcome.status == 0:
                res.status(502).json({"title": "Bad gateway", "status": 502, "detail": outcome.error})
                return
            res.status(outcome.status)
            if "content-type" in outcome.headers:
                res.set("Content-Type", outcome.headers["content-type"])
            res.end(outcome.body)

        self._promise.when_done(lambda answer, error: None)
        self._future.add_done_callback(passed_on)
        return res


def _plain(name: str) -> str:
    return str(name).replace("_", "").lower()


def _target(uri: str) -> tuple[str | None, str]:
    parts = uri.partition("?")[0].strip("/").split("/")
    if len(parts) >= 3 and parts[0] == "mobile" and parts[1] in ("custom", "connector"):
        return parts[1], parts[2]
    return None, ""


def _with_query(uri: str, query: Any) -> str:
    if not query:
        return uri
    if isinstance(query, Mapping):
        pairs = [(key, _plain_value(value)) for key, value in query.items() if value is not None]
        query = urlencode(pairs, doseq=True)
    return f"{uri}{'&' if '?' in uri else '?'}{query}"


def _plain_value(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return [_plain_value(each) for each in value] if isinstance(value, list | tuple) else value


def _encoded(what: str, body: Any, options: Options, fields: dict[str, str]) -> bytes:
    kind = options.get("intype")
    if body is None or body == "":
        return b""
    if kind == "json":
        fields.setdefault("content-type", JSON_TYPE)
        return json.dumps(body, ensure_ascii=False, default=str).encode()
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    if isinstance(body, str):
        return body.encode()
    if hasattr(body, "read"):
        data = body.read()
        return data if isinstance(data, bytes) else str(data).encode()
    if kind == "stream" and isinstance(body, Iterable):
        return b"".join(each if isinstance(each, bytes) else str(each).encode() for each in body)
    rejected(what, "Argument error, options.body. (an object needs inType: 'json')")
