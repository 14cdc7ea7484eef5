"""What is sealed is opened by its key only, and the key belongs to the platform alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from openmcs.catalog.secrets import FILE, VARIABLE, SecretUnreadable, Vault
from openmcs.errors import ConfigurationError

VAULT = Vault([Fernet.generate_key().decode()])


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=200))
def test_what_is_sealed_comes_back_and_shows_nothing(text: str) -> None:
    sealed = VAULT.seal(text)
    assert VAULT.unseal(sealed) == text
    assert len(text) < 4 or text not in sealed


def test_another_key_does_not_open_it() -> None:
    other = Vault([Fernet.generate_key().decode()])
    with pytest.raises(SecretUnreadable):
        other.unseal(VAULT.seal("x"))


@pytest.mark.parametrize("damaged", ["", "x", "gAAAAA", "gAAAAABm" + "A" * 80])
def test_what_was_never_sealed_is_unreadable(damaged: str) -> None:
    with pytest.raises(SecretUnreadable):
        VAULT.unseal(damaged)


def test_the_key_file_is_made_once_and_belongs_to_the_owner_alone(tmp_path: Path) -> None:
    sealed = Vault.open(tmp_path, {}).seal("x")
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert Vault.open(tmp_path, {}).unseal(sealed) == "x"


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    Vault.open(tmp_path, {})
    (tmp_path / FILE).chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        Vault.open(tmp_path, {})


def test_the_environment_wins_and_leaves_no_file(tmp_path: Path) -> None:
    key = Fernet.generate_key().decode()
    assert Vault([key]).unseal(Vault.open(tmp_path, {VARIABLE: key}).seal("x")) == "x"
    assert not (tmp_path / FILE).exists()


def test_a_key_is_replaced_by_putting_the_new_one_first(tmp_path: Path) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    both = Vault.open(tmp_path, {VARIABLE: f"{new} {old}"})
    assert both.unseal(Vault([old]).seal("before")) == "before"
    assert Vault([new]).unseal(both.seal("after")) == "after"


@pytest.mark.parametrize("key", ["short", "ü" * 44, "A" * 43 + "!"])
def test_what_is_no_key_stops_the_start_and_says_how_to_make_one(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigurationError, match="generate_key"):
        Vault.open(tmp_path, {VARIABLE: key})
