"""
Header names of answers, in the casing in which clients look for them.

Old web views and Android's sync library read some names in exact casing (contract: wire, Q17).
HTTP allows any casing, so the canonical one harms nobody.
"""

from __future__ import annotations

import re
from functools import lru_cache

_OWN_CASING = {
    b"etag": b"ETag",
    b"www-authenticate": b"WWW-Authenticate",
    b"x-oracle-dms-ecid": b"X-ORACLE-DMS-ECID",
    b"x-oracle-dms-rid": b"X-ORACLE-DMS-RID",
}
_NAME = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def canonical(name: bytes) -> bytes:
    """*name* as it is when it has upper case in it, else in its canonical casing."""
    if name != name.lower():
        return name
    return _OWN_CASING.get(name) or b"-".join(part.capitalize() for part in name.split(b"-"))


@lru_cache(maxsize=4096)
def label(name: bytes) -> bytes:
    """What stands before a field's value. Raises `ValueError` for what is no name."""
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"{name!r} is no name of a header field")
    return canonical(bytes(name)) + b": "
