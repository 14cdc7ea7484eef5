"""
Answers from the contract's examples, while no implementation is bound (contract: custom code, section 7).

The default status is 201 for POST and 200 otherwise; if the contract does not document it, the lowest
2xx it does. The example is that of the first media type that `Accept` takes, and an empty JSON object
where there is none. An example that is not valid JSON is served as the text it is.
"""

from __future__ import annotations

import re

from openmcs.raml.contract import Body, Method, Response

NOTHING = (b"{}", "application/json")
_PREFERENCE = re.compile(r"\b(code|status|example)\s*=\s*\"?([^\s,;\"]+)\"?", re.IGNORECASE)


def answer(method: Method, accept: str, prefer: str | None) -> tuple[int, str, bytes]:
    """Status, media type and body. `Prefer: code=404, example=name` chooses among what is documented."""
    wanted = {name.lower(): value for name, value in _PREFERENCE.findall(prefer or "")}
    response = _response(method, wanted.get("code") or wanted.get("status"))
    status = response.status if response else _default_status(method)
    body, media_type = _example(response, accept, wanted.get("example"))
    return status, media_type, b"" if method.verb == "HEAD" else body


def _default_status(method: Method) -> int:
    return 201 if method.verb == "POST" else 200


def _response(method: Method, code: str | None) -> Response | None:
    documented = {each.status: each for each in method.responses}
    if code and code.isdigit() and int(code) in documented:
        return documented[int(code)]
    default = _default_status(method)
    if default in documented:
        return documented[default]
    successes = [status for status in sorted(documented) if 200 <= status < 300]
    chosen = successes or sorted(documented)
    return documented[chosen[0]] if chosen else None


def _example(response: Response | None, accept: str, name: str | None) -> tuple[bytes, str]:
    bodies = [each for each in response.bodies if _texts(each)] if response else []
    for accepted in _accepted(accept):
        for body in bodies:
            if _fits(body.media_type, accepted):
                return _text(body, name).encode(), body.media_type
    return NOTHING


def _texts(body: Body) -> bool:
    return body.example is not None or bool(body.examples)


def _text(body: Body, name: str | None) -> str:
    if name is not None and name in body.examples:
        return body.examples[name]
    if body.example is not None:
        return body.example
    return next(iter(body.examples.values()))


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
