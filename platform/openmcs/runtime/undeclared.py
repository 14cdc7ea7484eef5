"""
In development: a destination that is not declared is let through, and the line to add is said.

The worker then may open TCP connections everywhere and look names up (over TCP, as the walls let no datagram
out), and its self-test shows it. Python tells every connection that is begun, whichever library begins it.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from typing import Any

from openmcs.runtime.protocol import Start


def watch(start: Start, warn: Callable[[str], Any]) -> None:
    """Say each undeclared destination once, from the call that first connects to it."""
    Watch(start, warn).begin()


class Watch:
    """What is declared, what names were found to be, and what was said already."""

    def __init__(self, start: Start, warn: Callable[[str], Any]) -> None:
        self._warn = warn
        self._lines = [_shown(host, port) for host, port in start.network]
        self._declared = {(host, port) for host, port in start.network}
        self._names: dict[str, str] = {}
        self._said: set[tuple[str, int]] = set()
        self._saying = False

    def begin(self) -> None:
        """From here on, for good."""
        # Read by libc at the first look-up.
        os.environ["RES_OPTIONS"] = "use-vc timeout:2"
        original = socket.getaddrinfo

        def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
            found = original(host, *arguments, **options)
            name = host.decode() if isinstance(host, bytes) else host
            for each in found:
                if name:
                    self._names[str(each[4][0])] = name
            return found

        socket.getaddrinfo = getaddrinfo
        sys.addaudithook(self._heard)

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != "socket.connect" or self._saying:
            return
        address = arguments[1]
        if isinstance(address, tuple) and len(address) >= 2 and isinstance(address[1], int):
            self._connecting(str(address[0]), address[1])

    def _connecting(self, address: str, port: int) -> None:
        host = self._names.get(address, address)
        if not {(host, port), (address, port)}.isdisjoint(self._declared | self._said):
            return
        self._said.add((host, port))
        self._lines.append(_shown(host, port))
        line = f"network = [{', '.join(self._lines)}]"
        self._saying = True
        try:
            self._warn(
                f"{host}:{port} is not declared: development lets it through, production will refuse it. "
                f"The line for pyproject.toml, under [tool.openmcs]: {line}"
            )
        finally:
            self._saying = False


def _shown(host: str, port: int) -> str:
    return f'"{f"[{host}]" if ":" in host else host}:{port}"'
