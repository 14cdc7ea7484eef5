"""
The egress guard: which addresses a connector may reach, and a connection to exactly the address that was judged.

A name is resolved once, each address is judged, and the connection goes to one that passed: an answer of the
name server that changes meanwhile changes nothing. It sits where connections are made, so that redirects and
kept-alive connections pass it too. Python's own `is_global` is not enough: it says yes to addresses that a
translator or a tunnel turns into private ones.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable, Sequence
from typing import Any

import httpcore

from openmcs.catalog.connectors import Network
from openmcs.errors import ConnectorFailed, DestinationRefused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_TRANSLATED = tuple(
    (ipaddress.ip_network(network), what)
    for network, what in (
        ("::ffff:0:0:0/96", "an address that a translator turns into an IPv4 one"),
        ("::/96", "an IPv4 address in IPv6's old form"),
        ("64:ff9b::/96", "an address that a translator turns into an IPv4 one"),
        ("64:ff9b:1::/48", "an address that a translator turns into an IPv4 one"),
        ("2002::/16", "an address of a 6to4 tunnel"),
        ("2001::/32", "an address of a Teredo tunnel"),
        ("fec0::/10", "a site-local address"),
        ("ff00::/8", "a multicast address"),
        ("224.0.0.0/4", "a multicast address"),
        ("192.88.99.0/24", "an address of a 6to4 relay"),
    )
)
_UNICAST = ipaddress.ip_network("2000::/3")
"""What is assigned to the internet; nothing outside of it is reached, whatever it will be used for."""
MOST_ADDRESSES = 16


def refusal(text: str, allow: Iterable[Network] = ()) -> str | None:
    """Why *text*, an address, must not be reached; None when it may. *allow* are the connector's exceptions."""
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return "no address"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address.version == network.version and address in network for network in allow):
        return None
    for network, what in _TRANSLATED:
        if address.version == network.version and address in network:
            return what
    if address.is_loopback:
        return "a loopback address"
    if address.is_link_local:
        return "a link-local address"
    outside = isinstance(address, ipaddress.IPv6Address) and address not in _UNICAST
    return None if address.is_global and not outside else "a private or reserved address"


async def addresses_of(host: str, port: int, allow: Sequence[Network]) -> list[str]:
    """
    The addresses of *host* that may be reached.

    Raises `ConnectorFailed` when it has none, `DestinationRefused` when none of them passes.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ConnectorFailed(f"The host {host!r} cannot be found.") from None
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))[:MOST_ADDRESSES]
    passed = [each for each in addresses if refusal(each, allow) is None]
    if not passed:
        what = refusal(addresses[0], allow) if addresses else "nothing"
        raise DestinationRefused(
            f"{host}:{port} is {what} ({addresses[0]}), which connectors do not reach unless the connector's allow "
            f"lists it."
        )
    return passed


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Makes the connections of one connector."""

    def __init__(self, allow: Sequence[Network]) -> None:
        self._allow = allow
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to an address of *host* that passes; the next one when one does not answer."""
        try:
            async with asyncio.timeout(timeout):
                addresses = await addresses_of(host.strip("[]"), port, self._allow)
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"the name {host} was not resolved in time") from None
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise DestinationRefused("Connectors do not reach Unix sockets.")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
