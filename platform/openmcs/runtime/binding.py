"""What is bound to an API: where an implementation's code is, what it may touch, and its limits."""

from __future__ import annotations

import asyncio
import os
import socket
import time as clock
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openmcs import sandbox
from openmcs.exchange import Call, Message
from openmcs.runtime import protocol as wire
from openmcs.sandbox import identity, namespaces


@dataclass(frozen=True, slots=True)
class Limits:
    """What the platform grants a worker. Seconds and bytes."""

    isolation: str = "strict"
    workers: int = 1
    """Workers that are always there, except while asleep."""
    most_workers: int = 1
    """Workers while calls wait for a free one."""
    idle_seconds: float = 0.0
    """Without a call for so long the workers end, and the next call starts one; 0: never."""
    threads: int = 32
    memory: int = 256 * 1024 * 1024
    in_flight: int = 64
    queue: int = 256
    queue_seconds: float = 5.0
    start_seconds: float = 30.0
    hang_seconds: float = 10.0
    drain_seconds: float = 30.0
    recycle_calls: int = 0
    """Calls after which a worker is replaced by a fresh one, give or take a fifth; 0: never for that."""
    level: int = 800
    debug_port: int = 0
    """Development only: the first port at which workers let a debugger in."""
    additions: tuple[str, ...] = ()
    """Walls beside `isolation` that are raised where the machine can: `uid`, `namespaces`, `cgroup`."""
    required: tuple[str, ...] = ()
    """Those of them without which a worker is not used."""
    first_user: int = 1_900_000_000
    """The first of the user ids that `uid` takes from."""
    undeclared: str = "refuse"
    """What becomes of destinations that are not declared; `warn` lets them through, in development."""
    cpus: float = 0.0
    """Processors that one worker may use, where there are control groups; 0: all."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One implementation version, unpacked and with its dependencies installed."""

    key: str
    """Changes whenever a worker started before would be the wrong one."""
    implementation: str
    """`name(version)`"""
    api: str
    api_version: str
    directory: str
    main: str
    packages: tuple[str, ...] = ()
    network: tuple[str, ...] = ()
    """Declared `host:port`."""
    apis: Mapping[str, str] = field(default_factory=dict)
    """Declared custom APIs, name or URI to version."""
    connectors: Mapping[str, str] = field(default_factory=dict)
    configuration: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    """Names to values, the API's under "", a backend's under `name(version)`."""
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    """Values that no log line may show."""

    async def start_frame(self, limits: Limits, canary: str) -> wire.Start:
        """The START that makes a worker of this binding; declared hosts are resolved here and now."""
        network = [_host_and_port(each) for each in self.network]
        addresses = {host: await _addresses(host) for host, _ in network}
        return wire.Start(
            implementation=self.implementation,
            api=self.api,
            directory=self.directory,
            main=self.main,
            packages=list(self.packages),
            read=[*sandbox.interpreter_directories(), *self.packages, self.directory],
            network=network,
            addresses=addresses,
            memory=limits.memory,
            level=limits.level,
            canary=canary,
            isolation=limits.isolation,
            threads=limits.threads,
            apis=dict(self.apis),
            connectors=dict(self.connectors),
            debug_port=limits.debug_port,
            configuration={scope: dict(values) for scope, values in self.configuration.items()},
            user=self._user(limits),
            namespaces="namespaces" in limits.additions,
            relay=bool(network) and "namespaces" in limits.additions and limits.undeclared == "refuse",
            undeclared=limits.undeclared,
            platform=os.getpid(),
            outside=namespaces.names(),
        )

    def _user(self, limits: Limits) -> int:
        if "uid" not in limits.additions:
            return 0
        # Without its version: what comes after it is the same user.
        return identity.user_of(f"{self.api}/{self.implementation.partition('(')[0]}", limits.first_user)

    def message(self, level: str, text: str, call: Call | None, *, time: float | None = None, **place: Any) -> Message:
        """A line of this implementation's log, tied to *call* if it was made in one."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return Message(
            time=clock.time() if time is None else time,
            level=level,
            text=text,
            ecid=call.arrival.ecid if call else None,
            rid=call.arrival.rid if call else None,
            backend=call.backend.name if call else None,
            user=call.caller.username if call else None,
            api=self.api,
            api_version=self.api_version,
            implementation=self.implementation,
            **place,
        )


def _host_and_port(declared: str) -> tuple[str, int]:
    host, _, port = declared.rpartition(":")
    return host.strip("[]"), int(port)


async def _addresses(host: str) -> list[str]:
    """The addresses of *host* now; none when it cannot be resolved, which the first use will say."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return list(dict.fromkeys(str(each[4][0]) for each in found))
