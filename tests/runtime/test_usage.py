"""What a process uses, as the kernel counts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from openmcs.runtime import usage


def test_this_process_uses_memory_and_time() -> None:
    """Its resident memory is what /proc/self/status says, give or take what was asked for meanwhile."""
    used = usage.of(os.getpid())
    assert used is not None
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    kibibytes = int(status["VmRSS"].split()[0])
    assert abs(used.rss - kibibytes * 1024) < kibibytes * 1024 * 0.2
    assert used.cpu_seconds > 0
    assert used.pss is None or 0 < used.pss <= used.rss * 1.1


def test_memory_that_is_written_to_is_seen() -> None:
    """Forty megabytes more are forty megabytes more."""
    before = usage.of(os.getpid())
    block = bytearray(os.urandom(1) * (40 * 2**20))
    after = usage.of(os.getpid())
    assert before is not None
    assert after is not None
    assert after.rss - before.rss > 30 * 2**20
    assert len(block) == 40 * 2**20


def test_a_process_that_has_ended_uses_nothing() -> None:
    """It is None, as is what never was."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert usage.of(ended.pid) is None


def test_a_name_with_brackets_and_blanks_does_not_confuse(tmp_path: Path) -> None:
    """A process may call itself anything; and who may not look into it sees no proportional share."""
    folder = tmp_path / "7"
    folder.mkdir()
    (folder / "statm").write_text("100 10 5 1 0 50 0\n")
    (folder / "stat").write_text("7 (a) b) 9) S 1 7 7 0 -1 0 1 0 0 0 300 150 0 0 20 0 1 0 0 0 0\n")
    used = usage.of(7, tmp_path)
    ticks = os.sysconf("SC_CLK_TCK")
    page = os.sysconf("SC_PAGE_SIZE")
    assert used == (10 * page, None, 450 / ticks)
    assert usage.writable(7, tmp_path) == 50 * page
