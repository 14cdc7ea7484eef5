"""
The zygote: a process that has imported what every worker imports, and forks a ready one on request.

    python -I -m openmcs.runtime.zygote FD [namespaces]

It holds no secret and no customer's code, has one thread and a clean environment, and knows nothing but this:
a message on FD with two descriptors (the worker's channel, its output) is answered with the pid of a
new process that becomes a worker; when one ends, its status follows. Workers end with the zygote, and the
zygote with the gateway. Children share its memory until they write to it, its address space layout and
its hash seed; `runtime.zygote = false` starts an interpreter for each worker instead.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import select
import signal
import socket
import struct
import subprocess
import sys
from typing import Any, Protocol

from openmcs.sandbox import interpreter_directories, namespaces

CLEAN = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC", "MALLOC_ARENA_MAX": "2"}
"""The environment of a worker."""
_FORKED, _ENDED = b"F", b"E"
_SAY = struct.Struct("!cii")
_PR_SET_PDEATHSIG = 1


class ZygoteGone(Exception):
    """The zygote ended; a worker has to be started without it."""


class Running(Protocol):
    """A process of a worker, however it was started."""

    @property
    def pid(self) -> int:
        """Its id."""

    def poll(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""

    def send_signal(self, number: int) -> None:
        """Signal it, unless it has ended."""


# ── the gateway's side ───────────────────────────────────────────────────────────────────────────────


class Forked:
    """A process that the zygote forked. Signals go through a descriptor: no other process ever gets them."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.status: int | None = None
        try:
            self._descriptor = os.pidfd_open(pid)
        except OSError:  # it has ended and is reaped; its status is on the way
            self._descriptor = -1

    def poll(self) -> int | None:
        """Its exit status, as the zygote told it."""
        return self.status

    def send_signal(self, number: int) -> None:
        """Signal it, unless it has ended."""
        if self.status is None and self._descriptor >= 0:
            try:
                signal.pidfd_send_signal(self._descriptor, signal.Signals(number))
            except ProcessLookupError:
                pass  # it has ended, and its status is on the way

    def ended(self, status: int) -> None:
        """The zygote told its *status*."""
        self.status = status
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class Zygote:
    """One zygote process, started when it is first needed and again when it has died."""

    def __init__(self, *, namespaces: bool = False) -> None:
        self._namespaces = namespaces
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._asked: list[asyncio.Future[Forked]] = []
        self._children: dict[int, Forked] = {}

    async def fork(self, channel: int, output: int) -> Forked:
        """A new process with these descriptors. Raises `ZygoteGone`."""
        if self._control is None:
            self._start()
        assert self._control is not None
        child: asyncio.Future[Forked] = asyncio.get_running_loop().create_future()
        self._asked.append(child)
        try:
            socket.send_fds(self._control, [_FORKED], [channel, output])
        except OSError as error:
            self._lost()
            raise ZygoteGone(str(error)) from error
        return await child

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-m", "openmcs.runtime.zygote", str(theirs.fileno())),
                    *(("namespaces",) if self._namespaces else ()),
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=CLEAN,
                cwd="/",
                start_new_session=True,
            )
        ours.setblocking(False)
        self._control = ours
        asyncio.get_running_loop().add_reader(ours.fileno(), self._hear)

    def _hear(self) -> None:
        assert self._control is not None
        while True:
            try:
                data = self._control.recv(_SAY.size)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._lost()
                return
            kind, pid, status = _SAY.unpack(data)
            if kind == _FORKED:
                self._children[pid] = Forked(pid)
                self._answer(self._children[pid])
            elif pid in self._children:
                self._children.pop(pid).ended(status)

    def _answer(self, child: Forked) -> None:
        asked = self._asked.pop(0)
        if not asked.done():
            asked.set_result(child)
        else:
            child.send_signal(signal.SIGKILL)

    def _lost(self) -> None:
        """Its children die with it: the kernel sees to that."""
        asked, self._asked = self._asked, []
        for each in asked:
            if not each.done():
                each.set_exception(ZygoteGone("it ended"))
        for child in self._children.values():
            child.ended(-signal.SIGKILL)
        self._children = {}
        if self._control is not None:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
            self._control.close()
            self._control = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        """End it, and with it what it forked."""
        if self._control is not None:
            self._lost()


# ── the zygote itself ────────────────────────────────────────────────────────────────────────────────


def main() -> None:
    """Fork on request until the gateway is gone."""
    parent = os.getppid()
    from openmcs.runtime import worker

    if sys.argv[2:] == ["namespaces"]:
        namespaces.prepare(interpreter_directories())
    # After that, since who enters a user namespace may lose it.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)

    control = socket.socket(fileno=int(sys.argv[1]))
    woken, wake = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.collect()
    gc.freeze()  # what is shared stays shared: no collection of a child writes to it
    while True:
        waiting: list[Any] = [control, woken]
        ready, _, _ = select.select(waiting, [], [])
        if woken in ready:
            _reap(control, woken)
        if control in ready:
            _fork(control, [woken, wake], worker)


def _fork(control: socket.socket, own: list[int], worker: Any) -> None:
    data, descriptors, _, _ = socket.recv_fds(control, 1, 2)
    if not data:
        os._exit(0)
    channel, output = descriptors
    pid = namespaces.numbered(os.fork)
    if pid == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        control.close()
        for descriptor in own:
            os.close(descriptor)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        os.setsid()
        worker.run(channel)
        os._exit(0)
    os.close(channel)
    os.close(output)
    control.send(_SAY.pack(_FORKED, pid, 0))


def _reap(control: socket.socket, woken: int) -> None:
    try:
        os.read(woken, 4096)
    except BlockingIOError:
        pass
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        control.send(_SAY.pack(_ENDED, pid, os.waitstatus_to_exitcode(status)))


if __name__ == "__main__":
    main()
