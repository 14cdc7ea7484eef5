"""
Between validation and dispatch: does the call fit the API's RAML, as far as its policy asks.

MCS held nothing against the RAML (contract: custom code, section 7), so APIs that come from there, all of
RAML 0.8, are reported on, and new ones, of RAML 1.0, are held to it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from openmcs.catalog.snapshot import ServedApi
from openmcs.errors import MediaTypeUnsupported, RequestInvalid
from openmcs.exchange import Call, Finding, Message, Reply
from openmcs.gateway.record import Append, message_record
from openmcs.raml.contract import Method
from openmcs.raml.request import Problem

LOGGER = "contract"
_SHOWN = 5


def check_request(call: Call, api: ServedApi, method: Method, append: Append) -> None:
    """Refuse, or write into the log, what does not fit. Raises `RequestInvalid` or `MediaTypeUnsupported`."""
    mode = call.rules.validate_requests
    if mode == "auto":
        mode = "report" if api.matcher.contract.raml_version == "0.8" else "enforce"
    if mode == "off":
        return
    arrival = call.arrival
    problems = api.matcher.requests.problems(
        call.operation.resource,
        method,
        path=call.operation.path_parameters,
        query=arrival.query,
        headers=arrival.headers,
        body=b"" if arrival.method in ("GET", "HEAD", "OPTIONS") else call.body,
    )
    if not problems:
        return
    if mode == "report":
        append(message_record(_line(call, f"The request does not fit the API's RAML: {_told(problems)}")))
        return
    findings = [Finding(each.code, each.message, place=each.pointer) for each in problems]
    is_type = problems[0].code == "CONTRACT_MEDIA_TYPE"
    refused = MediaTypeUnsupported if is_type else RequestInvalid
    raise refused(f"The request does not fit the API {api.name} {api.version}: {_told(problems)}.", findings=findings)


def check_reply(call: Call, api: ServedApi, method: Method, reply: Reply, append: Append) -> None:
    """Write into the log how an answer does not fit; the caller gets it all the same."""
    if call.rules.validate_responses == "off" or not isinstance(reply.body, bytes):
        return
    media_type = next((value for name, value in reply.headers if name.lower() == "content-type"), "")
    body = b"" if call.arrival.method == "HEAD" else reply.body
    problems = api.matcher.requests.reply_problems(call.operation.resource, method, reply.status, media_type, body)
    if problems:
        append(message_record(_line(call, f"The answer does not fit the API's RAML: {_told(problems)}")))


def _told(problems: Sequence[Problem]) -> str:
    told = "; ".join(f"{each.pointer}: {each.message}" for each in problems[:_SHOWN])
    return told if len(problems) <= _SHOWN else f"{told}; and {len(problems) - _SHOWN} more"


def _line(call: Call, text: str) -> Message:
    return Message(
        time=time.time(),
        level="warning",
        text=text,
        ecid=call.arrival.ecid,
        rid=call.arrival.rid,
        logger=LOGGER,
        backend=call.backend.name,
        api=call.operation.api,
        api_version=call.operation.api_version,
        user=call.caller.username,
    )
