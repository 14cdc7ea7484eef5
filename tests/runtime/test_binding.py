"""What is bound to an API, as a worker is told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from openmcs.exchange import Caller, CallRules
from openmcs.runtime.binding import Binding, Limits
from openmcs.runtime.protocol import Start
from openmcs.testing import make_call

CALL = make_call("shop", "GET", "/x", "", {}, b"", Caller("user", "joe"), "synapse", 5.0, CallRules())


def binding(**fields: Any) -> Binding:
    values = {
        "key": "k",
        "implementation": "shop(1.0)",
        "api": "shop",
        "api_version": "1.0",
        "directory": "/code",
        "main": "shop.py",
    }
    return Binding(**{**values, **fields})


def start(made: Binding, **limits: Any) -> Start:
    return asyncio.run(made.start_frame(Limits(**limits), "/canary"))


def test_a_worker_is_told_what_it_is_and_what_it_may_read() -> None:
    """Its own code and packages, and the interpreter; nothing of the platform's data."""
    made = binding(packages=("/packages",), apis={"a": "1"}, connectors={"b": "2"}, configuration={"": {"k": "v"}})
    told = start(made, memory=7, threads=3, level=500, isolation="strict")
    assert (told.implementation, told.api, told.main, told.packages) == ("shop(1.0)", "shop", "shop.py", ["/packages"])
    assert {"/code", "/packages"} <= set(told.read) and "/" not in told.read
    assert (told.memory, told.threads, told.level, told.canary) == (7, 3, 500, "/canary")
    assert (told.apis, told.connectors, told.configuration) == ({"a": "1"}, {"b": "2"}, {"": {"k": "v"}})


def test_declared_hosts_are_resolved_by_the_platform() -> None:
    """The worker asks no name server; what has no address now has none, and its first use will say so."""
    told = start(binding(network=("localhost:80", "[::1]:443", "nobody.invalid:1")))
    assert told.network == [("localhost", 80), ("::1", 443), ("nobody.invalid", 1)]
    assert "127.0.0.1" in told.addresses["localhost"]
    assert (told.addresses["::1"], told.addresses["nobody.invalid"]) == (["::1"], [])


@pytest.mark.parametrize("text", ["sk-secret", "a sk-secret b sk-secret", "other\nsk-secret"])
def test_no_line_shows_a_secret(text: str) -> None:
    """Wherever in it."""
    made = binding(secrets=frozenset({"sk-secret"}), configuration={"": {"key": "sk-secret"}})
    assert made.message("info", text, None).text == text.replace("sk-secret", "***")
    assert "sk-secret" not in repr(made)


def test_a_line_belongs_to_the_call_that_made_it() -> None:
    """With backend and user; one of no call has neither."""
    made = binding().message("info", "hello", CALL, file="shop.py", line=3)
    assert (made.ecid, made.backend, made.user, made.api, made.file, made.line) == (
        CALL.arrival.ecid, "synapse", "joe", "shop", "shop.py", 3,
    )  # fmt: skip
    assert made.implementation == "shop(1.0)" and made.time > 0
    alone = binding().message("info", "hello", None, time=7.0)
    assert (alone.ecid, alone.user, alone.time) == (None, None, 7.0)
