"""
The console's files, under a content-security policy that allows nothing but themselves.

Every path that is no file answers the start page: the console routes in the browser.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

STATIC = Path(__file__).parent / "static"
PREFIX = "/console"

_SECURITY = [
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        b"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
]
_NOT_BUILT = (
    b"<!doctype html><meta charset=utf-8><title>OpenMCS</title>"
    b"<p>This installation has no built console. <code>make build</code> makes it."
)

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Console:
    """One ASGI application for `/console/`; the files are read once."""

    def __init__(self, directory: Path = STATIC) -> None:
        self._files = {
            file.relative_to(directory).as_posix(): (_media_type(file), file.read_bytes())
            for file in (directory.rglob("*") if directory.is_dir() else ())
            if file.is_file()
        }

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Send) -> None:
        """Answer GET and HEAD."""
        if scope["method"] not in ("GET", "HEAD"):
            await _send(send, 405, b"text/plain", b"", [(b"allow", b"GET, HEAD")])
            return
        name = scope["path"].removeprefix(PREFIX).lstrip("/")
        if name in self._files and name != "index.html":
            media_type, body = self._files[name]
            # Vite puts the content's hash into the names below assets: those never change.
            cache = b"public, max-age=31536000, immutable" if name.startswith("assets/") else b"no-cache"
            await _send(send, 200, media_type, body, [(b"cache-control", cache)])
        elif name.startswith("assets/"):
            await _send(send, 404, b"text/plain", b"Not found", [])
        else:
            media_type, body = self._files.get("index.html", (b"text/html; charset=utf-8", _NOT_BUILT))
            await _send(send, 200, media_type, body, [(b"cache-control", b"no-store")])


async def _send(send: Send, status: int, media_type: bytes, body: bytes, extra: list[tuple[bytes, bytes]]) -> None:
    headers = [(b"content-type", media_type), (b"content-length", str(len(body)).encode()), *_SECURITY, *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _media_type(file: Path) -> bytes:
    guessed = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    if guessed.startswith("text/") or guessed in ("application/javascript", "application/json", "image/svg+xml"):
        guessed += "; charset=utf-8"
    return guessed.encode()
