"""`openmcs api show|export|diff|mock`: what can be done with a RAML file alone, without a running platform."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from openmcs.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from openmcs.raml.contract import Contract

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FORMATS = ("raml08", "raml10", "openapi", "jsonschema", "typescript", "html")


def contract_of(file: Path) -> Contract:
    """The contract of a RAML file. Raises `DefinitionInvalid` with its findings."""
    from openmcs.errors import DefinitionInvalid
    from openmcs.raml.bundle import read_bundle
    from openmcs.raml.compiler import compile

    compiled = compile(*read_bundle(file))
    if compiled.contract is None or not compiled.valid:
        raise DefinitionInvalid(f"{file} is not valid.", findings=compiled.findings)
    return compiled.contract


@click.command("show")
@click.argument("file", type=FILE)
@json_option
def show(file: Path, as_json: bool) -> None:
    """What a RAML FILE says: resources, methods, parameters and answers."""
    contract = contract_of(file)
    if as_json:
        from openmcs.raml.model import model

        print_json(model(contract))
        return
    click.echo(f"{contract.title} {contract.version} · RAML {contract.raml_version}", err=True)
    print_table(
        ("Method", "Resource", "Query", "Body", "Answers"),
        (
            (
                method.verb,
                resource.path,
                ", ".join(each.name + ("" if each.required else "?") for each in method.query_parameters),
                ", ".join(each.type or each.media_type for each in method.bodies),
                ", ".join(str(each.status) for each in method.responses),
            )
            for resource in contract.resources
            for method in resource.methods
        ),
        empty="It has no methods.",
    )


@click.command("export")
@click.argument("file", type=FILE)
@click.option("--format", "-f", "format_", type=click.Choice(FORMATS), default="openapi", show_default=True)
@click.option("--type", "type_", help="One type only; for jsonschema.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file; stdout by default.")
def export(file: Path, format_: str, type_: str | None, output: Path | None) -> None:
    """A RAML FILE as RAML of either version, OpenAPI 3.1, JSON Schema, TypeScript or a page of HTML."""
    import json

    from openmcs.raml.export import FORMATS as forms
    from openmcs.raml.export import json_schema, names

    contract = contract_of(file)
    if type_ is not None and type_ not in names(contract):
        raise click.ClickException(f"{file} declares no type {type_}; it has {', '.join(names(contract)) or 'none'}")
    if type_ is not None:
        text = json.dumps(json_schema(contract, type_), ensure_ascii=False, indent=2) + "\n"
    else:
        text = forms[format_].write(contract)
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, "utf-8")
        click.echo(f"{output} is written.", err=True)


@click.command("diff")
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@json_option
def diff(old: Path, new: Path, as_json: bool) -> None:
    """What differs between two RAML files; exit code 5 when apps that use the OLD one would break with the NEW one."""
    from openmcs.raml.diff import differences

    found = differences(contract_of(old), contract_of(new))
    if as_json:
        print_json([each._asdict() for each in found])
    else:
        print_table(
            ("", "Where", "What"),
            (("breaking" if each.breaking else "", each.where, each.message) for each in found),
            empty="They are the same to a caller.",
        )
    sys.exit(5 if any(each.breaking for each in found) else 0)


@click.command("mock")
@click.argument("file", type=FILE)
@click.option("--port", default=4010, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--stateful", is_flag=True, help="What is posted is what is fetched.")
@click.option(
    "--validate", "mode", type=click.Choice(["off", "report", "enforce"]), default="report", show_default=True
)
def mock(file: Path, port: int, host: str, stateful: bool, mode: str) -> None:
    """Answer the examples of a RAML FILE on a port, without a platform or a project."""
    import uvicorn

    from openmcs.cli.mock_server import MockServer

    contract = contract_of(file)
    server = MockServer(contract, stateful=stateful, mode=mode, say=lambda line: click.echo(line, err=True))
    click.echo(f"{contract.title} on http://{host}:{port}{server.base}", err=True)
    uvicorn.run(server, host=host, port=port, log_level="warning")
