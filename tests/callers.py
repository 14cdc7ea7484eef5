"""Calls of the API `shop` that go on while something happens to the platform."""

from __future__ import annotations

import threading
from collections import Counter

import httpx

from tests.server import Server, eventually


class Calls:
    """GET /greeting from some threads until told to stop; what was answered, and what failed."""

    def __init__(self, server: Server, threads: int = 1) -> None:
        keys = server.backend("shop")
        self.headers = {
            "Oracle-Mobile-Backend-ID": keys["backendId"],
            "Authorization": f"Basic {keys['anonymousKey']}",
        }
        self.url = f"{server.url}/mobile/custom/shop"
        self.answered: set[str] = set()
        """Their ECIDs."""
        self.answers: Counter[str] = Counter()
        self.failed: list[str] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]

    def __enter__(self) -> Calls:
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        for each in self._threads:
            each.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with httpx.Client(trust_env=False, headers=self.headers, timeout=60) as client:
                    self._ask(client)
            except httpx.TransportError as error:
                # Another connection then: what was at the other end may be gone.
                self.failed.append(repr(error))

    def _ask(self, client: httpx.Client) -> None:
        while not self._stop.is_set():
            answer = client.get(f"{self.url}/greeting")
            self.answered.add(answer.headers["X-ORACLE-DMS-ECID"])
            if answer.status_code == 200:
                self.answers[answer.json()["greeting"]] += 1
            else:
                self.failed.append(f"{answer.status_code} {answer.text}")

    def one(self, path: str = "/greeting") -> httpx.Response:
        """One call beside the others."""
        return httpx.get(f"{self.url}{path}", headers=self.headers, trust_env=False, timeout=60)

    def greeting(self) -> str:
        """What is answered now."""
        return str(self.one().json().get("greeting", ""))

    def until(self, count: int) -> None:
        """Wait until so many more were answered."""
        before = len(self.answered)
        eventually(lambda: len(self.answered) >= before + count)
