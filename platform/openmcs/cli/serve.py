"""`openmcs serve`: the platform, as it runs in production."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from openmcs.cli.running import Running, folder_option, overrides, refuse_start
from openmcs.errors import PlatformError
from openmcs.settings import load


@click.command("serve")
@click.argument("folder", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))
@folder_option
def command(folder: Path, data: Path | None, port: int | None, host: str | None) -> None:
    """
    Run the platform with the settings of FOLDER; what it serves is uploaded with `deploy` or the console.

    Until a team member has a password, a one-time sign-in link is printed.
    """
    loaded = load(folder, overrides=overrides(data, port, host))
    running = Running(loaded.settings)
    try:
        running.start(leave_credentials=True)
    except PlatformError as error:
        refuse_start(error)
        sys.exit(2)

    def say() -> None:
        running.wait_until_ready()
        click.echo(f"Console: {running.url}/console/", err=True)
        if running.needs_first_member():
            click.echo(f"Sign in once with: {running.sign_in_link()}", err=True)

    sys.exit(running.run(say))
