"""Which calls are under way now: what the traffic light's measure of pending requests looks at."""

from __future__ import annotations

from collections import Counter

from openmcs.exchange import MobileBackend, Operation

Place = tuple[str, str, str, str, str, str]
"""Backend and version, API and version, method and resource."""


class Pending:
    """Counts calls between their authorisation and their answer, in this process."""

    def __init__(self) -> None:
        self._counts: Counter[Place] = Counter()

    def begin(self, backend: MobileBackend, operation: Operation) -> Place:
        """A call is under way; hand back what this returns to `end`."""
        place = (
            backend.name, backend.version, operation.api, operation.api_version, operation.method, operation.resource
        )  # fmt: skip
        self._counts[place] += 1
        return place

    def end(self, place: Place) -> None:
        """It was answered, or given up."""
        if self._counts[place] > 1:
            self._counts[place] -= 1
        else:
            del self._counts[place]

    def counts(self) -> dict[Place, int]:
        """Those that are not zero."""
        return dict(self._counts)
