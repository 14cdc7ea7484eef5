"""
Ids: ULIDs, 26 characters that sort by the time they were made (https://github.com/ulid/spec).

An execution context id begins with its time as well, which tells where in the log to look for it.
"""

from __future__ import annotations

import re
import secrets
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
_ECID = re.compile(r"([0-9a-hjkmnp-tv-z]{9})_[0-9a-f]{22}0", re.ASCII)


def new_id() -> str:
    """A new id: 48 bits of milliseconds since the epoch, then 80 random bits."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -5, -5))


def ecid_time(ecid: str) -> int | None:
    """When the call with this execution context id came in, in microseconds, to the millisecond; None if it says none."""
    found = _ECID.fullmatch(ecid)
    if found is None:
        return None
    number = 0
    for character in found[1].upper():
        number = number << 5 | _ALPHABET.index(character)
    return number * 1000
