"""`openmcs api show|export|diff|mock`: a RAML file alone."""

from __future__ import annotations

import json
from pathlib import Path

import anyio
import pytest

from openmcs.cli.definition import contract_of
from openmcs.cli.mock_server import MockServer
from tests.cli.conftest import Run, run_here

RAML = """\
#%RAML 1.0
title: Stock
version: "1"
baseUri: /mobile/custom/stock
mediaType: application/json
types:
  Level: {properties: {shelf: string, level: integer}}
/levels:
  post:
    body: Level
    responses: {201: {body: {type: Level, example: {shelf: a, level: 7}}}}
  /{shelf}:
    get:
      responses: {200: {body: {type: Level, example: {shelf: a, level: 7}}}}
"""


@pytest.fixture
def raml(tmp_path: Path) -> Path:
    file = tmp_path / "stock.raml"
    file.write_text(RAML, "utf-8")
    return file


def test_show_tells_methods_and_with_json_the_whole_model(raml: Path) -> None:
    done: Run = run_here("api", "show", str(raml))
    assert done.code == 0 and "/levels/{shelf}" in done.out
    model = json.loads(run_here("api", "show", str(raml), "--json").out)
    assert (model["title"], model["types"][0]["name"]) == ("Stock", "Level")


@pytest.mark.parametrize("format", ["raml08", "raml10", "openapi", "jsonschema", "typescript", "html"])
def test_export_writes_every_form(raml: Path, format: str, tmp_path: Path) -> None:
    done = run_here("api", "export", str(raml), "--format", format)
    assert (done.code, "Stock" in done.out or "Level" in done.out) == (0, True)
    assert run_here("api", "export", str(raml), "-f", format, "-o", str(tmp_path / "out")).code == 0
    assert (tmp_path / "out").read_text("utf-8") == done.out


def test_export_of_one_type(raml: Path) -> None:
    assert (
        json.loads(run_here("api", "export", str(raml), "-f", "jsonschema", "--type", "Level").out)["title"] == "Level"
    )
    assert run_here("api", "export", str(raml), "-f", "jsonschema", "--type", "None").code == 1


def test_diff_ends_with_5_when_apps_would_break(raml: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.raml"
    other.write_text(RAML.replace("level: integer", "level: string").replace("level: 7", "level: x"), "utf-8")
    assert run_here("api", "diff", str(raml), str(raml)).code == 0
    done = run_here("api", "diff", str(raml), str(other), "--json")
    assert done.code == 5 and json.loads(done.out)[0]["breaking"] is True


def test_a_file_with_errors_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.raml"
    broken.write_text("#%RAML 1.0\ntitel: x\n", "utf-8")
    for verb in ("show", "export"):
        assert run_here("api", verb, str(broken)).code == 5


def exchange(server: MockServer, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    fields = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": fields,
    }
    anyio.run(server, scope, receive, send)
    return sent[0]["status"], sent[1]["body"]  # type: ignore[return-value]


def test_the_mock_server_answers_checks_and_remembers(raml: Path) -> None:
    said: list[str] = []
    server = MockServer(contract_of(raml), stateful=True, mode="enforce", say=said.append)
    assert server.base == "/mobile/custom/stock"
    for path in ("/levels/x", "/mobile/custom/stock/levels/x"):
        assert json.loads(exchange(server, "GET", path)[1]) == {"shelf": "a", "level": 7}
    status, body = exchange(server, "POST", "/levels", b'{"shelf": "q", "level": 1}', content_type="application/json")
    assert (status, json.loads(body)) == (201, {"shelf": "q", "level": 1})
    assert json.loads(exchange(server, "GET", "/levels/q")[1]) == {"shelf": "q", "level": 1}
    assert exchange(server, "POST", "/levels", b"{}", content_type="application/json")[0] == 400
    assert [exchange(server, "GET", "/none")[0], exchange(server, "PUT", "/levels")[0]] == [404, 405]
    assert exchange(server, "OPTIONS", "/levels")[0] == 200
    assert any("/body" in line for line in said)


def test_validate_shows_the_line_with_a_caret_below_its_column(tmp_path: Path) -> None:
    file = tmp_path / "x.raml"
    file.write_text("#%RAML 1.0\ntitle: T\n  \n/a:\n  gett:\n", "utf-8")
    lines = run_here("api", "validate", str(file)).err.splitlines()
    at = next(index for index, line in enumerate(lines) if line.startswith("x.raml:5:3: error RAML_KEY_UNKNOWN"))
    assert lines[at + 1].endswith("│   gett:") and lines[at + 2].index("^") == lines[at + 1].index("gett")


def test_files_above_the_root_are_found_when_it_names_them(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "common").mkdir()
    (tmp_path / "common/l.raml").write_text("#%RAML 1.0 Library\ntypes: {A: !include a.json}\n", "utf-8")
    (tmp_path / "common/a.json").write_text('{"type": "object"}', "utf-8")
    (tmp_path / "api/x.raml").write_text(
        "#%RAML 1.0\ntitle: T\nuses: {l: ../common/l.raml}\ntypes: {B: l.A}\n", "utf-8"
    )
    assert run_here("api", "validate", str(tmp_path / "api/x.raml")).code == 0
