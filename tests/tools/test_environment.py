"""`GET /environment`"""

from __future__ import annotations

from openmcs import __version__
from tests.tools.desk import ORIGIN, Desk


def test_the_installation_tells_what_it_is(desk: Desk) -> None:
    """Address, version, walls, and since when."""
    assert desk.get("/environment") == {
        "baseUri": ORIGIN,
        "displayName": "OpenMCS",
        "version": __version__,
        "isolation": {"workers": []},
        "startedAt": "1970-01-01T00:00:00.000Z",
    }
