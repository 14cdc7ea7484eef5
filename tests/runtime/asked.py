"""An SDK object in this process, and the calls that it makes."""

from __future__ import annotations

import json
from concurrent.futures import Future
from typing import Any, NamedTuple

from openmcs.runtime.asking import Asking, Declared
from openmcs.runtime.outbound import Outcome


class Asked(NamedTuple):
    """One call that was made."""

    method: str
    uri: str
    headers: dict[str, str]
    body: bytes
    seconds: float


class Asker:
    """Keeps what it is asked, and answers everything in the same way."""

    def __init__(self, outcome: Outcome | None = None) -> None:
        self.asked: list[Asked] = []
        self.outcome = outcome or Outcome(200, {"content-type": "application/json"}, json.dumps({"a": 1}).encode(), "")

    def ask(self, *call: Any) -> Future[Outcome]:
        """As `Outbound.ask`."""
        self.asked.append(Asked(*call))
        future: Future[Outcome] = Future()
        future.set_result(self.outcome)
        return future

    def asking(self) -> Asking:
        """What namespaces are made with: the API `orders` 1.0 and the connector `erp` 1.2 are declared."""
        declared = {
            "custom": Declared("custom", {"/mobile/custom/orders": "1.0"}),
            "connector": Declared("connector", {"erp": "1.2"}),
        }
        return Asking(self, declared, lambda text: None)  # type: ignore[arg-type]
