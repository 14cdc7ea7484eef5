"""
Says in the author's words which wall an exception came from, and what to do instead.

The kernel answers a forbidden act with "Operation not permitted", which tells the author of an
implementation nothing; what was attempted is read from the exception, its causes and their frames.
"""

from __future__ import annotations

import errno
import linecache
import os
import re
import socket
from collections.abc import Iterator
from types import FrameType
from typing import Any, NamedTuple

from openmcs.sandbox.walls import MIB, Walls

_REFUSED = (errno.EPERM, errno.EACCES)
_NETWORK_FILES = ("socket.py", "selector_events.py", "base_events.py")
_PROCESS_FILES = ("subprocess.py", "popen_fork.py", "popen_spawn_posix.py", "synchronize.py", "pty.py")
_PROCESS_CALL = re.compile(
    r"\b(fork|forkpty|posix_spawnp?|exec[lv]p?e?|spawn[lv]p?e?|popen|Popen|Process|kill|killpg)\("
)
_NETWORK_CALL = re.compile(
    r"\b(socket|socketpair|connect|connect_ex|bind|listen|accept|sendto|getaddrinfo|gethostbyname)\("
)
_HOST_IN_TEXT = re.compile(r"host='([^'\s]+)', port=(\d+)|host '([^'\s]+)' is not declared.*?:(\d+)\"")
_DEEPEST_FRAMES = 40


class _Step(NamedTuple):
    """A frame that the exception went through, and the line it was at."""

    frame: FrameType
    line: int


def explain(error: BaseException, walls: Walls) -> str | None:
    """One or two sentences about the wall that *error* came from; None when it came from none."""
    for each in _chain(error):
        if isinstance(each, MemoryError) or (isinstance(each, OSError) and each.errno == errno.ENOMEM):
            return _memory(walls)
        if isinstance(each, RuntimeError) and "can't start new thread" in str(each):
            return "No further thread can be started: their stacks take all the memory a worker has. " + _memory(walls)
        if _is_database_file(each):
            return _FILES
        if isinstance(each, OSError) and (sentence := _explain_os_error(each, error, walls)):
            return sentence
    return None


def _explain_os_error(each: OSError, error: BaseException, walls: Walls) -> str | None:
    if isinstance(each, socket.gaierror):
        return _network(error, walls)
    if each.errno == errno.EMFILE:
        return f"A worker may have {walls.open_files} files and connections open at a time; close those no longer used."
    if each.errno == errno.ENOENT and "temporary directory" in str(each):
        return _FILES
    if each.errno == errno.EFBIG:
        return _FILES
    if each.errno == errno.ECONNREFUSED and walls.relayed:
        # Where something is declared the platform listens, so this was meant for somebody else.
        return _network(error, walls)
    if each.errno not in _REFUSED:
        return None
    steps = _steps(each)
    if _touches(steps, _PROCESS_FILES, _PROCESS_CALL):
        return _PROCESSES
    if each.filename is not None:
        return _FILES
    if _touches(steps, _NETWORK_FILES, _NETWORK_CALL) or _target(error):
        return _network(error, walls)
    return "This system call is refused inside the sandbox; docs/sandbox.md lists what an implementation may do."


# ── the sentences ────────────────────────────────────────────────────────────────────────────────────

_PROCESSES = (
    "Processes cannot be started, replaced or signalled inside the sandbox. "
    "Use threads or asyncio, and call the library instead of its command."
)
_FILES = (
    "An implementation can read its own archive only, and there is no writable directory. "
    "Package the file inside the archive and read it with importlib.resources; keep scratch data in memory."
)


def _memory(walls: Walls) -> str:
    return f"A worker has {walls.memory // MIB} MiB of memory (runtime.memory in platform.toml)."


def _network(error: BaseException, walls: Walls) -> str:
    host, port = _target(error) or ("host", 0)
    declared = f'"{f"[{host}]" if ":" in host else host}:{port or "port"}"'
    known = f"; declared so far are the ports {', '.join(map(str, walls.connect))}" if walls.connect else ""
    return (
        f"The sandbox lets an implementation open TCP connections to declared hosts and ports only{known}. "
        f"Add to pyproject.toml, under [tool.openmcs]: network = [{declared}]"
    )


# ── what the exception tells ─────────────────────────────────────────────────────────────────────────


def _chain(error: BaseException) -> Iterator[BaseException]:
    """*error*, what it was raised from, and so on; the deepest is the kernel's answer."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _steps(error: BaseException) -> list[_Step]:
    """The frames of *error*, deepest first."""
    steps = []
    entry = error.__traceback__
    while entry is not None:
        steps.append(_Step(entry.tb_frame, entry.tb_lineno))
        entry = entry.tb_next
    return steps[: -_DEEPEST_FRAMES - 1 : -1]


def _touches(steps: list[_Step], files: tuple[str, ...], call: re.Pattern[str]) -> bool:
    if any(os.path.basename(step.frame.f_code.co_filename) in files for step in steps[:3]):
        return True
    return bool(steps) and bool(call.search(linecache.getline(steps[0].frame.f_code.co_filename, steps[0].line)))


def _is_database_file(error: BaseException) -> bool:
    return type(error).__module__ == "sqlite3" and "unable to open database file" in str(error)


def _target(error: BaseException) -> tuple[str, int] | None:
    """Host and port that were wanted: from the exceptions' texts, else from the frames' variables."""
    for each in _chain(error):
        if found := _HOST_IN_TEXT.search(str(each)):
            return (found[1], int(found[2])) if found[1] else (found[3], int(found[4]))
    for each in _chain(error):
        for step in _steps(each):
            if target := _target_in(step.frame):
                return target
    return None


def _target_in(frame: FrameType) -> tuple[str, int] | None:
    local = frame.f_locals
    pairs = [local.get("address"), (local.get("host"), local.get("port"))]
    # Connection objects (http.client, urllib3, PyMySQL, redis) keep both; read without running their code.
    kept = getattr(local.get("self"), "__dict__", None)
    if isinstance(kept, dict):
        pairs.append((kept.get("host"), kept.get("port")))
    return next(filter(None, map(_as_target, pairs)), None)


def _as_target(pair: Any) -> tuple[str, int] | None:
    if not isinstance(pair, tuple) or len(pair) < 2:
        return None
    host, port = pair[0], pair[1]
    if type(host) is str and type(port) is int and host and 0 < port < 65536:
        return host, port
    return None
