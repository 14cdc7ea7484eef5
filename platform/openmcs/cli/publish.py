"""`openmcs publish`: an API, a backend or a connector, which never changes from then on."""

from __future__ import annotations

from typing import Any

import click

from openmcs.cli.output import json_option, print_json
from openmcs.errors import ResourceNotFound

_PATHS = {"api": "/apis", "backend": "/mobilebackends", "connector": "/connectors"}


@click.command("publish")
@click.argument("kind", type=click.Choice(list(_PATHS)))
@click.argument("name")
@click.option("--version", "version", help="The newest by default.")
@click.option("--dependencies", is_flag=True, help="Publish the drafts that it depends on, too.")
@json_option
def command(kind: str, name: str, version: str | None, dependencies: bool, as_json: bool) -> None:
    """
    Publish an asset: from then on it never changes, and a change needs a new version.

    An API depends on what answers for it, an implementation on what it calls, a backend on its APIs.
    """
    from openmcs.cli.client import connect

    tools = connect()
    path = _PATHS[kind]
    fitting = [each for each in tools.all(path) if each["name"] == name and version in (None, each["version"])]
    if not fitting:
        raise ResourceNotFound(f"There is no {kind} {name!r}{f' {version}' if version else ''}.")
    found = max(fitting, key=lambda each: each["createdAt"])
    wanted = f"{path}/{found['id']}/published{'?dependencies=true' if dependencies else ''}"
    answer: dict[str, Any] = tools.put(wanted)
    if as_json:
        print_json(answer)
        return
    for each in answer["items"]:
        click.echo(f"{each['kind']} {each['name']} is published.", err=True)
    if not answer["items"]:
        click.echo(f"{kind} {name} {found['version']} was published before.", err=True)
