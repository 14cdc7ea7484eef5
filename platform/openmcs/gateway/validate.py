"""Fifth stage: may this caller do this, and is what was sent readable."""

from __future__ import annotations

import msgspec

from openmcs.errors import CallerNotAllowed, CallerRejected, RequestInvalid
from openmcs.exchange import Arrival, Call, Caller, MobileBackend, Operation

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
    arrival: Arrival, backend: MobileBackend, caller: Caller, operation: Operation, body: bytes, seconds: float
) -> Call:
    """
    Put the call together.

    A JSON body is checked to be JSON and nothing more; GET bodies are not read at all, since the
    vendor's SDKs announce JSON on them without sending any (contract: wire, Q11). Raises `RequestInvalid`.
    """
    if body and arrival.method not in _bodiless and is_json(arrival.headers.get("content-type", "")):
        check_json(body)
    return Call(arrival, backend, caller, operation, body, arrival.started + seconds)


def is_json(content_type: str) -> bool:
    """True for `application/json` and `…+json`, in any casing and with any parameters."""
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


def check_json(body: bytes) -> None:
    """Raise `RequestInvalid` unless *body* is JSON, in UTF-8 or (Android's SDK, Q26) Latin-1."""
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
        return
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        reason = str(error)
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        try:
            msgspec.json.decode(body.decode("latin-1").encode("utf-8"), type=msgspec.Raw)
            return
        except (msgspec.DecodeError, RecursionError) as error:
            reason = str(error)
    raise RequestInvalid(f"The body is announced as JSON and is not: {reason}.")
