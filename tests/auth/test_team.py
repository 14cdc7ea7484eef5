"""How the team signs in, and that guessing is slow there, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from openmcs.auth import team
from openmcs.errors import CallerRejected, Conflict, RequestInvalid
from openmcs.settings import Settings
from openmcs.store import schema
from openmcs.store.database import Database
from tests.platform_server import platform_server

SECRET = "a long enough secret"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """A migrated database."""
    made = Database.open(f"sqlite:///{tmp_path / 'openmcs.db'}")
    schema.upgrade(made)
    return made


def test_a_member_signs_in_and_out(database: Database) -> None:
    """The token is good until then, and the store keeps only its digest."""
    team.add_member(database, "ann", SECRET)
    session = team.sign_in(database, "ann", SECRET, 1.0)
    assert team.member_of(database, session.token).name == "ann"
    team.sign_out(database, session.token)
    with pytest.raises(CallerRejected):
        team.member_of(database, session.token)
    database.close()


def test_a_wrong_password_and_an_unknown_name_are_told_the_same(database: Database) -> None:
    """Nobody learns who is in the team."""
    team.add_member(database, "ann", SECRET)
    told = set()
    for name in ("ann", "bob"):
        with pytest.raises(CallerRejected) as refused:
            team.sign_in(database, name, "wrong password", 1.0)
        told.add(refused.value.detail)
    assert len(told) == 1
    database.close()


def test_a_link_signs_in_once(database: Database) -> None:
    """The second time it is used up."""
    link = team.one_time_link(database)
    assert team.sign_in_by_link(database, link, 1.0).member.name == team.LOCAL
    with pytest.raises(CallerRejected, match="used already"):
        team.sign_in_by_link(database, link, 1.0)
    database.close()


def test_a_token_ends_with_its_time(database: Database) -> None:
    """An hour is an hour."""
    team.add_member(database, "ann", SECRET)
    session = team.sign_in(database, "ann", SECRET, -1.0)
    with pytest.raises(CallerRejected, match="expired"):
        team.member_of(database, session.token)
    database.close()


def test_a_weak_password_and_a_taken_name_are_refused(database: Database) -> None:
    """The policy is the one for mobile users."""
    with pytest.raises(RequestInvalid, match="at least"):
        team.add_member(database, "ann", "short")
    team.add_member(database, "ann", SECRET)
    with pytest.raises(Conflict):
        team.add_member(database, "ann", SECRET)
    database.close()


def test_guessing_a_members_password_has_to_wait(tmp_path: Path) -> None:
    """After ten wrong ones, with the seconds to wait."""
    body = b'{"name": "guessed", "password": "wrong password"}'
    with platform_server(tmp_path, settings=Settings(), filled=False) as platform:
        answers = [
            platform.call("POST", "/mobile/tools/1.0/session", {"Content-Type": "application/json"}, body)
            for _ in range(11)
        ]
    assert [answer.status for answer in answers] == [401] * 10 + [429]
    assert 0 < int(answers[-1].header("Retry-After") or 0) <= 60
