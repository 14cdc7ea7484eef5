"""Which of two implementations a call goes to."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from openmcs.catalog.snapshot import Canary
from openmcs.exchange import Call, Caller, CallRules
from openmcs.gateway.canary import goes_to
from openmcs.runtime.binding import Binding
from openmcs.testing import make_call

BINDING = Binding("k", "shop(2.0)", "shop", "1.0", "/", "shop.py")


def canary(percent: int, implementation: str = "01J") -> Canary:
    return Canary("api/canary", implementation, BINDING, percent)


def call(caller: Caller, **headers: str) -> Call:
    fields: dict[str, Any] = {name.replace("_", "-"): value for name, value in headers.items()}
    return make_call("shop", "GET", "/x", "", fields, b"", caller, "backend", 5.0, CallRules())


def user(name: str) -> Call:
    return call(Caller("user", name))


@given(st.text(min_size=1), st.integers(0, 100), st.integers(0, 100))
def test_a_caller_stays_when_the_share_grows(name: str, one: int, other: int) -> None:
    """And is on the same side each time; nobody is there at 0, everybody at 100."""
    less, more = sorted((one, other))
    assert goes_to(canary(less), user(name)) <= goes_to(canary(more), user(name))
    assert goes_to(canary(one), user(name)) == goes_to(canary(one), user(name))
    assert not goes_to(canary(0), user(name)) and goes_to(canary(100), user(name))


def test_the_share_is_what_was_asked_for() -> None:
    """Of many callers; and another canary gets others."""
    chosen = {n for n in range(10_000) if goes_to(canary(10), user(f"user{n}"))}
    assert 900 < len(chosen) < 1100
    others = {n for n in range(10_000) if goes_to(canary(10, "01K"), user(f"user{n}"))}
    assert len(chosen & others) < 200


def test_of_anonymous_callers_the_device_counts() -> None:
    """Else the session, else the address: the key that all of them share says nothing."""
    nobody = Caller("anonymous", "")
    for name in ("oracle_mobile_device_id", "oracle_mobile_diagnostic_session_id"):
        sides = {goes_to(canary(50), call(nobody, **{name: f"device{n}"})) for n in range(50)}
        assert sides == {True, False}
    both = [call(nobody, oracle_mobile_device_id="d", oracle_mobile_diagnostic_session_id=f"s{n}") for n in range(50)]
    assert len({goes_to(canary(50), each) for each in both}) == 1
    assert len({goes_to(canary(50), call(nobody)) for _ in range(10)}) == 1
