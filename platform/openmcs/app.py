"""
Settings to ASGI application: the only file that composes.

    /mobile/custom/…  /mobile/platform/…   gateway, with the platform APIs handed to it
    /mobile/tools/1.0/…                    tools
    /console/…                             console
    /healthz  /readyz                      here
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog

from openmcs.analytics.live import Follower
from openmcs.auth.attempts import Attempts
from openmcs.auth.callers import Account, Authenticator
from openmcs.auth.trials import Trials
from openmcs.catalog import building
from openmcs.catalog.configuration import Configurations
from openmcs.catalog.connectors import Connector, Connectors
from openmcs.catalog.implementations import Implementations
from openmcs.catalog.places import Places
from openmcs.catalog.presence import Presence
from openmcs.catalog.secrets import Vault
from openmcs.catalog.snapshots import Snapshots
from openmcs.connectors.calling import Calling, timeouts_of
from openmcs.connectors.rest import ConnectorCall
from openmcs.console.pages import Console
from openmcs.errors import PlatformError, ResourceNotFound, StoreUnavailable, document
from openmcs.exchange import Call, InnerCall, Message, Reply
from openmcs.gateway.accept import Receive, Scope, accept, is_token_endpoint
from openmcs.gateway.inner import Inner
from openmcs.gateway.pipeline import Gateway, PlatformOperation
from openmcs.gateway.record import message_record, request_record
from openmcs.gateway.respond import Send
from openmcs.gateway.siblings import Siblings
from openmcs.platform_apis import appconfig
from openmcs.platform_apis.analytics import Analytics
from openmcs.platform_apis.users import Changes, Users
from openmcs.runtime.binding import Binding, Limits
from openmcs.runtime.machine import Machine
from openmcs.runtime.pool import Pool, rehearse
from openmcs.runtime.zygote import Zygote
from openmcs.settings import Settings
from openmcs.store import log as request_log
from openmcs.store import people
from openmcs.store.clock import now_us
from openmcs.store.database import Database
from openmcs.store.log_reader import LogReader
from openmcs.store.log_records import level_number
from openmcs.store.objects import FolderObjects
from openmcs.store.spool import Spool
from openmcs.tools import application
from openmcs.tools.workshop import Workshop

log = structlog.get_logger()

CATCH_UP_SECONDS = 2.0
SDK = Path(__file__).parent / "console" / "static" / "sdk"


def create_app(settings: Settings) -> Platform:
    """One gateway process's application."""
    return Platform(settings)


class Platform:
    """Routes to the rooms, and starts and ends them with the server."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._started_at = now_us()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or follow the server's life."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        path = scope["path"]
        if path.startswith(("/mobile/custom/", "/mobile/platform/")):
            await self._gateway(scope, receive, send)
        elif path == "/console" or path.startswith("/console/"):
            await self._console(scope, receive, send)
        elif path in ("/healthz", "/readyz"):
            await self._health(path, send)
        else:
            await self._others(scope, receive, send)

    async def _others(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = "/" + scope["path"].lstrip("/")
        if path.startswith((application.PREFIX, application.SYSTEM)):
            await self._tools(scope, receive, send)
        elif path == "/":
            headers = [(b"location", b"/console/"), (b"content-length", b"0")]
            await send({"type": "http.response.start", "status": 307, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
        elif path.startswith("/mobile") or is_token_endpoint(path):
            # Also what the vendor's SDKs spell with doubled slashes; the gateway collapses them. Token endpoints
            # are not served yet, and an app has to be able to read that across origins.
            await self._gateway(scope, receive, send)
        else:
            # No call of an app: what browsers and scanners ask for is in no request log.
            error = ResourceNotFound("Nothing is served here; apps call paths below /mobile.")
            await _send_json(send, error.status, document(error, path, ""))

    def stopping(self) -> None:
        """The server was told to stop: streams end, so that it need not wait for them."""
        self._follower.close()

    # ── life ─────────────────────────────────────────────────────────────────────────────────────

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self._start()
        except Exception as error:
            log.exception("the gateway does not start")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._snapshots.stop()
        await self._presence.stop()
        await self._pool.close()
        if self._zygote is not None:
            self._zygote.close()
        await self._connectors.close()
        await self._siblings.close()
        self._spool.close()
        self._log.close()
        self._database.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _start(self) -> None:
        settings = self._settings
        places = Places(settings.data_directory)
        self._database = Database.open(settings.store_url)
        self._log = LogReader(self._database, places.log, memory_megabytes=settings.log.query_megabytes)
        self._follower = Follower(self._log)
        self._spool = Spool.open(places.spool, sync_interval=settings.log.sync_ms / 1000)
        limits = _limits(settings)
        self._zygote = Zygote(namespaces="namespaces" in limits.additions) if settings.runtime.zygote else None
        machine = Machine.open(limits, settings.runtime.memory_share / settings.server.processes)
        self._pool = Pool(limits, self._report, str(places.canary), self._perform, self._zygote, machine)
        objects = FolderObjects(places.objects)

        async def rehearsal(binding: Binding, say: Callable[[str], None]) -> list[tuple[str, str]]:
            def report(message: Message) -> None:
                self._report(message)
                say(f"{message.level}: {message.text}")

            bounds = replace(limits, debug_port=0)
            return await rehearse(binding, bounds, report, str(places.canary), self._zygote, machine)

        vault = Vault.open(places.data)
        implementations = Implementations(
            self._database,
            objects,
            places,
            rehearsal,
            settings.runtime.install_seconds,
            vault,
            strict=settings.runtime.isolation == "strict",
        )
        attempts = Attempts(settings.auth.attempts_per_minute)
        trials = Trials(vault.seal, vault.unseal)
        authenticator = Authenticator(self._account, self._upgrade_hash, settings.auth.cache_seconds, attempts, trials)
        self._snapshots = Snapshots(
            lambda before: building.build(self._database, implementations, vault, before, _policies(settings)),
            self._pool,
            authenticator.forget,
        )
        self._gateway = Gateway(
            lambda: self._snapshots.current,
            authenticator,
            self._pool,
            self._platform_apis(),
            self._spool.append,
            body_limit=settings.server.body_limit,
        )
        self._siblings = Siblings(places.gateways, self._gateway.pending.counts)
        if settings.server.processes > 1:
            await self._siblings.start()
        traces = settings.log.traces_share if settings.log.traces_url else None
        self._connectors = Calling(lambda: self._snapshots.current, traces=traces)
        self._inner = Inner(
            lambda: self._snapshots.current,
            lambda: self._pool,
            self._gateway.platform_operation,
            self._connectors.connect,
            self._spool.append,
        )
        self._presence = Presence(self._database, self._pool.workers)
        workshop = Workshop(
            database=self._database,
            log=self._log,
            objects=objects,
            implementations=implementations,
            configurations=Configurations(self._database, vault),
            connectors=Connectors(self._database, vault),
            try_connector=self._try_connector,
            refresh=self._snapshots.refresh,
            caught_up=self._caught_up,
            attempts=attempts,
            trials=trials,
            spill=places.log / "spill",
            follower=self._follower,
            policy=lambda name: self._snapshots.current.policies.value(name),
            policy_defaults=_policies(settings),
            pending=self._siblings.counts,
            health=self._pool.health,
            presence=self._presence,
            base_url=settings.base_url,
            session_hours=settings.auth.session_hours,
            sdk=SDK,
            started_at=self._started_at,
        )
        self._tools = Recorded(application.create(workshop), self._spool.append)
        self._console = Console()
        try:
            await self._snapshots.refresh()
        except StoreUnavailable as error:
            log.warning("the store does not answer yet; calls wait for it", reason=error.detail)
        self._snapshots.follow()
        self._presence.follow()

    def _platform_apis(self) -> dict[str, dict[str, PlatformOperation]]:
        users = Users(self._user, self._change_user)
        own: dict[str, PlatformOperation] = {"GET": users.get, "PUT": users.update, "PATCH": users.update}
        return {
            "/mobile/platform/users/login": {"GET": users.login, "POST": users.login},
            "/mobile/platform/users/logout": {"GET": users.logout, "POST": users.logout},
            "/mobile/platform/users/~": own,
            "/mobile/platform/users/{name}": own,
            "/mobile/platform/extended/users/{name}": {"GET": users.extended},
            "/mobile/platform/analytics/events": {"POST": Analytics(self._spool.extend).events},
            "/mobile/platform/appconfig/client": {"GET": appconfig.client},
        }

    async def _perform(self, outer: Call, inner: InnerCall) -> Reply:
        """What custom code calls goes through the gateway."""
        return await self._inner.perform(outer, inner)

    async def _try_connector(self, connector: Connector, trial: InnerCall) -> Reply:
        """A team member's trial of a connector; it is no call of an app, so no row of the log."""
        limits = timeouts_of(connector, self._snapshots.current.policies)
        path, _, query = trial.uri.partition("?")
        deadline = time.monotonic() + trial.seconds
        return await self._connectors.perform(
            ConnectorCall(connector, trial.method, path, query, trial.headers, trial.body, deadline, limits)
        )

    # ── what rooms below are handed ──────────────────────────────────────────────────────────────

    def _report(self, message: Message) -> None:
        self._spool.append(message_record(message))
        if message.logger == "runtime" and level_number(message.level) >= 900:
            log.warning(message.text, implementation=message.implementation, ecid=message.ecid)

    def _user(self, realm: str, username: str) -> dict[str, Any] | None:
        with self._database.read() as connection:
            return _with_properties(people.user_named(connection, realm, username))

    def _change_user(self, realm: str, username: str, changes: Changes) -> dict[str, Any] | None:
        with self._database.write() as connection:
            user = _with_properties(people.user_named(connection, realm, username))
            if user is None:
                return None
            changed = changes(user)
            properties = json.dumps(changed["properties"], ensure_ascii=False)
            people.update_user(connection, user["id"], {**changed, "properties": properties})
            return {**user, **changed}

    def _account(self, realm: str, username: str) -> Account | None:
        with self._database.read() as connection:
            row = people.user_named(connection, realm, username)
        if row is None:
            return None
        return Account(row["id"], row["username"], row["password_hash"], frozenset(json.loads(row["roles"])))

    def _upgrade_hash(self, user_id: str, better: str) -> None:
        with self._database.write() as connection:
            people.update_user(connection, user_id, {"password_hash": better})

    async def _caught_up(self) -> None:
        """Wait until the loader has what this process has recorded; whoever calls and then looks, sees."""
        segment, position = self._spool.position
        until = time.monotonic() + CATCH_UP_SECONDS
        while time.monotonic() < until:
            if await asyncio.to_thread(request_log.loaded, self._database, segment, position):
                return
            await asyncio.sleep(0.03)

    # ── health ───────────────────────────────────────────────────────────────────────────────────

    async def _health(self, path: str, send: Send) -> None:
        """`/healthz`: this process answers. `/readyz`: so do its parts, one entry each."""
        parts = {} if path == "/healthz" else await asyncio.to_thread(self._parts)
        ready = all(part["ready"] for part in parts.values())
        await _send_json(send, 200 if ready else 503, {"status": "ok" if ready else "not ready", **parts})

    def _parts(self) -> dict[str, dict[str, Any]]:
        snapshot = self._snapshots.current
        database: dict[str, Any] = {"ready": True}
        try:
            with self._database.read() as connection:
                people.member_named(connection, "")
        except PlatformError as error:
            database = {"ready": False, "reason": error.detail}
        workers = self._pool.health()
        return {
            "database": database,
            "snapshot": {"ready": snapshot.revision >= 0, "revision": snapshot.revision},
            "workers": {
                # One implementation that fails is its own trouble; the platform is ready for the others.
                "ready": True,
                "inService": sum(1 for each in workers if each["workers"]),
                "failed": [each for each in workers if each["failure"]],
                # What was proved, each way once: `strict`, or `strict+uid+namespaces+cgroup`.
                "isolation": sorted(
                    {"+".join([each["isolation"], *each["additions"]]) for each in workers if each.get("isolation")}
                ),
            },
        }


async def _send_json(send: Send, status: int, document: Mapping[str, Any]) -> None:
    body = json.dumps(document).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _limits(settings: Settings) -> Limits:
    runtime = settings.runtime
    return Limits(
        isolation=runtime.isolation,
        additions=() if runtime.isolation == "none" else runtime.additions,
        required=runtime.required,
        first_user=runtime.first_user,
        cpus=runtime.cpus,
        undeclared=runtime.undeclared,
        workers=runtime.workers,
        most_workers=max(runtime.workers, runtime.most_workers),
        idle_seconds=runtime.idle_seconds,
        debug_port=runtime.debug_port,
        threads=runtime.threads,
        memory=runtime.memory_megabytes * 1024 * 1024,
        start_seconds=runtime.start_seconds,
        hang_seconds=runtime.hang_seconds,
        drain_seconds=runtime.drain_seconds,
        recycle_calls=runtime.recycle_calls,
        level=level_number(runtime.logging_level),
    )


def _with_properties(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return {**row, "properties": json.loads(row["properties"])} if row else None


def _policies(settings: Settings) -> dict[str, int]:
    """The policies that `platform.toml` sets for everything."""
    return {
        "Logging_Level": level_number(settings.runtime.logging_level),
        "Network_HttpRequestTimeout": settings.runtime.request_timeout_ms,
    }


class Recorded:
    """Puts calls of the tools API into the same log, under the name `tools`, and gives them an ECID."""

    def __init__(self, inner: Any, append: Any) -> None:
        self._inner = inner
        self._append = append

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and record how it ended before its answer goes out."""
        arrival = accept(scope)
        scope["openmcs.ecid"] = arrival.ecid
        scope["path"] = arrival.path
        status = 500
        size = 0

        async def recording(message: dict[str, Any]) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message["headers"],
                    (b"x-oracle-dms-ecid", arrival.ecid.encode()),
                    (b"x-content-type-options", b"nosniff"),
                    (b"cache-control", b"no-store"),
                ]
                length = next((int(value) for name, value in message["headers"] if name == b"content-length"), 0)
                error: PlatformError | None = scope.get("openmcs.error")
                reply = Reply(status=status, error_code=error.code if error else None)
                detail = error.detail if error else None
                self._append(request_record(arrival, reply, api="tools", bytes_out=length, detail=detail))
            await send(message)

        await self._inner(scope, receive, recording)
