"""
Everything that can go wrong, as one tree.

    PlatformError                       500  MOBILE-90000
    ├── RequestRejected                 400  MOBILE-90001   the call never reached an implementation
    │   ├── RequestInvalid              400  MOBILE-90002
    │   ├── BackendUnknown              401  MOBILE-90003
    │   ├── CallerRejected              401  MOBILE-90004
    │   ├── CallerNotAllowed            403  MOBILE-90005
    │   ├── ApiNotAssociated            404  MOBILE-57926
    │   ├── ResourceNotFound            404  MOBILE-90006
    │   ├── MethodNotAllowed            405  MOBILE-90007
    │   ├── Conflict                    409  MOBILE-90008
    │   ├── PreconditionFailed          412  MOBILE-90009
    │   ├── RequestTooLarge             413  MOBILE-90010
    │   ├── MediaTypeUnsupported        415  MOBILE-90011
    │   ├── DefinitionInvalid           400  MOBILE-90012   a RAML or a project file with findings
    │   ├── ImplementationInvalid       400  MOBILE-90013   an uploaded archive that cannot serve
    │   └── TooManyAttempts             429  MOBILE-90014
    ├── ImplementationFailed            500  MOBILE-90020   the traceback is for the log only
    │   ├── ImplementationCrashed       502  MOBILE-90021   the worker died with the call in it
    │   └── ImplementationTimedOut      504  MOBILE-90022
    ├── RuntimeOverloaded               503  MOBILE-90023
    │   └── RuntimeFull                 503  MOBILE-90029   there is no memory left for another worker
    ├── StoreUnavailable                503  MOBILE-90024
    ├── CallsTooDeep                    508  MOBILE-90025   custom code calls itself, directly or in a circle
    ├── ConnectorFailed                 502  MOBILE-90026   the system behind a connector does not answer
    │   ├── ConnectorTimedOut           504  MOBILE-90027
    │   └── DestinationRefused          502  MOBILE-90028   the egress guard does not let the call out
    └── ConfigurationError                   never leaves the process: stops the start with exit code 2

`status`, `code` and `title` belong to the class. `detail` is public: it is sent to the caller.
The cause (`raise … from …`) is private: it is logged and never sent.
Codes other than MOBILE-57926 are numbers of ours; MCS published no list.
`docs/errors.md` has a paragraph for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openmcs.exchange import Finding


class PlatformError(Exception):
    """The platform could not answer; `detail` tells the caller what it may know."""

    status = 500
    code = "MOBILE-90000"
    title = "Internal error"
    retry_after: int | None = None
    """Seconds after which trying again may help."""

    def __init__(self, detail: str, *, findings: Sequence[Finding] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.findings = tuple(findings)


class RequestRejected(PlatformError):
    """The call never reached an implementation."""

    status = 400
    code = "MOBILE-90001"
    title = "Request rejected"


class RequestInvalid(RequestRejected):
    """The request cannot be understood: its syntax, a header, a body."""

    code = "MOBILE-90002"
    title = "Bad request"


class BackendUnknown(RequestRejected):
    """No mobile backend has the id that the request carries, or it carries none."""

    status = 401
    code = "MOBILE-90003"
    title = "Mobile backend unknown"


class CallerRejected(RequestRejected):
    """The credentials are missing, malformed or wrong."""

    status = 401
    code = "MOBILE-90004"
    title = "Not authenticated"


class CallerNotAllowed(RequestRejected):
    """The caller is known and may not do this."""

    status = 403
    code = "MOBILE-90005"
    title = "Not allowed"


class ResourceNotFound(RequestRejected):
    """Nothing is served under this path."""

    status = 404
    code = "MOBILE-90006"
    title = "Not found"


class ApiNotAssociated(ResourceNotFound):
    """The mobile backend does not make this API available (the code is MCS's own)."""

    code = "MOBILE-57926"
    title = "API not found in the mobile backend"


class MethodNotAllowed(RequestRejected):
    """The resource exists and has no such method; `allow` lists those it has."""

    status = 405
    code = "MOBILE-90007"
    title = "Method not allowed"

    def __init__(self, detail: str, allow: Sequence[str]) -> None:
        super().__init__(detail)
        self.allow = tuple(allow)


class Conflict(RequestRejected):
    """Something of this name and version exists already."""

    status = 409
    code = "MOBILE-90008"
    title = "Conflict"


class PreconditionFailed(RequestRejected):
    """The asset was changed by somebody else since it was read."""

    status = 412
    code = "MOBILE-90009"
    title = "Changed meanwhile"


class RequestTooLarge(RequestRejected):
    """The body is larger than the platform takes."""

    status = 413
    code = "MOBILE-90010"
    title = "Request too large"


class MediaTypeUnsupported(RequestRejected):
    """The body is of a type that is not read here."""

    status = 415
    code = "MOBILE-90011"
    title = "Media type not supported"


class DefinitionInvalid(RequestRejected):
    """A RAML definition or a project file is wrong; the findings say where."""

    code = "MOBILE-90012"
    title = "Definition not valid"


class ImplementationInvalid(RequestRejected):
    """An uploaded implementation cannot serve; the active version stays in service."""

    code = "MOBILE-90013"
    title = "Implementation not valid"


class TooManyAttempts(RequestRejected):
    """Too many sign-in attempts are waiting or have failed."""

    status = 429
    code = "MOBILE-90014"
    title = "Too many attempts"

    def __init__(self, detail: str, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class ImplementationFailed(PlatformError):
    """The implementation raised instead of answering."""

    code = "MOBILE-90020"
    title = "The implementation failed"
    implementation: str | None = None
    """`name(version)` where it is not the active one."""


class ImplementationCrashed(ImplementationFailed):
    """The worker process died while the call was in it."""

    status = 502
    code = "MOBILE-90021"
    title = "The implementation crashed"


class ImplementationTimedOut(ImplementationFailed):
    """The implementation did not answer before the deadline (`Network_HttpRequestTimeout`)."""

    status = 504
    code = "MOBILE-90022"
    title = "The implementation did not answer in time"


class RuntimeOverloaded(PlatformError):
    """No worker can take the call now; trying again later may help."""

    status = 503
    code = "MOBILE-90023"
    title = "The implementation is not available"
    retry_after = 5


class RuntimeFull(RuntimeOverloaded):
    """All the memory that workers may have is taken by those that have calls (`runtime.memory_share`)."""

    code = "MOBILE-90029"
    title = "No room for another worker"


class StoreUnavailable(PlatformError):
    """The database does not answer."""

    status = 503
    code = "MOBILE-90024"
    title = "The store is not available"
    retry_after = 5


class CallsTooDeep(PlatformError):
    """Custom code called other APIs, which called others, and so on, too many times."""

    status = 508
    code = "MOBILE-90025"
    title = "Too many calls within calls"


class ConnectorFailed(PlatformError):
    """The system behind a connector does not answer, or not in HTTP."""

    status = 502
    code = "MOBILE-90026"
    title = "The connector failed"


class ConnectorTimedOut(ConnectorFailed):
    """The system behind a connector did not answer in time (`Network_HttpReadTimeout`)."""

    status = 504
    code = "MOBILE-90027"
    title = "The connector did not answer in time"


class DestinationRefused(ConnectorFailed):
    """The egress guard refused the address that a connector, or a redirect, leads to."""

    code = "MOBILE-90028"
    title = "Destination refused"


class ConfigurationError(PlatformError):
    """A setting is wrong: names file, line and key, and stops the start (exit code 2)."""

    code = "MOBILE-90030"
    title = "Configuration not valid"


_SECTIONS = {
    400: "10.4.1", 401: "10.4.2", 403: "10.4.4", 404: "10.4.5", 405: "10.4.6", 408: "10.4.9", 409: "10.4.10",
    412: "10.4.13", 413: "10.4.14", 415: "10.4.16", 500: "10.5.1", 502: "10.5.3", 503: "10.5.4", 504: "10.5.5",
}  # fmt: skip


def document(error: PlatformError, path: str, ecid: str) -> dict[str, Any]:
    """
    The vendor's error document (contract: custom code, section 6), the same for apps, console and CLI.

    Findings become `o:errorDetails`, with the place of each beside the vendor's keys.
    """
    anchor = f"#sec{_SECTIONS[error.status]}" if error.status in _SECTIONS else ""
    rendered: dict[str, Any] = {
        "type": f"http://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html{anchor}",
        "status": error.status,
        "title": error.title,
        "detail": error.detail,
        "o:ecid": ecid,
        "o:errorCode": error.code,
        "o:errorPath": path,
    }
    if error.findings:
        rendered["o:errorDetails"] = [_detail(each, rendered["type"], ecid) for each in error.findings]
    build_log = getattr(error, "build_log", None)
    if build_log:
        rendered["buildLog"] = build_log
    return rendered


def _detail(finding: Finding, type_: str, ecid: str) -> dict[str, Any]:
    return {
        "type": type_,
        "title": finding.code,
        "detail": finding.message,
        "o:ecid": ecid,
        "o:errorCode": finding.code,
        "o:errorPath": finding.place or "",
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "severity": finding.severity,
    }
