"""The tools API as one ASGI application, made with FastAPI so that its OpenAPI description comes with it."""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from openmcs import __version__
from openmcs.errors import (
    MethodNotAllowed,
    PlatformError,
    RequestInvalid,
    RequestRejected,
    ResourceNotFound,
    document,
)
from openmcs.exchange import Finding
from openmcs.tools import (
    activity,
    apis,
    backends,
    configuration,
    connectors,
    definitions,
    deployments,
    environment,
    export,
    gate,
    implementations,
    lifecycle,
    live,
    logs,
    people,
    policies,
    reports,
    session,
    team,
    trash,
    workers,
)
from openmcs.tools.workshop import Workshop

log = structlog.get_logger()

PREFIX = "/mobile/tools/1.0"
PUBLIC = (("POST", f"{PREFIX}/session"), ("GET", f"{PREFIX}/openapi.json"), ("HEAD", f"{PREFIX}/openapi.json"))
"""What needs no team member: signing in, and the description of everything else."""
FAMILIES = (
    session,
    environment,
    backends,
    definitions,
    apis,
    implementations,
    workers,
    configuration,
    connectors,
    deployments,
    people,
    team,
    trash,
    lifecycle,
    activity,
    reports,
    logs,
    live,
    export,
    policies,
)
SYSTEM = "/mobile/system/"
"""Where MCS had its APIs for team members."""


def create(workshop: Workshop) -> FastAPI:
    """The application; it expects whole paths, beginning with the prefix."""
    application = FastAPI(
        title="OpenMCS tools API",
        version=__version__,
        openapi_url=f"{PREFIX}/openapi.json",
        # The pages that show an OpenAPI description load scripts from elsewhere; the console needs none.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    application.state.workshop = workshop
    gate.require_roles([*(family.router for family in FAMILIES), export.system], PUBLIC)
    for family in FAMILIES:
        application.include_router(family.router, prefix=PREFIX)
    application.add_middleware(gate.Gate, database=workshop.database, public=PUBLIC, refuse=_respond)
    application.include_router(export.system, prefix=SYSTEM.rstrip("/"))
    application.add_exception_handler(PlatformError, _platform_error)
    application.add_exception_handler(RequestValidationError, _validation_error)
    application.add_exception_handler(HTTPException, _http_error)
    application.add_exception_handler(Exception, _unexpected)
    return application


def _respond(request: Request, error: PlatformError, headers: dict[str, str] | None = None) -> JSONResponse:
    request.scope["openmcs.error"] = error
    if error.retry_after is not None:
        headers = {**(headers or {}), "Retry-After": str(error.retry_after)}
    ecid = request.scope.get("openmcs.ecid", "")
    return JSONResponse(document(error, request.url.path, ecid), status_code=error.status, headers=headers)


async def _platform_error(request: Request, error: Any) -> JSONResponse:
    return _respond(request, error)


async def _validation_error(request: Request, error: Any) -> JSONResponse:
    """Each wrong field by its path, without repeating what was sent: it may be a password."""
    findings = [
        Finding("FIELD_INVALID", f"{'.'.join(str(part) for part in each['loc'][1:]) or 'body'}: {each['msg']}")
        for each in error.errors()
    ]
    return _respond(request, RequestInvalid("; ".join(each.message for each in findings), findings=findings))


async def _http_error(request: Request, error: Any) -> JSONResponse:
    if error.status_code == 404:
        return _respond(request, ResourceNotFound(f"The tools API has nothing under {request.url.path}."))
    if error.status_code == 405:
        allow = (error.headers or {}).get("Allow", "")
        refused = MethodNotAllowed(f"{request.url.path} has no {request.method}.", allow=allow.split(", "))
        return _respond(request, refused, {"Allow": allow})
    if error.status_code == 400:
        # Such as JSON that is nested too deeply to be read.
        return _respond(request, RequestInvalid(str(error.detail)))
    return _respond(request, RequestRejected(str(error.detail)))


async def _unexpected(request: Request, error: Any) -> JSONResponse:
    ecid = request.scope.get("openmcs.ecid", "")
    log.error("a tools request failed", path=request.url.path, ecid=ecid, exc_info=error)
    return _respond(request, PlatformError("The platform failed; its own log has the reason under the ECID."))
