"""
Implementations: an uploaded archive becomes what answers for an API.

    read        the archive, safely; its manifest
    install     its dependencies, into an environment that versions share
    rehearse    import it behind the walls, as a worker would
    keep        the row, and the API bound to it: it takes over at once

Whatever is refused on the way leaves the active version alone.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection

from openmcs.catalog import activity, archive, environment, reading
from openmcs.catalog.archive import Archive
from openmcs.catalog.configuration import NOTHING, Configured, Opened
from openmcs.catalog.deployments import Attempt, Report, attempt
from openmcs.catalog.manifest import Manifest
from openmcs.catalog.places import Places
from openmcs.catalog.secrets import Vault
from openmcs.errors import Conflict, ImplementationInvalid, PlatformError, RequestInvalid, ResourceNotFound
from openmcs.exchange import Finding
from openmcs.raml.contract import Contract, decode
from openmcs.runtime.admission import NoRoom, WorkerRefused
from openmcs.runtime.binding import Binding
from openmcs.sandbox import SandboxUnavailable
from openmcs.store import catalog as questions
from openmcs.store import configuration, connectors
from openmcs.store.clock import now_us
from openmcs.store.database import Database
from openmcs.store.ids import new_id
from openmcs.store.objects import Objects

Row = Mapping[str, Any]
Rehearse = Callable[[Binding, Report], Awaitable[list[tuple[str, str]]]]
"""Starts a worker and ends it, and reports what it logs; its routes. Raises `WorkerRefused`."""


class Uploaded(NamedTuple):
    """What an upload led to."""

    row: Row
    build_log: str
    unresolved: list[tuple[str, str]]
    """Declared APIs and connectors (`custom/x`, `connector/y`) that do not exist; they do not fail the upload."""


@dataclass(frozen=True, slots=True)
class Implementations:
    """Takes uploads, and activates what was uploaded before."""

    database: Database
    objects: Objects
    places: Places
    rehearse: Rehearse
    install_seconds: float
    vault: Vault
    strict: bool = True
    """Whether archives are read behind all walls or not at all; else behind those that the machine has."""

    async def upload(
        self, api_id: str, data: bytes, by: str, report: Report | None = None, *, percent: int = 100
    ) -> Uploaded:
        """
        Put an archive in service for an API; *report* hears the build log line by line.

        With less than 100 *percent* the active one goes on answering the others; 0: all of them.

        Raises `ImplementationInvalid` with findings, `ResourceNotFound` for the API.
        """
        api = await asyncio.to_thread(self._api, api_id)
        with attempt(self.database, "implementation", f"{api['name']}({api['version']})", by, report) as trying:
            unpacked, declared = await asyncio.to_thread(self._read, data)
            files = unpacked.files
            trying.say(f"{declared.name} {declared.version}: {len(files)} files, {len(data)} bytes.")
            key = await asyncio.to_thread(self._install, declared, files, trying.say)
            artifact = await asyncio.to_thread(self._keep_artifact, data, unpacked)
            row = _row(api_id, declared, artifact, key, by)
            routes = await self._rehearse(row, api, declared, trying.say)
            row["manifest"] = json.dumps({**msgspec.to_builtins(declared), "routes": routes})
            saved = await asyncio.to_thread(self._save, row, percent)
            trying.implementation = saved["id"]
            unresolved = await asyncio.to_thread(self._unresolved, declared)
            _summarise(trying, declared, decode(api["contract"]), routes, percent)
            return Uploaded(saved, trying.build_log, unresolved)

    def build_log(self, api_id: str, implementation_id: str) -> Row:
        """
        The row of the upload that an implementation was made by, its `build_log` among it.

        Raises `ResourceNotFound`.
        """
        with self.database.read() as connection:
            self._of_api(connection, api_id, implementation_id)
            row = questions.upload_of(connection, implementation_id)
        if row is None:
            raise ResourceNotFound("No build log of this implementation was kept; it is older than build logs are.")
        return row

    def activate(self, api_id: str, implementation_id: str | None, by: str) -> None:
        """Have an implementation answer for its API; None for the mock. Raises `ResourceNotFound`."""
        api = self._api(api_id)
        with attempt(self.database, "implementation", f"{api['name']}({api['version']})", by) as trying:
            with self.database.write() as connection, activity.change(connection, by, "api", api_id):
                name = "the mock"
                if implementation_id is not None:
                    row = questions.implementation_row(connection, implementation_id)
                    if row["api"] != api_id:
                        raise ImplementationInvalid(f"{row['name']} {row['version']} implements another API.")
                    name = f"{row['name']}({row['version']})"
                questions.set_active(connection, api_id, implementation_id, by)
            trying.summary = f"{name} answers"

    def split(self, api_id: str, implementation_id: str, percent: int, by: str) -> None:
        """
        Have *percent* of an API's calls go to an implementation and the others to the active one; 0 ends it.

        Raises `ResourceNotFound`, `RequestInvalid` or `Conflict`.
        """
        api = self._api(api_id)
        with attempt(self.database, "implementation", f"{api['name']}({api['version']})", by) as trying:
            with self.database.write() as connection, activity.change(connection, by, "api", api_id):
                row = self._of_api(connection, api_id, implementation_id)
                _set_share(connection, api_id, row["id"], percent)
            trying.summary = f"{percent} % of the calls go to {row['name']}({row['version']})"

    def roll_back(self, api_id: str, by: str) -> None:
        """Have what answered before the active implementation answer again. Raises `Conflict` when nothing did."""
        with self.database.read() as connection:
            found, before = questions.answered_before(connection, api_id)
        if not found:
            raise Conflict("Nothing else has answered for this API yet.")
        self.activate(api_id, before, by)

    def publish(self, api_id: str, implementation_id: str) -> Row:
        """Make an implementation published: it never changes again (contract: custom code, section 2)."""
        with self.database.write() as connection:
            self._of_api(connection, api_id, implementation_id)
            questions.publish_implementation(connection, implementation_id)
            return questions.implementation_row(connection, implementation_id)

    def binding(
        self, api_name: str, api_version: str, row: Row, configured: Configured = NOTHING, restarted: int = 0
    ) -> Binding:
        """
        What a worker of *row* is made from, with what is *configured* for it.

        Workers that started before the API was last *restarted* are of another binding.

        On a node that has not seen the archive before, it is unpacked and its dependencies installed here.
        """
        declared = json.loads(row["manifest"])
        code = self.places.code / row["artifact"]
        if not code.is_dir():
            archive.unpack(self.files_of(row["artifact"]), code)
        packages: tuple[str, ...] = ()
        if row["environment"]:
            installed = self.places.environments / row["environment"]
            if not installed.is_dir():
                again, its_manifest = self._read(self.objects.get(row["artifact"]))
                self._install(its_manifest, again.files, lambda line: None)
            packages = (str(installed),)
        name = f"{row['name']}({row['version']})"
        return Binding(
            key=f"{row['artifact']}:{row['environment']}:{api_name}({api_version}):{name}:{configured.digest}:{restarted}",
            implementation=f"{row['name']}({row['version']})",
            api=api_name,
            api_version=api_version,
            directory=str(code),
            main=declared["main"],
            packages=packages,
            network=tuple(declared["network"]),
            apis=declared["apis"],
            connectors=declared["connectors"],
            configuration=configured.values,
            secrets=configured.secrets,
        )

    def files_of(self, artifact: str) -> Archive:
        """The files of an archive that was uploaded. Raises `ObjectMissing`."""
        return self._read(self.objects.get(artifact))[0]

    # ── the steps ────────────────────────────────────────────────────────────────────────────────

    def _api(self, api_id: str) -> Row:
        with self.database.read() as connection:
            return questions.api_row(connection, api_id)

    def _of_api(self, connection: Connection, api_id: str, implementation_id: str) -> Row:
        row = questions.implementation_row(connection, implementation_id)
        if row["api"] != api_id:
            raise ResourceNotFound("The API has no implementation with that id.")
        return row

    def _read(self, data: bytes) -> tuple[Archive, Manifest]:
        try:
            return reading.read(data, strict=self.strict)
        except SandboxUnavailable as error:
            raise PlatformError(f"Uploads are read behind walls, which this machine cannot raise: {error}.") from error

    def _install(self, declared: Manifest, files: Mapping[str, bytes], say: Report) -> str | None:
        wheels = {name.rpartition("/")[2]: data for name, data in files.items() if _is_vendored_wheel(name)}
        key = environment.key(declared.dependencies, wheels)
        if key is None:
            say("No dependencies are declared.")
            return None
        say(f"Dependencies: {', '.join(declared.dependencies)}")
        built = environment.build(
            declared.dependencies, wheels, self.places.environments, report=say, timeout=self.install_seconds
        )
        if built.reused:
            say("They are installed already.")
        return key

    def _keep_artifact(self, data: bytes, unpacked: Archive) -> str:
        artifact = self.objects.put(data)
        archive.unpack(unpacked, self.places.code / artifact)
        return artifact

    async def _rehearse(self, row: Row, api: Row, declared: Manifest, say: Report) -> list[tuple[str, str]]:
        probe = {**row, "manifest": json.dumps(msgspec.to_builtins(declared))}
        configured = await asyncio.to_thread(self._configured, api["id"])
        binding = await asyncio.to_thread(self.binding, api["name"], api["version"], probe, configured)
        say("Importing it behind its walls.")
        try:
            routes = await self.rehearse(binding, say)
        except WorkerRefused as refused:
            if refused.fault is not None:
                say(refused.fault.traceback)
            raise _import_failed(refused, declared) from refused
        say(f"Imported: {len(routes)} routes.")
        return routes

    def _configured(self, api_id: str) -> Configured:
        """What is configured for the API now: its `startup` may need it."""
        with self.database.read() as connection:
            return Opened(configuration.all_values(connection), self.vault).of(api_id, {})

    def _save(self, row: dict[str, Any], percent: int) -> Row:
        by, api = row["uploaded_by"], row["api"]
        with self.database.write() as connection, activity.change(connection, by, "api", api):
            before = questions.implementation_named(connection, row["api"], row["name"], row["version"])
            if before is not None:
                if before["published"] and (before["artifact"], before["environment"]) == (
                    row["artifact"],
                    row["environment"],
                ):
                    # The same again: it takes over, as any upload does.
                    _put_in_service(connection, api, before["id"], percent, by)
                    return before
                if before["published"]:
                    raise ImplementationInvalid(
                        f"{row['name']} {row['version']} is published and does not change; upload a new version."
                    )
                row["id"] = before["id"]
            questions.save_implementation(connection, row)
            _put_in_service(connection, api, row["id"], percent, by)
            return questions.implementation_row(connection, row["id"])

    def _unresolved(self, declared: Manifest) -> list[tuple[str, str]]:
        missing = []
        with self.database.read() as connection:
            for name, version in declared.apis.items():
                short = name.rpartition("/")[2]
                if questions.api_named(connection, short, version) is None:
                    missing.append((f"custom/{short}", version))
            for name, version in declared.connectors.items():
                short = name.rpartition("/")[2]
                if connectors.connector_named(connection, short, version) is None:
                    missing.append((f"connector/{short}", version))
        return missing


def _put_in_service(connection: Connection, api_id: str, implementation_id: str, percent: int, by: str) -> None:
    if percent >= 100:
        questions.set_active(connection, api_id, implementation_id, by)
    else:
        _set_share(connection, api_id, implementation_id, percent)


def _set_share(connection: Connection, api_id: str, implementation_id: str, percent: int) -> None:
    """Raises `RequestInvalid` or `Conflict`."""
    api = questions.api_row(connection, api_id)
    if not 0 <= percent <= 100:
        raise RequestInvalid("percent: between 0 and 100.")
    if api["implementation"] is None:
        raise Conflict("The mock answers; activate an implementation before calls are split between two.")
    if api["implementation"] == implementation_id:
        raise Conflict("This implementation is the active one; give some calls to another version.")
    questions.set_canary(connection, api_id, implementation_id if percent else None, percent)


def missing_routes(contract: Contract, routes: list[tuple[str, str]]) -> list[dict[str, str]]:
    """Methods of the contract that no registered route seems to answer; a hint, as routes may be patterns."""
    answered = {(method, _shape(path)) for method, path in routes}
    return [
        {"method": method.verb, "path": resource.path}
        for resource in contract.resources
        for method in resource.methods
        if (method.verb, _shape(resource.path)) not in answered
    ]


def _shape(path: str) -> str:
    segments = ["*" if each[:1] in (":", "{") else each for each in path.strip("/").split("/")]
    return "/".join(segments)


def _is_vendored_wheel(name: str) -> bool:
    return name.startswith("wheels/") and name.endswith(".whl")


def _row(api_id: str, declared: Manifest, artifact: str, key: str | None, by: str) -> dict[str, Any]:
    return {
        "id": new_id(),
        "api": api_id,
        "name": declared.name,
        "version": declared.version,
        "description": declared.description[:1000],
        "artifact": artifact,
        "environment": key,
        "published": False,
        "uploaded_by": by,
        "uploaded_at": now_us(),
    }


def _import_failed(refused: WorkerRefused, declared: Manifest) -> ImplementationInvalid:
    fault = refused.fault
    if fault is None:
        code = "IMPLEMENTATION_NO_ROOM" if isinstance(refused, NoRoom) else "IMPLEMENTATION_START"
        finding = Finding(code, str(refused), declared.main)
        return ImplementationInvalid(f"The implementation does not start: {refused}.", findings=[finding])
    place = f"{fault.file}:{fault.line}: " if fault.file else ""
    hint = f" {fault.hint}" if fault.hint else ""
    message = f"{fault.kind}: {fault.message}{hint}"
    finding = Finding("IMPLEMENTATION_IMPORT", message, fault.file or declared.main, fault.line, fault.column)
    error = ImplementationInvalid(f"The implementation cannot be imported: {place}{message}", findings=[finding])
    error.build_log = fault.traceback  # type: ignore[attr-defined]
    return error


def _summarise(
    trying: Attempt, declared: Manifest, contract: Contract, routes: list[tuple[str, str]], percent: int
) -> None:
    share = "" if percent >= 100 else f" {percent} % of the calls"
    trying.summary = f"{declared.name}({declared.version}) answers{share}"
    trying.say(f"{trying.summary}.")
    trying.findings = [
        Finding("IMPLEMENTATION_ROUTE_MISSING", f"no route for {each['method']} {each['path']}", severity="warning")
        for each in missing_routes(contract, routes)
    ]
