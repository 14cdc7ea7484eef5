"""A scaffold is a project that runs, is tested and can be uploaded as it is, whatever the definition says."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.catalog import archive, manifest
from openmcs.raml import mock
from openmcs.raml.contract import Body, Contract, Method, Resource, Response
from openmcs.raml.scaffold import _route, scaffold
from openmcs.runtime.service import Service
from tests.raml.definitions import EXPORT, ROOT, contract_of

EVIL = "'''\"\"\"\nimport os; os.abort()\n# {x} %s \\ \u202e \x07 `"


def contract(*operations: tuple[str, str, Response], description: str = "") -> Contract:
    return Contract(
        "T", "0.8", resources=[Resource(p, methods=[Method(v, description, responses=[r])]) for v, p, r in operations]
    )


def answering(text: str, media_type: str = "application/json", status: int = 200) -> Response:
    return Response(status, bodies=[Body(media_type, example=text)])


def made(contract: Contract, bundle: dict[str, bytes] | None = None, name: str = "Events") -> dict[str, bytes]:
    return scaffold(contract, {ROOT: b"#%RAML 0.8\n"} if bundle is None else bundle, ROOT, name, "1.0")


def main_of(files: dict[str, bytes]) -> str:
    return files[manifest.read(files).main].decode()


def answers(files: dict[str, bytes]) -> dict[str, object]:
    """What each handler answers, run with the fake service that comes along."""
    fake: dict[str, object] = {}
    exec(compile(files["tests/fake_service.py"], "fake_service.py", "exec"), fake)  # the code under test
    module: dict[str, object] = {}
    exec(compile(main_of(files), "main.py", "exec"), module)
    service = fake["FakeService"]()  # type: ignore[operator]
    module["register"](service)  # type: ignore[operator]
    found = {}
    for verb, pattern, _, _ in service.routes:
        path = pattern.pattern.replace("([^/]+?)", "x").replace("\\", "")
        found[f"{verb} {path}"] = service.call(verb, path)
    return found


HOSTILE = Contract(
    EVIL,
    "0.8",
    resources=[
        Resource(f"/{EVIL}/{{{EVIL.replace('{x}', '')}}}", methods=[Method("GET", EVIL, responses=[answering(EVIL, "text/plain")])]),
        Resource("/class", methods=[Method("GET", EVIL, responses=[answering(f'["{chr(92)}u202e", {{"import": null}}]')])]),
        Resource("/Class", methods=[Method("GET", responses=[answering('{"a": NaN}', EVIL)])]),
        Resource("/a/{id}", methods=[Method("GET"), Method("PUT"), Method("HEAD"), Method("OPTIONS"), Method("TRACE")]),
        Resource("/a/b", methods=[Method("GET", responses=[Response(204)])]),
        Resource("/a/{id}b{c}", methods=[Method("GET")]),
        Resource("/a/{b-c}", methods=[Method("POST")]),
        Resource("/u{mediaTypeExtension}", methods=[Method("GET")]),
        Resource("/ü:b", methods=[Method("PATCH")]),
        Resource("/deep", methods=[Method("GET", responses=[answering("[" * 500 + "]" * 500)])]),
        Resource("/big", methods=[Method("GET", responses=[answering("9" * 300)])]),
        Resource("/half", methods=[Method("GET", responses=[answering('{"a": "\\ud800"}')])]),
        Resource("/odd", methods=[Method("GET", responses=[Response(101)])]),
        Resource("/null", methods=[Method("GET", responses=[answering("null", status=404)])]),
    ],
)  # fmt: skip


@pytest.mark.parametrize(
    ("definition", "name"),
    [
        (contract_of(EXPORT), "Events"),
        (HOSTILE, "Evil"),
        (contract(), "Empty"),
        (contract_of(EXPORT), "json"),
        (contract_of(EXPORT), "conftest"),
        (HOSTILE, EVIL),
        (contract_of(EXPORT), "1.2"),
    ],
    ids=["export", "hostile", "empty", "name of a module", "name that pytest knows", "hostile name", "name of digits"],
)
def test_its_own_tests_pass_without_the_platform(definition: Contract, name: str, tmp_path: Path) -> None:
    files = made(definition, name=name)
    assert manifest.read(files).main in files
    archive.unpack(archive.read(archive.write(files, "top")), tmp_path / "project")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path / "project",
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "openmcs" not in files["tests/fake_service.py"].decode() + main_of(files)


def test_every_method_is_registered_once_with_literals_before_parameters() -> None:
    files = made(contract_of(EXPORT))
    lines = [each.strip() for each in main_of(files).split("\n") if each.strip().startswith("service.")]
    assert lines == [
        'service.get("/mobile/custom/Events/event", get_event)',
        'service.get("/mobile/custom/Events/event/:id", get_event_id)',
        'service.delete("/mobile/custom/Events/event/:id", delete_event_id)',
    ]
    swapped = contract(("GET", "/a/{id}", Response(200)), ("GET", "/a/describe", Response(200)))
    text = main_of(made(swapped))
    assert text.index("/a/describe") < text.index("/a/:id")


def test_a_handler_says_what_it_is_and_answers_the_example() -> None:
    text = main_of(
        made(contract(("POST", "/event/{id}", answering('{"a": [1, null]}', status=201)), description="Adds one."))
    )
    assert text.endswith(
        "def post_event_id(req):\n"
        '    """POST /event/{id}: Adds one."""\n'
        '    req.console.info("POST /event/{id}")\n'
        '    return 201, {"a": [1, None]}\n'
    )


@pytest.mark.parametrize("definition", [contract_of(EXPORT), HOSTILE], ids=["export", "hostile"])
def test_the_platforms_own_service_takes_every_route_and_finds_every_resource(definition: Contract) -> None:
    service = Service("Events", None)  # type: ignore[arg-type]
    module: dict[str, object] = {}
    exec(compile(main_of(made(definition)), "main.py", "exec"), module)
    module["register"](service)  # type: ignore[operator]
    for resource in definition.resources:
        path = _route(re.sub(r"\{[^{}/]+\}", "x", resource.path))
        for method in resource.methods:
            assert method.verb == "TRACE" or service.find(method.verb, path) is not None


def test_an_example_that_is_not_json_is_sent_as_the_text_it_is() -> None:
    files = made(contract(("GET", "/a", answering('it\'s "x"\n', "text/plain"))))
    assert "def get_a(req, res):" in main_of(files)
    assert answers(files) == {"GET /mobile/custom/Events/a": (200, 'it\'s "x"\n', {"Content-Type": "text/plain"})}


def test_a_long_example_is_laid_out_in_lines_of_bearable_length() -> None:
    text = main_of(
        made(contract(("GET", "/a", answering('{"list": [' + ", ".join(['{"name": "value"}'] * 20) + "]}"))))
    )
    assert max(len(each) for each in text.split("\n")) <= 110


def test_hostile_text_is_never_code() -> None:
    tree = ast.parse(main_of(made(HOSTILE, name=EVIL)))
    assert all(isinstance(each, ast.Expr | ast.FunctionDef) for each in tree.body)
    assert not [each for each in ast.walk(tree) if isinstance(each, ast.Import | ast.ImportFrom)]
    for function in tree.body[1:]:
        assert isinstance(function, ast.FunctionDef)
        assert all(isinstance(each, ast.Expr | ast.Return) for each in function.body)


def test_files_of_the_definition_stay_below_their_folder() -> None:
    bundle = {
        ROOT: b"root",
        "x/y.json": b"{}",
        "X/Y.json": b"other case",
        "x": b"a file where a folder is",
        "../evil.py": b"",
        "/etc/passwd": b"",
        "a\\b": b"",
        "pyproject.toml": b"not ours",
        "nul\0": b"",
        ".hidden": b"",
    }
    files = made(contract(), bundle)
    kept = {path: data for path, data in files.items() if path.startswith("raml/")}
    assert kept.keys() - {"raml/x", "raml/x/y.json", "raml/X/Y.json"} == {f"raml/{ROOT}", "raml/pyproject.toml"}
    assert not any(".." in path or path.startswith("/") for path in files)
    archive.read(archive.write(files, "events"))


def test_a_root_whose_path_cannot_be_kept_gets_another() -> None:
    files = scaffold(contract(), {"../a.raml": b"root"}, "../a.raml", "Events", "1.0")
    assert files["raml/events.raml"] == b"root"


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=15,
)


@given(_json, st.sampled_from(["GET", "POST", "DELETE"]))
def test_any_json_is_answered_as_it_is(value: object, verb: str) -> None:
    import json

    text = json.dumps(value)
    definition = contract((verb, "/a", answering(text)))
    (answer,) = answers(made(definition)).values()
    status, body, headers = answer  # type: ignore[misc]
    assert status == mock.answer(definition.resources[0].methods[0], "*/*", None)[0]
    sent = body if headers.get("Content-Type") else json.dumps(body)
    assert sent == text


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=20), st.text(max_size=60))
def test_any_text_makes_a_module_that_compiles_and_a_manifest_that_is_taken(
    path: str, description: str, media_type: str, example: str
) -> None:
    definition = contract(("GET", "/" + path, answering(example, media_type)), description=description)
    files = made(definition, name=path or "A")
    compile(main_of(files), "main.py", "exec")
    compile(files[next(each for each in files if each.startswith("tests/test_"))], "test.py", "exec")
    assert manifest.read(files).dependencies == []
