"""Settings: the file, the environment over it, the command line over both; what is wrong is named with its place."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs import settings
from openmcs.errors import ConfigurationError
from openmcs.settings import SECTIONS, Settings, load, section_type


def from_text(folder: Path, text: str, environment: dict[str, str] | None = None) -> settings.Loaded:
    """Load a `platform.toml` of *text*."""
    (folder / "platform.toml").write_text(text, "utf-8")
    return load(folder, environment=environment or {})


def refused(folder: Path, text: str, environment: dict[str, str] | None = None) -> str:
    """The message with which *text* is refused."""
    with pytest.raises(ConfigurationError) as caught:
        from_text(folder, text, environment)
    return caught.value.detail.removeprefix(f"{folder}/")


def test_without_a_file_everything_has_a_default(tmp_path: Path) -> None:
    """And the data folder is beside where the file would be."""
    loaded = load(tmp_path, environment={})
    assert loaded.settings == Settings(data=str(tmp_path / ".openmcs"))
    assert loaded.file is None and loaded.origins == {}
    assert loaded.settings.data_directory == tmp_path / ".openmcs"
    assert loaded.settings.store_url == f"sqlite:///{tmp_path / '.openmcs' / 'openmcs.db'}"


def test_the_environment_goes_over_the_file_and_the_command_line_over_both(tmp_path: Path) -> None:
    """Each value has one origin, which is kept."""
    (tmp_path / "platform.toml").write_text("[server]\nport = 1\nhost = 'file'\nprocesses = 2\n", "utf-8")
    environment = {"OPENMCS_SERVER__HOST": "environment", "OPENMCS_SERVER__PROCESSES": "3", "OPENMCS_DATA": "/a"}
    loaded = load(tmp_path, environment=environment, overrides={"server.processes": 4, "data": "/b"})
    server = loaded.settings.server
    assert (server.port, server.host, server.processes, loaded.settings.data) == (1, "environment", 4, "/b")
    assert loaded.origins == {
        "server.port": "platform.toml:2",
        "server.host": "OPENMCS_SERVER__HOST",
        "server.processes": "command line",
        "data": "command line",
    }


def test_variables_are_toml_values_or_texts(tmp_path: Path) -> None:
    """A number, a list, a text without quotation marks."""
    environment = {
        "OPENMCS_SERVER__PORT": "81",
        "OPENMCS_AUTH__CACHE_SECONDS": "0.5",
        "OPENMCS_LOG__EXCLUDED_HEADERS": '["A", "B"]',
        "OPENMCS_STORE__URL": "mysql+pymysql://a:b@c/d",
        "OPENMCS_TOKEN": "not a setting",
        "OPENMCS_URL": "not a setting",
        "UNRELATED__PORT": "99",
    }
    loaded = from_text(tmp_path, "", environment).settings
    assert (loaded.server.port, loaded.auth.cache_seconds, loaded.log.excluded_headers) == (81, 0.5, ("A", "B"))
    assert loaded.store_url == "mysql+pymysql://a:b@c/d"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[serve]\n", "platform.toml:1: unknown section [serve]; did you mean 'server'?"),
        ("\n[xyz]\n", "platform.toml:2: unknown section [xyz]; known are"),
        ("server = 1\n", "unknown section [server]"),
        ("[server]\n\nprot = 1\n", "platform.toml:3: unknown key server.prot; did you mean 'port'?"),
        ("[server]\nzzz = 1\n", "platform.toml:2: unknown key server.zzz; known are base_url,"),
        ("[server]\nport = 'x'\n", "platform.toml:2: server.port: Expected `int`"),
        ("[server]\nport = 99999\n", "platform.toml:2: server.port: Expected `int` <= 65535"),
        ("[log]\n[server]\n\n\nport = 0\n", "platform.toml:5: server.port: Expected `int` >= 1"),
        ("[runtime]\nisolation = 'lax'\n", "platform.toml:2: runtime.isolation: Invalid enum value 'lax'"),
        ("[server\n", "platform.toml: not valid TOML"),
        ("[server]\nport = 1\nport = 2\n", "platform.toml: not valid TOML"),
        ("[store]\n\nurl = 'mysql+pymysql://a:secret@h/d'\n", "platform.toml:3: store.url carries a password"),
    ],
)
def test_what_is_wrong_in_the_file_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    """One sentence with file, line and key; a near miss gets a suggestion; a secret is not repeated."""
    told = refused(tmp_path, text)
    assert message in told
    assert "secret" not in told


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("OPENMCS_SERVE__PORT", "1", "OPENMCS_SERVE__PORT: unknown section 'serve'; did you mean 'server'?"),
        ("OPENMCS_SERVER__PROT", "1", "OPENMCS_SERVER__PROT: unknown key server.prot; did you mean 'port'?"),
        ("OPENMCS_SERVER__PORT", "x", "OPENMCS_SERVER__PORT: server.port: Expected `int`"),
    ],
)
def test_what_is_wrong_in_the_environment_is_named_by_the_variable(
    tmp_path: Path, name: str, value: str, message: str
) -> None:
    """The name as it was set."""
    assert message in refused(tmp_path, "", {name: value})


def test_a_password_in_the_environment_is_taken(tmp_path: Path) -> None:
    """It is where a secret belongs."""
    loaded = from_text(tmp_path, "", {"OPENMCS_STORE__URL": "mysql+pymysql://a:secret@h/d"})
    assert loaded.settings.store.url.endswith("secret@h/d")


@pytest.mark.parametrize(
    ("host", "base_url", "shown"),
    [
        ("127.0.0.1", "", "http://127.0.0.1:8080"),
        ("0.0.0.0", "", "http://127.0.0.1:8080"),
        ("::", "", "http://127.0.0.1:8080"),
        ("::1", "", "http://[::1]:8080"),
        ("mcs.example.com", "", "http://mcs.example.com:8080"),
        ("0.0.0.0", "https://mcs.example.com/", "https://mcs.example.com"),
    ],
)
def test_the_base_url_is_what_apps_can_call(host: str, base_url: str, shown: str) -> None:
    """Never an address to listen on that nobody can connect to."""
    assert Settings(server=settings.Server(host=host, base_url=base_url)).base_url == shown


def test_settings_survive_the_way_to_a_gateway_process() -> None:
    """They go to it as JSON."""
    before = Settings(dev=settings.Dev(companions=[settings.Companion("a", ["b"], environment={"C": "d"})]))
    assert msgspec.json.decode(msgspec.json.encode(before), type=Settings) == before


def test_every_setting_is_described() -> None:
    """With a sentence, so that docs/settings.md can be made of them; and each section has one too."""
    for section in SECTIONS:
        kind = section_type(section)
        assert kind is not None and kind.__doc__
        for field in msgspec.structs.fields(kind):
            [meta] = [each for each in field.type.__metadata__ if getattr(each, "description", None)]
            assert re.fullmatch(r"[A-Z`].*\.", meta.description, re.DOTALL), f"{section}.{field.name}"


@given(text=st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_any_text_is_settings_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """No text of a file ends in another error than the one that stops the start."""
    folder = tmp_path_factory.mktemp("any")
    (folder / "platform.toml").write_bytes(text.encode())
    try:
        load(folder, environment={})
    except ConfigurationError as error:
        assert "platform.toml" in error.detail
