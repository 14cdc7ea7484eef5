"""Password hashes and which passwords may be given."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from passlib.hash import pbkdf2_sha256

from openmcs.auth import passwords
from openmcs.auth.passwords import COMMON, LONGEST, MINIMUM_LENGTH, check_policy, hash_password, verify
from openmcs.errors import RequestInvalid

HASHED = hash_password("correct horse")


@pytest.mark.parametrize(
    ("password", "hashed", "right"),
    [
        ("correct horse", HASHED, True),
        ("wrong", HASHED, False),
        ("correct horse\0", HASHED, False),
        ("x" * 100_000, HASHED, False),
        ("x" * 100_000, None, False),
        ("nobody's password", None, False),
        ("correct horse", "no hash at all", False),
    ],
)
def test_only_the_right_password_is_right(password: str, hashed: str | None, right: bool) -> None:
    """For an unknown user none is, and no length or character makes it fail otherwise."""
    assert verify(password, hashed) == (right, None)


def test_an_older_hash_is_verified_and_made_better() -> None:
    """At sign-in, while the password is at hand."""
    right, better = verify("correct horse", pbkdf2_sha256.using(rounds=1000).hash("correct horse"))
    assert right and better is not None and better.startswith("$argon2id$")
    assert verify("correct horse", better) == (True, None)


@settings(max_examples=10)
@given(st.text(max_size=60))
def test_any_password_can_be_hashed_and_verified(password: str) -> None:
    """Whatever its characters."""
    assert verify(password, hash_password(password))[0]


@pytest.mark.parametrize(
    ("password", "name", "reason"),
    [
        ("short", "joe", "at least"),
        ("x" * (LONGEST + 1), "joe", "at most"),
        ("Password123", "joe", "guessed"),
        ("aaaaaaaaaaaa", "joe", "guessed"),
        ("xxJohannaxx", "johanna", "contains the user's name"),
    ],
)
def test_a_password_against_the_policy_is_refused(password: str, name: str, reason: str) -> None:
    """The message names the field and never the password."""
    with pytest.raises(RequestInvalid, match=f"^password: .*{reason}") as refused:
        check_policy(password, name)
    assert password not in refused.value.detail


@pytest.mark.parametrize("password", ["Mobile1*", "correct horse battery", "ëüö→漢字¡¿", "joe12345"])
def test_any_other_password_is_taken(password: str) -> None:
    """No kinds of characters are asked for; a short name is no part to look for."""
    check_policy(password, "joe")


def test_the_common_ones_are_those_that_length_would_let_through() -> None:
    """The list has nothing that another rule catches."""
    assert all(len(each) >= MINIMUM_LENGTH and each == each.casefold() for each in COMMON)


@pytest.mark.parametrize("hashed", [HASHED, None])
def test_an_unknown_user_costs_the_same_work(hashed: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """One hash of the current kind is computed for each, so that the time tells nothing."""
    computed = []
    real = passwords._context.handler("argon2").verify

    def counted(secret: str, hash: str, **more: object) -> bool:
        computed.append(hash.rpartition("$")[0].rpartition("$")[0])
        return bool(real(secret, hash, **more))

    monkeypatch.setattr(passwords._context.handler("argon2"), "verify", counted)
    passwords.verify("wrong password", hashed)
    assert len(computed) == 1 and computed[0].startswith("$argon2id$v=19$m=19456,t=2,p=1")
