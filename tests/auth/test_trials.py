"""Trials: "me" on the test page."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet

from openmcs.auth.trials import SECONDS, Trial, Trials
from openmcs.catalog import trash
from openmcs.catalog.secrets import Vault
from openmcs.errors import CallerRejected, ResourceNotFound
from tests.platform_server import BACKEND_ID, OTHER_BACKEND_ID, PlatformServer

URL = "/mobile/platform/users/login"

TRIAL = Trial("backend", "Default", "anna")


@pytest.fixture
def trials() -> Trials:
    """With a key of their own."""
    vault = Vault([Fernet.generate_key().decode()])
    return Trials(vault.seal, vault.unseal)


def test_a_trial_is_read_as_it_was_granted(trials: Trials) -> None:
    """By every process that has the key."""
    assert trials.read(trials.grant(TRIAL), "backend") == TRIAL


REFUSED: list[tuple[str, Callable[[Trials, str], str], str]] = [
    ("it has run out", lambda trials, _: trials.grant(TRIAL, now=time.time() - SECONDS - 1), "run out"),
    ("another backend's", lambda trials, _: trials.grant(TRIAL._replace(backend="other")), "another backend"),
    ("changed", lambda _, header: header[:-6] + "AAAAAA", "none of the platform's"),
    ("made up", lambda _, __: "Bearer openmcs-trial.x", "none of the platform's"),
    ("sealed for something else", lambda trials, _: "Bearer openmcs-trial." + trials.seal('"a secret"'), "another backend"),
    ("no JSON", lambda trials, _: "Bearer openmcs-trial." + trials.seal("secret"), "none of the platform's"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_no_trial_of_this_backend_now_is_refused(
    trials: Trials, make: Callable[[Trials, str], str], reason: str
) -> None:
    """And the reason repeats nothing of it."""
    sent = make(trials, trials.grant(TRIAL))
    with pytest.raises(CallerRejected, match=reason) as refused:
        trials.read(sent, "backend")
    assert sent.partition(".")[2] not in refused.value.detail


def test_a_key_of_somebody_else_makes_no_trial(trials: Trials) -> None:
    """Another installation's is refused."""
    vault = Vault([Fernet.generate_key().decode()])
    with pytest.raises(CallerRejected):
        trials.read(Trials(vault.seal, vault.unseal).grant(TRIAL), "backend")


def test_the_gateway_takes_a_trial_for_the_user_and_for_no_other(platform: PlatformServer) -> None:
    """In a real gateway process: name and roles of the user, without a password; in this backend, while there is one."""
    tools = platform.tools
    backend = next(each for each in tools.all("/mobilebackends") if each["name"] == "wired")
    path = f"/mobilebackends/{backend['id']}/trial"
    member = tools.get("/session")["name"]
    with pytest.raises(ResourceNotFound, match=f"no user '{member}'"):
        tools.post(path)
    user = tools.post("/users", {"username": member, "password": "Mobile1*trial", "roles": ["clerk"]})
    granted = tools.post(path)
    assert (granted["username"], granted["realm"]) == (member, "Default")
    headers = {"Oracle-Mobile-Backend-ID": BACKEND_ID, "Authorization": granted["authorization"]}
    told = platform.call("GET", "/mobile/custom/echo/all", headers).json()
    assert (told["user"], told["anonymous"]) == (member, False)
    elsewhere = platform.call("GET", URL, {**headers, "Oracle-Mobile-Backend-ID": OTHER_BACKEND_ID})
    assert elsewhere.status == 401
    trash.move(platform.database, "user", user["id"], member)
    assert platform.call("GET", "/mobile/custom/echo/all", headers).status == 401
