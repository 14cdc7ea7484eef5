"""Findings with the line they are about, and a caret below its column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import click

from openmcs.exchange import Finding

_WIDEST = 110


def print_excerpts(findings: Iterable[Finding], bundle: Mapping[str, bytes]) -> None:
    """On stderr: place, severity, code, message, and the source."""
    for finding in findings:
        place = ":".join(str(part) for part in (finding.file, finding.line, finding.column) if part is not None)
        colour = "red" if finding.severity == "error" else "yellow"
        shown = click.style(finding.severity, fg=colour, bold=True)
        click.echo(f"{place + ': ' if place else ''}{shown} {finding.code}: {finding.message}", err=True)
        for line in _excerpt(finding, bundle):
            click.echo(line, err=True)


def _excerpt(finding: Finding, bundle: Mapping[str, bytes]) -> list[str]:
    data = bundle.get(finding.file or "")
    if data is None or finding.line is None:
        return []
    lines = data.decode("utf-8-sig", "replace").splitlines()
    if not 0 < finding.line <= len(lines):
        return []
    text = "".join(each if each.isprintable() else " " for each in lines[finding.line - 1])[:_WIDEST]
    number = f"{finding.line:>5}"
    caret = " " * max(0, (finding.column or 1) - 1) + "^"
    return [f"{number} │ {text}", f"{' ' * len(number)} │ {click.style(caret, fg='cyan')}"]
