"""What holds for every test: how hypothesis looks, one running platform, and what is said about skips."""

from __future__ import annotations

import collections
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.platform_server import PlatformServer, platform_server
from tests.prepare import NEEDS

# Speed is measured in benchmarks, never in tests: a busy machine fails none of them.
settings.register_profile("openmcs", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("openmcs")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the tests that were skipped because this machine lacks something."""
    reasons = collections.Counter(
        reason
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
        and (reason := report.longrepr[2].removeprefix("Skipped: ")).startswith(NEEDS)
    )
    for reason, count in reasons.items():
        terminalreporter.write_line(f"{count} tests were skipped, each {reason}", yellow=True)


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformServer]:
    """A running platform, shared by all tests; who changes it puts it back."""
    with platform_server(tmp_path_factory.mktemp("platform")) as server:
        yield server
