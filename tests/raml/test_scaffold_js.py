"""The vendor's scaffold in JavaScript: its files, its routes, and nothing of a definition as code."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from openmcs.raml.scaffold_js import scaffold
from tests.raml.definitions import EXPORT, ROOT, contract_of, old

HOSTILE = old(
    "/a'); process.exit(7); ('/{x y}:\n  get:\n    description: '*/ process.exit(7)'\n    responses:\n      200:\n        body:\n"
    "          \"application/json'); process.exit(7); ('\": {example: '}; process.exit(7); ({'}\n"
).replace("\"application/json'); process.exit(7); ('\"", "application/json")
RUN = """
const routes = [];
const service = {};
for (const verb of ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'])
  service[verb] = (path, handler) => routes.push([verb, path, handler]);
require(process.argv[1])(service);
const answers = routes.map(([verb, path, handler]) => {
  const answer = { verb, path };
  const res = { status(code) { answer.status = code; return res; }, send(body) { answer.body = body; } };
  handler({ accepts: () => true }, res);
  return answer;
});
console.log(JSON.stringify(answers));
"""


def run(text: str, tmp_path: Path) -> list[dict[str, object]]:
    """What the routes answer, by Node.js."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed")
    files = scaffold(contract_of(text), {ROOT: text.encode()}, ROOT, "Events", "1.0")
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    done = subprocess.run([node, "-e", RUN, str(tmp_path / "events.js")], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_it_has_the_vendors_seven_files() -> None:
    files = scaffold(contract_of(EXPORT), {ROOT: EXPORT.encode()}, ROOT, "Events", "1.0")
    assert sorted(files) == [
        "ReadMe.md", "events.js", "events.raml", "package.json", "samples.txt", "swagger.json", "toolsConfig.json",
    ]  # fmt: skip
    assert files["events.raml"] == EXPORT.encode()
    package = json.loads(files["package.json"])
    assert (package["name"], package["main"]) == ("events", "events.js")
    assert package["oracleMobile"]["dependencies"] == {"apis": {}, "connectors": {}}
    swagger = json.loads(files["swagger.json"])
    assert (swagger["swaggerVersion"], swagger["basePath"]) == ("1.2", "/mobile/custom/Events")
    assert json.loads(files["toolsConfig.json"])["tests"]["getEventId"] == {
        "method": "GET", "resource": "/event/:id", "uriParameters": {"id": "<PARAMETER_VALUE>"},
    }  # fmt: skip


def test_its_routes_answer_the_examples(tmp_path: Path) -> None:
    """One that is no JSON is sent as the text it is."""
    assert run(EXPORT, tmp_path) == [
        {"verb": "get", "path": "/mobile/custom/Events/event", "status": 200, "body": '{"items": [1, 2,]}\n'},
        {"verb": "get", "path": "/mobile/custom/Events/event/:id", "status": 200, "body": {"id": 1}},
        {"verb": "delete", "path": "/mobile/custom/Events/event/:id", "status": 204, "body": {}},
    ]


def test_no_text_of_a_definition_is_run(tmp_path: Path) -> None:
    (answer,) = run(HOSTILE, tmp_path)
    assert answer["body"] == "}; process.exit(7); ({"


def test_routes_without_parameters_stand_first(tmp_path: Path) -> None:
    text = old("/a/{id}:\n  get:\n/a/describe:\n  get:\n")
    assert [each["path"] for each in run(text, tmp_path)] == [
        "/mobile/custom/Events/a/describe",
        "/mobile/custom/Events/a/:id",
    ]
