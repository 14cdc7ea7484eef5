"""The SDK in Node: its own tests, and its suite against a running platform."""

from __future__ import annotations

import json

import pytest

from openmcs.store.tables import analytics_event
from tests.platform_server import PlatformServer
from tests.sdk.nodes import SDK, described, failures, node


def test_the_sdks_own_tests_pass() -> None:
    """Against a recorder: what goes out, bundles, types, the packed package."""
    tests = sorted((SDK / "tests").glob("*.test.mjs"))
    assert len(tests) >= 6
    told = node("--test", "--test-reporter=tap", *tests)
    assert "\n# fail 0\n" in told and "\n# skipped 0\n" in told


@pytest.mark.parametrize("bundle", ["mcs.js", "mcs.min.js", "mcs.mjs"])
def test_the_suite_passes_in_node(platform: PlatformServer, bundle: str) -> None:
    """Every bundle, each generation's surface; and the events are in the tables."""
    results = json.loads(
        node("tests/run_suite.mjs", SDK / "dist" / bundle, json.dumps(described(platform, f"Node {bundle}")))
    )
    assert failures(results) == []
    session = next(each["session"] for each in results if "session" in each)
    rows = [row for row in platform.rows(analytics_event) if row["session_id"] == session]
    assert [row["name"] for row in rows] == ["context", "sessionStart", "Suite", "sessionEnd"]
    assert json.loads(rows[2]["properties"]) == {"where": f"Node {bundle}"}
    assert rows[2]["user"] == "joe" and abs(rows[2]["skew_us"]) < 60_000_000
