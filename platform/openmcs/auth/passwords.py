"""Password hashes: argon2id first, older ones verified and upgraded at login."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import cache

with warnings.catch_warnings():
    # passlib asks argon2-cffi for its version in a way that argon2-cffi has deprecated.
    warnings.simplefilter("ignore")
    from passlib.context import CryptContext

from openmcs.errors import RequestInvalid

MINIMUM_LENGTH = 8
COMMON = frozenset({
    "password", "password1", "password12", "password123", "passw0rd", "p@ssword", "p@ssw0rd", "12345678",
    "123456789", "1234567890", "11111111", "00000000", "87654321", "123123123", "qwertyui", "qwertyuiop",
    "qwerty123", "qwerty12", "1q2w3e4r", "1qaz2wsx", "abcd1234", "abc12345", "iloveyou", "sunshine", "princess",
    "football", "baseball", "superman", "trustno1", "letmein1", "welcome1", "welcome123", "changeme", "changeme1",
    "administrator", "admin123", "whatever", "starwars", "computer", "internet", "michelle", "jennifer",
})  # fmt: skip
"""Of the passwords that are guessed first, those that are long enough."""
LONGEST = 1000
"""Characters; a longer one is no password, and hashing it would take its time."""

# 19 MiB and two passes, the least that OWASP recommends for argon2id: about 25 ms.
_context = CryptContext(
    schemes=["argon2", "pbkdf2_sha256", "bcrypt"],
    deprecated="auto",
    argon2__type="ID",
    argon2__memory_cost=19 * 1024,
    argon2__time_cost=2,
    argon2__parallelism=1,
)


def check_policy(password: str, name: str) -> None:
    """
    Raise `RequestInvalid` for a password that nobody should be given.

    Length is what counts; characters of certain kinds are not asked for.
    """
    plain = password.casefold()
    if len(password) < MINIMUM_LENGTH:
        raise RequestInvalid(f"password: at least {MINIMUM_LENGTH} characters are needed.")
    if len(password) > LONGEST:
        raise RequestInvalid(f"password: at most {LONGEST} characters are taken.")
    if plain in COMMON or len(set(plain)) < 3:
        raise RequestInvalid("password: this one is among the first to be guessed; choose another.")
    if len(name) >= 4 and name.casefold() in plain:
        raise RequestInvalid("password: it contains the user's name; choose another.")


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
    if hashed is None or len(password) > LONGEST:
        _context.verify("somebody's password", _hash_of_nobody())
        return False, None
    try:
        right, better = _context.verify_and_update(password, hashed)
    except ValueError:  # bcrypt takes no NUL; and a damaged hash fits no password
        return False, None
    return bool(right), better


def warm_up() -> None:
    """Have what unknown users are compared with made beside, so that not even the first one takes longer."""
    hashing.submit(_hash_of_nobody)


@cache
def _hash_of_nobody() -> str:
    return hash_password("nobody's password")
