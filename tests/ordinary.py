"""
Runs a program as an ordinary user, from tests that run as root: `python -m tests.ordinary FOLDER PROGRAM ARGUMENT…`.

The user has no capability and owns FOLDER alone. Where this interpreter lies in somebody's home, which that
user cannot enter, it is shown in its place in a mount namespace of the program's own: nothing outside changes.
"""

from __future__ import annotations

import ctypes
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

USER = 61_001
ROOT = Path(__file__).parents[1]
_CLONE_NEWNS, _MS_BIND, _MS_REC, _MS_PRIVATE = 0x20000, 0x1000, 0x4000, 0x40000


def run(*arguments: str, timeout: float = 240.0) -> subprocess.CompletedProcess[str]:
    """Run this interpreter with *arguments*, in which FOLDER stands for a folder of the user's own."""
    if os.geteuid() != 0:
        pytest.skip("the tests run as an ordinary user already")
    with tempfile.TemporaryDirectory(prefix="ordinary-") as folder:
        os.chown(folder, USER, USER)
        command = [each.replace("FOLDER", folder) for each in arguments]
        done = subprocess.run(
            [sys.executable, "-m", "tests.ordinary", folder, sys.executable, *command],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    if done.returncode == 99:
        pytest.skip(f"this root cannot become an ordinary user: {done.stderr}")
    return done


def _show(folders: list[str]) -> None:
    """Make *folders* reachable for everyone, in a mount namespace of this process's own."""
    closed = {each: way for each in folders if (way := _closed(each))}
    if not closed:
        return
    libc = ctypes.CDLL(None, use_errno=True)

    def mount(source: str, target: str, kind: str | None, flags: int) -> None:
        given = None if kind is None else kind.encode()
        if libc.mount(source.encode(), target.encode(), given, ctypes.c_ulong(flags), None) != 0:
            raise OSError(ctypes.get_errno(), f"mount {target}")

    if libc.unshare(_CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    mount("none", "/", None, _MS_REC | _MS_PRIVATE)
    held = {folder: os.open(folder, os.O_PATH | os.O_DIRECTORY) for folder in closed}
    for way in dict.fromkeys(closed.values()):
        mount("tmpfs", way, "tmpfs", 0)
        os.chmod(way, 0o755)
    for folder, descriptor in held.items():
        os.makedirs(folder, exist_ok=True)
        mount(f"/proc/self/fd/{descriptor}", folder, None, _MS_BIND | _MS_REC)
        os.close(descriptor)


def _closed(folder: str) -> str | None:
    way = [*reversed(Path(folder).parents), Path(folder)]
    return next((str(each) for each in way if not each.stat().st_mode & stat.S_IXOTH), None)


def main() -> None:
    """Become the user, then the program."""
    folder, *program = sys.argv[1:]
    try:
        _show(list(dict.fromkeys((sys.base_prefix, sys.prefix, str(ROOT)))))
        os.setgroups([])
        os.setresgid(USER, USER, USER)
        os.setresuid(USER, USER, USER)
    except OSError as error:
        print(error, file=sys.stderr)
        sys.exit(99)
    environment = {"PATH": os.environ["PATH"], "HOME": folder, "TMPDIR": folder, "PYTHONDONTWRITEBYTECODE": "1"}
    os.execve(program[0], program, environment)


if __name__ == "__main__":
    main()
