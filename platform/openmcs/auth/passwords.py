"""Password hashes: argon2id first, older ones verified and upgraded at login."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import cache

with warnings.catch_warnings():
    # passlib asks argon2-cffi for its version in a way that argon2-cffi has deprecated.
    warnings.simplefilter("ignore")
    from passlib.context import CryptContext

MINIMUM_LENGTH = 8

# 19 MiB and two passes, the least that OWASP recommends for argon2id: about 25 ms.
_context = CryptContext(
    schemes=["argon2", "pbkdf2_sha256", "bcrypt"],
    deprecated="auto",
    argon2__type="ID",
    argon2__memory_cost=19 * 1024,
    argon2__time_cost=2,
    argon2__parallelism=1,
)

hashing = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")
"""Hashing takes a core for 25 ms: two threads, so that logins never take the whole machine."""


def hash_password(password: str) -> str:
    """The hash to store."""
    hashed: str = _context.hash(password)
    return hashed


def verify(password: str, hashed: str | None) -> tuple[bool, str | None]:
    """
    Whether *password* is right, and a better hash to store if the old one is outdated.

    For an unknown user hand in None: the same work is done, so that its time tells nothing.
    """
    if hashed is None:
        _context.verify(password, _hash_of_nobody())
        return False, None
    try:
        right, better = _context.verify_and_update(password, hashed)
    except ValueError:
        return False, None
    return bool(right), better


@cache
def _hash_of_nobody() -> str:
    return hash_password("nobody's password")
