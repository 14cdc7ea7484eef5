"""`openmcs serve`: what it prints, and the way in that it leaves."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.cli.conftest import run_here
from tests.server import Server


def test_the_credentials_file_is_private_and_leads_in(server: Server) -> None:
    """Only the owner may read it; it has the address on this machine and a token that works."""
    file = server.data / "credentials.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text("utf-8"))["url"] == server.url
    assert run_here("api", "list", "--json", OPENMCS_DATA=str(server.data)).code == 0


def test_a_link_is_printed_until_somebody_has_a_password(tmp_path: Path) -> None:
    """The first start prints one that signs in once; after a member was added the next start prints none."""
    (tmp_path / "project").mkdir()
    first = Server(tmp_path / "project", tmp_path / "data")
    with first:
        first.until(lambda: "Sign in once with" in first.output)
        link = re.search(r"#link=(\S+)", first.output)
        assert link
        path = "/mobile/tools/1.0/session"
        assert first.http.post(path, json={"link": link[1]}).status_code == 201
        assert first.http.post(path, json={"link": link[1]}).status_code == 401
        added = first.openmcs("user", "add", "boss", "--team", OPENMCS_NEW_PASSWORD="a long enough password")
        assert added.code == 0, added.err
        token = first.token
    with Server(tmp_path / "project", tmp_path / "data") as second:
        second.until(lambda: second.output.count("Console: ") == 2)
        assert second.output.count("Sign in once with") == 1
        assert second.token != token
