"""
A question to a process of its own, behind the walls: bytes in, bytes out. For uploads, which are somebody else's.

    ask(module, question, allowance)         the asking side
    serve(prepare, answer, allowance)        what `main` of the module does, in the child

The child is `python -I -m MODULE`. It imports what it needs, shuts itself in with three pipes and nothing
else, and only then reads its question. Whatever the question does to it, the platform's own memory holds
no more than the answer that was allowed.
"""

from __future__ import annotations

import codecs
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import IO, NamedTuple

from openmcs.sandbox.enclosing import enclose, limit
from openmcs.sandbox.walls import MIB, SandboxUnavailable, Walls, interpreter_directories

_STRICT = "strict"
_UNWALLED = 77
"""Exit status of a child that cannot raise the walls it was told to."""
_PIECE = 256 * 1024
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}
_CODECS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "ascii", "idna", "cp437")


class Allowance(NamedTuple):
    """What one question may cost."""

    seconds: float
    """Until the answer is there; a second more of processor time."""
    memory: int
    """Bytes of the child."""
    answer: int = 64 * MIB
    """Bytes of the answer."""


class ChildFailed(Exception):
    """The child gave no answer; the text says why, as the end of a sentence."""


def ask(module: str, question: bytes, allowance: Allowance, *, strict: bool = False) -> bytes:
    """
    What *module* answers to *question*.

    Raises `ChildFailed` when the child ends without an answer, takes longer, or answers more than is
    allowed; `SandboxUnavailable` when *strict* is wanted and this machine cannot raise the walls. Without
    *strict* the child raises those that it can. Waits; call it in a thread that outlives the answer.
    """
    until = time.monotonic() + allowance.seconds
    with subprocess.Popen(
        [sys.executable, "-I", "-m", module, _STRICT if strict else ""],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_ENVIRONMENT,
        cwd="/",
        start_new_session=True,
    ) as child:
        assert child.stdin is not None and child.stdout is not None
        overdue = threading.Timer(allowance.seconds, _kill, (child,))
        feeder = threading.Thread(target=_feed, args=(child.stdin, question), daemon=True)
        overdue.start()
        feeder.start()
        try:
            answer = _read(child.stdout, allowance.answer)
            if answer is None:
                _kill(child)
            # It may have closed its end and go on: the time is over when it is over.
            status = child.wait()
        finally:
            overdue.cancel()
        overdue.join()
        feeder.join()
    if answer is None:
        raise ChildFailed("what came of it is larger than allowed")
    if status == _UNWALLED:
        raise SandboxUnavailable(answer.decode(errors="replace"))
    if status != 0:
        late = time.monotonic() >= until
        raise ChildFailed(
            f"it takes longer than {allowance.seconds:g} s"
            if late
            else f"it takes more memory or time than allowed ({_end(status)})"
        )
    return answer


def _kill(child: subprocess.Popen[bytes]) -> None:
    """End it and whatever it may have started where it has no walls; its status is not collected yet, so it is it."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it has just ended


def _feed(pipe: IO[bytes], question: bytes) -> None:
    try:
        with pipe:
            pipe.write(question)
    except OSError:
        pass  # it ended before it had read all; its status says why


def _read(pipe: IO[bytes], most: int) -> bytes | None:
    """All of *pipe*; None when it is more than *most*."""
    pieces: list[bytes] = []
    left = most
    while piece := pipe.read(min(_PIECE, left + 1)):
        pieces.append(piece)
        left -= len(piece)
        if left < 0:
            return None
    return b"".join(pieces)


def _end(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}"


def serve(prepare: Callable[[], object], answer: Callable[[bytes], bytes], allowance: Allowance) -> None:
    """
    Answer the question on stdin to stdout: the child's side.

    *prepare* imports and opens everything that *answer* needs: afterwards no file can be opened.
    """
    prepare()
    for name in _CODECS:
        codecs.lookup(name)
    walls = Walls(
        read=interpreter_directories(),
        memory=allowance.memory,
        open_files=3,
        cpu_seconds=int(allowance.seconds) + 1,
    )
    try:
        enclose(walls)
    except SandboxUnavailable as error:
        if sys.argv[1:] == [_STRICT]:
            sys.stdout.buffer.write(str(error).encode())
            sys.stdout.flush()
            sys.exit(_UNWALLED)
        limit(walls)
    sys.stdout.buffer.write(answer(sys.stdin.buffer.read()))
    sys.stdout.flush()
