"""Which addresses the platform reaches on behalf of custom code: a corpus, and the way round it that is shut."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import Any

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.connectors import guard
from openmcs.connectors.guard import GuardedBackend, addresses_of, refusal
from openmcs.errors import ConnectorFailed, DestinationRefused

REFUSED = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.9.9",
    "192.168.1.1", "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1",
    "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "192.88.99.1", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::",
    "2002:c0a8:0101::1", "2001:0:7f00:1::", "2001:db8::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0",
    "fec0::1", "ff02::1", "100::1",
]  # fmt: skip
ALLOWED = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "192.0.1.1", "2606:4700::1111", "2a00:1450:4001::1"]


@pytest.mark.parametrize("address", REFUSED)
def test_addresses_that_lead_inside_are_refused_with_their_kind(address: str) -> None:
    assert refusal(address)


@pytest.mark.parametrize("address", ALLOWED)
def test_addresses_of_the_internet_pass(address: str) -> None:
    assert refusal(address) is None


@pytest.mark.parametrize("address", REFUSED)
def test_a_connector_may_make_an_exception_of_exactly_what_it_lists(address: str) -> None:
    bare = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(bare, ipaddress.IPv6Address) and bare.ipv4_mapped:
        bare = bare.ipv4_mapped
    assert refusal(address, [ipaddress.ip_network(bare)]) is None
    assert refusal(address, [ipaddress.ip_network("9.9.9.9/32"), ipaddress.ip_network("2a00::/126")])


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_alike_in_both_versions(address: Any) -> None:
    assert bool(refusal(str(address))) == bool(refusal(f"::ffff:{address}"))


@given(st.text(max_size=40))
def test_what_is_no_address_is_refused(text: str) -> None:
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        assert refusal(text) == "no address"


def resolving(answers: list[str]) -> Any:
    """A name server that gives *answers*, another list each time it is asked."""
    lists = [each.split() for each in answers]

    async def getaddrinfo(host: str, port: int, **options: Any) -> Any:
        found = lists.pop(0) if len(lists) > 1 else lists[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    return getaddrinfo


def addresses(monkeypatch: pytest.MonkeyPatch, answers: list[str], allow: tuple[str, ...] = ()) -> list[str]:
    async def ask() -> list[str]:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolving(answers), raising=False)
        return await addresses_of("name", 80, [ipaddress.ip_network(each) for each in allow])

    return asyncio.run(ask())


def test_only_addresses_that_pass_are_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    assert addresses(monkeypatch, ["127.0.0.1 8.8.8.8 10.0.0.1"]) == ["8.8.8.8"]


def test_a_name_whose_addresses_all_lead_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DestinationRefused, match="link-local"):
        addresses(monkeypatch, ["169.254.169.254"])


def test_a_name_without_addresses_is_not_found() -> None:
    with pytest.raises(ConnectorFailed, match="cannot be found"):
        asyncio.run(addresses_of("no-such-host.invalid", 80, []))


@pytest.mark.parametrize("spelling", ["127.1", "0x7f.1", "2130706433", "017700000001", "localhost", "0", "[::1]"])
def test_other_spellings_of_loopback_are_loopback(spelling: str) -> None:
    with pytest.raises((DestinationRefused, ConnectorFailed)):
        asyncio.run(GuardedBackend([]).connect_tcp(spelling, 80, 2.0))


def test_the_connection_goes_to_the_address_that_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name server changes its answer: the second answer is never asked for."""
    connected: list[str] = []

    class Inner:
        async def connect_tcp(self, host: str, *rest: Any) -> str:
            connected.append(host)
            return "stream"

    async def connect() -> None:
        monkeypatch.setattr(
            asyncio.get_running_loop(), "getaddrinfo", resolving(["8.8.8.8", "127.0.0.1"]), raising=False
        )
        backend = GuardedBackend([])
        backend._inner = Inner()  # type: ignore[assignment]
        assert await backend.connect_tcp("name", 80) == "stream"  # type: ignore[comparison-overlap]

    asyncio.run(connect())
    assert connected == ["8.8.8.8"]


def test_the_next_address_is_tried_when_one_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    class Inner:
        async def connect_tcp(self, host: str, *rest: Any) -> str:
            tried.append(host)
            if len(tried) == 1:
                raise httpcore.ConnectError("no")
            return "stream"

    async def connect() -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolving(["8.8.8.8 1.1.1.1"]), raising=False)
        backend = GuardedBackend([])
        backend._inner = Inner()  # type: ignore[assignment]
        await backend.connect_tcp("name", 80)

    asyncio.run(connect())
    assert tried == ["8.8.8.8", "1.1.1.1"]


def test_unix_sockets_are_never_reached() -> None:
    with pytest.raises(DestinationRefused):
        asyncio.run(GuardedBackend([]).connect_unix_socket("/run/x"))


def test_a_name_has_a_bounded_number_of_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    many = " ".join(f"8.8.{n // 250}.{n % 250 + 1}" for n in range(500))
    assert len(addresses(monkeypatch, [many])) == guard.MOST_ADDRESSES
