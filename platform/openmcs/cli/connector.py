"""`openmcs connector list|show|operations|credentials|test|remove`; a project's `connectors/*.toml` make them."""

from __future__ import annotations

from typing import Any

import click

from openmcs.cli.env import read_secret
from openmcs.cli.output import json_option, print_json, print_table
from openmcs.errors import ResourceNotFound


@click.group("connector")
def command() -> None:
    """Connectors: list, show, operations, credentials, test, remove."""


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """The connectors of a running platform."""
    from openmcs.cli.client import connect

    rows = connect().all("/connectors")
    if as_json:
        print_json(rows)
        return
    print_table(
        ("Connector", "Version", "Base URL", "Credentials"),
        ((r["name"], r["version"], r["baseUrl"], (r["credentials"] or {}).get("kind", "none")) for r in rows),
        empty="There is no connector yet. Write connectors/<name>.toml and deploy the project.",
    )


@command.command("show")
@click.argument("name")
@click.option("--version", "version", help="The newest by default.")
def show(name: str, version: str | None) -> None:
    """A connector as JSON, without its secrets."""
    from openmcs.cli.client import connect

    print_json(_find(connect(), name, version))


@command.command("operations")
@click.argument("name")
@click.option("--version", "version", help="The newest by default.")
@json_option
def operations(name: str, version: str | None, as_json: bool) -> None:
    """The operations of a SOAP connector, with what they take and give."""
    from openmcs.cli.client import connect

    rows = _find(connect(), name, version)["operations"]
    if as_json:
        print_json(rows)
        return
    print_table(
        ("Operation", "Takes", "Gives"),
        ((r["name"], r["input"], r["output"]) for r in rows),
        empty=f"{name} has no operations; REST connectors have none.",
    )


@command.command("credentials")
@click.argument("name")
@click.option("--version", "version", help="The newest by default.")
@click.option("--basic", metavar="USER", help="Name and password; the password is asked for, or read from a pipe.")
@click.option("--bearer", is_flag=True, help="A bearer token, asked for or read from a pipe.")
@click.option("--header", metavar="NAME", help="A header field, its value asked for or read from a pipe.")
@click.option("--wsse", metavar="USER", help="SOAP: a WS-Security username token; the password as with --basic.")
@click.option("--digest", is_flag=True, help="With --wsse: send the password's digest.")
@click.option("--none", "none", is_flag=True, help="Take them away.")
def credentials(
    name: str,
    version: str | None,
    basic: str | None,
    bearer: bool,
    header: str | None,
    wsse: str | None,
    digest: bool,
    none: bool,
) -> None:
    """Give a connector its credentials; they are encrypted and never shown again."""
    from openmcs.cli.client import connect

    if sum((basic is not None, bearer, header is not None, wsse is not None, none)) != 1:
        raise click.UsageError("Choose one of --basic USER, --bearer, --header NAME, --wsse USER and --none.")
    tools = connect()
    path = f"/connectors/{_find(tools, name, version)['id']}/credentials"
    if none:
        tools.request("DELETE", path)
    elif basic is not None:
        tools.put(path, {"kind": "basic", "username": basic, "password": read_secret("password")})
    elif wsse is not None:
        token = {"kind": "wsse", "username": wsse, "password": read_secret("password")}
        tools.put(path, {**token, "digest": "true"} if digest else token)
    elif header is not None:
        tools.put(path, {"kind": "header", "name": header, "value": read_secret("value")})
    else:
        tools.put(path, {"kind": "bearer", "token": read_secret("token")})
    click.echo(f"{name} has {'no credentials' if none else 'its credentials'} now.", err=True)


@command.command("test")
@click.argument("name")
@click.argument("path", default="")
@click.option("--version", "version", help="The newest by default.")
@click.option("-X", "--method", default="GET", show_default=True)
@click.option("-d", "--data", default="", help="The body.")
@json_option
def test(name: str, path: str, version: str | None, method: str, data: str, as_json: bool) -> int:
    """
    Call PATH below the connector's base URL and show the answer; exit code 1 when there is none.

    For SOAP, PATH is the name of an operation and DATA its JSON, such as '{"Body": {"ping": null}}'.
    """
    from openmcs.cli.client import connect

    tools = connect()
    found = _find(tools, name, version)
    used = "POST" if found["kind"] == "SOAP" else method.upper()
    answer = tools.post(f"/connectors/{found['id']}/test", {"method": used, "path": path, "body": data})
    if as_json:
        print_json(answer)
    elif answer["error"]:
        click.echo(answer["error"], err=True)
    else:
        click.echo(f"{answer['status']} after {answer['durationMs']:.0f} ms", err=True)
        click.echo(answer["body"])
    return 1 if answer["error"] else 0


@command.command("remove")
@click.argument("name")
@click.option("--version", "version", help="The newest by default.")
def remove(name: str, version: str | None) -> None:
    """Remove a connector."""
    from openmcs.cli.client import connect

    tools = connect()
    tools.request("DELETE", f"/connectors/{_find(tools, name, version)['id']}")
    click.echo(f"{name} is removed.", err=True)


def _find(tools: Any, name: str, version: str | None) -> dict[str, Any]:
    fitting = [each for each in tools.all("/connectors") if each["name"] == name and version in (None, each["version"])]
    if not fitting:
        raise ResourceNotFound(f"There is no connector {name!r}{f' {version}' if version else ''}.")
    found: dict[str, Any] = max(fitting, key=lambda each: each["createdAt"])
    return found
