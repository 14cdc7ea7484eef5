"""How a command finds the platform: the environment, then the credentials file, on loopback only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from openmcs.cli.client import Tools, connect, quoted
from openmcs.errors import StoreUnavailable
from tests.ports import free_port


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with credentials, and an environment that says nothing else."""
    for name in ("OPENMCS_URL", "OPENMCS_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENMCS_DATA", str(tmp_path))
    (tmp_path / "credentials.json").write_text(json.dumps({"url": "http://127.0.0.1:1234", "token": "local"}), "utf-8")
    return tmp_path


def found() -> tuple[str, str | None]:
    """Address and credentials that a command would use."""
    tools = connect()
    try:
        return tools.url, tools._http.headers.get("Authorization")
    finally:
        tools.close()


def test_the_credentials_file_leads_to_the_platform_of_this_machine(data: Path) -> None:
    """Address and token of the platform that left it."""
    assert found() == ("http://127.0.0.1:1234", "Bearer local")


def test_the_environment_goes_first(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OPENMCS_URL and OPENMCS_TOKEN."""
    monkeypatch.setenv("OPENMCS_URL", "https://mcs.example.com/")
    monkeypatch.setenv("OPENMCS_TOKEN", "given")
    assert found() == ("https://mcs.example.com", "Bearer given")


def test_the_local_token_never_leaves_this_machine(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another host gets none; any loopback address does."""
    monkeypatch.setenv("OPENMCS_URL", "https://mcs.example.com")
    assert found() == ("https://mcs.example.com", None)
    for local in ("http://localhost:1", "http://[::1]:1", "http://127.0.0.2:1"):
        monkeypatch.setenv("OPENMCS_URL", local)
        assert found() == (local, "Bearer local")
    for foreign in ("http://127.0.0.1.example.com", "http://localhost.example.com", "http://10.0.0.1"):
        monkeypatch.setenv("OPENMCS_URL", foreign)
        assert found() == (foreign, None)


@pytest.mark.parametrize("text", ["", "{", "[]", '"text"'])
def test_a_damaged_credentials_file_is_as_good_as_none(data: Path, text: str) -> None:
    """The default address, no token."""
    (data / "credentials.json").write_text(text, "utf-8")
    assert found() == ("http://127.0.0.1:8080", None)


def test_nobody_there_is_told_with_the_address() -> None:
    """Where a platform was looked for."""
    url = f"http://127.0.0.1:{free_port()}"
    tools = Tools(url, None)
    with pytest.raises(StoreUnavailable, match=url):
        tools.get("/apis")
    tools.close()


def test_path_segments_are_encoded() -> None:
    """A name can be no path."""
    assert quoted("a/b", "1.0 x") == "a%2Fb/1.0%20x"
