"""`openmcs api list|create|validate|scaffold`, and those of `cli.definition`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from openmcs.cli import definition
from openmcs.cli.excerpts import print_excerpts
from openmcs.cli.output import json_option, print_json, print_table


@click.group("api")
def command() -> None:
    """APIs: list, create, validate, show, export, diff, mock, scaffold."""


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """The APIs of a running platform."""
    from openmcs.cli.client import connect

    apis = connect().all("/apis")
    if as_json:
        print_json(apis)
        return
    print_table(
        ("API", "Version", "Title", "Answered by", "Path"),
        ((a["name"], a["version"], a["title"], _implementation(a), a["basePath"]) for a in apis),
        empty="There is no API yet. Upload one: openmcs api create <file.raml>",
    )


def _implementation(api: dict[str, Any]) -> str:
    bound = api["implementation"]
    return f"{bound['name']} {bound['version']}" if bound else "mock"


@command.command("create")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", help="API name; from the file's name by default.")
@click.option("--version", "version", default="1.0", show_default=True)
@click.option("--login-required", is_flag=True, help="Refuse the anonymous key.")
@json_option
def create(file: Path, name: str | None, version: str, login_required: bool, as_json: bool) -> None:
    """Create an API from a RAML FILE; the mock answers until an implementation is uploaded."""
    from openmcs.cli.client import connect

    bundle, root = _bundle(file)
    api = connect().post(
        "/apis",
        {
            "name": name or file.stem,
            "version": version,
            "title": name or file.stem,
            "apiDefn": [bundle[root].decode("utf-8", "replace")],
            "files": {path: data.decode("utf-8", "replace") for path, data in bundle.items()},
            "root": root,
            "security": {"loginRequired": login_required, "roles": [], "endpoints": []},
        },
    )
    if as_json:
        print_json(api)
    else:
        click.echo(f"{api['name']} {api['version']} is served by the mock under {api['basePath']}")


@command.command("validate")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def validate(file: Path, as_json: bool) -> None:
    """Check a RAML FILE; exit code 5 when it has errors. Needs no running platform."""
    from openmcs.raml.compiler import compile

    bundle, root = _bundle(file)
    compiled = compile(bundle, root)
    resources = compiled.resources()
    if as_json:
        print_json(
            {
                "valid": compiled.valid,
                "errors": [_row(each) for each in compiled.findings if each.severity == "error"],
                "warnings": [_row(each) for each in compiled.findings if each.severity == "warning"],
                "resources": resources,
            }
        )
    else:
        print_excerpts(compiled.findings, bundle)
        _say_verdict(file, compiled.valid, resources)
    sys.exit(0 if compiled.valid else 5)


def _say_verdict(file: Path, valid: bool, resources: list[dict[str, Any]]) -> None:
    if not valid:
        click.echo(f"{file} is not valid.", err=True)
        return
    print_table(
        ("Resource", "Methods"),
        ((each["path"], ", ".join(each["methods"])) for each in resources),
        empty="It has no resources.",
    )
    click.echo(f"{file} is valid.", err=True)


def _row(finding: Any) -> dict[str, Any]:
    return {
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "code": finding.code,
        "message": finding.message,
    }


@command.command("scaffold")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="A new folder, or a .zip.")
@click.option("--name", help="API name; from the file's name by default.")
@click.option("--version", "version", default="1.0", show_default=True)
@click.option("--language", type=click.Choice(["python", "javascript"]), default="python", show_default=True)
def scaffold(file: Path, output: Path, name: str | None, version: str, language: str) -> None:
    """Write an API folder whose project answers the examples of a RAML FILE, to be filled in."""
    from openmcs.catalog import archive
    from openmcs.errors import DefinitionInvalid
    from openmcs.raml import scaffold as python
    from openmcs.raml import scaffold_js
    from openmcs.raml.compiler import compile

    bundle, root = _bundle(file)
    compiled = compile(bundle, root)
    if compiled.contract is None or not compiled.valid:
        raise DefinitionInvalid(f"{file} is not valid, so nothing was written.", findings=compiled.findings)
    make = python.scaffold if language == "python" else scaffold_js.scaffold
    files = make(compiled.contract, bundle, root, name or file.stem, version)
    if language == "python":
        files["api.toml"] = _api_toml(files, bundle[root], name or file.stem, version)
    if output.suffix == ".zip":
        output.write_bytes(archive.write(files, (name or file.stem).lower()))
    else:
        _write_new(files, output)
    then = f"openmcs deploy {output}" if language == "python" else "take it to MCS, or to the runner that you have"
    click.echo(f"{len(files)} files in {output}; fill in the handlers, then: {then}", err=True)


def _api_toml(files: dict[str, bytes], raml: bytes, name: str, version: str) -> bytes:
    """What `openmcs deploy` needs beside the project: the API's name, and where its RAML is."""
    root = next(path for path, data in files.items() if path.startswith("raml/") and data == raml)
    # A JSON string is a TOML string.
    lines = [f"{key} = {json.dumps(value)}" for key, value in (("name", name), ("version", version), ("raml", root))]
    return "\n".join(["# docs/project.md explains every key.", "", *lines, ""]).encode()


def _write_new(files: dict[str, bytes], folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise click.ClickException(f"{folder} is not empty; name a new folder")
    for path, data in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def _bundle(file: Path) -> tuple[dict[str, bytes], str]:
    """The file, and what stands beside and below it for includes to name."""
    from openmcs.raml.bundle import read_bundle

    return read_bundle(file)


for _verb in (definition.show, definition.export, definition.diff, definition.mock):
    command.add_command(_verb)
