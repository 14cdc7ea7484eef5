"""The team: sign-in by password, by one-time link, by token. Tokens are opaque; the store keeps their digests."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection

from openmcs.auth import passwords
from openmcs.errors import CallerNotAllowed, CallerRejected, RequestInvalid
from openmcs.store import activity, people
from openmcs.store.clock import now_us
from openmcs.store.database import Database
from openmcs.store.ids import new_id

LOCAL = "local"
"""The member that stands for whoever may read the data folder on this machine."""
HOUR = 3600 * 1_000_000
LINK_HOURS = 1
LOCAL_HOURS = 24 * 365


INVITATION_HOURS = 72
ROLES = ("analyst", "developer", "administrator")
"""Each may do what those before it may (contract: portal, 1.14): look; build; manage the team and purge."""


class Member(NamedTuple):
    """Who manages the platform."""

    id: str
    name: str
    role: str

    def may(self, role: str) -> bool:
        """Whether the member is of *role* or above it."""
        return ROLES.index(self.role) >= ROLES.index(role)


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
    if row is None or not right or row["disabled"]:
        raise CallerRejected("The name or the password is wrong.")
    return _session(database, _member(row), hours)


def sign_in_by_link(database: Database, link: str, hours: float) -> Session:
    """Sign in by a one-time link's token. Raises `CallerRejected` when it was used or is too old."""
    digest = _digest(link)
    with database.write() as connection:
        row = people.member_of_token(connection, digest, now_us(), ["link"])
        taken = people.delete_token(connection, digest)
    if row is None or not taken:
        raise CallerRejected("This sign-in link was used already, or it is too old; restart prints a new one.")
    return _session(database, _member(row), hours)


def member_of(database: Database, token: str) -> Member:
    """The member whose token it is. Raises `CallerRejected`."""
    with database.read() as connection:
        row = people.member_of_token(connection, _digest(token), now_us(), ["session", "bearer"])
    if row is None:
        raise CallerRejected("The token is unknown or has expired; sign in again.")
    return _member(row)


def sign_out(database: Database, token: str) -> None:
    """Forget a token."""
    with database.write() as connection:
        people.delete_token(connection, _digest(token))


def add_member(
    database: Database, name: str, password: str | None, role: str = "administrator", by: str = LOCAL
) -> Member:
    """
    Add a team member; without a password, an invitation lets them in.

    Raises `Conflict`, or `RequestInvalid` for a role that is none or a password against the policy.
    """
    hashed = _hashed(password, name) if password is not None else None
    member = Member(new_id(), name, _checked_role(role))
    values = {"id": member.id, "name": name, "password_hash": hashed, "role": role, "created_at": now_us()}
    with database.write() as connection:
        people.insert_member(connection, values)
        _note(connection, by, "created", member, {}, {"role": role})
    return member


def change_member(database: Database, id_: str, by: Member, *, role: str, disabled: bool) -> Member:
    """
    Give a member another role, or shut them out, which ends their sessions at once.

    Nobody does that to themselves, so there is always an administrator left.
    Raises `ResourceNotFound`, `RequestInvalid`, `CallerNotAllowed`.
    """
    if id_ == by.id:
        raise CallerNotAllowed("Your own role is changed by another administrator.")
    values = {"role": _checked_role(role), "disabled": disabled}
    with database.write() as connection:
        row = people.member(connection, id_)
        before = {name: row[name] for name in values}
        people.update_member(connection, id_, values)
        if disabled:
            people.delete_tokens_of(connection, id_)
        if before != values:
            _note(connection, by.name, "changed", _member(row), before, values)
    return Member(id_, row["name"], role)


def set_password(database: Database, member: Member, password: str, token: str) -> None:
    """Set a member's own password; their other sessions end. Raises `RequestInvalid`."""
    hashed = _hashed(password, member.name)
    with database.write() as connection:
        people.update_member(connection, member.id, {"password_hash": hashed})
        people.delete_tokens_of(connection, member.id, but=_digest(token))
        _note(connection, member.name, "password", member, {}, {})


def invitation(database: Database, id_: str) -> str:
    """A token that signs a member in once, within three days. Raises `ResourceNotFound`."""
    with database.read() as connection:
        member = _member(people.member(connection, id_))
    return _issue(database, member, "link", INVITATION_HOURS)[0]


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
    return _member(row) if row else add_member(database, LOCAL, None)


def _member(row: Mapping[str, Any]) -> Member:
    return Member(row["id"], row["name"], row["role"])


def _checked_role(role: str) -> str:
    if role not in ROLES:
        raise RequestInvalid(f"role: {role[:40]!r} is none of {', '.join(ROLES)}.")
    return role


def _hashed(password: str, name: str) -> str:
    passwords.check_policy(password, name)
    return passwords.hash_password(password)


def _note(
    connection: Connection, by: str, action: str, member: Member, before: dict[str, Any], after: dict[str, Any]
) -> None:
    values = {"team_member": by, "action": action, "kind": "member", "asset": member.id, "name": member.name}
    activity.insert_activity(connection, {**values, "before": json.dumps(before), "after": json.dumps(after)})


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
