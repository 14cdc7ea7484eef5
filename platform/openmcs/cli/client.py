"""
The way to a running platform.

Its address is `OPENMCS_URL`, else what the credentials file says, else `http://127.0.0.1:8080`.
Its token is `OPENMCS_TOKEN`, else, on loopback, the one in the credentials file that `run` and `dev`
leave in the data folder (`OPENMCS_DATA`, `./.openmcs/` by default).
"""

from __future__ import annotations

import ipaddress
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import click
import httpx

from openmcs import errors
from openmcs.exchange import Finding

CREDENTIALS = "credentials.json"
TOOLS = "/mobile/tools/1.0"
_SILENT = 60.0
"""Seconds without a sign, after which a live stream is dead: the platform says something every fifteen."""


class ToolsFailed(errors.PlatformError):
    """The platform refused; carries what it said."""

    def __init__(self, detail: str, *, findings: list[Finding], build_log: str) -> None:
        super().__init__(detail, findings=findings)
        self.build_log = build_log


class Tools:
    """The tools API, as seen from outside."""

    def __init__(self, url: str, token: str | None, *, timeout: float = 330.0) -> None:
        self.url = url.rstrip("/")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(base_url=self.url, headers=headers, timeout=timeout, trust_env=not _loopback(url))

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def get(self, path: str, /, **params: Any) -> Any:
        """GET below the tools API; the parsed answer."""
        return self.request("GET", path, params={name: value for name, value in params.items() if value is not None})

    def put(self, path: str, body: Any = None) -> Any:
        """PUT JSON."""
        return self.request("PUT", path, json=body)

    def post(self, path: str, body: Any = None) -> Any:
        """POST JSON."""
        return self.request("POST", path, json=body)

    def upload(self, path: str, name: str, data: bytes, say: Callable[[str], None] | None = None) -> Any:
        """
        POST a file in the multipart field `file`; *say* hears each line of the build as it is written.

        Raises the error that fits the status, without the build log where that was said already.
        """
        files = {"file": (name, data, "application/zip")}
        headers = {"Accept": "text/event-stream"}
        try:
            with self._http.stream("POST", TOOLS + path, files=files, headers=headers, timeout=_SILENT) as response:
                if not response.is_success:
                    response.read()
                    raise _error(response)
                if not response.headers.get("content-type", "").startswith("text/event-stream"):
                    return json.loads(response.read())
                for kind, _, document in _parsed(response.iter_lines()):
                    if kind == "line" and say is not None:
                        say(document["text"])
                    elif kind == "done":
                        return document
                    elif kind == "refused":
                        heard = {"buildLog": ""} if say is not None else {}
                        raise _told(int(document.get("status", 500)), {**document, **heard})
        except httpx.TransportError as error:
            raise self._nobody(error) from None
        raise errors.StoreUnavailable("The platform ended in the middle of the build; its log says why.")

    def all(self, path: str, /, **params: Any) -> list[dict[str, Any]]:
        """Every item of a list."""
        items: list[dict[str, Any]] = []
        while True:
            page = self.get(path, limit=1000, offset=len(items), **params)
            items += page["items"]
            if not page["hasMore"]:
                return items

    def events(self, path: str, cursor: str, /, **params: Any) -> Iterator[tuple[str, Any]]:
        """
        Name and document of each event of a live stream behind *cursor*; taken up again where it was cut off.

        Raises the error that fits the status; `StoreUnavailable` when nobody answers.
        """
        given = {name: value for name, value in params.items() if value is not None}
        while True:
            headers = {"Last-Event-ID": cursor}
            try:
                with self._http.stream("GET", TOOLS + path, params=given, headers=headers, timeout=_SILENT) as response:
                    if not response.is_success:
                        response.read()
                        raise _error(response)
                    for name, id_, document in _parsed(response.iter_lines()):
                        cursor = id_ or cursor
                        yield name, document
            except httpx.ConnectError as error:
                raise errors.StoreUnavailable(f"No platform answers at {self.url} any more ({error}).") from None
            except httpx.TransportError:
                pass  # cut off: the next stream begins behind the last row that came
            time.sleep(0.5)

    def raw(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Any call of the platform, as it is. Raises `StoreUnavailable` when nobody answers."""
        try:
            return self._http.request(method, path, **options)
        except httpx.TransportError as error:
            raise self._nobody(error) from None

    def _nobody(self, error: httpx.TransportError) -> errors.StoreUnavailable:
        return errors.StoreUnavailable(
            f"No platform answers at {self.url} ({error or type(error).__name__}). "
            "Start one with `openmcs dev`, or say where it is with OPENMCS_URL."
        )

    def request(self, method: str, path: str, **options: Any) -> Any:
        """A call of the tools API. Raises the error that fits the status."""
        response = self.raw(method, TOOLS + path, **options)
        if response.is_success:
            return response.json()
        raise _error(response)


def _parsed(lines: Iterator[str]) -> Iterator[tuple[str, str, Any]]:
    """Name, id and document of each server-sent event."""
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line:
            fields[name] = value
        elif fields:
            yield fields.get("event", ""), fields.get("id", ""), json.loads(fields.get("data", "null"))
            fields = {}


def _error(response: httpx.Response) -> errors.PlatformError:
    try:
        document = response.json()
    except ValueError:
        document = {}
    return _told(response.status_code, document if isinstance(document, dict) else {})


def _told(status: int, document: dict[str, Any]) -> errors.PlatformError:
    detail = str(document.get("detail") or f"The platform answered {status}.")
    if status == 401:
        return errors.CallerRejected(f"{detail} Set OPENMCS_TOKEN, or run beside the platform's data folder.")
    if status == 404:
        return errors.ResourceNotFound(detail)
    findings = [
        Finding(
            code=str(each.get("title", "")),
            message=str(each.get("detail", "")),
            file=each.get("file"),
            line=each.get("line"),
            column=each.get("column"),
            severity=each.get("severity", "error"),
        )
        for each in document.get("o:errorDetails", [])
        if isinstance(each, dict)
    ]
    return ToolsFailed(detail, findings=findings, build_log=str(document.get("buildLog", "")))


def data_directory() -> Path:
    """The data folder of the platform that runs here."""
    return Path(os.environ.get("OPENMCS_DATA", ".openmcs"))


def connect(*, timeout: float = 330.0) -> Tools:
    """The platform that the environment, or the data folder, names."""
    credentials = _credentials()
    url = os.environ.get("OPENMCS_URL") or credentials.get("url") or "http://127.0.0.1:8080"
    token = os.environ.get("OPENMCS_TOKEN") or (credentials.get("token") if _loopback(url) else None)
    tools = Tools(url, token, timeout=timeout)
    context = click.get_current_context(silent=True)
    if context is not None:
        context.call_on_close(tools.close)
    return tools


def quoted(*parts: str) -> str:
    """Path segments, percent-encoded and joined."""
    return "/".join(quote(part, safe="") for part in parts)


def find_backend(tools: Tools, name: str, version: str | None = None) -> dict[str, Any]:
    """A backend by name, with its keys; the newest version unless one is named."""
    fitting = [each for each in tools.all("/mobilebackends") if each["name"] == name]
    fitting = [each for each in fitting if version in (None, each["version"])]
    if not fitting:
        raise errors.ResourceNotFound(f"There is no mobile backend {name!r}{f' {version}' if version else ''}.")
    found: dict[str, Any] = tools.get(f"/mobilebackends/{max(fitting, key=lambda each: each['createdAt'])['id']}")
    return found


def find_api(tools: Tools, name: str, version: str | None = None) -> dict[str, Any]:
    """An API by name; the newest version unless one is named."""
    fitting = [each for each in tools.all("/apis") if each["name"] == name and version in (None, each["version"])]
    if not fitting:
        raise errors.ResourceNotFound(f"There is no API {name!r}{f' {version}' if version else ''}.")
    return max(fitting, key=lambda each: each["createdAt"])


def _credentials() -> dict[str, str]:
    try:
        credentials = json.loads((data_directory() / CREDENTIALS).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return credentials if isinstance(credentials, dict) else {}


def _loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
