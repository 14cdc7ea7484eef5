"""
The worker's end of a relay: in an empty network of its own, what listens on a declared address is the platform.

Every address of that network is local, and nothing listens anywhere but on the declared hosts and ports.
Those listening sockets are made by the worker before its walls, and handed to the platform, which accepts
on them and connects to the host that was declared. To code it is ordinary TCP: `requests`, `httpx`, PyMySQL
and asyncio need not know.

    declared name      an address of 198.18.0.0/15, which is nobody's (RFC 2544); look-ups answer it
    declared address   that address
"""

from __future__ import annotations

import errno
import fcntl
import ipaddress
import os
import socket
import struct
from collections.abc import Iterable

_SIOCSIFFLAGS, _IFF_UP, _IFF_RUNNING = 0x8914, 0x1, 0x40
_RTM_NEWROUTE, _REQUEST, _ACK, _CREATE = 24, 0x1, 0x4, 0x400
_TABLE_LOCAL, _PROTOCOL_BOOT, _SCOPE_HOST, _TYPE_LOCAL = 255, 3, 254, 2
_RTA_OIF, _LOOPBACK = 4, 1
_FIRST_ADDRESS = ipaddress.IPv4Address("198.18.0.1")
_IPV6_FREEBIND = 78
"""An address that leads here by a route alone may be listened on; IPv4 needs no asking."""
BACKLOG = 64


def make_everything_local() -> None:
    """
    Bring up the loopback of an empty network, and let every address lead to it.

    Raises `OSError` where that is not permitted. IPv6 may be missing.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP | _IFF_RUNNING))
    _route(socket.AF_INET)
    try:
        _route(socket.AF_INET6)
    except OSError:
        pass


def _route(family: int) -> None:
    """`ip route add local default dev lo`"""
    body = struct.pack("BBBBBBBBI", family, 0, 0, 0, _TABLE_LOCAL, _PROTOCOL_BOOT, _SCOPE_HOST, _TYPE_LOCAL, 0)
    body += struct.pack("HHI", 8, _RTA_OIF, _LOOPBACK)
    head = struct.pack("IHHII", 16 + len(body), _RTM_NEWROUTE, _REQUEST | _ACK | _CREATE, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as kernel:
        kernel.send(head + body)
        error = -struct.unpack_from("i", kernel.recv(4096), 16)[0]
    if error not in (0, errno.EEXIST):
        raise OSError(error, os.strerror(error))


def addresses(declared: Iterable[tuple[str, int]]) -> dict[str, list[str]]:
    """Declared host to the address that it has in the worker's network."""
    found: dict[str, list[str]] = {}
    for host, _ in declared:
        if host not in found:
            found[host] = [host if _is_address(host) else str(_FIRST_ADDRESS + len(found))]
    return found


def listeners(declared: Iterable[tuple[str, int]]) -> list[socket.socket]:
    """One listening socket for each of *declared*, in their order. Raises `OSError`."""
    declared = list(declared)
    at = addresses(declared)
    made: list[socket.socket] = []
    for host, port in declared:
        address = at[host][0]
        listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        made.append(listener)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if listener.family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, _IPV6_FREEBIND, 1)
        listener.bind((address, port))
        listener.listen(BACKLOG)
    return made


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
