"""What `serve` and `dev` share: the platform in this terminal, and the way into it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import click
import httpx

from openmcs import logs
from openmcs.auth import team
from openmcs.cli.client import CREDENTIALS, Tools
from openmcs.errors import PlatformError
from openmcs.host import Host, write_private
from openmcs.settings import Settings

READY_SECONDS = 60.0


class Running:
    """A platform that was started here: its address, its team token and its sign-in link."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.url = settings.base_url
        self.host = Host(settings)
        self.token = ""
        self._tools: Tools | None = None
        self.credentials = settings.data_directory / CREDENTIALS

    def start(self, *, leave_credentials: bool) -> None:
        """
        Start, and wait until it answers.

        *leave_credentials* writes the file by which the CLI finds its way in on this machine.
        """
        logs.set_up(self.settings.log.format)
        self.host.prepare()
        assert self.host.database is not None
        if leave_credentials:
            self.token = team.local_token(self.host.database)
            write_private(self.credentials, json.dumps({"url": self.local_url, "token": self.token}))
        self.host.handle_signals()
        self.host.start()

    @property
    def local_url(self) -> str:
        """The address on this machine, whatever proxy stands before it."""
        host = self.settings.server.host
        local = "127.0.0.1" if host in ("0.0.0.0", "", "::") else host  # noqa: S104
        return f"http://{f'[{local}]' if ':' in local else local}:{self.settings.server.port}"

    def tools(self) -> Tools:
        """The tools API, with the token of this run."""
        if self._tools is None:
            self._tools = Tools(self.local_url, self.token)
        return self._tools

    def sign_in_link(self) -> str:
        """A link that signs in to the console, once."""
        assert self.host.database is not None
        return f"{self.url}/console/sign-in#link={team.one_time_link(self.host.database)}"

    def needs_first_member(self) -> bool:
        """True while nobody could sign in with a password."""
        assert self.host.database is not None
        return not team.has_members_with_password(self.host.database)

    def wait_until_ready(self) -> bool:
        """Ask `/readyz` until all parts are; False when that takes too long or the platform stops."""
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and not self.host.stopping:
            try:
                if httpx.get(f"{self.local_url}/readyz", timeout=2, trust_env=False).status_code == 200:
                    return True
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        return False

    def run(self, after_start: Callable[[], None] | None = None) -> int:
        """Stay in the foreground until a signal. Returns the exit code."""
        try:
            if after_start is not None:
                after_start()
            return self.host.wait()
        finally:
            self.credentials.unlink(missing_ok=True)
            if self._tools is not None:
                self._tools.close()


def refuse_start(error: PlatformError) -> None:
    """Say why the platform does not start."""
    click.echo(f"{click.style('The platform does not start:', fg='red', bold=True)} {error.detail}", err=True)


def folder_option(function: Callable[..., object]) -> Callable[..., object]:
    """The options that say where the platform lives."""
    for option in (
        click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Data folder (OPENMCS_DATA)."),
        click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on."),
        click.option("--host", help="Address to listen on."),
    ):
        function = option(function)
    return function


def overrides(data: Path | None, port: int | None, host: str | None) -> dict[str, object]:
    """What the command line was told, by setting."""
    given = {"data": str(data) if data else None, "server.port": port, "server.host": host}
    return {name: value for name, value in given.items() if value is not None}
