"""What commands print: tables for people, JSON for machines, errors with their findings."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from openmcs.errors import CallerRejected, ConfigurationError, DefinitionInvalid, PlatformError, ResourceNotFound
from openmcs.exchange import Finding

_WIDEST = 1000
"""Characters of a line that goes into a pipe or a file."""
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def print_json(document: Any) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def print_line(document: Any) -> None:
    """One JSON object on a line of its own, for streams."""
    click.echo(json.dumps(document, ensure_ascii=False, separators=(",", ":")))
    sys.stdout.flush()


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str) -> None:
    """A table, as wide as it must be where no terminal bounds it; *empty* is said, on stderr, when there are no rows."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    count = 0
    for row in rows:
        table.add_row(*(Text("" if each is None else str(each)) for each in row))
        count += 1
    if count:
        Console(width=None if sys.stdout.isatty() else _WIDEST).print(table)
    else:
        click.echo(empty, err=True)


def print_findings(findings: Iterable[Finding | Mapping[str, Any]]) -> None:
    """One line each on stderr: place, severity, code, message."""
    for each in findings:
        finding = each if isinstance(each, Finding) else _finding(each)
        place = ":".join(str(part) for part in (finding.file, finding.line, finding.column) if part is not None)
        colour = "red" if finding.severity == "error" else "yellow"
        click.echo(
            f"  {click.style(finding.severity, fg=colour)} {place + ' ' if place else ''}{finding.code}: {finding.message}",
            err=True,
        )


def say_build(line: str) -> None:
    """A line of a build that goes on, on stderr."""
    click.echo(click.style(f"  │ {line}", dim=True), err=True)


def _finding(row: Mapping[str, Any]) -> Finding:
    return Finding(
        code=row.get("code") or row.get("title", ""),
        message=row.get("message") or row.get("detail", ""),
        file=row.get("file"),
        line=row.get("line"),
        column=row.get("column"),
        severity=row.get("severity", "error"),
    )


def show_error(error: PlatformError) -> int:
    """Say what failed and where, on stderr; returns the exit code."""
    click.echo(f"{click.style('Error:', fg='red', bold=True)} {error.detail}", err=True)
    print_findings(error.findings)
    build_log = getattr(error, "build_log", "")
    if build_log:
        click.echo(click.style(build_log.rstrip(), dim=True), err=True)
    if isinstance(error, ConfigurationError):
        return 2
    if isinstance(error, CallerRejected):
        return 3
    if isinstance(error, ResourceNotFound):
        return 4
    return 5 if isinstance(error, DefinitionInvalid) or error.findings else 1
