"""Guessing is slow, and nobody keeps somebody else out."""

from __future__ import annotations

import pytest

from openmcs.auth.attempts import LONGEST_WAIT, PEER_FACTOR, REMEMBERED, Attempts, network_of
from openmcs.errors import TooManyAttempts

JOE = ("Default", "joe")
HERE, THERE = "192.0.2.1", "198.51.100.7"


class Clock:
    """A time that only moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _wait(attempts: Attempts, peer: str, name: tuple[str, str]) -> int:
    """Seconds to wait; 0 when none."""
    try:
        attempts.check(peer, name)
    except TooManyAttempts as error:
        assert error.retry_after is not None and str(error.retry_after) in error.detail
        return error.retry_after
    return 0


def test_the_free_attempts_cost_nothing_and_then_each_waits_twice_as_long() -> None:
    """A minute, two, four, and never more than a quarter of an hour."""
    clock = Clock()
    attempts = Attempts(3, clock)
    waits = []
    for _ in range(9):
        waits.append(_wait(attempts, HERE, JOE))
        clock.now += waits[-1]
        assert _wait(attempts, HERE, JOE) == 0
        attempts.failed(HERE, JOE)
    assert waits == [0, 0, 0, 60, 120, 240, 480, 900, 900]


def test_guessing_from_one_address_does_not_keep_the_user_out_at_another() -> None:
    """Nor another user at the same address."""
    attempts = Attempts(3, Clock())
    for _ in range(10):
        attempts.failed(HERE, JOE)
    assert _wait(attempts, HERE, JOE) > 0
    assert _wait(attempts, THERE, JOE) == 0
    assert _wait(attempts, HERE, ("Default", "ann")) == 0
    assert _wait(attempts, HERE, ("Other", "joe")) == 0


def test_the_right_password_ends_the_count() -> None:
    """Whoever mistyped begins anew."""
    attempts = Attempts(3, Clock())
    for _ in range(2):
        attempts.failed(HERE, JOE)
    attempts.succeeded(HERE, JOE)
    attempts.failed(HERE, JOE)
    assert _wait(attempts, HERE, JOE) == 0


def test_whoever_keeps_still_begins_anew() -> None:
    """After the longest wait."""
    clock = Clock()
    attempts = Attempts(3, clock)
    for _ in range(10):
        attempts.failed(HERE, JOE)
    clock.now += LONGEST_WAIT + 1
    attempts.failed(HERE, JOE)
    assert _wait(attempts, HERE, JOE) == 0


def test_one_password_for_many_names_is_slowed_down_too() -> None:
    """A peer has so many attempts a minute, whatever the names."""
    clock = Clock()
    attempts = Attempts(3, clock)
    for number in range(3 * PEER_FACTOR):
        assert _wait(attempts, HERE, ("Default", f"u{number}")) == 0
        attempts.failed(HERE, ("Default", f"u{number}"))
    assert _wait(attempts, HERE, ("Default", "next")) == 60
    assert _wait(attempts, THERE, ("Default", "next")) == 0
    clock.now += 61
    assert _wait(attempts, HERE, ("Default", "next")) == 0


def test_what_is_remembered_has_a_bound() -> None:
    """Names and peers are the attacker's to choose."""
    attempts = Attempts(3, Clock())
    for number in range(REMEMBERED + 50):
        attempts.failed(f"10.0.{number >> 8}.{number & 255}", ("Default", f"u{number}"))
    assert len(attempts._pairs) == len(attempts._peers) == REMEMBERED


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_an_ipv6_peer_is_its_network(peer: str, network: str) -> None:
    """One customer has all the addresses of a /64."""
    assert network_of(peer) == network
