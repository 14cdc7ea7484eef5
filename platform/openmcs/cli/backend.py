"""`openmcs backend list|create|show`."""

from __future__ import annotations

from typing import Any

import click

from openmcs.cli.output import json_option, print_json, print_table


@click.group("backend")
def command() -> None:
    """Mobile backends: list, create, show."""


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """The mobile backends of a running platform."""
    from openmcs.cli.client import connect

    backends = connect().all("/mobilebackends")
    if as_json:
        print_json(backends)
        return
    print_table(
        ("Backend", "Version", "APIs", "Basic", "Anonymous", "Description"),
        (
            (
                b["name"],
                b["version"],
                ", ".join(f"{a['name']} {a['version']}" for a in b["apis"]),
                "on" if b["basicAuth"] else "off",
                "on" if b["anonymousAuth"] else "off",
                b["description"],
            )
            for b in backends
        ),
        empty="There is no mobile backend yet. Create one: openmcs backend create <name>",
    )


@command.command("create")
@click.argument("name")
@click.option("--version", "version", default="1.0", show_default=True)
@click.option("--description", default="")
@click.option("--api", "apis", multiple=True, help='An API to associate, such as "synapse 1.0"; may be repeated.')
@click.option("--origin", "origins", multiple=True, help="An origin that may call from a browser; may be repeated.")
@json_option
def create(
    name: str, version: str, description: str, apis: tuple[str, ...], origins: tuple[str, ...], as_json: bool
) -> None:
    """Create a mobile backend."""
    from openmcs.cli.client import connect, find_api

    tools = connect()
    found = [find_api(tools, *each.split(" ", 1)) for each in apis]
    body = {"name": name, "version": version, "description": description, "corsOrigins": list(origins)}
    backend = tools.post("/mobilebackends", body)
    for api in found:
        backend = tools.put(f"/mobilebackends/{backend['id']}/apis/{api['id']}")
    if as_json:
        print_json(backend)
    else:
        _show(backend)


@command.command("show")
@click.argument("name")
@click.option("--version", "version", help="The newest by default.")
@json_option
def show(name: str, version: str | None, as_json: bool) -> None:
    """A backend with the keys that its apps need."""
    from openmcs.cli.client import connect, find_backend

    backend = find_backend(connect(), name, version)
    if as_json:
        print_json(backend)
    else:
        _show(backend)


def _show(backend: dict[str, Any]) -> None:
    rows = [
        ("Name", f"{backend['name']} {backend['version']}"),
        ("Description", backend["description"]),
        ("Base URL", backend["baseUrl"]),
        ("Backend id", backend["backendId"]),
        ("Anonymous key", backend["anonymousKey"]),
        ("APIs", ", ".join(f"{each['name']} {each['version']}" for each in backend["apis"])),
        ("CORS origins", ", ".join(backend["corsOrigins"])),
        ("Application keys", ", ".join(f"{each['name']}: {each['applicationKey']}" for each in backend["clients"])),
    ]
    # Plain lines, unfolded: keys are there to be copied.
    width = max(len(label) for label, _ in rows)
    for label, value in rows:
        click.echo(f"{click.style(label.ljust(width), bold=True)}  {value}")
