"""Fifth stage: may this caller do this, and is what was sent readable."""

from __future__ import annotations

import msgspec

from openmcs.errors import CallerNotAllowed, CallerRejected, RequestInvalid
from openmcs.exchange import Arrival, Call, Caller, CallRules, MobileBackend, Operation

_bodiless = frozenset({"GET", "HEAD", "OPTIONS"})


def authorise(operation: Operation, caller: Caller) -> None:
    """
    Check login and roles, before the body is read.

    An API with "login required" takes no anonymous caller; where roles are listed the caller needs one
    of them (contract: custom code, section 7). Raises `CallerRejected` or `CallerNotAllowed`.
    """
    if caller.is_anonymous and (operation.login_required or operation.roles):
        raise CallerRejected(f"The API {operation.api} requires a login; the anonymous key is not enough.")
    if operation.roles and operation.roles.isdisjoint(caller.roles):
        raise CallerNotAllowed(
            f"{operation.method} {operation.resource} of the API {operation.api} needs a role that the caller lacks."
        )


def validate(
    arrival: Arrival, backend: MobileBackend, caller: Caller, operation: Operation, body: bytes, rules: CallRules
) -> Call:
    """
    Put the call together; *rules* is what the policies say for it.

    A JSON body is checked to be JSON, and is UTF-8 from here on. GET bodies are not read at all, since the
    vendor's SDKs announce JSON on them without sending any, and the JSON `null` is no body, since some
    of them send it for none (contract: wire, Q11). Raises `RequestInvalid`.
    """
    if body and arrival.method not in _bodiless and is_json(arrival.headers.get("content-type", "")):
        readable = json_body(body)
        if readable is not body:
            arrival, body = _with_length(arrival, len(readable)), readable
    return Call(arrival, backend, caller, operation, body, arrival.started + rules.seconds, rules)


def _with_length(arrival: Arrival, length: int) -> Arrival:
    """The arrival with the length that its body has now: an implementation may pass both on."""
    headers = {name: value for name, value in arrival.headers.items() if name != "content-length"}
    if length:
        headers["content-length"] = str(length)
    return msgspec.structs.replace(arrival, headers=headers)


def is_json(content_type: str) -> bool:
    """True for `application/json` and `…+json`, in any casing and with any parameters."""
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


def json_body(body: bytes) -> bytes:
    """*body* in UTF-8, empty for `null`. Raises `RequestInvalid` unless it is JSON."""
    body = utf8(body)
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise RequestInvalid(f"The body is announced as JSON and is not: {error}.") from None
    return b"" if body.strip() == b"null" else body


def utf8(body: bytes) -> bytes:
    """What is not UTF-8 is read as Latin-1, as Android's SDK encodes it (contract: wire, Q26)."""
    try:
        body.decode("utf-8")
        return body
    except UnicodeDecodeError:
        return body.decode("latin-1").encode("utf-8")
