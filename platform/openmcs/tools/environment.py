"""`/environment`: this installation, and how well its workers are walled in."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from openmcs import __version__
from openmcs.store.clock import to_iso
from openmcs.tools.workshop import Shop, TeamMember

router = APIRouter(tags=["environment"])


@router.get("/environment")
async def environment(who: TeamMember, shop: Shop) -> dict[str, Any]:
    """Address, version, and the workers with the isolation that their self-tests proved."""
    return {
        "baseUri": shop.base_url,
        "displayName": "OpenMCS",
        "version": __version__,
        "isolation": {"workers": shop.health()},
        "startedAt": to_iso(shop.started_at),
    }
