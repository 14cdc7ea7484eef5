"""Every attempt to change what is served is kept, also the refused ones: what was wrong, and where."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict

from openmcs.errors import PlatformError
from openmcs.exchange import Finding
from openmcs.store import catalog as questions
from openmcs.store.clock import now_us
from openmcs.store.database import Database
from openmcs.store.ids import new_id


class Attempt:
    """One attempt; what it finds out on its way ends up in its row."""

    def __init__(self) -> None:
        self.summary = ""
        self.findings: Sequence[Finding] = ()
        self.build_log = ""


@contextmanager
def attempt(database: Database, kind: str, subject: str, by: str) -> Iterator[Attempt]:
    """Run the block as an attempt at *subject* (`name(version)`), and keep how it ended."""
    trying = Attempt()
    try:
        yield trying
    except PlatformError as error:
        trying.summary = error.detail
        trying.findings = error.findings
        trying.build_log = getattr(error, "build_log", "") or trying.build_log
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
                "build_log": trying.build_log[-100_000:],
            },
        )
