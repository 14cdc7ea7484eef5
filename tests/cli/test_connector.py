"""`openmcs connector`: list, show, credentials, test, remove; and connectors of a project folder."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.soap.definitions import SPLIT, WSDL

TOML = """\
base_url = "https://erp.example.invalid/api"
allow = ["10.1.0.0/16"]

[[rules]]
resource = "/orders/*"
headers = { X-Client = "mobile" }
"""
PASSWORD = "pa55-word"


@pytest.fixture
def erp(run: Run, tmp_path: Path) -> str:
    """A connector that a project folder has brought."""
    (tmp_path / "connectors").mkdir()
    (tmp_path / "connectors" / "erp.toml").write_text(TOML)
    done = run("deploy", tmp_path)
    assert done.code == 0, done.err
    return "erp"


def test_a_project_folder_brings_its_connectors(run: Run, erp: str) -> None:
    """With all that the file says."""
    shown = json.loads(run("connector", "show", erp).out)
    assert (shown["baseUrl"], shown["allow"]) == ("https://erp.example.invalid/api", ["10.1.0.0/16"])
    assert shown["rules"][0]["headers"] == {"X-Client": "mobile"}
    assert "https://erp.example.invalid/api" in run("connector", "list").out


@pytest.mark.parametrize(
    ("options", "kind"), [(("--basic", "joe"), "basic"), (("--bearer",), "bearer"), (("--header", "X-Key"), "header")]
)
def test_credentials_come_from_a_pipe_and_are_shown_nowhere(
    run: Run, erp: str, options: tuple[str, ...], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD + "\n"))
    done = run("connector", "credentials", erp, *options)
    assert done.code == 0, done.err
    shown = run("connector", "show", erp)
    assert json.loads(shown.out)["credentials"]["kind"] == kind
    assert PASSWORD not in shown.out + done.out + done.err
    assert run("connector", "credentials", erp, "--none").code == 0
    assert json.loads(run("connector", "show", erp).out)["credentials"] is None


def test_a_trial_without_an_answer_says_why_and_fails(run: Run, erp: str) -> None:
    done = run("connector", "test", erp, "/orders/7")
    assert done.code == 1
    assert "cannot be found" in done.err
    assert json.loads(run("connector", "test", erp, "--json").out)["status"] is None


def test_it_is_removed(run: Run, erp: str) -> None:
    assert run("connector", "remove", erp).code == 0
    assert run("connector", "show", erp).code == 4


def test_exactly_one_kind_of_credentials_is_chosen(run: Run, erp: str) -> None:
    for options in ((), ("--bearer", "--none")):
        done = run("connector", "credentials", erp, *options)
        assert (done.code, "Choose one" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("line", "text"),
    [('password = "x"', "openmcs connector credentials"), ("base_uri = 'x'", "did you mean 'base_url'"), ("base_url = 7", "write it as a text")],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_its_line(run: Run, tmp_path: Path, line: str, text: str) -> None:
    """A secret in a file too."""
    (tmp_path / "connectors").mkdir()
    (tmp_path / "connectors" / "erp.toml").write_text(f"# a comment\n{line}\n")
    done = run("deploy", tmp_path)
    assert done.code == 5
    assert text in done.err
    assert "erp.toml:2" in done.err


def test_a_project_folder_brings_a_wsdl_with_what_it_imports(run: Run, tmp_path: Path) -> None:
    """The folder of the WSDL goes up; its operations are listed; a file that is not there is named."""
    for name, text in SPLIT.items():
        file = tmp_path / "connectors" / "stock" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    toml = tmp_path / "connectors" / "stock.toml"
    toml.write_text('wsdl = "stock/main.wsdl"\n')
    refused = run("deploy", tmp_path)
    assert refused.code == 5 and "PROJECT_WSDL_MISSING" in refused.err and "stock.toml:1" in refused.err
    toml.write_text('wsdl = "stock/wsdl/stock.wsdl"\n')
    done = run("deploy", tmp_path)
    assert done.code == 0, done.err
    assert "reserve" in run("connector", "operations", "stock").out
    (operation,) = run("connector", "operations", "stock", "--json").json
    assert operation["output"].startswith("reserved(")


def test_a_username_token_is_read_as_a_password_is(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a pipe, and shown nowhere."""
    (tmp_path / "connectors").mkdir()
    (tmp_path / "connectors" / "stock.wsdl").write_text(WSDL)
    (tmp_path / "connectors" / "stock.toml").write_text('wsdl = "stock.wsdl"\nversion = "2.0"\n')
    assert run("deploy", tmp_path).code == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n"))
    done = run("connector", "credentials", "stock", "--version", "2.0", "--wsse", "shop", "--digest")
    assert done.code == 0, done.err
    shown = json.loads(run("connector", "show", "stock", "--version", "2.0").out)
    assert shown["credentials"] == {"kind": "wsse", "username": "shop"}
