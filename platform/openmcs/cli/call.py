"""`openmcs call`: an API, as an app would call it."""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path

import click

_EXIT_FAILED = 1


@click.command("call")
@click.argument("backend")
@click.argument("method")
@click.argument("path")
@click.option("--as", "user", help="A mobile user; the password is OPENMCS_PASSWORD or asked for. Else: anonymous.")
@click.option("--version", "version", help="The backend's version; the newest by default.")
@click.option("-d", "--data", help="Request body; @file reads one.")
@click.option("-H", "--header", "headers", multiple=True, help='Such as "Accept: text/plain"; may be repeated.')
@click.option("-i", "--include", is_flag=True, help="Print status and headers too.")
def command(
    backend: str,
    method: str,
    path: str,
    user: str | None,
    version: str | None,
    data: str | None,
    headers: tuple[str, ...],
    include: bool,
) -> None:
    """
    Call PATH through BACKEND and print the answer.

    PATH is below /mobile/custom, such as synapse/event/info/all, or begins with /mobile/.
    Exit code 1 for a status of 400 and more.
    """
    from openmcs.cli.client import connect, find_backend

    tools = connect()
    found = find_backend(tools, backend, version)
    fields = {"Oracle-Mobile-Backend-ID": found["backendId"], "Authorization": f"Basic {found['anonymousKey']}"}
    if user is not None:
        password = os.environ.get("OPENMCS_PASSWORD") or click.prompt(f"Password of {user}", hide_input=True, err=True)
        fields["Authorization"] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    body = _body(data)
    if body is not None:
        fields["Content-Type"] = "application/json"
    for header in headers:
        name, colon, value = header.partition(":")
        if not colon:
            raise click.UsageError(f"--header {header!r} has no colon")
        fields[name.strip()] = value.strip()
    whole = path if path.startswith("/mobile/") else f"/mobile/custom/{path.lstrip('/')}"
    response = tools.raw(method.upper(), whole, headers=fields, content=body)
    if include:
        click.echo(f"HTTP {response.status_code}", err=True)
        for name, value in response.headers.items():
            click.echo(f"{name}: {value}", err=True)
    click.echo(response.text if _is_text(response.headers.get("content-type", "")) else response.content)
    if response.status_code >= 400:
        sys.exit(_EXIT_FAILED)


def _body(data: str | None) -> bytes | None:
    if data is None:
        return None
    if not data.startswith("@"):
        return data.encode()
    try:
        return Path(data[1:]).read_bytes()
    except OSError as error:
        raise click.UsageError(f"--data {data}: {error.strerror}") from None


def _is_text(content_type: str) -> bool:
    return not content_type or any(part in content_type for part in ("json", "text", "xml"))
