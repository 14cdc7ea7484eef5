"""`openmcs env list|set|unset`: configuration and secrets of implementations."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from openmcs.cli.output import json_option, print_json, print_table


def _owner_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--version", "version", help="Version of the API or backend; the newest by default."),
        click.option("--backend", help="A mobile backend, whose values win."),
        click.option("--api", help="An API."),
    ):
        function = option(function)
    return function


@click.group("env")
def command() -> None:
    """Configuration and secrets of implementations: list, set, unset."""


@command.command("list")
@_owner_options
@json_option
def list_(api: str | None, backend: str | None, version: str | None, as_json: bool) -> None:
    """What is set for an API or a backend; the values of secrets are never shown."""
    from openmcs.cli.client import connect

    tools = connect()
    rows = tools.all(_path(tools, api, backend, version))
    if as_json:
        print_json(rows)
        return
    print_table(
        ("Name", "Value", "Changed", "By"),
        ((r["name"], "(secret)" if r["secret"] else r["value"], r["modifiedAt"], r["modifiedBy"]) for r in rows),
        empty="Nothing is set. Set something: openmcs env set <name> <value> --api <api>",
    )


@command.command("set")
@click.argument("name")
@click.argument("value", required=False)
@click.option("--secret", is_flag=True, help="Encrypt it, and never show it again.")
@_owner_options
@json_option
def set_(
    name: str,
    value: str | None,
    secret: bool,
    api: str | None,
    backend: str | None,
    version: str | None,
    as_json: bool,
) -> None:
    """Set NAME to VALUE; without VALUE it is asked for, or read from a pipe, and so stays out of the shell's history."""
    from openmcs.cli.client import connect, quoted

    if value is None:
        value = read_secret(name)
    tools = connect()
    row = tools.put(f"{_path(tools, api, backend, version)}/{quoted(name)}", {"value": value, "secret": secret})
    if as_json:
        print_json(row)
    else:
        click.echo(f"{name} is set{', encrypted' if secret else ''}.", err=True)


@command.command("unset")
@click.argument("name")
@_owner_options
def unset(name: str, api: str | None, backend: str | None, version: str | None) -> None:
    """Take NAME away."""
    from openmcs.cli.client import connect, quoted

    tools = connect()
    tools.request("DELETE", f"{_path(tools, api, backend, version)}/{quoted(name)}")
    click.echo(f"{name} is no longer set.", err=True)


def read_secret(what: str) -> str:
    """A value from a pipe, or typed without being shown."""
    if sys.stdin.isatty():
        typed: str = click.prompt(what, hide_input=True)
        return typed
    return sys.stdin.read().rstrip("\n")


def _path(tools: Any, api: str | None, backend: str | None, version: str | None) -> str:
    from openmcs.cli.client import find_api, find_backend

    if (api is None) == (backend is None):
        raise click.UsageError("Say whose configuration: --api <name> or --backend <name>.")
    if api is not None:
        return f"/apis/{find_api(tools, api, version)['id']}/configuration"
    return f"/mobilebackends/{find_backend(tools, str(backend), version)['id']}/configuration"
