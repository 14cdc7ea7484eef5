"""The Python halves of the porting guide do what their JavaScript halves did."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openmcs.testing import FakeService

TEXT = (Path(__file__).parent.parent / "docs" / "porting.md").read_text("utf-8")
EXAMPLES = {found[1]: found[0] for found in re.finditer(r"```python\n# (\w+)\n.*?```", TEXT, re.DOTALL)}
MANIFESTS = {
    "loyalty": '[tool.openmcs.connectors]\noffers = "1.0"\n',
    "incidents": '[tool.openmcs.apis]\nstore = "1.0"\n',
    "dashboard": '[tool.openmcs.apis]\norders = "1.0"\n[tool.openmcs.connectors]\nweather = "1.0"\n',
}


@pytest.fixture
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FakeService]:
    """An implementation cut out of the page."""
    name = request.param
    code = EXAMPLES[name].removeprefix("```python\n").removesuffix("```")
    (tmp_path / f"{name}.py").write_text(code)
    head = f'[project]\nname = "{name}"\nversion = "1.0"\n'
    (tmp_path / "pyproject.toml").write_text(head + MANIFESTS[name])
    with FakeService(tmp_path) as service:
        yield service


def test_there_are_three() -> None:
    """And each has its JavaScript beside it."""
    assert set(EXAMPLES) == set(MANIFESTS)
    assert TEXT.count("```javascript") == 3


@pytest.mark.parametrize("example", ["loyalty"], indirect=True)
def test_offers_are_filtered_and_failures_passed_on(example: FakeService) -> None:
    """The connector's text is parsed by the code; its error is the answer."""
    offers = [{"id": 1, "status": "OPEN"}, {"id": 2, "status": "CLOSED"}]
    example.platform = {"GET /mobile/connector/offers/active": {"items": offers}}
    assert example.get("/offers", query={"customer": "7"}).json() == {"items": offers[:1]}
    assert example.inner_calls[0].uri == "/mobile/connector/offers/active?customer=7"
    example.platform = {"GET /mobile/connector/offers/active": (503, {"title": "busy"})}
    failed = example.get("/offers", query={"customer": "7"})
    assert (failed.status, failed.json()) == (503, {"title": "busy"})


@pytest.mark.parametrize("example", ["loyalty"], indirect=True)
def test_an_offer_is_accepted_as_the_user(example: FakeService) -> None:
    """The user's mail address goes along."""
    example.platform = {
        "GET /mobile/platform/users/~": {"email": "joe@example.com"}, "POST /mobile/connector/offers/accepted": (201, b""),
    }  # fmt: skip
    assert example.post("/offers/7/accept", user="joe").status == 201
    assert json.loads(example.inner_calls[1].body) == {"offer": "7", "email": "joe@example.com"}
    example.platform = {}
    assert example.post("/offers/7/accept", user="joe").text == "not accepted"


@pytest.mark.parametrize("example", ["incidents"], indirect=True)
def test_incidents_are_answered_for_the_apps_cache(example: FakeService) -> None:
    """One as an item, all as a collection, and what is not there as it is not there."""
    item = {"id": 7, "etag": "e"}
    example.platform = {
        "GET /mobile/custom/store/incidents/7": item, "GET /mobile/custom/store/incidents": {"items": [item]},
    }  # fmt: skip
    one = example.get("/7")
    assert (one.json(), one.headers["oracle-mobile-sync-resource-type"]) == (item, "item")
    every = example.get("/")
    assert every.json() == {"items": [item], "uris": ["/mobile/custom/incidents/7"], "etags": ["e"]}
    assert example.get("/8").status == 404


@pytest.mark.parametrize("example", ["dashboard"], indirect=True)
@pytest.mark.parametrize(
    ("weather", "shown"), [({"text": "sunny"}, "sunny"), ((500, "broken"), None)], ids=["sunny", "broken"]
)
def test_the_dashboard_asks_all_at_once(example: FakeService, weather: Any, shown: str | None) -> None:
    """A system that fails leaves a hole, the event is sent, and a caller without a tenant gets 400."""
    example.platform = {
        "GET /mobile/custom/orders/open": [1, 2], "GET /mobile/connector/weather/today": weather,
        "POST /mobile/platform/analytics/events": (202, b""),
    }  # fmt: skip
    assert example.get("/summary").status == 400
    assert example.get("/summary", headers={"X-Tenant": "t"}).json() == {"orders": 2, "weather": shown}
    assert [inner.method for inner in example.inner_calls] == ["GET", "GET", "POST"]
