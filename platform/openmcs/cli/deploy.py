"""`openmcs deploy`: an API folder, or a whole project, to a running platform."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from openmcs.cli.output import json_option, print_findings, print_json, say_build
from openmcs.errors import DefinitionInvalid


@click.command("deploy")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--implementation", help="Folder of another implementation than api.toml's default.")
@json_option
def command(folder: Path, implementation: str | None, as_json: bool) -> None:
    """
    Upload RAML, metadata and implementation of an API folder such as custom_code/<api>.

    A project folder uploads its connectors, all its APIs, and then its backends without their development users.
    """
    from openmcs.cli.client import connect
    from openmcs.cli.upload import upload_api, upload_backend, upload_connector

    tools = connect()
    if (folder / "api.toml").is_file():
        result: Any = upload_api(tools, folder, implementation=implementation, say=say_build)
    else:
        files = sorted((folder / "custom_code").glob("*/api.toml"))
        backends = sorted((folder / "backends").glob("*.toml"))
        connectors = sorted((folder / "connectors").glob("*.toml"))
        if not files and not backends and not connectors:
            raise DefinitionInvalid(
                f"{folder} has neither api.toml nor custom_code/*/api.toml nor backends/*.toml nor connectors/*.toml."
            )
        result = {
            "connectors": [upload_connector(tools, file) for file in connectors],
            "apis": [upload_api(tools, file.parent, say=say_build) for file in files],
            "backends": [upload_backend(tools, file, with_users=False) for file in backends],
        }
    if as_json:
        print_json(result)
        return
    for each in result.get("apis", [result]):
        _say(each)


def _say(result: dict[str, Any]) -> None:
    print_findings(result["warnings"])
    if result["implementationId"] is None:
        click.echo(f"{result['api']} {result['apiVersion']}: the mock answers", err=True)
        return
    reach = ", ".join(result["network"]) or "nothing"
    click.echo(
        f"{result['api']} {result['apiVersion']}: {result['implementation']} answers now; it may reach {reach}",
        err=True,
    )
