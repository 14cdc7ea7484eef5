"""`/session`: a team member signs in and out."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from openmcs.auth import passwords, team
from openmcs.errors import CallerRejected, RequestInvalid, TooManyAttempts
from openmcs.store.clock import to_iso
from openmcs.tools.workshop import COOKIE, Analyst, Shop, token_of

router = APIRouter(tags=["session"])

PATH = "/mobile/tools/1.0"
TEAM = "\0team"
"""Stands where a realm does for mobile users."""
_waiting = asyncio.Semaphore(32)


class SignIn(BaseModel):
    """Name and password, or the token of a one-time link."""

    name: str | None = Field(default=None, max_length=100)
    password: str | None = Field(default=None, max_length=1000)
    link: str | None = Field(default=None, max_length=200)


class NewPassword(BaseModel):
    """One's own password to be."""

    password: str = Field(max_length=1000)


@router.post("/session", status_code=201)
async def sign_in(body: SignIn, request: Request, response: Response, shop: Shop) -> dict[str, Any]:
    """Sign in: a token for tools, and a cookie for the console."""
    peer = request.client.host if request.client else ""
    who = (TEAM, body.name or "")
    shop.attempts.check(peer, who)
    if _waiting.locked():
        raise TooManyAttempts("Too many sign-ins are waiting; try again in a moment.")
    async with _waiting:
        loop = asyncio.get_running_loop()
        if body.link:
            session = await loop.run_in_executor(
                None, team.sign_in_by_link, shop.database, body.link, shop.session_hours
            )
        elif body.name and body.password:
            try:
                session = await loop.run_in_executor(
                    passwords.hashing, team.sign_in, shop.database, body.name, body.password, shop.session_hours
                )
            except CallerRejected:
                shop.attempts.failed(peer, who)
                raise
            shop.attempts.succeeded(peer, who)
        else:
            raise RequestInvalid("Send name and password, or link.")
    response.set_cookie(
        COOKIE,
        session.token,
        max_age=int(shop.session_hours * 3600),
        path=PATH,
        httponly=True,
        samesite="strict",
        secure=shop.base_url.startswith("https://"),
    )
    return {
        "name": session.member.name,
        "role": session.member.role,
        "token": session.token,
        "expiresAt": to_iso(session.expires_at),
    }


@router.get("/session")
async def current(who: Analyst) -> dict[str, Any]:
    """Who is signed in."""
    return {"name": who.name, "role": who.role}


@router.put("/session/password")
async def set_password(body: NewPassword, who: Analyst, request: Request, shop: Shop) -> dict[str, Any]:
    """Set the password of whoever is signed in; their other sessions end."""
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(
        passwords.hashing, team.set_password, shop.database, who, body.password, token_of(request)
    )
    return {"name": who.name, "role": who.role}


@router.delete("/session")
async def sign_out(who: Analyst, request: Request, response: Response, shop: Shop) -> dict[str, Any]:
    """Sign out: the token is of no use any more."""
    await asyncio.to_thread(team.sign_out, shop.database, token_of(request))
    response.delete_cookie(COOKIE, path=PATH)
    return {}
