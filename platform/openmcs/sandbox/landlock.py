"""
Landlock: the kernel's own, unprivileged way for a process to give up access to files, TCP ports and signals.

What a kernel knows is told by its ABI version: 1 files (5.13), 2 moving between directories (5.19),
3 truncating (6.2), 4 TCP ports (6.7), 5 device controls (6.10), 6 signals and abstract sockets (6.12).
Only what an ABI knows can be given up, so `seccomp.py` repeats whatever an older one leaves open.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable, Mapping

from openmcs.sandbox.walls import SandboxUnavailable, Walls

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_PATH_BENEATH, _NET_PORT = 1, 2

_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""ABI version to how many rights on files it knows; they are consecutive bits from 0."""
_BIND_TCP, _CONNECT_TCP = 1 << 0, 1 << 1
_SCOPE_ABSTRACT_SOCKETS, _SCOPE_SIGNALS = 1 << 0, 1 << 1

ABI_TRUNCATE = 3
ABI_PORTS = 4
_ABI_SCOPES = 6

_HARMLESS_FILES = {
    "/dev/null": _READ_FILE | _WRITE_FILE,
    "/dev/urandom": _READ_FILE,
    "/etc/localtime": _READ_FILE,
    "/etc/mime.types": _READ_FILE,
    "/etc/ssl/openssl.cnf": _READ_FILE,
}
"""
Public files outside the directories that the standard library opens by itself.

Rules for single files do not hold on every file system (9p); there these files cannot be opened.
"""


_RESOLVER_FILES = ("/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf")
"""What libc reads to look a name up; in development only."""


class _RulesetAttr(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


class _NetPort(ctypes.Structure):
    _fields_ = (("allowed", ctypes.c_uint64), ("port", ctypes.c_uint64))


_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def _syscall(number: int, *arguments: object) -> int:
    result = int(_libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def abi() -> int:
    """The kernel's Landlock ABI version; 0 when it has none or it is switched off."""
    try:
        return _syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION))
    except OSError:
        return 0


def restrict(walls: Walls) -> None:
    """
    Give up all files except below `walls.read`, all TCP ports except `walls.connect`, and foreign signals.

    Holds for the calling thread and all that it starts. Raises `SandboxUnavailable`.
    """
    version = abi()
    if version < 1:
        raise SandboxUnavailable(
            "Landlock is not available: it needs Linux 5.13 or newer with `landlock` in the kernel's list of "
            "security modules (see /sys/kernel/security/lsm), and a container profile that allows its system calls"
        )
    try:
        ruleset = _create(version, ports=not walls.anywhere)
        try:
            _grant_directories(ruleset, walls.read)
            _grant_files(ruleset, _HARMLESS_FILES)
            if walls.anywhere:
                _grant_files(ruleset, dict.fromkeys(_RESOLVER_FILES, _READ_FILE))
            elif version >= ABI_PORTS:
                _grant_ports(ruleset, walls.connect)
            _syscall(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
        finally:
            os.close(ruleset)
    except OSError as error:
        raise SandboxUnavailable(f"Landlock (ABI {version}) refused the rules: {error}") from error


def _create(version: int, *, ports: bool) -> int:
    attr = _RulesetAttr(
        fs=(1 << _FILE_RIGHTS[min(version, max(_FILE_RIGHTS))]) - 1,
        net=(_BIND_TCP | (_CONNECT_TCP if ports else 0)) if version >= ABI_PORTS else 0,
        scoped=_SCOPE_ABSTRACT_SOCKETS | _SCOPE_SIGNALS if version >= _ABI_SCOPES else 0,
    )
    # A kernel accepts fields that it does not know as long as they are zero.
    return _syscall(_CREATE_RULESET, ctypes.byref(attr), ctypes.c_size_t(ctypes.sizeof(attr)), ctypes.c_uint32(0))


def _grant_directories(ruleset: int, directories: Iterable[str]) -> None:
    # Running programs is not granted: importing and dlopen need no more than reading.
    for path in directories:
        try:
            descriptor = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise SandboxUnavailable(f"{path} cannot be made readable for the worker: {error.strerror}") from error
        _grant(ruleset, descriptor, _READ_FILE | _READ_DIR)


def _grant_files(ruleset: int, files: Mapping[str, int]) -> None:
    for path, rights in files.items():
        try:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        _grant(ruleset, descriptor, rights)


def _grant(ruleset: int, descriptor: int, rights: int) -> None:
    try:
        rule = _PathBeneath(allowed=rights, parent=descriptor)
        _syscall(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), ctypes.byref(rule), ctypes.c_uint32(0))
    finally:
        os.close(descriptor)


def _grant_ports(ruleset: int, ports: Iterable[int]) -> None:
    for port in ports:
        rule = _NetPort(allowed=_CONNECT_TCP, port=port)
        _syscall(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_NET_PORT), ctypes.byref(rule), ctypes.c_uint32(0))
