"""What a worker may touch, and what was found when it tried to touch more."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import NamedTuple

MIB = 2**20


class Walls(NamedTuple):
    """What a worker may touch; everything that is not named here is refused."""

    read: tuple[str, ...]
    """Directories whose content may be read and imported; never single files."""
    connect: tuple[int, ...] = ()
    """TCP ports it may connect to; when empty there are no sockets at all."""
    memory: int = 256 * MIB
    """Bytes of heap, thread stacks and private mappings (`RLIMIT_DATA`)."""
    address_space: int = 4096 * MIB
    """Bytes of all mappings (`RLIMIT_AS`): the outer wall, loose because libraries are mapped too."""
    open_files: int = 256
    file_size: int = 0
    """Bytes that a file it writes may have."""
    relayed: bool = False
    """True when all it can connect to is what the platform listens on for it."""
    anywhere: bool = False
    """Development: TCP connections to everywhere, and name look-ups."""
    cpu_seconds: int = 0
    """Processor time for its whole life, for processes that answer one question; 0: no end."""
    nice: int = 0
    """How much less than others it wants the processor."""
    user: int = 0
    """The user to become, where that can be; 0: stay."""
    namespaces: bool = False
    """Whether to leave the machine's namespaces, where that can be."""


class SandboxUnavailable(Exception):
    """This machine cannot raise one of the walls; the text names the mechanism and the reason."""


class Probe(NamedTuple):
    """One forbidden act, really tried."""

    name: str
    shut: bool
    detail: str
    """What the kernel answered, for the operator."""


class Outside(NamedTuple):
    """What a self-test has to know of the platform."""

    pid: int
    """The platform's process, or the one that a worker must not reach in its place."""
    namespaces: Mapping[str, str]
    """Kind of namespace to the kernel's name of the platform's."""


class Report(NamedTuple):
    """What the self-test found. `level` is what was probed, never what was asked for."""

    level: str
    """`strict`, `strict+network`, `basic` or `none`."""
    landlock_abi: int
    """Version of the kernel's Landlock interface; 0 when it has none."""
    seccomp: bool
    ports_enforced: bool
    """True when a connection to a port that is not declared is refused."""
    probes: tuple[Probe, ...]
    hosts_enforced: bool = False
    """True when another host at a declared port is refused."""
    additions: tuple[str, ...] = ()
    """What stands beside the level: `uid`, `namespaces`."""


def interpreter_directories() -> tuple[str, ...]:
    """
    Directories that any Python worker has to read: the interpreter, its libraries, this package, time zones, CAs.

    All exist, are resolved, and hold code or public data. `/etc/ssl` itself is left out because
    private keys lie below it.
    """
    wanted = [
        os.path.dirname(os.__file__),
        os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
        *(os.path.join(prefix, lib) for prefix in (sys.prefix, sys.base_prefix) for lib in ("lib", "lib64")),
        *("/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64"),
        *("/usr/share/zoneinfo", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates"),
        *("/etc/ssl/certs", "/etc/pki/tls/certs", "/etc/pki/ca-trust/extracted"),
    ]
    found = sorted({os.path.realpath(path) for path in wanted if os.path.isdir(path)})
    return tuple(path for path in found if not any(path != top and path.startswith(top + "/") for top in found))
