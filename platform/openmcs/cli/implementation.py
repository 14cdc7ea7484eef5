"""`openmcs implementation list|upload|split|log|activate|rollback|publish|status|restart`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from openmcs.cli.output import json_option, print_json, print_table, say_build
from openmcs.errors import ResourceNotFound


@click.group("implementation")
def command() -> None:
    """Implementations: list, upload, split, log, activate, rollback, publish, status, restart."""


@command.command("list")
@click.argument("api")
@click.option("--api-version", help="The newest by default.")
@json_option
def list_(api: str, api_version: str | None, as_json: bool) -> None:
    """The implementations of an API; the active one answers."""
    from openmcs.cli.client import connect, find_api

    tools = connect()
    rows = tools.all(f"/apis/{find_api(tools, api, api_version)['id']}/implementations")
    if as_json:
        print_json(rows)
        return
    print_table(
        ("Calls", "Name", "Version", "Uploaded", "By", "May reach"),
        (
            (
                _calls(r),
                r["name"],
                r["version"],
                r["uploadedAt"],
                r["uploadedBy"],
                ", ".join(r["network"]) or "nothing",
            )
            for r in rows
        ),
        empty="Nothing was uploaded yet; the mock answers.",
    )


@command.command("upload")
@click.argument("api")
@click.argument("archive", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--percent", type=click.IntRange(0, 100), default=100, help="So many of the calls go to it, not all.")
@click.option("--api-version", help="The newest by default.")
@json_option
def upload(api: str, archive: Path, percent: int, api_version: str | None, as_json: bool) -> None:
    """Upload a zip; it is built, and answers at once. Its build log is printed as it is written."""
    from openmcs.cli.client import connect, find_api

    tools = connect()
    found = find_api(tools, api, api_version)
    path = f"/apis/{found['id']}/implementations?percent={percent}"
    answer = tools.upload(path, archive.name, archive.read_bytes(), say_build)
    if as_json:
        print_json(answer)
    else:
        made = answer["implementation"]
        share = "is answered" if percent == 100 else f"has {percent} % of its calls answered"
        click.echo(f"{api} {share} by {made['name']} {made['version']} now.", err=True)


@command.command("split")
@click.argument("api")
@click.argument("version")
@click.argument("percent", type=click.IntRange(0, 100))
@click.option("--name", help="Needed when implementations of several names have that version.")
@click.option("--api-version", help="The newest by default.")
@json_option
def split(api: str, version: str, percent: int, name: str | None, api_version: str | None, as_json: bool) -> None:
    """
    Have PERCENT of the calls go to VERSION, the others to the active one; a caller stays on one side.

    0 ends it, as activating or rolling back does.
    """
    from openmcs.cli.client import connect, find_api

    tools = connect()
    found = find_api(tools, api, api_version)
    path = f"/apis/{found['id']}/implementations/{_find(tools, found, name, version)}/share"
    answer = tools.put(path, {"percent": percent})
    if as_json:
        print_json(answer)
    else:
        click.echo(f"{percent} % of the calls of {api} go to {version} now.", err=True)


@command.command("log")
@click.argument("api")
@click.argument("version")
@click.option("--name", help="Needed when implementations of several names have that version.")
@click.option("--api-version", help="The newest by default.")
@json_option
def build_log(api: str, version: str, name: str | None, api_version: str | None, as_json: bool) -> None:
    """The build log of VERSION: what the installer and the import said when it was uploaded."""
    from openmcs.cli.client import connect, find_api

    tools = connect()
    found = find_api(tools, api, api_version)
    answer = tools.get(f"/apis/{found['id']}/implementations/{_find(tools, found, name, version)}/build-log")
    if as_json:
        print_json(answer)
    else:
        click.echo(answer["text"], nl=False)


@command.command("activate")
@click.argument("api")
@click.argument("version")
@click.option("--name", help="Needed when implementations of several names have that version.")
@click.option("--api-version", help="The newest by default.")
@json_option
def activate(api: str, version: str, name: str | None, api_version: str | None, as_json: bool) -> None:
    """Have VERSION answer for an API; `mock` for the mock."""
    from openmcs.cli.client import connect, find_api

    tools = connect()
    found = find_api(tools, api, api_version)
    chosen = "mock" if version == "mock" else _find(tools, found, name, version)
    answer = tools.put(f"/apis/{found['id']}/implementations/default/{chosen}")
    if as_json:
        print_json(answer)
    else:
        click.echo(f"{api} is answered by {version} now.", err=True)


@command.command("rollback")
@click.argument("api")
@click.option("--api-version", help="The newest by default.")
@json_option
def rollback(api: str, api_version: str | None, as_json: bool) -> None:
    """Have what answered before the active implementation answer again."""
    from openmcs.cli.client import connect, find_api

    tools = connect()
    answer = tools.post(f"/apis/{find_api(tools, api, api_version)['id']}/implementations/rollback")
    if as_json:
        print_json(answer)
    else:
        bound = answer["implementation"]
        click.echo(
            f"{api} is answered by {bound['name']} {bound['version']} now." if bound else "The mock answers.", err=True
        )


@command.command("publish")
@click.argument("api")
@click.argument("version")
@click.option("--name", help="Needed when implementations of several names have that version.")
@click.option("--api-version", help="The newest by default.")
def publish(api: str, version: str, name: str | None, api_version: str | None) -> None:
    """Publish VERSION: from then on it never changes, and a change needs a new version."""
    from openmcs.cli.client import connect, find_api

    tools = connect()
    found = find_api(tools, api, api_version)
    tools.put(f"/apis/{found['id']}/implementations/{_find(tools, found, name, version)}/published")
    click.echo(f"{version} is published.", err=True)


@command.command("status")
@click.argument("api", required=False)
@click.option("--api-version", help="The newest by default.")
@json_option
def status(api: str | None, api_version: str | None, as_json: bool) -> None:
    """The workers of an API, or of all: what they use and do, in every gateway process."""
    from openmcs.cli.client import connect, find_api

    tools = connect()
    rows = tools.all(f"/workers?api={find_api(tools, api, api_version)['id']}" if api else "/workers")
    if as_json:
        print_json(rows)
        return
    print_table(_WORKER_HEADS, (line for row in rows for line in _worker_lines(row)), empty="No worker runs.")


@command.command("restart")
@click.argument("api")
@click.option("--api-version", help="The newest by default.")
@json_option
def restart(api: str, api_version: str | None, as_json: bool) -> None:
    """Replace the workers of an API; the new ones are ready before the old ones get no more calls."""
    from openmcs.cli.client import connect, find_api

    tools = connect()
    answer = tools.post(f"/apis/{find_api(tools, api, api_version)['id']}/implementations/restart")
    if as_json:
        print_json(answer)
    else:
        click.echo(f"{api} has new workers.", err=True)


_WORKER_HEADS = ("Implementation", "Worker", "State", "Memory", "CPU", "Calls", "Since", "Walls")


def _worker_lines(row: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """A line for each worker; one for an implementation that has none now."""
    if not row["workers"]:
        state = row["failure"] or ("asleep" if row.get("asleep") else "none")
        yield (row["implementation"], row["gateway"]["node"], state, "", "", "", "", "")
    for each in row["workers"]:
        memory = each["rssBytes"] if each["pssBytes"] is None else each["pssBytes"]
        yield (
            row["implementation"],
            f"{row['gateway']['node']} {each['pid']}",
            "leaving" if each["leaving"] else "ready",
            "" if memory is None else f"{memory / 2**20:.1f} MiB",
            "" if each["cpuSeconds"] is None else f"{each['cpuSeconds']:.2f} s",
            f"{each['done']}" + (f", {each['inFlight']} now" if each["inFlight"] else ""),
            _moment(each["startedAt"]),
            each["isolation"],
        )


def _moment(time: str) -> str:
    """A time of today as the clock of this machine shows it, another one as its day."""
    there = datetime.fromisoformat(time).astimezone()
    return there.strftime("%H:%M:%S" if there.date() == datetime.now().astimezone().date() else "%Y-%m-%d")


def _calls(row: dict[str, Any]) -> str:
    """`active`, and its share where calls are split."""
    share = f"{row['percent']} %" if 0 < row["percent"] < 100 else ""
    return " ".join(part for part in ("active" if row["active"] else "", share) if part)


def _find(tools: Any, api: dict[str, Any], name: str | None, version: str) -> str:
    rows = tools.all(f"/apis/{api['id']}/implementations")
    fitting = [r for r in rows if r["version"] == version and name in (None, r["name"])]
    if not fitting:
        raise ResourceNotFound(
            f"The API {api['name']} has no implementation {name or ''} {version}.".replace("  ", " ")
        )
    found: str = fitting[0]["id"]
    return found
