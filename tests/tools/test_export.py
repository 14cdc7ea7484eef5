"""`/export/…`, and MCS's export of analytics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from openmcs.store.clock import from_iso
from tests.store.records import load, request
from tests.tools.desk import BASIC, ORIGIN, Desk

DAY = from_iso("2026-06-01T00:00:00Z")
HOUR = 3_600_000_000


def _mcs(desk: Desk, **body: Any) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(desk.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            path = "/mobile/system/analyticsExport/export/request"
            return await client.post(path, headers=desk.headers, json=body)

    return desk.runner.run(ask())


def test_who_may_export(desk: Desk) -> None:
    """Team members, an analyst too; nobody else."""
    for caller, status in (
        (desk.without_credentials(), 401), (desk.with_headers(authorization=BASIC), 401), (desk.as_("analyst"), 200), (desk, 200)
    ):  # fmt: skip
        assert caller.call("GET", "/export/requests").status_code == status
        assert _mcs(caller, exportType="APICalls").status_code == status


def test_a_file_is_sent(desk: Desk, tmp_path: Path) -> None:
    """With its type and name."""
    load(desk.shop.database, tmp_path / "s", request(1), request(2, status=500))
    answer = desk.call("GET", "/export/requests?format=csv&status=5xx")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="requests.csv"'
    assert [line.split(",")[1] for line in answer.text.splitlines()] == ["ecid", "e2"]
    assert desk.call("GET", "/export/requests?format=parquet").content[:4] == b"PAR1"
    assert desk.call("GET", "/export/secrets").status_code == 400
    assert desk.call("GET", "/export/requests?q=usr:x").status_code == 400


def test_the_page_of_mcs(desk: Desk, tmp_path: Path) -> None:
    """Days are whole, a limit beyond 1000 is lowered without a word (contract: portal, 4.3)."""
    times = [DAY - 1, DAY, DAY + 25 * HOUR, DAY + 48 * HOUR - 1, DAY + 48 * HOUR]
    load(desk.shop.database, tmp_path / "s", *(request(n, time=time) for n, time in enumerate(times)))
    page = _mcs(desk, exportType="APICalls", startDate="2026-06-01", endDate="2026-06-02", limit=5000).json()
    assert [item["ecid"] for item in page["items"]] == ["e1", "e2", "e3"]
    assert (page["limit"], page["offset"], page["hasMore"]) == (1000, 0, False)
    second = _mcs(desk, exportType="APICalls", limit=2, offset=1).json()
    assert ([item["ecid"] for item in second["items"]], second["hasMore"]) == (["e1", "e2"], True)
    assert _mcs(desk, exportType="Events", name="Nothing").json()["items"] == []


@pytest.mark.parametrize(
    "body", [{}, {"exportType": "Users"}, {"exportType": "Events", "startDate": "soon"}, {"exportType": "Events", "limit": 0},
             {"exportType": "Events", "startDate": "2026-06-02", "endDate": "2026-06-01"}],
)  # fmt: skip
def test_a_wrong_request_is_refused(desk: Desk, body: dict[str, Any]) -> None:
    """With 400."""
    assert _mcs(desk, **body).status_code == 400
