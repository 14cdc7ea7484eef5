"""HTTP Basic credentials, as the vendor's SDKs send them."""

from __future__ import annotations

import base64
import binascii

from openmcs.errors import CallerRejected


def decode(header: str) -> tuple[str, str]:
    """
    User and password of an `Authorization` header.

    UTF-8 first, then Latin-1, since the JavaScript SDK sends one byte per character (contract: wire 2.3).
    Raises `CallerRejected` that says what is malformed, without repeating any of it.
    """
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic":
        raise CallerRejected("The Authorization header is not of the scheme Basic.")
    try:
        raw = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise CallerRejected("The Authorization header is malformed: what follows Basic is not base64.") from None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    user, colon, password = text.partition(":")
    if not colon or not user:
        raise CallerRejected("The Authorization header is malformed: it has no user and password with a colon between.")
    return user, password
