"""`openmcs publish`."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run


def test_a_connector_is_published_once(run: Run, tmp_path: Path) -> None:
    """It says what was published; afterwards a change of its file is refused, and its address is not."""
    (tmp_path / "connectors").mkdir()
    file = tmp_path / "connectors" / "crm.toml"
    file.write_text('base_url = "https://crm.example.com"\n')
    assert run("deploy", tmp_path).code == 0
    done = run("publish", "connector", "crm", "--json")
    assert [(each["kind"], each["name"]) for each in done.json["items"]] == [("connector", "crm(1.0)")]
    assert "was published before" in run("publish", "connector", "crm").err
    file.write_text('base_url = "https://test.example.com"\n')
    assert run("deploy", tmp_path).code == 0
    file.write_text('base_url = "https://test.example.com"\ntitle = "CRM"\n')
    refused = run("deploy", tmp_path)
    assert refused.code == 1 and "make a new version" in refused.err


def test_what_does_not_exist_is_not_found(run: Run) -> None:
    """Exit code 4; a kind that is none is a matter of usage."""
    assert run("publish", "api", "nothing").code == 4
    assert run("publish", "user", "joe").code == 2
