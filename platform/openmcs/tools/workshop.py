"""What the tools API works with, and who is asking."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from fastapi import Depends, Request
from pydantic import BaseModel

from openmcs.analytics.live import Follower
from openmcs.auth.attempts import Attempts
from openmcs.auth.team import Member
from openmcs.auth.trials import Trials
from openmcs.catalog.configuration import Configurations
from openmcs.catalog.connectors import Connector, Connectors
from openmcs.catalog.implementations import Implementations
from openmcs.catalog.presence import Presence
from openmcs.errors import CallerNotAllowed, CallerRejected
from openmcs.exchange import InnerCall, Reply
from openmcs.store.database import Database
from openmcs.store.log_reader import LogReader
from openmcs.store.objects import Objects

Body = TypeVar("Body", bound=BaseModel)
COOKIE = "openmcs_session"
CONSOLE_HEADER = "x-openmcs-console"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Workshop:
    """Everything that a tool may need; made once, by `app.py`."""

    database: Database
    log: LogReader
    objects: Objects
    implementations: Implementations
    configurations: Configurations
    connectors: Connectors
    try_connector: Callable[[Connector, InnerCall], Awaitable[Reply]]
    """Calls a connector as custom code would."""
    refresh: Callable[[], Awaitable[None]]
    """Brings the catalogue's newest revision into service in this process."""
    caught_up: Callable[[], Awaitable[None]]
    """Returns when what was logged before is in the tables."""
    attempts: Attempts
    trials: Trials
    spill: Path
    """Where a file may lie while it is made."""
    follower: Follower
    policy: Callable[[str], Any]
    """What a policy says for everything, in the snapshot that is served."""
    policy_defaults: Mapping[str, Any]
    """What `platform.toml` sets where no policy does."""
    pending: Callable[[], Awaitable[Mapping[tuple[str, str, str, str, str, str], int]]]
    """Calls under way in all gateway processes, see `gateway.siblings`."""
    health: Callable[[], list[dict[str, Any]]]
    presence: Presence
    """What runs in this gateway process and in the others."""
    base_url: str
    session_hours: float
    sdk: Path
    started_at: int

    def with_version(self, body: Body) -> Body:
        """What was sent, with the version that a policy gives to new assets where none was."""
        if "version" in body.model_fields_set:
            return body
        return body.model_copy(update={"version": self.policy("Asset_DefaultInitialVersion")})


def workshop(request: Request) -> Workshop:
    """The workshop of the application that answers."""
    found: Workshop = request.app.state.workshop
    return found


def token_of(request: Request) -> str:
    """
    The token that a request carries, as bearer or in the console's cookie.

    A change that relies on the cookie must come from the console itself: a foreign page can neither set
    the header nor send our own Origin. Raises `CallerRejected` or `CallerNotAllowed`.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        token = request.cookies.get(COOKIE, "")
        if not token:
            raise CallerRejected("Sign in first: send a bearer token, or use the console.")
        if request.method not in _SAFE:
            require_console(request)
    return token.strip()


def needs(role: str | None = None) -> Callable[[Request], Member]:
    """
    The member whom the gate let in, if of *role* or above it. Raises `CallerNotAllowed`.

    Without a role, an analyst may read and a developer may change.
    """

    def member(request: Request) -> Member:
        who: Member = request.scope["openmcs.member"]
        needed = role or ("analyst" if request.method in _SAFE else "developer")
        if not who.may(needed):
            raise CallerNotAllowed(f"You are {who.role}; this needs a team member who is {needed}.")
        return who

    member.__dict__["needs"] = role or "by method"
    return member


def require_console(request: Request) -> None:
    """Raise `CallerNotAllowed` unless the console itself, in a page of ours, sent the request."""
    if request.headers.get(CONSOLE_HEADER) != "1":
        raise CallerNotAllowed("A change that relies on the session cookie needs the header X-OpenMCS-Console: 1.")
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise CallerNotAllowed("The request comes from a page of another origin.")


Shop = Annotated[Workshop, Depends(workshop)]
TeamMember = Annotated[Member, Depends(needs())]
"""Who may read as an analyst, and change as a developer."""
Analyst = Annotated[Member, Depends(needs("analyst"))]
Developer = Annotated[Member, Depends(needs("developer"))]
Administrator = Annotated[Member, Depends(needs("administrator"))]
