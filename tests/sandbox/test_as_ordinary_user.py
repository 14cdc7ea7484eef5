"""The walls, the levels, leases and forked workers again, as a platform that does not run as root."""

from __future__ import annotations

import re

import pytest

from tests import ordinary


def test_it_is_an_ordinary_user_indeed() -> None:
    """Another user, no capability, and its own folder alone to write to."""
    done = ordinary.run(
        "-c", "import os; print(os.getuid(), open('/proc/self/status').read().split('CapEff:')[1].split()[0])"
    )
    assert done.stdout.split() == [str(ordinary.USER), "0000000000000000"], done.stderr


@pytest.mark.parametrize(
    "tests",
    [
        "tests/sandbox/test_enclosing.py",
        "tests/sandbox/test_levels.py",
        "tests/sandbox/test_lease.py",
        "tests/runtime/test_zygote.py",
        "tests/runtime/test_relay.py",
    ],
)
def test_the_same_holds_without_root(tests: str) -> None:
    """Every test of the file passes, or is skipped because only root can have what it is about."""
    done = ordinary.run(
        *(
            "-m",
            "pytest",
            tests,
            "-q",
            "-p",
            "no:randomly",
            "-p",
            "no:cacheprovider",
            "--basetemp=FOLDER/tests",
            "-m",
            "not mariadb",
        )
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None and int(passed[1]) > 1
