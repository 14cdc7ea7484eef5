"""A connector's call, against a real server on loopback that the connector lists as an exception."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from openmcs.catalog.connectors import Rule
from openmcs.connectors import rest as module
from openmcs.errors import (
    ConnectorFailed,
    ConnectorTimedOut,
    DestinationRefused,
    PlatformError,
    RequestInvalid,
)
from openmcs.trace_context import span_of, trace_of
from tests.connectors.calls import LOOPBACK, ask, connector, snapshot, told


class Upstream(http.server.BaseHTTPRequestHandler):
    """Tells what it was asked, redirects, dawdles, or never ends."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        pass

    def _any(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        path = self.path.partition("?")[0]
        if path.startswith("/redirect/"):
            _, _, status, target = self.path.split("/", 3)
            self._answer(int(status), b"", {"Location": target if "://" in target else f"/{target}"})
        elif path == "/slow":
            time.sleep(1)
            self._answer(200, b"late", {})
        elif path == "/endless":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")
            except OSError:
                self.close_connection = True
        elif path == "/garbage":
            self.wfile.write(b"this is no HTTP\r\n\r\n")
            self.close_connection = True
        else:
            told = {
                "method": self.command, "path": self.path, "body": body.decode(),
                "headers": {name.lower(): value for name, value in self.headers.items()},
            }  # fmt: skip
            self._answer(418 if path == "/teapot" else 200, json.dumps(told).encode(), {"X-Own": "1"})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _any


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_a_call_reaches_the_path_below_the_base_url(port: int) -> None:
    reply = ask(snapshot(connector(port)), "/lines/7", "POST", "a=1", b"body", content_type="text/plain")
    seen = told(reply)
    assert (seen["method"], seen["path"], seen["body"]) == ("POST", "/api/lines/7?a=1", "body")
    assert seen["headers"]["content-type"] == "text/plain"
    assert seen["headers"]["host"] == f"127.0.0.1:{port}"
    assert dict(reply.headers)["X-Own"] == "1"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_every_verb_goes_out_as_it_is(port: int, method: str) -> None:
    assert told(ask(snapshot(connector(port)), method=method))["method"] == method


def test_an_error_of_the_system_is_its_answer(port: int) -> None:
    known = snapshot(connector(port, base_url=f"http://127.0.0.1:{port}"))
    assert ask(known, "/teapot").status == 418


def test_what_says_who_calls_stays_inside(port: int) -> None:
    seen = told(ask(snapshot(connector(port)), oracle_mobile_device_id="d", authorization="Basic x"))
    assert not [name for name in seen["headers"] if name.startswith("oracle") or name == "authorization"]


RULES = (
    Rule("", [], {"X-All": "1"}, {"all": "1"}),
    Rule("/lines/*", ["GET"], {"X-Lines": "1"}, {"expand": "yes"}),
    Rule("/lines/{id}/parts", ["GET"], {"X-Parts": "1"}, {}),
    Rule("/lines", ["POST"], {"X-Post": "1"}, {}),
)


@pytest.mark.parametrize(
    ("method", "path", "names", "query"),
    [
        ("GET", "/orders", {"x-all"}, "all=1"),
        ("GET", "/lines", {"x-all", "x-lines"}, "all=1&expand=yes"),
        ("GET", "/lines/7", {"x-all", "x-lines"}, "all=1&expand=yes"),
        ("GET", "/lines/7/parts", {"x-all", "x-lines", "x-parts"}, "all=1&expand=yes"),
        ("GET", "/linesmen", {"x-all"}, "all=1"),
        ("POST", "/lines", {"x-all", "x-post"}, "all=1"),
        ("POST", "/lines/7", {"x-all"}, "all=1"),
    ],
)
def test_rules_add_to_calls_of_their_resources_and_methods(
    port: int, method: str, path: str, names: set[str], query: str
) -> None:
    seen = told(ask(snapshot(connector(port, rules=RULES)), path, method))
    assert {name for name in seen["headers"] if name.startswith("x-")} == names
    assert seen["path"] == f"/api{path}?{query}"


def test_what_the_call_sends_wins_over_a_rule(port: int) -> None:
    seen = told(ask(snapshot(connector(port, rules=RULES)), "/orders", query="all=2", x_all="own"))
    assert seen["path"] == "/api/orders?all=2"
    assert seen["headers"]["x-all"] == "own"


def test_credentials_win_over_everything_and_external_ones_count_only_without(port: int) -> None:
    own = connector(port, header=("authorization", "Basic own"))
    external = {"oracle_mobile_external_authorization": "Bearer app"}
    assert told(ask(snapshot(own), **external))["headers"]["authorization"] == "Basic own"
    assert told(ask(snapshot(connector(port)), **external))["headers"]["authorization"] == "Bearer app"


@pytest.mark.parametrize("path", ["/../admin", "/a/../../admin", "/%2e%2e/admin", "/a/%2E%2E%2Fadmin", "/..\\admin"])
def test_a_path_goes_down_only(port: int, path: str) -> None:
    with pytest.raises(RequestInvalid):
        ask(snapshot(connector(port)), path)


# ── the way out ──────────────────────────────────────────────────────────────────────────────────────


def test_a_system_inside_is_refused_unless_the_connector_lists_it(port: int) -> None:
    with pytest.raises(DestinationRefused, match="loopback"):
        ask(snapshot(connector(port, allow=())))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_with_the_right_method(port: int, status: int) -> None:
    known = snapshot(connector(port, base_url=f"http://127.0.0.1:{port}"))
    seen = told(ask(known, f"/redirect/{status}/target", "POST", body=b"x"))
    assert seen["path"] == "/target"
    assert (seen["method"], seen["body"]) == (("POST", "x") if status in (307, 308) else ("GET", ""))


def test_a_redirect_passes_the_guard_again(port: int) -> None:
    known = snapshot(connector(port, base_url=f"http://127.0.0.1:{port}"))
    with pytest.raises(DestinationRefused, match="link-local"):
        ask(known, "/redirect/302/http://169.254.169.254/latest/meta-data")


def test_credentials_do_not_follow_a_redirect_to_another_host(port: int) -> None:
    known = snapshot(connector(port, base_url=f"http://127.0.0.1:{port}", header=("x-key", "secret"), allow=LOOPBACK))
    assert told(ask(known, "/redirect/302/target"))["headers"]["x-key"] == "secret"
    assert "x-key" not in told(ask(known, f"/redirect/302/http://localhost:{port}/target"))["headers"]


def test_a_circle_of_redirects_ends(port: int) -> None:
    known = snapshot(connector(port, base_url=f"http://127.0.0.1:{port}"))
    with pytest.raises(ConnectorFailed, match="more than 3 times"):
        ask(known, "/redirect/302/redirect/302/redirect/302/redirect/302/redirect/302/x")


def test_a_redirect_to_what_is_no_http_is_refused(port: int) -> None:
    known = snapshot(connector(port, base_url=f"http://127.0.0.1:{port}"))
    with pytest.raises(ConnectorFailed, match="no HTTP address"):
        ask(known, "/redirect/302/file://etc/passwd")


LIMITS: list[tuple[str, dict[str, Any], dict[str, Any], type[PlatformError], str]] = [
    ("/slow", {"read_timeout_ms": 50}, {}, ConnectorTimedOut, "in time"),
    ("/slow", {}, {"seconds": 0.1}, ConnectorTimedOut, "in time"),
    ("/endless", {}, {}, ConnectorFailed, "more than 100000 bytes"),
    ("/garbage", {}, {}, ConnectorFailed, "no answer"),
]


@pytest.mark.parametrize(("path", "fields", "options", "error", "text"), LIMITS)
def test_a_system_that_misbehaves_is_an_error_of_its_own(
    port: int, path: str, fields: Any, options: Any, error: Any, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST_ANSWER", 100_000)
    known = snapshot(connector(port, base_url=f"http://127.0.0.1:{port}", **fields))
    with pytest.raises(error, match=text):
        ask(known, path, **options)


def test_nobody_at_the_address_is_502() -> None:
    with pytest.raises(ConnectorFailed) as failed:
        ask(snapshot(connector(1)))
    assert failed.value.status == 502


def test_a_connector_whose_credentials_cannot_be_read_is_not_called_without_them(port: int) -> None:
    with pytest.raises(ConnectorFailed, match="set them anew"):
        ask(snapshot(connector(port, unreadable=True)))


def test_a_connectors_secret_is_not_in_its_repr() -> None:
    assert "secret" not in repr(connector(1, header=("authorization", "secret")))


def test_the_trace_goes_on_behind_the_connector(port: int) -> None:
    """That of the caller, below this call's span; one that begins here where traces are kept; else none."""
    known, trace, own = snapshot(connector(port)), "4bf92f3577b34da6a3ce929d0e0e4736", span_of("E", "0:1")
    for flags in ("01", "00"):
        header = f"00-{trace}-00f067aa0ba902b7-{flags}"
        for traces in (None, 1.0):
            seen = told(ask(known, traceparent=header, traces=traces))["headers"]
            assert seen["traceparent"] == f"00-{trace}-{own}-{flags}"
    assert told(ask(known, traces=1.0))["headers"]["traceparent"] == f"00-{trace_of('E')}-{own}-01"
    assert told(ask(known, traces=0.0))["headers"]["traceparent"] == f"00-{trace_of('E')}-{own}-00"
    assert "traceparent" not in told(ask(known))["headers"]
