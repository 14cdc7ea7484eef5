"""
The command line: one file a verb family, imported when the verb is used.

Exit codes: 0 done, 1 failed, 2 usage or settings, 3 not signed in, 4 not found, 5 problems were found, 130 Ctrl+C.
Data goes to stdout, talk to stderr.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

from openmcs import __version__

_COMMANDS = {
    "init": ("project", "Start a project folder."),
    "dev": ("dev", "Run the platform on a project folder and apply each save."),
    "serve": ("serve", "Run the platform."),
    "deploy": ("deploy", "Upload an API folder to a running platform."),
    "api": ("api", "APIs: list, create, validate, show, export, diff, mock, scaffold."),
    "backend": ("backend", "Mobile backends: list, create, show."),
    "user": ("user", "Users: add, list."),
    "implementation": ("implementation", "Implementations: list, upload, log, activate, rollback, status …"),
    "publish": ("publish", "Publish an API, a backend or a connector: it never changes again."),
    "env": ("env", "Configuration and secrets of implementations."),
    "connector": ("connector", "Connectors: list, credentials, test."),
    "gen": ("gen", "Code for apps: a typed client."),
    "call": ("call", "Call an API as an app would."),
    "logs": ("logs", "The request log and log messages."),
    "config": ("config", "Settings: show, validate."),
    "db": ("db", "The database: upgrade."),
    "doctor": ("doctor", "Check this machine and a running platform."),
}


_SHORT = {"impl": "implementation"}


class LazyGroup(click.Group):
    """Knows its commands' names and one-line helps without importing them: `--help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb family that has the command."""
        cmd_name = _SHORT.get(cmd_name, cmd_name)
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"openmcs.cli.{_COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, "command", None) or getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Name and one line each."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest what was meant."""
        import difflib

        if args and args[0] not in {*_COMMANDS, *_SHORT} and not args[0].startswith("-"):
            close = difflib.get_close_matches(args[0], _COMMANDS, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            ctx.fail(f"There is no command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="openmcs")
def openmcs() -> None:
    """
    OpenMCS: a self-hosted mobile backend platform, wire-compatible with Oracle Mobile Cloud Service.

    \b
      openmcs init shop            start a project folder
      openmcs dev shop             run it, and apply each save
      openmcs call shop GET shop/items
    """


def main() -> None:
    """Run a command; what goes wrong becomes one message on stderr and an exit code."""
    from openmcs.errors import PlatformError

    try:
        result: Any = openmcs.main(prog_name="openmcs", standalone_mode=False)
        sys.exit(result if isinstance(result, int) else 0)
    except click.exceptions.Exit as exit_:
        sys.exit(exit_.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except PlatformError as error:
        from openmcs.cli.output import show_error

        sys.exit(show_error(error))
    except BrokenPipeError:
        # Whoever read the output has seen enough, such as `head`; nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        click.echo(f"Error: {place}{error.strerror or error}", err=True)
        sys.exit(1)
