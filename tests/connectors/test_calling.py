"""Which connector a call is for, and what holds for it."""

from __future__ import annotations

import pytest

from openmcs.catalog.policies import Policies
from openmcs.connectors.calling import find, timeouts_of
from openmcs.errors import ResourceNotFound
from tests.connectors.calls import connector, snapshot


def test_timeouts_come_from_the_connector_then_from_the_narrowest_policy() -> None:
    policies = Policies({
        "*.*.Network_HttpReadTimeout": 1000, "*.connector/erp(1.0).Network_HttpReadTimeout": 2000,
        "*.*.Network_HttpConnectTimeout": 3000,
    })  # fmt: skip
    found = timeouts_of(connector(1), policies)
    assert (found["read"], found["connect"]) == (2.0, 3.0)
    assert timeouts_of(connector(1, read_timeout_ms=5), policies)["read"] == 0.005


def test_a_connector_is_found_by_name_and_version() -> None:
    one, two = connector(1), connector(1, version="2.0")
    assert find(snapshot(one), "ERP", "") is one
    assert find(snapshot(one, two), "erp", "2.0") is two
    for known, name, version in (
        (snapshot(one), "crm", ""),
        (snapshot(one, two), "erp", ""),
        (snapshot(one), "erp", "9"),
    ):
        with pytest.raises(ResourceNotFound):
            find(known, name, version)
