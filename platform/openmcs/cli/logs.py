"""`openmcs logs`: requests or messages, once or following."""

from __future__ import annotations

from typing import Any

import click

from openmcs.cli.output import print_line

_LEVEL_COLOURS = {"severe": "red", "warning": "yellow", "info": "green", "config": "cyan"}


@click.command("logs")
@click.option("-f", "--follow", is_flag=True, help="Go on and print what comes.")
@click.option("--messages", is_flag=True, help="Log lines instead of requests.")
@click.option("--since", default="24h", show_default=True, help="Such as 15m, 7d, or an ISO time.")
@click.option("--backend")
@click.option("--api")
@click.option("--status", help="Such as 500 or 4xx (requests).")
@click.option("--user", help="A mobile user's name.")
@click.option("-q", "--query", help="As in the console's query box, such as 'status>=500 duration>1s' (requests).")
@click.option("--level", help="This level and worse (messages).")
@click.option("--grep", "text", help="Text to find in the path or the message.")
@click.option("--ecid", help="One call.")
@click.option("-n", "--limit", default=100, show_default=True, type=click.IntRange(1, 1000))
@click.option("--json", "as_json", is_flag=True, help="One JSON object on each line, oldest first.")
def command(
    follow: bool,
    messages: bool,
    since: str,
    backend: str | None,
    api: str | None,
    status: str | None,
    user: str | None,
    query: str | None,
    level: str | None,
    text: str | None,
    ecid: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """The request log; with --messages the lines that custom code logged."""
    from openmcs.cli.client import connect

    tools = connect()
    path = "/messages" if messages else "/requests"
    filters: dict[str, Any] = {
        "from": since,
        "backend": backend,
        "api": api,
        "ecid": ecid,
        "user": user,
        "limit": limit,
    }
    filters |= {"level": level, "text": text} if messages else {"status": status, "path": text, "q": query}
    page = tools.get(path, **filters)
    rows = list(reversed(page["items"]))
    for row in rows:
        _print(row, messages, as_json)
    if not rows and not follow:
        click.echo(f"No {'messages' if messages else 'requests'} in this time.", err=True)
    if follow:
        wanted = {name: value for name, value in filters.items() if name not in ("from", "limit")}
        for name, row in tools.events(f"/live{path}", page["cursor"], **wanted):
            if name in ("request", "message"):
                _print(row, messages, as_json)
            elif name == "skipped":
                click.echo(f"… {row['count']} left out, they came too fast", err=True)


def _print(row: dict[str, Any], messages: bool, as_json: bool) -> None:
    if as_json:
        print_line(row)
    elif messages:
        level = click.style(f"{row['level']:<8}", fg=_LEVEL_COLOURS.get(row["level"]))
        click.echo(f"{row['time']} {level} {row['api'] or '-'} {row['message']}{_place(row)}")
    else:
        colour = "red" if row["status"] >= 500 else "yellow" if row["status"] >= 400 else "green"
        click.echo(
            f"{row['time']} {click.style(str(row['status']), fg=colour)} {row['durationMs']:8.1f} ms "
            f"{row['backend'] or '-':<12} {row['method']:<6} {row['path']}  {row['ecid']}"
        )


def _place(row: dict[str, Any]) -> str:
    return click.style(f"  {row['file']}:{row['line']}", dim=True) if row["file"] else ""
