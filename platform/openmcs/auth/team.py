"""The team: sign-in by password, by one-time link, by token. Tokens are opaque; the store keeps their digests."""

from __future__ import annotations

import hashlib
import secrets
from typing import NamedTuple

from openmcs.auth import passwords
from openmcs.errors import CallerRejected
from openmcs.store import people
from openmcs.store.clock import now_us
from openmcs.store.database import Database
from openmcs.store.ids import new_id

LOCAL = "local"
"""The member that stands for whoever may read the data folder on this machine."""
HOUR = 3600 * 1_000_000
LINK_HOURS = 1
LOCAL_HOURS = 24 * 365


class Member(NamedTuple):
    """Who manages the platform."""

    id: str
    name: str


class Session(NamedTuple):
    """A fresh sign-in; the token is shown once."""

    member: Member
    token: str
    expires_at: int


def sign_in(database: Database, name: str, password: str, hours: float) -> Session:
    """Sign in by password. Raises `CallerRejected`, the same for an unknown name and a wrong password."""
    with database.read() as connection:
        row = people.member_named(connection, name)
    right, _ = passwords.verify(password, row["password_hash"] if row else None)
    if row is None or not right:
        raise CallerRejected("The name or the password is wrong.")
    return _session(database, Member(row["id"], row["name"]), hours)


def sign_in_by_link(database: Database, link: str, hours: float) -> Session:
    """Sign in by a one-time link's token. Raises `CallerRejected` when it was used or is too old."""
    digest = _digest(link)
    with database.write() as connection:
        row = people.member_of_token(connection, digest, now_us(), ["link"])
        taken = people.delete_token(connection, digest)
    if row is None or not taken:
        raise CallerRejected("This sign-in link was used already, or it is too old; restart prints a new one.")
    return _session(database, Member(row["id"], row["name"]), hours)


def member_of(database: Database, token: str) -> Member:
    """The member whose token it is. Raises `CallerRejected`."""
    with database.read() as connection:
        row = people.member_of_token(connection, _digest(token), now_us(), ["session", "bearer"])
    if row is None:
        raise CallerRejected("The token is unknown or has expired; sign in again.")
    return Member(row["id"], row["name"])


def sign_out(database: Database, token: str) -> None:
    """Forget a token."""
    with database.write() as connection:
        people.delete_token(connection, _digest(token))


def add_member(database: Database, name: str, password: str | None) -> Member:
    """Add a team member. Raises `Conflict`, or `RequestInvalid` for a password against the policy."""
    if password is not None:
        passwords.check_policy(password, name)
    hashed = passwords.hash_password(password) if password is not None else None
    member = Member(new_id(), name)
    with database.write() as connection:
        people.insert_member(
            connection, {"id": member.id, "name": name, "password_hash": hashed, "created_at": now_us()}
        )
    return member


def local_token(database: Database) -> str:
    """A token for the credentials file, valid until the next start makes another."""
    return _issue(database, _local(database), "bearer", LOCAL_HOURS)[0]


def one_time_link(database: Database) -> str:
    """A token that signs in once, within the hour."""
    return _issue(database, _local(database), "link", LINK_HOURS)[0]


def has_members_with_password(database: Database) -> bool:
    """True when somebody can sign in by name."""
    with database.read() as connection:
        return people.members_with_password(connection) > 0


def _local(database: Database) -> Member:
    with database.read() as connection:
        row = people.member_named(connection, LOCAL)
    return Member(row["id"], row["name"]) if row else add_member(database, LOCAL, None)


def _session(database: Database, member: Member, hours: float) -> Session:
    token, expires_at = _issue(database, member, "session", hours)
    return Session(member, token, expires_at)


def _issue(database: Database, member: Member, kind: str, hours: float) -> tuple[str, int]:
    token = secrets.token_urlsafe(32)
    expires_at = now_us() + int(hours * HOUR)
    with database.write() as connection:
        people.delete_expired_tokens(connection, now_us())
        people.insert_token(connection, _digest(token), member.id, kind, expires_at)
    return token, expires_at


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
