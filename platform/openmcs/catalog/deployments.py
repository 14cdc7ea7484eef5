"""Every attempt to change what is served is kept, also the refused ones: what was wrong, and where."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict

from openmcs.errors import PlatformError
from openmcs.exchange import Finding
from openmcs.store import catalog as questions
from openmcs.store.clock import now_us
from openmcs.store.database import Database
from openmcs.store.ids import new_id

LONGEST_LINE = 4_000
MOST_LINES = 2_000
LONGEST_LOG = 100_000
"""Characters of a build log that are kept: the end of it."""

Report = Callable[[str], None]
"""Hears each line of a build as it comes; called from any thread."""


class Attempt:
    """One attempt; what it finds out on its way ends up in its row."""

    def __init__(self, report: Report | None = None) -> None:
        self.summary = ""
        self.findings: Sequence[Finding] = ()
        self.implementation: str | None = None
        """The id of what it uploaded."""
        self._report = report
        self._lines: list[str] = []

    def say(self, text: str) -> None:
        """Add to the build log, and tell who listens; a flood ends at `MOST_LINES`."""
        for line in text.splitlines()[: MOST_LINES - len(self._lines)]:
            self._lines.append(line[:LONGEST_LINE])
            if self._report is not None:
                self._report(line[:LONGEST_LINE])

    @property
    def build_log(self) -> str:
        """All that was said."""
        return "".join(f"{line}\n" for line in self._lines)[-LONGEST_LOG:]


@contextmanager
def attempt(database: Database, kind: str, subject: str, by: str, report: Report | None = None) -> Iterator[Attempt]:
    """
    Run the block as an attempt at *subject* (`name(version)`), and keep how it ended.

    *report* hears the build log line by line.
    """
    trying = Attempt(report)
    try:
        yield trying
    except PlatformError as error:
        trying.summary = error.detail
        trying.findings = error.findings
        if trying.build_log:
            trying.say(f"Refused: {error.detail}")
        _keep(database, kind, subject, by, trying, succeeded=False)
        raise
    _keep(database, kind, subject, by, trying, succeeded=True)


def _keep(database: Database, kind: str, subject: str, by: str, trying: Attempt, *, succeeded: bool) -> None:
    with database.write() as connection:
        questions.insert_deployment(
            connection,
            {
                "id": new_id(),
                "at": now_us(),
                "kind": kind,
                "subject": subject[:210],
                "team_member": by,
                "succeeded": succeeded,
                "summary": trying.summary[:2000],
                "findings": json.dumps([asdict(each) for each in trying.findings[:200]]),
                "build_log": trying.build_log,
                "implementation": trying.implementation,
            },
        )
