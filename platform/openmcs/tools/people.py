"""`/users` and `/team`: mobile users of a realm, and who manages the platform."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from openmcs.auth import passwords, team
from openmcs.store import catalog as questions
from openmcs.store import people
from openmcs.store.clock import now_us, to_iso
from openmcs.store.ids import new_id
from openmcs.tools.paging import Page, envelope
from openmcs.tools.workshop import Shop, TeamMember, Workshop

router = APIRouter(tags=["users"])
Row = Mapping[str, Any]


class NewUser(BaseModel):
    """A mobile user to be."""

    username: str = Field(min_length=1, max_length=100, pattern=r"^[^:\x00-\x1f]+$")
    password: str = Field(max_length=1000)
    realm: str = Field(default="Default", max_length=100)
    firstName: str = Field(default="", max_length=100)
    lastName: str = Field(default="", max_length=100)
    email: str = Field(default="", max_length=255)
    roles: list[str] = Field(default_factory=list, max_length=100)


class NewMember(BaseModel):
    """A team member to be."""

    name: str = Field(min_length=1, max_length=100)
    password: str = Field(max_length=1000)


@router.get("/users")
async def list_users(
    who: TeamMember, shop: Shop, page: Page, realm: Annotated[str, Query(max_length=100)] = "Default"
) -> dict[str, Any]:
    """The mobile users of a realm."""

    def find() -> dict[str, Any]:
        with shop.database.read() as connection:
            rows, total = people.users(connection, realm, page.limit, page.offset)
        return envelope([_user(row) for row in rows], total, page)

    return await asyncio.to_thread(find)


@router.post("/users", status_code=201)
async def create_user(body: NewUser, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """A new mobile user."""
    return await asyncio.to_thread(_create, shop, body)


@router.get("/team")
async def list_team(who: TeamMember, shop: Shop, page: Page) -> dict[str, Any]:
    """The team."""

    def find() -> dict[str, Any]:
        with shop.database.read() as connection:
            rows, total = people.members(connection, page.limit, page.offset)
        items = [{"id": row["id"], "name": row["name"], "createdAt": to_iso(row["created_at"])} for row in rows]
        return envelope(items, total, page)

    return await asyncio.to_thread(find)


@router.post("/team", status_code=201)
async def create_member(body: NewMember, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """A new team member."""
    added = await asyncio.to_thread(team.add_member, shop.database, body.name, body.password)
    return {"id": added.id, "name": added.name}


def put_users(shop: Workshop, realm: str, users: Sequence[NewUser]) -> None:
    """Development users of a project: added, or changed where password or data differ."""
    for user in users:
        with shop.database.read() as connection:
            before = people.user_named(connection, realm, user.username)
        if before is None:
            _create(shop, user.model_copy(update={"realm": realm}))
            continue
        values = _values(user)
        right, _ = passwords.verify(user.password, before["password_hash"])
        if not right:
            values["password_hash"] = _hashed(user)
        if any(before[name] != value for name, value in values.items()):
            with shop.database.write() as connection:
                people.update_user(connection, before["id"], values)
                questions.bump_revision(connection)


def _create(shop: Workshop, user: NewUser) -> dict[str, Any]:
    row = {
        "id": new_id(),
        "realm": user.realm,
        "username": user.username,
        "password_hash": _hashed(user),
        "properties": "{}",
        "created_at": now_us(),
        **_values(user),
    }
    with shop.database.write() as connection:
        people.insert_user(connection, row)
    return _user(row)


def _hashed(user: NewUser) -> str:
    passwords.check_policy(user.password, user.username)
    return passwords.hash_password(user.password)


def _values(user: NewUser) -> dict[str, Any]:
    return {
        "first_name": user.firstName,
        "last_name": user.lastName,
        "email": user.email,
        "roles": json.dumps(user.roles),
    }


def _user(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "username": row["username"],
        "realm": row["realm"],
        "firstName": row["first_name"],
        "lastName": row["last_name"],
        "email": row["email"],
        "roles": json.loads(row["roles"]),
        "createdAt": to_iso(row["created_at"]),
    }
