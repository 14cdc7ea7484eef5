"""`/team` *ours*: who manages the platform, and what each of them may do."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from openmcs.auth import passwords, team
from openmcs.store import people
from openmcs.store.clock import to_iso
from openmcs.tools.paging import Page, envelope
from openmcs.tools.workshop import Administrator, Shop, TeamMember

router = APIRouter(tags=["team"])


class NewMember(BaseModel):
    """A team member to be; without a password they are invited by link."""

    name: str = Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")
    password: str | None = Field(default=None, max_length=1000)
    role: str = Field(default="administrator", max_length=20)


class MemberChange(BaseModel):
    """What an administrator may change of a member."""

    role: str = Field(max_length=20)
    disabled: bool = False


@router.get("/team")
async def list_team(who: TeamMember, shop: Shop, page: Page) -> dict[str, Any]:
    """The team."""

    def find() -> dict[str, Any]:
        with shop.database.read() as connection:
            rows, total = people.members(connection, page.limit, page.offset)
        return envelope([_shown(row) for row in rows], total, page)

    return await asyncio.to_thread(find)


@router.post("/team", status_code=201)
async def create(body: NewMember, who: Administrator, shop: Shop) -> dict[str, Any]:
    """A new member; without a password the answer has the `link` that lets them in once, within three days."""

    def add() -> dict[str, Any]:
        added = team.add_member(shop.database, body.name, body.password, body.role, who.name)
        invited = {} if body.password is not None else {"link": team.invitation(shop.database, added.id)}
        return {"id": added.id, "name": added.name, "role": added.role, **invited}

    return await asyncio.get_running_loop().run_in_executor(passwords.hashing, add)


@router.put("/team/{id_}")
async def change(id_: str, body: MemberChange, who: Administrator, shop: Shop) -> dict[str, Any]:
    """Another role, or shut out: then all their sessions end."""

    def save() -> dict[str, Any]:
        team.change_member(shop.database, id_, who, role=body.role, disabled=body.disabled)
        with shop.database.read() as connection:
            return _shown(people.member(connection, id_))

    return await asyncio.to_thread(save)


@router.post("/team/{id_}/link", status_code=201)
async def invite(id_: str, who: Administrator, shop: Shop) -> dict[str, Any]:
    """A link for a member who has lost the first one, or the password."""
    return {"link": await asyncio.to_thread(team.invitation, shop.database, id_)}


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "role": row["role"],
        "disabled": bool(row["disabled"]),
        "hasPassword": row["password_hash"] is not None,
        "createdAt": to_iso(row["created_at"]),
    }
