"""The sample's second version asks the database itself, through SQLAlchemy, and takes the place of the first at once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mariadb import MariaDB
from tests.server import Server

pytestmark = pytest.mark.mariadb


def call(server: Server, path: str = "all") -> tuple[int, Any]:
    """Call the sample as an app would, by the command line."""
    done = server.openmcs("call", "synapse", "GET", f"synapse/event/info/{path}")
    return done.code, done.json


def test_the_second_version_answers_the_same_from_the_database(platform: Server, database: MariaDB) -> None:
    """Deployed, it answers what the first did; a row written to MariaDB shows; activating the first brings that back."""
    _, before = call(platform)
    deployed = platform.openmcs("deploy", "custom_code/synapse", "--implementation", "direct", "--json")
    assert deployed.code == 0, deployed.err
    assert deployed.json["implementation"] == "synapse(2.0)"
    assert deployed.json["network"] == [f"127.0.0.1:{database.port}"]
    try:
        assert call(platform) == (0, before)
        assert call(platform, "1")[1]["data"]["name"] == "River flood"
        assert call(platform, "77") == (1, {"message": "There is no event 77."})
        with database.connect() as connection, connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO synapse.event VALUES (99, 'Zürich: Hagel', 'storm', 2, 47.4, 8.5, '2017-07-08 20:00:00')"
            )
        try:
            assert call(platform, "99")[1]["data"]["name"] == "Zürich: Hagel"
        finally:
            with database.connect() as connection, connection.cursor() as cursor:
                cursor.execute("DELETE FROM synapse.event WHERE id = 99")
        newest = platform.openmcs("logs", "--json", "-n", "1").lines[0]
        assert (newest["implementation"], newest["resource"]) == ("synapse(2.0)", "/event/info/{id}")
        told = platform.openmcs("logs", "--messages", "--json", "-n", "1000").out
        assert "5 events from the database" in told
    finally:
        back = platform.openmcs("implementation", "activate", "synapse", "1.0")
    assert back.code == 0, back.err
    assert call(platform) == (0, before)
    assert platform.openmcs("logs", "--json", "-n", "1").lines[0]["implementation"] == "synapse(1.0)"
