"""What holds for every test: how hypothesis looks for counter-examples, and one running platform."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.platform_server import PlatformServer, platform_server

# Speed is measured in benchmarks, never in tests: a busy machine fails none of them.
settings.register_profile("openmcs", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("openmcs")


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformServer]:
    """A running platform, shared by all tests; who changes it puts it back."""
    with platform_server(tmp_path_factory.mktemp("platform")) as server:
        yield server
