"""What holds for every test: how hypothesis looks for counter-examples."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Speed is measured in benchmarks, never in tests: a busy machine fails none of them.
settings.register_profile("openmcs", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("openmcs")
