"""Builds that are told while they go on."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from openmcs.catalog.deployments import Report
from openmcs.errors import ImplementationInvalid
from openmcs.tools import building
from tests.tools.desk import Desk, packed, project

ACCEPT = {"Accept": "text/event-stream"}


def parsed(text: str) -> list[tuple[str, Any]]:
    """Name and document of each event."""
    events = []
    for block in text.strip().split("\n\n"):
        name, _, data = block.partition("\n")
        events.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return events


def events_of(desk: Desk, api: dict[str, Any], data: bytes) -> list[tuple[str, Any]]:
    """What an upload by events is answered with."""
    path = f"/apis/{api['id']}/implementations"
    response = desk.call("POST", path, files={"file": ("synapse.zip", data)}, headers=ACCEPT)
    assert (response.status_code, response.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    return parsed(response.text)


def test_an_upload_tells_its_build_line_by_line(desk: Desk, api: dict[str, Any]) -> None:
    """What was read, installed and imported, and in the end the document of an upload that tells nothing."""
    *lines, (last, document) = events_of(desk, api, project())
    assert {name for name, _ in lines} == {"line"}
    texts = [each["text"] for _, each in lines]
    assert texts == [
        f"synapse 1.0: 2 files, {len(project())} bytes.",
        "No dependencies are declared.",
        "Importing it behind its walls.",
        "info: imported once",
        "Imported: 1 routes.",
        "synapse(1.0) answers.",
    ]
    assert last == "done"
    assert document["implementation"]["active"] is True
    assert document["buildLog"].splitlines() == texts


def test_a_refused_upload_ends_with_its_error(desk: Desk, api: dict[str, Any]) -> None:
    """The error document, with status and findings, since the status of the answer was out before."""
    name, document = events_of(desk, api, packed({"synapse.py": ""}))[-1]
    assert (name, document["status"]) == ("refused", 400)
    assert document["o:errorDetails"][0]["title"] == "MANIFEST_MISSING"
    assert document["o:errorPath"].endswith("/implementations")


def test_who_accepts_no_events_gets_one_document(desk: Desk, api: dict[str, Any]) -> None:
    """201, as before there was a stream."""
    response = desk.upload(api["id"], project())
    assert response.status_code == 201
    assert response.json()["buildLog"].endswith("synapse(1.0) answers.\n")


def test_a_build_goes_on_without_its_listener() -> None:
    """Whoever closes the connection has not stopped the upload."""
    ended: list[str] = []

    async def test() -> None:
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def build(report: Report) -> dict[str, Any]:
            report("begun")
            begun.set()
            await go_on.wait()
            ended.append("to the end")
            return {}

        response = building.told(build, "/path", "ecid")
        events: Any = response.body_iterator
        assert "begun" in await anext(events)
        await events.aclose()
        go_on.set()
        while not ended:
            await asyncio.sleep(0)

    asyncio.run(test())
    assert ended == ["to the end"]


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [(ImplementationInvalid("no"), 400, "no"), (ValueError("a secret"), 500, "The build failed")],
)
def test_whatever_a_build_raises_is_told(error: Exception, status: int, detail: str) -> None:
    """As the error document; of what is a fault of the platform nothing but that."""

    async def test() -> list[tuple[str, Any]]:
        async def build(report: Report) -> dict[str, Any]:
            raise error

        pieces: Any = building.told(build, "/path", "ecid").body_iterator
        return parsed("".join([each async for each in pieces]))

    ((name, document),) = asyncio.run(test())
    assert (name, document["status"], document["o:ecid"]) == ("refused", status, "ecid")
    assert document["detail"].startswith(detail) and "secret" not in json.dumps(document)


def test_a_quiet_build_says_that_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy ends a stream that says something now and then."""
    monkeypatch.setattr(building, "QUIET_SECONDS", 0.001)

    async def test() -> list[str]:
        pings = asyncio.Event()

        async def build(report: Report) -> dict[str, Any]:
            await pings.wait()
            return {}

        names = []
        pieces: Any = building.told(build, "/path", "ecid").body_iterator
        async for each in pieces:
            ((name, _),) = parsed(each)
            names.append(name)
            pings.set()
        return names

    names = asyncio.run(test())
    assert names[0] == "ping" and names[-1] == "done"
