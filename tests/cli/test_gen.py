"""`openmcs gen client`: a typed client, from a RAML file or from a running platform."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from openmcs.auth import team
from openmcs.cli import openmcs as command_line
from openmcs.errors import DefinitionInvalid, ResourceNotFound
from tests.platform_server import ANONYMOUS_KEY, BACKEND_ID, PlatformServer
from tests.sdk.nodes import app_folder, compiled, node

SYNAPSE = Path(__file__).parents[2] / "custom_code" / "synapse" / "synapse.raml"
RUN = """
import mcs from "@openmcs/sdk";
import { MockedClient } from "./out/client.js";

const { url, backendId, anonymousKey } = JSON.parse(process.argv[2]);
const basic = { mobileBackendId: backendId, anonymousKey };
mcs.init({ mobileBackend: { name: "wired", baseUrl: url, authentication: { type: "basic", basic } } });
await mcs.mobileBackend.authorization.authenticateAnonymous();
const { statusCode, data } = await new MockedClient(mcs.mobileBackend).getEventById({ path: { id: 7 } });
console.log(JSON.stringify([statusCode, data]));
"""


def _gen(*arguments: str) -> None:
    command_line.main(["gen", "client", *arguments], standalone_mode=False)


def test_a_client_is_written_from_a_file_without_a_platform(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says which class to import; a second run changes nothing."""
    out = tmp_path / "client.ts"
    _gen("--raml", str(SYNAPSE), "--out", str(out))
    assert "SynapseClient" in capsys.readouterr().err
    written = out.stat().st_mtime_ns
    _gen("--raml", str(SYNAPSE), "--out", str(out))
    assert "up to date" in capsys.readouterr().err and out.stat().st_mtime_ns == written


def test_a_client_of_a_running_platforms_api_compiles_and_calls_it(
    platform: PlatformServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the command line to the answer of the mock."""
    app = app_folder(tmp_path)
    monkeypatch.setenv("OPENMCS_URL", platform.url)
    monkeypatch.setenv("OPENMCS_TOKEN", team.local_token(platform.database))
    _gen("--api", "mocked", "--out", str(app / "client.ts"))
    compiled(app, "client.ts")
    (app / "run.mjs").write_text(RUN)
    described = {"url": platform.url, "backendId": BACKEND_ID, "anonymousKey": ANONYMOUS_KEY}
    assert json.loads(node("run.mjs", json.dumps(described), folder=app)) == [200, {"id": 1}]
    with pytest.raises(ResourceNotFound, match="no API 'nothing'"):
        _gen("--api", "nothing", "--out", str(app / "other.ts"))


def test_what_cannot_be_made_is_said_and_leaves_no_file(tmp_path: Path) -> None:
    """Neither API nor file; a file that is no RAML."""
    out = tmp_path / "client.ts"
    with pytest.raises(click.UsageError, match="--api"):
        _gen("--out", str(out))
    broken = tmp_path / "broken.raml"
    broken.write_text("#%RAML 1.0\n/event:\n  gett:\n")
    with pytest.raises(DefinitionInvalid, match="nothing was written"):
        _gen("--raml", str(broken), "--out", str(out))
    assert not out.exists()
