"""`openmcs env`: list, set, unset."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Run


@pytest.mark.parametrize("owner", [("--api", "shop"), ("--backend", "shop")])
def test_values_are_set_listed_and_taken_away(run: Run, owner: tuple[str, str]) -> None:
    """A secret's value is never shown again; data goes to stdout, talk to stderr."""
    done = run("env", "set", "currency", "CHF", *owner)
    assert (done.code, done.out) == (0, "")
    assert "currency is set." in done.err
    secret = run("env", "set", "key", "s3cr3t-value", "--secret", "--json", *owner)
    assert json.loads(secret.out)["value"] is None
    listed = run("env", "list", *owner)
    assert "CHF" in listed.out and "(secret)" in listed.out
    assert "s3cr3t" not in listed.out
    rows = json.loads(run("env", "list", "--json", *owner).out)
    assert [row["name"] for row in rows] == ["currency", "key"]
    for name in ("currency", "key"):
        assert run("env", "unset", name, *owner).code == 0
    assert "Nothing is set" in (run("env", "list", *owner).out + run("env", "list", *owner).err)


WRONG = [
    (("env", "list"), 2, "--api <name> or --backend <name>"),
    (("env", "list", "--api", "shop", "--backend", "shop"), 2, "--api <name> or --backend <name>"),
    (("env", "set", "a", "b", "--api", "nothing"), 4, "no API 'nothing'"),
    (("env", "unset", "nothing", "--api", "shop"), 4, "Nothing is configured"),
    (("env", "set", "1a", "b", "--api", "shop"), 1, "a name is a letter"),
]


@pytest.mark.parametrize(("arguments", "code", "text"), WRONG)
def test_what_is_wrong_is_said_with_its_exit_code(run: Run, arguments: tuple[str, ...], code: int, text: str) -> None:
    done = run(*arguments)
    assert done.code == code
    assert text in done.err
