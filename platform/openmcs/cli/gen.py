"""`openmcs gen client`: code for apps, made from an API's contract."""

from __future__ import annotations

from pathlib import Path

import click


@click.group("gen")
def command() -> None:
    """Code for apps: a typed client."""


@command.command("client")
@click.option("--api", help="Name of the API; of a RAML file, its name by default.")
@click.option("--version", "version", help="Version of the API; the newest by default.")
@click.option(
    "--raml",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Take the contract from a RAML file instead of a running platform.",
)
@click.option(
    "-o", "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The TypeScript file to write."
)
def client(api: str | None, version: str | None, file: Path | None, out: Path) -> None:
    """
    Write a client in TypeScript: one typed function for each method of the API.

    It is used with the JavaScript SDK, `@openmcs/sdk`.
    """
    from openmcs.errors import DefinitionInvalid
    from openmcs.raml.compiler import compile
    from openmcs.raml.typed_client import class_name, typed_client

    if file is None and not api:
        raise click.UsageError("say which API: --api synapse, or --raml synapse.raml")
    name, bundle, root = _from_file(file, api) if file is not None else _from_platform(str(api), version)
    compiled = compile(bundle, root)
    if compiled.contract is None or not compiled.valid:
        raise DefinitionInvalid(f"{root} is not valid, so nothing was written.", findings=compiled.findings)
    text = typed_client(compiled.contract, name)
    if out.exists() and out.read_text("utf-8") == text:
        click.echo(f"{out} is up to date.", err=True)
        return
    out.write_text(text, "utf-8")
    click.echo(f"{out}: import {{ {class_name(name)} }} from it.", err=True)


def _from_file(file: Path, api: str | None) -> tuple[str, dict[str, bytes], str]:
    from openmcs.raml.bundle import read_bundle

    bundle, root = read_bundle(file)
    return api or file.stem, bundle, root


def _from_platform(api: str, version: str | None) -> tuple[str, dict[str, bytes], str]:
    from openmcs.cli.client import connect, find_api

    tools = connect()
    found = tools.get(f"/apis/{find_api(tools, api, version)['id']}")
    return found["name"], {path: text.encode() for path, text in found["files"].items()}, found["root"]
