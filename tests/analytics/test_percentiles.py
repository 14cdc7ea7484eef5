"""Percentiles are exact."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from openmcs.analytics.percentiles import percentile_ms


def test_percentiles_are_values_that_occurred() -> None:
    """Nearest rank, in milliseconds; nothing has none."""
    values = [number * 1000 for number in range(1, 101)]
    assert [percentile_ms(values, percent) for percent in (50, 95, 99, 100)] == [50.0, 95.0, 99.0, 100.0]
    assert percentile_ms([7], 50) == 0.007
    assert percentile_ms([], 50) is None


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=200), st.integers(1, 100))
def test_so_many_percent_are_not_above_it(values: list[int], percent: int) -> None:
    """And of the next smaller value that is not true."""
    found = percentile_ms(sorted(values), percent)
    assert found is not None
    assert sum(value / 1000 <= found for value in values) * 100 >= len(values) * percent
    assert sum(value / 1000 < found for value in values) * 100 < len(values) * percent
