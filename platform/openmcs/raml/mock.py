"""
Answers from the contract's examples, while no implementation is bound (contract: custom code, section 7).

The default status is 201 for POST and 200 otherwise; if the contract does not document it, the lowest
2xx it does. The example is that of the first media type that `Accept` takes; a type without an example gets a
value made from it, and an empty JSON object stands where nothing is known. An example that is not valid JSON
is served as the text it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openmcs.raml.contract import Body, Contract, Method, Response
from openmcs.raml.generate import generate

NOTHING = (b"{}", "application/json")
LONGEST_DELAY = 10.0
"""Seconds."""
FAULTS = {"broken", "empty"}
_PREFERENCE = re.compile(r"\b(code|status|example|dynamic|delay|fault|seed)\s*=\s*\"?([^\s,;\"]+)\"?", re.IGNORECASE)
_NAMES = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a caller asks for with `Prefer`."""

    code: int | None = None
    example: str | None = None
    dynamic: bool = False
    seed: str = ""
    delay: float = 0.0
    """Seconds."""
    fault: str | None = None

    @classmethod
    def parse(cls, prefer: str | None) -> Preferences:
        """Read `code=404, example=name, dynamic=true, delay=500, fault=503`; what is not understood is left out."""
        wanted = {name.lower(): value for name, value in _PREFERENCE.findall(prefer or "")}
        code = wanted.get("code") or wanted.get("status") or ""
        delay = wanted.get("delay", "")
        fault = wanted.get("fault", "").lower()
        return cls(
            code=int(code) if re.fullmatch(r"[1-5][0-9][0-9]", code, re.ASCII) else None,
            example=wanted.get("example"),
            dynamic=wanted.get("dynamic", "").lower() in ("true", "1"),
            seed=wanted.get("seed", ""),
            delay=min(int(delay) / 1000, LONGEST_DELAY) if re.fullmatch(r"[0-9]{1,6}", delay, re.ASCII) else 0.0,
            fault=fault if fault in FAULTS or re.fullmatch(r"5[0-9][0-9]", fault, re.ASCII) else None,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What the mock says."""

    status: int
    media_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    """Seconds to wait before it is sent."""


@dataclass(slots=True)
class Mock:
    """The examples of one contract, and values made from its types."""

    contract: Contract
    _definitions: dict[str, Any] | None = field(default=None)

    def answer(self, resource: str, method: Method, accept: str, prefer: str | None) -> Answer:
        """The answer to a call of *method* of *resource*."""
        wanted = Preferences.parse(prefer)
        seed = f"{method.verb} {resource} {wanted.seed}"
        status, media_type, body = _answer(method, accept, wanted, self._known(), seed)
        if wanted.fault is not None:
            status, media_type, body = _faulty(wanted.fault, status, media_type, body)
        return Answer(status, media_type, body, delay=wanted.delay)

    def _known(self) -> dict[str, Any]:
        if self._definitions is None:
            self._definitions = {name: json.loads(text) for name, text in self.contract.definitions.items()}
        return self._definitions


def answer(method: Method, accept: str, prefer: str | None) -> tuple[int, str, bytes]:
    """Status, media type and body of what is documented; without values made from types."""
    return _answer(method, accept, Preferences.parse(prefer), None, "")


def _answer(
    method: Method, accept: str, wanted: Preferences, definitions: Mapping[str, Any] | None, seed: str
) -> tuple[int, str, bytes]:
    response = _response(method, wanted.code)
    status = response.status if response else _default_status(method)
    body, media_type = _content(response, accept, wanted, definitions, seed)
    has_body = method.verb != "HEAD" and status not in (204, 205, 304)
    return status, media_type, body if has_body else b""


def _default_status(method: Method) -> int:
    return 201 if method.verb == "POST" else 200


def _response(method: Method, code: int | None) -> Response | None:
    documented = {each.status: each for each in method.responses}
    if code is not None and code in documented:
        return documented[code]
    default = _default_status(method)
    if default in documented:
        return documented[default]
    successes = [status for status in sorted(documented) if 200 <= status < 300]
    chosen = successes or sorted(documented)
    return documented[chosen[0]] if chosen else None


def _content(
    response: Response | None,
    accept: str,
    wanted: Preferences,
    definitions: Mapping[str, Any] | None,
    seed: str,
) -> tuple[bytes, str]:
    can_make = definitions is not None
    bodies = [each for each in response.bodies if _says(each) or (can_make and _makeable(each))] if response else []
    for accepted in _accepted(accept):
        for body in bodies:
            if not _fits(body.media_type, accepted):
                continue
            if can_make and _makeable(body) and (wanted.dynamic or not _says(body)):
                value = generate(json.loads(body.schema or "{}"), definitions or {}, seed)
                return json.dumps(value, ensure_ascii=False, indent=2).encode(), body.media_type
            if _says(body):
                return _text(body, wanted.example).encode(), body.media_type
    return NOTHING


def _says(body: Body) -> bool:
    return body.example is not None or bool(body.examples)


def _makeable(body: Body) -> bool:
    return body.schema is not None and "json" in body.media_type


def _text(body: Body, name: str | None) -> str:
    if name is not None and name in body.examples:
        return body.examples[name]
    if body.example is not None:
        return body.example
    return next(iter(body.examples.values()))


def _faulty(fault: str, status: int, media_type: str, body: bytes) -> tuple[int, str, bytes]:
    """An answer as it should not be: cut in the middle, without a body, or an error of the server."""
    if fault == "broken":
        return status, media_type, body[: max(1, len(body) // 2)]
    if fault == "empty":
        return status, media_type, b""
    code = int(fault)
    title = _NAMES.get(code, "Error")
    return code, "application/json", json.dumps({"status": code, "title": title, "detail": "Asked for."}).encode()


def _accepted(accept: str) -> list[str]:
    """Media ranges, the most wanted first; those with q=0 are left out."""
    ranges = []
    for index, part in enumerate(accept.split(",")):
        media_range, *parameters = (each.strip().lower() for each in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    quality = float(parameter[2:])
                except ValueError:
                    quality = 1.0
        if media_range and quality > 0:
            ranges.append((-quality, index, media_range))
    return [each for _, _, each in sorted(ranges)] or ["*/*"]


def _fits(media_type: str, accepted: str) -> bool:
    media_type = media_type.partition(";")[0].strip().lower()
    if accepted in ("*/*", "*"):
        return True
    if accepted.endswith("/*"):
        return media_type.startswith(accepted[:-1])
    return media_type == accepted
