"""`/workers` and restart"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from openmcs.catalog.presence import Presence
from openmcs.store.database import Database
from openmcs.tools import application
from tests.tools.desk import Desk, project


def entry(api: str, **more: Any) -> dict[str, Any]:
    """What a pool says of one implementation."""
    worker = {"pid": os.getpid(), "startedAt": 1.5, "inFlight": 0, "done": 3}
    return {"apiId": api, "implementation": "synapse(1.0)", "workers": [worker], "failure": None, **more}


def with_workers(desk: Desk, database: Database, said: list[dict[str, Any]]) -> Desk:
    """A desk whose gateway process has these workers."""
    shop = replace(desk.shop, presence=Presence(database, lambda: said))
    return Desk(shop, desk.runner, application.create(shop), desk.headers, desk.refreshed)


def test_workers_are_listed_by_api(desk: Desk, api: dict[str, Any]) -> None:
    """With the gateway process that has them, and pages."""
    here = with_workers(desk, desk.shop.database, [entry(api["id"]), entry("another")])
    found = here.get(f"/workers?api={api['id']}")
    assert found["totalResults"] == 1
    (item,) = found["items"]
    assert item["gateway"]["here"] is True
    assert item["workers"][0]["rssBytes"] > 0
    assert item["workers"][0]["startedAt"] == "1970-01-01T00:00:01.500Z"
    page = here.get("/workers?limit=1&offset=1")
    assert (page["items"][0]["apiId"], page["totalResults"], page["hasMore"]) == ("another", 2, False)


def test_who_may_see_and_restart(desk: Desk, api: dict[str, Any]) -> None:
    """An analyst sees, a developer restarts, strangers do neither."""
    path = f"/apis/{api['id']}/implementations/restart"
    assert desk.without_credentials().call("GET", "/workers").status_code == 401
    assert desk.without_credentials().call("POST", path).status_code == 401
    analyst = desk.as_("analyst")
    assert analyst.call("GET", "/workers").status_code == 200
    assert analyst.call("POST", path).status_code == 403


def test_a_restart_is_brought_into_service_and_kept(desk: Desk, api: dict[str, Any]) -> None:
    """It has an entry in the activity; the mock has no workers, and what does not exist is not found."""
    path = f"/apis/{api['id']}/implementations/restart"
    assert desk.call("POST", path).status_code == 409
    assert desk.call("POST", "/apis/nothing/implementations/restart").status_code == 404
    desk.upload(api["id"], project())
    before = len(desk.refreshed)
    here = with_workers(desk, desk.shop.database, [entry(api["id"])])
    told = here.post(path)
    assert (len(desk.refreshed), len(told["items"])) == (before + 1, 1)
    assert told["restartedAt"].endswith("Z")
    newest = desk.get("/activity?kind=api")["items"][0]
    assert (newest["action"], newest["by"], newest["undoable"]) == ("restarted", "admin", False)


def test_new_workers_that_do_not_start_are_told(desk: Desk, api: dict[str, Any]) -> None:
    """409 with the reason; what was in service goes on."""
    desk.upload(api["id"], project())
    here = with_workers(desk, desk.shop.database, [entry(api["id"], failure="SyntaxError: no")])
    answer = here.call("POST", f"/apis/{api['id']}/implementations/restart")
    assert answer.status_code == 409
    assert "SyntaxError" in answer.json()["detail"]
