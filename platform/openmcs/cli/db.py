"""`openmcs db upgrade`."""

from __future__ import annotations

from pathlib import Path

import click


@click.group("db")
def command() -> None:
    """The database: upgrade."""


@command.command("upgrade")
@click.argument("folder", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))
def upgrade(folder: Path) -> None:
    """Bring the database of the platform in FOLDER to this version's schema."""
    from openmcs.settings import load
    from openmcs.store import schema
    from openmcs.store.database import Database

    database = Database.open(load(folder).settings.store_url)
    try:
        before = schema.revision(database)
        schema.upgrade(database)
        after = schema.revision(database)
    finally:
        database.close()
    was = "" if before == after else f" (was {before or 'empty'})"
    click.echo(f"The database is at {after}{was}.", err=True)
