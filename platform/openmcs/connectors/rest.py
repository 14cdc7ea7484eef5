"""
A call of a REST connector: rules, credentials, the way out, and the answer within its limits.

Redirects are followed at most three times, each through the guard; credentials stay with the host that they
were given for. Network_HttpConnectTimeout and Network_HttpReadTimeout hold, and the deadline of the call.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import OrderedDict
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote, urlencode, urljoin, urlsplit

import httpcore
import msgspec

from openmcs.catalog.connectors import Connector
from openmcs.connectors.guard import GuardedBackend
from openmcs.errors import ConnectorFailed, ConnectorTimedOut, PlatformError, RequestInvalid
from openmcs.exchange import Reply

MOST_REDIRECTS = 3
LARGEST_ANSWER = 16 * 1024 * 1024
"""Bytes of an answer."""
MOST_CONNECTIONS = 50
"""Connections that a connector keeps to its system."""
KEPT_POOLS = 200
_NOT_SENT = frozenset(
    {"host", "content-length", "connection", "transfer-encoding", "upgrade", "te", "keep-alive", "accept-encoding"}
)
_NOT_RETURNED = frozenset({"connection", "transfer-encoding", "keep-alive", "upgrade", "trailer", "content-length"})


class ConnectorCall(msgspec.Struct, frozen=True):
    """A call of a connector, before its rules and credentials are added."""

    connector: Connector
    method: str
    path: str
    """Below the connector's address."""
    query: str
    headers: Mapping[str, str]
    body: bytes
    deadline: float
    """Monotonic time after which nobody waits for the answer."""
    timeouts: Mapping[str, float]
    """Seconds for `connect`, `read`, `write` and `pool`."""


class Rest:
    """The connections of one gateway process to the systems behind its connectors."""

    def __init__(self) -> None:
        self._pools: OrderedDict[tuple[str, int], httpcore.AsyncConnectionPool] = OrderedDict()

    async def perform(self, call: ConnectorCall) -> Reply:
        """Raises `RequestInvalid`, or `ConnectorFailed` and its kin."""
        connector = call.connector
        if connector.unreadable:
            raise ConnectorFailed(
                f"The credentials of the connector {connector.name} cannot be decrypted; set them anew."
            )
        url, fields = _request(connector, call.method, call.path, call.query, call.headers)
        try:
            async with asyncio.timeout(max(0.0, call.deadline - time.monotonic())):
                return await self._follow(connector, call.method, url, fields, call.body, call.timeouts)
        except (TimeoutError, httpcore.TimeoutException):
            raise ConnectorTimedOut(f"The connector {connector.name} got no answer in time.") from None
        except PlatformError:
            raise
        except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError) as error:
            raise ConnectorFailed(
                f"The connector {connector.name} got no answer: {error or type(error).__name__}."
            ) from error

    async def _follow(
        self,
        connector: Connector,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes,
        timeouts: Mapping[str, float],
    ) -> Reply:
        for _ in range(MOST_REDIRECTS + 1):
            status, fields, content = await self._ask(connector, method, url, headers, body, timeouts)
            location = next((value for name, value in fields if name.lower() == "location"), None)
            if status not in (301, 302, 303, 307, 308) or location is None:
                return Reply(status=status, headers=tuple(fields), body=content)
            target = urljoin(url, location)
            if urlsplit(target).scheme not in ("http", "https"):
                raise ConnectorFailed(f"The connector {connector.name} was redirected to what is no HTTP address.")
            if _origin(target) != _origin(url):
                secret = connector.header[0] if connector.header else "authorization"
                headers = {name: value for name, value in headers.items() if name not in (secret, "authorization")}
            if status == 303 or (status in (301, 302) and method == "POST"):
                method, body = "GET", b""
                headers = {name: value for name, value in headers.items() if name != "content-type"}
            url = target
        raise ConnectorFailed(f"The connector {connector.name} was redirected more than {MOST_REDIRECTS} times.")

    async def _ask(
        self,
        connector: Connector,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        timeouts: Mapping[str, float],
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        raw = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
        raw.append((b"host", _host(url).encode("ascii", "replace")))
        if body or method in ("POST", "PUT", "PATCH"):
            raw.append((b"content-length", str(len(body)).encode()))
        pool = self._pool(connector)
        async with pool.stream(
            method, url, headers=raw, content=body or None, extensions={"timeout": dict(timeouts)}
        ) as answer:
            content = bytearray()
            async for chunk in answer.aiter_stream():
                content += chunk
                if len(content) > LARGEST_ANSWER:
                    raise ConnectorFailed(
                        f"The answer to the connector {connector.name} has more than {LARGEST_ANSWER} bytes."
                    )
            fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers]
        return answer.status, [each for each in fields if each[0].lower() not in _NOT_RETURNED], bytes(content)

    def _pool(self, connector: Connector) -> httpcore.AsyncConnectionPool:
        key = (connector.id, connector.etag)
        pool = self._pools.get(key)
        if pool is None:
            pool = self._pools[key] = httpcore.AsyncConnectionPool(
                ssl_context=ssl.create_default_context(),
                max_connections=MOST_CONNECTIONS,
                max_keepalive_connections=MOST_CONNECTIONS,
                keepalive_expiry=30.0,
                network_backend=GuardedBackend(connector.allow),
            )
            while len(self._pools) > KEPT_POOLS:
                self._pools.popitem(last=False)
        self._pools.move_to_end(key)
        return pool

    async def close(self) -> None:
        """Close all connections."""
        pools, self._pools = self._pools, OrderedDict()
        for pool in pools.values():
            await pool.aclose()


def _request(
    connector: Connector, method: str, path: str, query: str, headers: Mapping[str, str]
) -> tuple[str, dict[str, str]]:
    """Address and header fields of a call: what the caller sends wins over rules, credentials over both."""
    path = "/" + path.strip("/") if path.strip("/") else ""
    if any(part in (".", "..") for part in unquote(path).replace("\\", "/").split("/")):
        raise RequestInvalid("The path of a connector's call goes down only; it has no . or .. in it.")
    fields = {name.lower(): value for name, value in headers.items() if name.lower() not in _NOT_SENT}
    sent = {name for name, _ in parse_qsl(query, keep_blank_values=True)}
    added: dict[str, str] = {}
    for rule in connector.rules:
        if rule.holds_for(method, path or "/"):
            for name, value in rule.headers.items():
                fields.setdefault(name.lower(), value)
            added.update({name: value for name, value in rule.query.items() if name not in sent})
    if connector.header is not None:
        fields[connector.header[0]] = connector.header[1]
    fields.setdefault("accept-encoding", "identity")
    fields.setdefault("user-agent", "OpenMCS")
    base, _, own = connector.base_url.partition("?")
    whole = "&".join(part for part in (own, query, urlencode(added)) if part)
    return f"{base}{path}{'?' if whole else ''}{whole}", fields


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]
