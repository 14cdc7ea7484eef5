"""The console's files, under a policy that allows nothing but themselves."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from openmcs.console.pages import STATIC, Console

HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A build with a start page, a script with its hash in the name, and a picture."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Start</title>", "utf-8")
    (tmp_path / "assets" / "main-abc123.js").write_text("1", "utf-8")
    (tmp_path / "favicon.svg").write_text("<svg/>", "utf-8")
    (tmp_path.parent / "outside.txt").write_text("outside", "utf-8")
    return tmp_path


def ask(console: Console, path: str, method: str = "GET") -> tuple[int, dict[bytes, bytes], bytes]:
    """Status, headers and body."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(console({"type": "http", "method": method, "path": path}, None, send))
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


@pytest.mark.parametrize(
    "path", ["/console", "/console/", "/console/requests", "/console/apis/01J", "/console/absent.js"]
)
def test_every_path_of_the_console_is_its_start_page(folder: Path, path: str) -> None:
    """The console routes in the browser; the page itself is never kept by a cache."""
    status, headers, body = ask(Console(folder), path)
    assert (status, headers[b"content-type"]) == (200, b"text/html; charset=utf-8")
    assert b"<title>Start</title>" in body
    assert headers[b"cache-control"] == b"no-store"


def test_a_file_is_served_with_its_type(folder: Path) -> None:
    """What has its hash in the name may be kept for ever, the rest is asked for again."""
    status, headers, body = ask(Console(folder), "/console/assets/main-abc123.js")
    assert (status, body) == (200, b"1")
    assert headers[b"content-type"].startswith((b"text/javascript", b"application/javascript"))
    assert b"immutable" in headers[b"cache-control"]
    status, headers, _ = ask(Console(folder), "/console/favicon.svg")
    assert (status, headers[b"content-type"]) == (200, b"image/svg+xml; charset=utf-8")
    assert headers[b"cache-control"] == b"no-cache"


def test_an_asset_that_is_gone_is_not_found(folder: Path) -> None:
    """A page of an older version does not get HTML where it asked for a script."""
    assert ask(Console(folder), "/console/assets/main-old.js")[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/console/../outside.txt",
        "/console//../outside.txt",
        "/console/assets/../../outside.txt",
        "/console/..%2foutside.txt",
    ],
)
def test_nothing_outside_the_folder_is_served(folder: Path, path: str) -> None:
    """The files are read once, and only those have names."""
    assert b"outside" not in ask(Console(folder), path)[2]


@pytest.mark.parametrize(
    "path", ["/console/", "/console/assets/main-abc123.js", "/console/assets/absent", "/console/favicon.svg"]
)
def test_every_answer_has_the_security_headers(folder: Path, path: str) -> None:
    """A strict policy: nothing inline, nothing foreign, no frame."""
    _, headers, _ = ask(Console(folder), path)
    assert HEADERS.items() <= headers.items()
    policy = dict(
        (part.split()[0], part.split()[1:]) for part in headers[b"content-security-policy"].decode().split("; ")
    )
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == ["'self'"]
    assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert "unsafe" not in headers[b"content-security-policy"].decode()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_only_get_and_head_are_answered(folder: Path, method: str) -> None:
    """The console changes nothing by itself."""
    status, headers, _ = ask(Console(folder), "/console/", method)
    assert (status, headers[b"allow"]) == (405, b"GET, HEAD")


def test_an_installation_without_a_built_console_says_so(tmp_path: Path) -> None:
    """And how it is made."""
    status, _, body = ask(Console(tmp_path / "absent"), "/console/")
    assert status == 200
    assert b"make build" in body


def test_the_built_page_needs_nothing_that_the_policy_forbids() -> None:
    """No inline script or style, and every address is the console's own."""
    page = (STATIC / "index.html").read_text("utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert "<style" not in page and " style=" not in page and not re.search(r"\son\w+=", page)
    assert all(each.startswith("/console/") for each in re.findall(r'(?:src|href)="([^"]+)"', page))
