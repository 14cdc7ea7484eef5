"""`openmcs config show|validate`."""

from __future__ import annotations

from pathlib import Path

import click

from openmcs.cli.output import json_option, print_json, print_table
from openmcs.settings import SECTIONS, load, section_type

_folder = click.argument("folder", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))


@click.group("config")
def command() -> None:
    """Settings: show, validate."""


@command.command("show")
@_folder
@click.option("--origin", is_flag=True, help="Where each value comes from.")
@json_option
def show(folder: Path, origin: bool, as_json: bool) -> None:
    """The settings that a platform in FOLDER would have."""
    loaded = load(folder)
    rows = [("data", str(loaded.settings.data_directory))]
    for section in SECTIONS:
        kind = section_type(section)
        assert kind is not None
        values = getattr(loaded.settings, section)
        rows += [(f"{section}.{key}", _shown(section, key, getattr(values, key))) for key in kind.__struct_fields__]
    if as_json:
        print_json(
            {name: {"value": value, "origin": loaded.origins.get(name, "default")} for name, value in rows}
            if origin
            else dict(rows)
        )
        return
    columns = ("Setting", "Value", "From") if origin else ("Setting", "Value")
    print_table(
        columns,
        ((name, value, loaded.origins.get(name, "default")) if origin else (name, value) for name, value in rows),
        empty="",
    )


def _shown(section: str, key: str, value: object) -> str:
    if (section, key) == ("store", "url") and "@" in str(value):
        # A password that came from the environment stays there.
        scheme, _, rest = str(value).partition("://")
        return f"{scheme}://***@{rest.rpartition('@')[2]}"
    if isinstance(value, tuple):
        return ", ".join(str(each) for each in value)
    if isinstance(value, list):
        return ", ".join(str(getattr(each, "name", each)) for each in value)
    return str(value)


@command.command("validate")
@_folder
def validate(folder: Path) -> None:
    """Check platform.toml and the environment; exit code 2 when something is wrong."""
    loaded = load(folder)
    click.echo(f"{loaded.file or 'no platform.toml; the defaults'}: valid", err=True)
