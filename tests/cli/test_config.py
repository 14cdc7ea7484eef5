"""`openmcs config`: show, validate."""

from __future__ import annotations

from pathlib import Path

from openmcs.settings import SECTIONS, section_type
from tests.cli.conftest import run_here


def test_show_prints_every_setting(tmp_path: Path) -> None:
    """Also those that nobody set."""
    shown = run_here("config", "show", tmp_path, "--json").json
    for section in SECTIONS:
        kind = section_type(section)
        assert kind is not None
        assert {f"{section}.{key}" for key in kind.__struct_fields__} <= set(shown)
    assert shown["server.port"] == "8080"
    assert "server.port" in run_here("config", "show", tmp_path).out


def test_origin_says_where_each_value_comes_from(tmp_path: Path) -> None:
    """The file with its line, the variable, or the default."""
    (tmp_path / "platform.toml").write_text("[server]\nport = 81\nhost = '0.0.0.0'\n", "utf-8")
    environment = {"OPENMCS_SERVER__PORT": "82", "OPENMCS_DATA": "/some/where"}
    shown = run_here("config", "show", tmp_path, "--origin", "--json", **environment).json
    assert shown["server.port"] == {"value": "82", "origin": "OPENMCS_SERVER__PORT"}
    assert shown["server.host"] == {"value": "0.0.0.0", "origin": "platform.toml:3"}
    assert shown["server.processes"]["origin"] == "default"
    assert shown["data"] == {"value": "/some/where", "origin": "OPENMCS_DATA"}
    assert "OPENMCS_SERVER__PORT" in run_here("config", "show", tmp_path, "--origin", **environment).out


def test_show_keeps_the_database_s_password(tmp_path: Path) -> None:
    """It stays in the environment."""
    url = "mysql+pymysql://openmcs:very-secret@db.example/openmcs"
    done = run_here("config", "show", tmp_path, OPENMCS_STORE__URL=url)
    assert "very-secret" not in done.out
    shown = run_here("config", "show", tmp_path, "--json", OPENMCS_STORE__URL=url)
    assert shown.json["store.url"] == "mysql+pymysql://***@db.example/openmcs"


def test_validate_says_valid_or_what_is_wrong(tmp_path: Path) -> None:
    """Exit codes 0 and 2."""
    assert run_here("config", "validate", tmp_path).code == 0
    file = tmp_path / "platform.toml"
    for text, told in (
        ("[server]\nport = 0\n", "platform.toml:2: server.port"),
        ("[server]\nport = 'x'\n", "platform.toml:2: server.port"),
        ("[serve]\nport = 1\n", "did you mean 'server'"),
        ("[server\n", "not valid TOML"),
        ("[runtime]\nisolation = 'strickt'\n", "platform.toml:2: runtime.isolation"),
    ):
        file.write_text(text, "utf-8")
        done = run_here("config", "validate", tmp_path)
        assert (done.code, told in done.err) == (2, True), done.err
