"""`/policies`: what is set where, all or nothing, with history, undo, export and import (contract: portal, 6.2)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, UploadFile
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from openmcs import __version__
from openmcs.catalog import policy_changes
from openmcs.catalog.policies import PolicyName
from openmcs.catalog.policy_changes import Change, Wanted
from openmcs.catalog.policy_file import LONGEST_FILE
from openmcs.errors import RequestInvalid, RequestTooLarge, ResourceNotFound
from openmcs.store import policies as questions
from openmcs.store.clock import to_iso
from openmcs.tools.paging import Page, envelope
from openmcs.tools.workshop import Administrator, Shop, TeamMember, Workshop

router = APIRouter(tags=["policies"])


class Policy(BaseModel):
    """A policy as it is to be."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(max_length=506)]
    value: Any
    desc: Annotated[str, Field(max_length=500)] = ""


class Patch(BaseModel):
    """Several at once."""

    model_config = ConfigDict(extra="forbid")
    policies: Annotated[list[Policy], Field(min_length=1, max_length=policy_changes.MOST)]
    desc: Annotated[str, Field(max_length=500)] = ""


@router.get("/policies")
async def list_policies(
    who: TeamMember, shop: Shop, page: Page, name: str | None = None, scope: str | None = None
) -> dict[str, Any]:
    """Every known policy, and what was set; *name* is part of the policy's name, *scope* as in `*.*`."""

    def find() -> dict[str, Any]:
        with shop.database.read() as connection:
            items = policy_changes.listed(questions.policies(connection), shop.policy_defaults)
        if name:
            items = [each for each in items if name.lower() in each["name"].lower()]
        if scope:
            items = [each for each in items if each["scope"] == scope]
        part = items[page.offset : page.offset + page.limit]
        return envelope([_timed(each) for each in part], len(items), page)

    return await asyncio.to_thread(find)


@router.put("/policies")
async def set_policy(body: Policy, who: Administrator, shop: Shop) -> dict[str, Any]:
    """Set one."""
    values = policy_changes.checked([Wanted(body.name, _given(body))])
    await _changed(shop, lambda connection: policy_changes.apply(connection, values, who.name, body.desc))
    return await asyncio.to_thread(_one, shop, body.name)


@router.patch("/policies")
async def patch_policies(body: Patch, who: Administrator, shop: Shop) -> dict[str, Any]:
    """Set several; when one is wrong, none is set."""
    values = policy_changes.checked(Wanted(each.name, _given(each)) for each in body.policies)
    comment = body.desc or next((each.desc for each in body.policies if each.desc), "")
    changes = await _changed(shop, lambda connection: policy_changes.apply(connection, values, who.name, comment))
    return _outcome(changes)


@router.get("/policies/history")
async def history(who: TeamMember, shop: Shop, page: Page, name: str | None = None) -> dict[str, Any]:
    """Change sets, the newest first; of one policy, or of all."""

    def find() -> dict[str, Any]:
        with shop.database.read() as connection:
            sets, total = questions.change_sets(connection, page.limit, page.offset, name=name)
        return envelope([_shown_set(each) for each in sets], total, page)

    return await asyncio.to_thread(find)


@router.post("/policies/history/{change_set}/undo")
async def undo(change_set: str, who: Administrator, shop: Shop) -> dict[str, Any]:
    """Bring back what it changed."""
    return _outcome(await _changed(shop, lambda connection: policy_changes.undo(connection, change_set, who.name)))


@router.get("/policies/export")
async def export(who: TeamMember, shop: Shop) -> PlainTextResponse:
    """`policies.properties`, which `POST /policies/import` and MCS read."""

    def make() -> str:
        with shop.database.read() as connection:
            return policy_changes.as_file(connection, instance=shop.base_url, version=__version__)

    headers = {"Content-Disposition": 'attachment; filename="policies.properties"'}
    return PlainTextResponse(await asyncio.to_thread(make), headers=headers)


@router.post("/policies/import")
async def import_file(
    file: UploadFile,
    who: Administrator,
    shop: Shop,
    desc: Annotated[str, Form(max_length=500)] = "",
    overwrite: Annotated[bool, Form()] = True,
    purge: Annotated[bool, Form()] = False,
    dry_run: Annotated[bool, Query(alias="dryRun")] = False,
) -> dict[str, Any]:
    """Set what a `policies.properties` says; `dryRun` says what that would change."""
    content = await file.read(LONGEST_FILE + 1)
    if len(content) > LONGEST_FILE:
        raise RequestTooLarge(f"The file has more than {LONGEST_FILE} bytes.")
    text = content.decode("utf-8-sig", "replace") if content[:3] == b"\xef\xbb\xbf" else content.decode("latin-1")

    def change(connection: Connection) -> list[Change]:
        values = policy_changes.from_file(connection, text, overwrite=overwrite, purge=purge)
        return policy_changes.apply(connection, values, who.name, desc or f"import of {file.filename}")

    return _outcome(await _changed(shop, change, dry_run=dry_run))


@router.get("/policies/{name:path}")
async def one_policy(name: str, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """What is set under that name, or what counts while it is not."""
    return await asyncio.to_thread(_one, shop, name)


@router.delete("/policies/{name:path}")
async def delete_policy(name: str, who: Administrator, shop: Shop) -> dict[str, Any]:
    """The wider one, or the default, holds again."""
    values = policy_changes.checked([Wanted(name, None)])
    if not await _changed(shop, lambda connection: policy_changes.apply(connection, values, who.name, "deleted")):
        raise ResourceNotFound(f"{name[:200]} is not set.")
    return {}


def _given(policy: Policy) -> Any:
    if policy.value is None:
        raise RequestInvalid(f"{policy.name}: a value is missing; DELETE takes a policy away.")
    return policy.value


class _DryRun(Exception):
    """Ends a transaction that is not to be committed."""

    def __init__(self, changes: list[Change]) -> None:
        super().__init__()
        self.changes = changes


async def _changed(
    shop: Workshop, change: Callable[[Connection], list[Change]], *, dry_run: bool = False
) -> list[Change]:
    """Do it in one transaction, and bring it into service."""

    def perform() -> list[Change]:
        try:
            with shop.database.write() as connection:
                changes = change(connection)
                if dry_run:
                    raise _DryRun(changes)
                return changes
        except _DryRun as done:
            return done.changes

    changes = await asyncio.to_thread(perform)
    if changes and not dry_run:
        await shop.refresh()
    return changes


def _one(shop: Workshop, name: str) -> dict[str, Any]:
    full = str(PolicyName.parse(name))
    with shop.database.read() as connection:
        row = next((each for each in questions.policies(connection) if each["name"] == full), None)
    return _timed(policy_changes.shown(full, row, shop.policy_defaults))


def _timed(item: dict[str, Any]) -> dict[str, Any]:
    at = item["modifiedAt"]
    return {**item, "modifiedAt": None if at is None else to_iso(at)}


def _outcome(changes: list[Change]) -> dict[str, Any]:
    shown = [{"name": each.name, "before": _value(each.before), "after": _value(each.after)} for each in changes]
    return {"valid": True, "validationResults": [], "changes": shown}


def _value(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _shown_set(rows: Sequence[Mapping[Any, Any]]) -> dict[str, Any]:
    first = rows[0]
    return {
        "id": first["change_set"] or first["id"],
        "at": to_iso(first["at"]),
        "by": first["team_member"],
        "comment": first["comment"] or "",
        "changes": [
            {"name": row["name"], "before": _value(row["before"]), "after": _value(row["after"])} for row in rows
        ],
    }
