"""A question to a child: it answers behind its walls, and whatever else it does ends it."""

from __future__ import annotations

import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from openmcs.sandbox import SandboxUnavailable, child
from openmcs.sandbox.child import Allowance, ChildFailed, ask

ALLOWANCE = Allowance(seconds=20.0, memory=128 * 2**20, answer=2**20)
Asking = Callable[..., bytes]
PYTHON = sys.executable


@pytest.fixture
def asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asking:
    """Ask a child whose `answer(question)` has the given body."""

    def run(
        body: str,
        question: bytes = b"question",
        allowance: Allowance = ALLOWANCE,
        *,
        strict: bool = True,
        first: str = "",
    ) -> bytes:
        script = tmp_path / "python"
        script.write_text(
            f"#!{PYTHON} -I\n"
            "import ctypes, json, os, resource, socket, sys, time\n"
            "from openmcs.sandbox import child, enclosing\n"
            "sys.argv[:] = ['child', sys.argv[4] if len(sys.argv) > 4 else '']\n"
            f"{first}"
            f"def answer(question):\n{textwrap.indent(textwrap.dedent(body), '    ')}\n"
            f"child.serve(lambda: None, answer, child.Allowance({allowance.seconds}, {allowance.memory}))\n"
        )
        script.chmod(0o755)
        monkeypatch.setattr(child.sys, "executable", str(script))
        return ask("any", question, allowance, strict=strict)

    return run


def test_it_answers(asking: Asking) -> None:
    """Bytes in, bytes out, also more than a pipe holds."""
    assert asking("return question[::-1]", b"12") == b"21"
    assert asking("return question", b"x" * 2**20) == b"x" * 2**20


@pytest.mark.parametrize(
    "act",
    [
        "open('/etc/passwd')",
        "open('/tmp/openmcs-child', 'w')",
        "os.listdir('/')",
        "socket.socket()",
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "os.kill(os.getppid(), 0)",
        "open(f'/proc/{os.getppid()}/environ')",
        "os.memfd_create('x')",
        "resource.setrlimit(resource.RLIMIT_CPU, (1, 1))",
        "os.dup(0)",
    ],
)
def test_it_can_do_nothing_else(asking: Asking, act: str) -> None:
    """No file, no socket, no process, no other process; its own three pipes are all it has."""
    body = f"""
        try:
            {act}
        except (OSError, ValueError) as error:
            return b"refused"
        return b"done"
    """
    assert asking(body) == b"refused"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("os._exit(3)", "exit status 3"),
        ("ctypes.string_at(0)", "signal 11"),
        ("bytearray(10**9)", "exit status 1"),
        ("raise ValueError", "exit status 1"),
        ("return b'x' * (2**20 + 1)", "larger than allowed"),
    ],
)
def test_a_child_that_fails_says_how(asking: Asking, body: str, said: str) -> None:
    """An end without an answer, a crash, too much memory, an answer that is too large."""
    with pytest.raises(ChildFailed, match=said):
        asking(body)


@pytest.mark.parametrize("body", ["while True: pass", "time.sleep(60)", "os.closerange(0, 3)\ntime.sleep(60)"])
def test_a_child_that_hangs_is_ended(asking: Asking, body: str) -> None:
    """Busy or asleep."""
    with pytest.raises(ChildFailed, match=r"longer than 0.5 s"):
        asking(body, allowance=ALLOWANCE._replace(seconds=0.5))


def test_a_child_that_does_not_listen_is_none_the_worse(asking: Asking) -> None:
    """The question need not be read to be answered."""
    assert asking("return b'x'", b"x" * 2**22) == b"x"


def test_nothing_of_it_is_left(asking: Asking) -> None:
    """No thread waits on after the answer."""
    before = threading.active_count()
    asking("return b''")
    assert threading.active_count() == before


def test_the_askers_memory_holds_no_more_than_the_answer(asking: Asking) -> None:
    """An endless answer is cut off: the asker's peak moves by little."""
    Path("/proc/self/clear_refs").write_text("5")
    before = peak()
    body = """
        while True:
            os.write(1, bytes(2**20))
    """
    with pytest.raises(ChildFailed, match="larger"):
        asking(body)
    assert peak() - before < 16 * 2**20


def peak() -> int:
    """The highest memory use of this process since it was forgotten."""
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) * 1024


def test_where_walls_cannot_be_had_strict_is_refused_and_else_the_limits_hold(asking: Asking) -> None:
    """A machine without Landlock, played by a child with a second thread."""
    thread = "import threading\nthreading.Thread(target=time.sleep, args=(9,), daemon=True).start()\n"
    body = "return json.dumps([resource.getrlimit(each)[0] for each in (resource.RLIMIT_NOFILE, resource.RLIMIT_CPU)]).encode()"
    with pytest.raises(SandboxUnavailable, match="threads run already"):
        asking(body, first=thread)
    assert asking(body, first=thread, strict=False) == b"[3, 21]"
