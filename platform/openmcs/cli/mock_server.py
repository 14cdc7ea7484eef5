"""A mock server for one contract, as a plain ASGI application."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote, urlsplit

from openmcs.raml.contract import Contract
from openmcs.raml.match import Matcher
from openmcs.raml.mock import Answer

LARGEST_BODY = 10 * 1024 * 1024
Message = dict[str, Any]


class MockServer:
    """Answers below the path of the `baseUri`, and at the root as well; any origin may call."""

    def __init__(self, contract: Contract, *, stateful: bool, mode: str, say: Callable[[str], None]) -> None:
        self._matcher = Matcher(contract)
        self._stateful = stateful
        self._mode = mode
        self._say = say
        path = urlsplit(contract.base_uri).path.rstrip("/") if "{" not in contract.base_uri else ""
        self.base = path
        """What paths may begin with."""

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        body = bytearray()
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > LARGEST_BODY or not message.get("more_body"):
                break
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        raw = scope.get("raw_path") or quote(scope["path"]).encode()
        answer = self._answer(
            scope["method"], raw.decode("latin-1"), scope["query_string"].decode("latin-1"), headers, bytes(body)
        )
        if answer.delay:
            await asyncio.sleep(answer.delay)
        self._say(f"{scope['method']} {scope['path']} → {answer.status}")
        fields = [("content-type", answer.media_type), ("access-control-allow-origin", "*"),
                  ("access-control-allow-headers", headers.get("access-control-request-headers", "*")),
                  ("access-control-allow-methods", "*"), ("content-length", str(len(answer.body))), *answer.headers]  # fmt: skip
        encoded = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in fields]
        await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})

    def _answer(self, verb: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        below = path[len(self.base) :] if self.base and path.startswith(self.base + "/") else path
        found = self._matcher.match(below)
        if found is None:
            return _problem(404, f"The RAML has no resource {below}.")
        method = found.methods.get(verb) or (found.methods.get("GET") if verb == "HEAD" else None)
        if method is None and verb == "OPTIONS":
            return Answer(200, "text/plain", b"")
        if method is None:
            return _problem(405, f"{found.resource.path} has no {verb}; it has {', '.join(sorted(found.methods))}.")
        resource = found.resource.path
        if self._mode != "off":
            problems = self._matcher.requests.problems(
                resource, method, path=found.parameters, query=query, headers=headers, body=body
            )
            for each in problems:
                self._say(f"  {each.code} {each.pointer}: {each.message}")
            if problems and self._mode == "enforce":
                return _problem(400, "; ".join(f"{each.pointer}: {each.message}" for each in problems))
        answer = self._matcher.mock.answer(resource, method, headers.get("accept", "*/*"), headers.get("prefer"))
        if self._stateful:
            base = path[: len(path) - len(below)]
            answer = self._matcher.mock_state.answer(resource, method, below, body, answer, base)
        return answer


def _problem(status: int, detail: str) -> Answer:
    return Answer(status, "application/json", json.dumps({"status": status, "detail": detail}).encode())
