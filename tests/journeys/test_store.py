"""The platform itself keeps what it knows in MariaDB: all of the story, and all of it is there after a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.conftest import set_up
from tests.mariadb import MariaDB
from tests.server import Server

pytestmark = pytest.mark.mariadb


@pytest.mark.parametrize("processes", [1, 2])
def test_the_story_on_mariadb_survives_a_restart(
    project: Path, database: MariaDB, tmp_path: Path, processes: int
) -> None:
    """Backend, user, implementation and log are the same before and after, with one gateway process and with two."""
    url = database.create(f"platform_{processes}")
    environment = {"OPENMCS_STORE__URL": url, "OPENMCS_SERVER__PROCESSES": str(processes)}
    asked = ("call", "synapse", "GET", "synapse/event/info/all", "--as", "joe")
    with Server(project, tmp_path / "data", environment=environment) as first:
        set_up(first)
        for _ in range(4):
            answer = first.openmcs(*asked, OPENMCS_PASSWORD="Mobile1*")
            assert answer.code == 0, answer.err
        calls = first.openmcs("logs", "--json").lines
        assert [(each["status"], each["user"]) for each in calls] == [(200, "joe")] * 4
        keys = first.backend("synapse")
        assert first.stop() == 0
    with Server(project, tmp_path / "data", environment=environment) as second:
        # It listens on another port, whose number may be one to warn of.
        elsewhere = {"baseUrl": "", "warnings": []}
        assert {**second.backend("synapse"), **elsewhere} == {**keys, **elsewhere}
        assert second.openmcs("logs", "--json").lines == calls
        assert second.openmcs(*asked, OPENMCS_PASSWORD="Mobile1*").out == answer.out
        assert len(second.openmcs("logs", "--json").lines) == 5
    assert not (tmp_path / "data" / "openmcs.db").exists()
    database.drop(f"platform_{processes}")
