"""Which of two implementations a call goes to, while the calls of an API are split between them."""

from __future__ import annotations

import zlib

from openmcs.catalog.snapshot import Canary
from openmcs.exchange import Call

_DEVICE = ("oracle-mobile-device-id", "oracle-mobile-diagnostic-session-id")


def goes_to(canary: Canary, call: Call) -> bool:
    """
    True when a call is one of the canary's share.

    A user, or of anonymous callers a device, a session or else an address, is always on the same side, and
    who was on the canary's side stays there when its share grows. Another canary gets other callers.
    """
    arrival, caller = call.arrival, call.caller
    who = caller.username
    if caller.is_anonymous:
        who = next((arrival.headers[name] for name in _DEVICE if name in arrival.headers), arrival.peer)
    return zlib.crc32(f"{canary.implementation}:{who}".encode()) % 100 < canary.percent
