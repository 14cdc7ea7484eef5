"""Percentiles by nearest rank: the p-th is the smallest value that at least p percent are not above."""

from __future__ import annotations

from collections.abc import Sequence


def percentile_ms(sorted_us: Sequence[int], percent: int) -> float | None:
    """Of microseconds in ascending order, in milliseconds; None of nothing."""
    if not sorted_us:
        return None
    rank = -(-len(sorted_us) * percent // 100)  # rounded up
    return sorted_us[max(rank, 1) - 1] / 1000
