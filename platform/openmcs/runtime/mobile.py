"""
`req.mobile`, which is MCS's `req.oracleMobile`: the platform's services and other APIs, as the caller.

    rest        any URI of the platform                    custom       other custom APIs
    ums         the user who calls                         connectors   systems behind the platform
    appConfig   the backend's app policies                 analytics    events
    mbe         the backend that is called                 sync         headers that steer the app's cache
    config      configuration and secrets (ours)

Names, argument order and options are MCS's (contract: custom code, section 3); each has a snake_case
alias. Every call returns a `Promise`: `await` it, or ask it for its `result()` in a handler that is no
coroutine. `docs/custom-code.md` has examples of all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from openmcs.runtime.asking import Asking, Options
from openmcs.runtime.configuration import Configuration
from openmcs.runtime.named import Named
from openmcs.runtime.rest import Rest
from openmcs.runtime.sync import Sync

PLATFORM = "/mobile/platform"


class ServiceNotServed(NotImplementedError):
    """A service of MCS that this version of the platform does not have."""


class Mobile:
    """The SDK object of one call."""

    def __init__(
        self,
        asking: Asking,
        backend: MobileBackend,
        configuration: Configuration,
        schedule: Callable[[Callable[..., Any], tuple[Any, ...]], None],
    ) -> None:
        self._backend = backend
        self.rest = Rest(asking, schedule)
        self.custom = Named(asking, "custom")
        self.connectors = Named(asking, "connector")
        self.ums = Ums(asking)
        self.appConfig = self.app_config = AppConfig(asking)
        self.mbe = Mbe(backend)
        self.analytics = Analytics(asking)
        self.sync = Sync()
        self.config = configuration

    def __getattr__(self, name: str) -> Any:
        if name in ("storage", "notification", "database", "location", "devices", "token", "proxy"):
            raise ServiceNotServed(
                f"req.mobile.{name}: this version of the platform has no {name} service yet; "
                "docs/custom-code.md lists what it has."
            )
        raise AttributeError(f"req.mobile has no {name!r}")


class MobileBackend:
    """The backend that is called: `name`, `version` and `id` (what apps send as Oracle-Mobile-Backend-ID)."""

    def __init__(self, name: str, version: str, id_: str) -> None:
        self.name = name
        self.version = version
        self.id = id_


class Mbe:
    """`mbe`: the backend that is called."""

    def __init__(self, backend: MobileBackend) -> None:
        self._backend = backend

    def get_mbe(self) -> MobileBackend:
        """The backend; no promise."""
        return self._backend

    getMBE = get_mbe


class Ums:
    """`ums`: the user who calls. Results are parsed. An anonymous caller has no user: 401."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def get_user(self, opts: Any = None, http: Any = None, **named: Any) -> Any:
        """GET the user, or another one named by `username`; `fields` limits what is answered."""
        options = Options(opts, http, named)
        name = options.get("username")
        uri = f"{PLATFORM}/users/{quote(str(name), safe='') if name else '~'}"
        return self._get("ums.getUser", uri, options)

    def get_user_extended(self, opts: Any = None, http: Any = None, **named: Any) -> Any:
        """GET the user with roles."""
        return self._get("ums.getUserExtended", f"{PLATFORM}/extended/users/~", Options(opts, http, named))

    def update_user(self, fields: Mapping[str, Any], opts: Any = None, http: Any = None, **named: Any) -> Any:
        """PUT *fields* of the user."""
        options = Options({**(opts or {}), "inType": "json"}, http, named)
        return self._asking.ask("ums.updateUser", "PUT", f"{PLATFORM}/users/~", options, body=fields, parsed=True)

    def _get(self, what: str, uri: str, options: Options) -> Any:
        fields = options.get("fields")
        if fields:
            wanted = ",".join(fields) if isinstance(fields, list | tuple) else str(fields)
            uri = f"{uri}?fields={quote(wanted, safe=',')}"
        return self._asking.ask(what, "GET", uri, options, parsed=True)

    getUser, getUserExtended, updateUser = get_user, get_user_extended, update_user


class AppConfig:
    """`appConfig`: the backend's app policies."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def get_properties(self, http: Any = None, **named: Any) -> Any:
        """GET them as one object."""
        uri = f"{PLATFORM}/appconfig/client"
        return self._asking.ask("appConfig.getProperties", "GET", uri, Options(None, http, named), parsed=True)

    getProperties = get_properties


class Analytics:
    """`analytics`: events of the app or of the code."""

    _HEADERS = (
        ("applicationkey", "oracle-mobile-application-key"),
        ("sessionid", "oracle-mobile-analytics-session-id"),
        ("deviceid", "oracle-mobile-device-id"),
    )

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def post_event(self, events: Any, opts: Any = None, http: Any = None, **named: Any) -> Any:
        """POST a list of events; `applicationKey`, `sessionId` and `deviceId` become headers."""
        given = Options(opts, http, named)
        headers = {header: str(given.get(option)) for option, header in self._HEADERS if given.get(option)}
        options = Options({**(opts or {}), "inType": "json"}, http, named)
        body = list(events) if isinstance(events, list | tuple) else [events]
        uri = f"{PLATFORM}/analytics/events"
        return self._asking.ask("analytics.postEvent", "POST", uri, options, body=body, headers=headers, parsed=True)

    postEvent = post_event
