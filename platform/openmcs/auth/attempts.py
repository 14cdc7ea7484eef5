"""
Wrong passwords are counted, so that guessing is slow, and nobody can keep somebody else out.

What is counted is a peer and a name together: guessing Joe's password from one address never keeps Joe out at
another. After some free attempts each further one has to wait twice as long. A peer that is wrong about many
names is slowed down as well. An IPv6 peer is its /64 network, since one customer has all of its addresses.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import TypeVar

from openmcs.errors import TooManyAttempts

FIRST_WAIT = 60.0
LONGEST_WAIT = 900.0
PEER_FACTOR = 10
"""A peer may be wrong so many times as often in a minute as about one name: an office shares an address."""
REMEMBERED = 10_000

Key = TypeVar("Key", bound=Hashable)
Name = tuple[str, str]
"""Realm and user name."""


class Attempts:
    """Counts in one process; `free` wrong passwords cost nothing."""

    def __init__(self, free: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._free = free
        self._clock = clock
        self._pairs: OrderedDict[tuple[str, Name], tuple[int, float]] = OrderedDict()
        self._peers: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def check(self, peer: str, name: Name) -> None:
        """Raise `TooManyAttempts` while this peer has to wait; the right password would not help it."""
        now, network = self._clock(), network_of(peer)
        failures, last = self._pairs.get((network, name), (0, 0.0))
        if failures >= self._free:
            wait = min(FIRST_WAIT * 2.0 ** min(failures - self._free, 10), LONGEST_WAIT)
            _refuse_until(last + wait, now, "Too many wrong passwords for this name")
        failures, began = self._peers.get(network, (0, 0.0))
        if failures >= self._free * PEER_FACTOR:
            _refuse_until(began + FIRST_WAIT, now, "Too many wrong passwords from this address")

    def failed(self, peer: str, name: Name) -> None:
        """Count a wrong password."""
        now, network = self._clock(), network_of(peer)
        failures, last = self._pairs.get((network, name), (0, now))
        # Whoever has kept still for the longest wait begins anew.
        failures = 0 if now - last > LONGEST_WAIT else failures
        _put(self._pairs, (network, name), (failures + 1, now))
        failures, began = self._peers.get(network, (0, now))
        if now - began > FIRST_WAIT:
            failures, began = 0, now
        _put(self._peers, network, (failures + 1, began))

    def succeeded(self, peer: str, name: Name) -> None:
        """The password was right: this peer knows it."""
        self._pairs.pop((network_of(peer), name), None)


@lru_cache(maxsize=4096)
def network_of(peer: str) -> str:
    """An IPv4 address as it is, an IPv6 address's /64; anything else is one peer."""
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return peer
    if isinstance(address, ipaddress.IPv4Address):
        return peer
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


def _refuse_until(until: float, now: float, why: str) -> None:
    if until > now:
        seconds = math.ceil(until - now)
        raise TooManyAttempts(f"{why}; try again in {seconds} seconds.", retry_after=seconds)


def _put(counts: OrderedDict[Key, tuple[int, float]], key: Key, value: tuple[int, float]) -> None:
    counts[key] = value
    counts.move_to_end(key)
    while len(counts) > REMEMBERED:
        counts.popitem(last=False)
