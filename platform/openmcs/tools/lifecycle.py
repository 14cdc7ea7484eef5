"""`/apis/{id}/published` and its kin: from then on an asset never changes."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, Literal

from fastapi import APIRouter

from openmcs.catalog import lifecycle
from openmcs.catalog.lifecycle import Asset
from openmcs.tools.workshop import Shop, TeamMember

router = APIRouter(tags=["lifecycle"])

Assets = Literal["apis", "mobilebackends", "connectors"]
_KINDS: dict[Assets, str] = {"apis": "api", "mobilebackends": "backend", "connectors": "connector"}


@router.get("/{assets}/{id_}/published")
async def look(assets: Assets, id_: str, who: TeamMember, shop: Shop) -> dict[str, Any]:
    """What publishing it would publish, itself last, and what it needs that does not exist."""
    drafts, missing = await asyncio.to_thread(lifecycle.unpublished, shop.database, _KINDS[assets], id_)
    return {"published": id_ not in {each.id for each in drafts}, "drafts": _shown(drafts), "missing": missing}


@router.put("/{assets}/{id_}/published")
async def publish(assets: Assets, id_: str, who: TeamMember, shop: Shop, dependencies: bool = False) -> dict[str, Any]:
    """Publish it; 409 while it depends on drafts, unless they are to be published with it."""
    run = partial(lifecycle.publish, shop.database, _KINDS[assets], id_, who.name, with_dependencies=dependencies)
    return {"items": _shown(await asyncio.to_thread(run))}


def _shown(found: list[Asset]) -> list[dict[str, str]]:
    return [each._asdict() for each in found]
