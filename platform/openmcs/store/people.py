"""Questions and changes of people: mobile users, team members, and the team's tokens."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Connection, Select, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from openmcs.errors import Conflict, ResourceNotFound
from openmcs.store.tables import mobile_user, team_member, team_token

Row = Mapping[str, Any]
Page = tuple[Sequence[Row], int]


def user_named(connection: Connection, realm: str, username: str) -> Row | None:
    """A mobile user."""
    query = select(mobile_user).where(mobile_user.c.realm == realm, mobile_user.c.username == username)
    return _first(connection, query)


def user(connection: Connection, id_: str) -> Row:
    """One mobile user. Raises `ResourceNotFound`."""
    row = _first(connection, select(mobile_user).where(mobile_user.c.id == id_))
    if row is None:
        raise ResourceNotFound(f"There is no mobile user with the id {id_!r}.")
    return row


def realms(connection: Connection) -> Sequence[Row]:
    """(realm, users) of every realm that has users."""
    query = select(mobile_user.c.realm, func.count().label("users")).group_by(mobile_user.c.realm)
    return cast(Sequence[Row], connection.execute(query.order_by(mobile_user.c.realm)).mappings().all())


def role_lists(connection: Connection) -> Sequence[Row]:
    """(roles, users) for each different list of roles, a JSON text, that users have."""
    query = select(mobile_user.c.roles, func.count().label("users")).group_by(mobile_user.c.roles)
    return cast(Sequence[Row], connection.execute(query).mappings().all())


def users(connection: Connection, realm: str, limit: int, offset: int, text: str = "", role: str = "") -> Page:
    """The users of a realm by name: those that have *text* in one of their names, and that *role*."""
    wanted = mobile_user.c.realm == realm
    if text:
        names = (mobile_user.c.username, mobile_user.c.first_name, mobile_user.c.last_name, mobile_user.c.email)
        wanted = and_(wanted, or_(*(func.lower(each).contains(text.lower(), autoescape=True) for each in names)))
    if role:
        wanted = and_(wanted, mobile_user.c.roles.contains(json.dumps(role), autoescape=True))
    query = select(mobile_user).where(wanted).order_by(mobile_user.c.username).limit(limit).offset(offset)
    total = connection.scalar(select(func.count()).select_from(mobile_user).where(wanted)) or 0
    return cast(Sequence[Row], connection.execute(query).mappings().all()), total


def insert_user(connection: Connection, values: Row) -> None:
    """Add a mobile user. Raises `Conflict`."""
    try:
        with connection.begin_nested():
            connection.execute(insert(mobile_user).values(**values))
    except IntegrityError as error:
        raise Conflict(f"The realm {values['realm']} has a user {values['username']!r} already.") from error


def update_user(connection: Connection, id_: str, values: Row) -> None:
    """Change a mobile user."""
    connection.execute(update(mobile_user).where(mobile_user.c.id == id_).values(**values))


def member_named(connection: Connection, name: str) -> Row | None:
    """A team member."""
    return _first(connection, select(team_member).where(team_member.c.name == name))


def members(connection: Connection, limit: int, offset: int) -> Page:
    """The team by name."""
    query = select(team_member).order_by(team_member.c.name).limit(limit).offset(offset)
    total = connection.scalar(select(func.count()).select_from(team_member)) or 0
    return cast(Sequence[Row], connection.execute(query).mappings().all()), total


def insert_member(connection: Connection, values: Row) -> None:
    """Add a team member. Raises `Conflict`."""
    try:
        with connection.begin_nested():
            connection.execute(insert(team_member).values(**values))
    except IntegrityError as error:
        raise Conflict(f"There is a team member {values['name']!r} already.") from error


def members_with_password(connection: Connection) -> int:
    """How many could sign in by name and password."""
    query = select(func.count()).select_from(team_member).where(team_member.c.password_hash.is_not(None))
    return connection.scalar(query) or 0


def insert_token(connection: Connection, digest: str, member: str, kind: str, expires_at: int) -> None:
    """Keep a token's digest."""
    connection.execute(insert(team_token).values(digest=digest, member=member, kind=kind, expires_at=expires_at))


def member_of_token(connection: Connection, digest: str, now: int, kinds: Sequence[str]) -> Row | None:
    """The member whose live token has that digest, with the token's `expires_at`."""
    query = (
        select(team_member.c.id, team_member.c.name, team_member.c.role, team_token.c.expires_at)
        .join(team_token, team_token.c.member == team_member.c.id)
        .where(team_token.c.digest == digest, team_token.c.expires_at > now, team_token.c.kind.in_(kinds))
        .where(team_member.c.disabled.is_(False))
    )
    return _first(connection, query)


def member(connection: Connection, id_: str) -> Row:
    """One team member. Raises `ResourceNotFound`."""
    row = _first(connection, select(team_member).where(team_member.c.id == id_))
    if row is None:
        raise ResourceNotFound(f"There is no team member with the id {id_!r}.")
    return row


def update_member(connection: Connection, id_: str, values: Row) -> None:
    """Change a team member."""
    connection.execute(update(team_member).where(team_member.c.id == id_).values(**values))


def delete_tokens_of(connection: Connection, member_id: str, *, but: str | None = None) -> None:
    """End all sessions of a member, except for the one whose token has the digest *but*."""
    query = delete(team_token).where(team_token.c.member == member_id)
    connection.execute(query if but is None else query.where(team_token.c.digest != but))


def delete_token(connection: Connection, digest: str) -> bool:
    """Remove a token; True for the one caller that did, so that a link is taken once."""
    return connection.execute(delete(team_token).where(team_token.c.digest == digest)).rowcount == 1


def delete_expired_tokens(connection: Connection, now: int) -> None:
    """Forget tokens that are of no use any more."""
    connection.execute(delete(team_token).where(team_token.c.expires_at <= now))


def _first(connection: Connection, query: Select[Any]) -> Row | None:
    return cast("Row | None", connection.execute(query).mappings().first())
