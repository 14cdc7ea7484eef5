"""A typed client for apps: TypeScript that tsc takes, and that calls what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.cli import openmcs as command_line
from openmcs.raml.compiler import compile_here
from openmcs.raml.contract import Contract, Method, Parameter, Resource
from openmcs.raml.typed_client import class_name, function_names, typed_client
from tests.sdk.nodes import SDK, node

ROOT = Path(__file__).parents[2]
SYNAPSE = ROOT / "custom_code" / "synapse" / "synapse.raml"
SHOP = """#%RAML 1.0
title: Shop */ alert(1) /*
mediaType: application/json
types:
  Item:
    properties:
      id: integer
      name: string
      price?: number
      tags: string[]
  NewItem:
    properties:
      name: string
/items:
  get:
    description: All items. */ evil()
    queryParameters:
      limit: { type: integer, required: false }
      tag: { type: "string[]", required: false }
    responses:
      200: { body: { type: "Item[]" } }
      404: { body: { properties: { message: string } } }
  post:
    headers:
      X-Trace: { type: string, required: false }
    body: { type: NewItem }
    responses:
      201: { body: { type: Item } }
  /{id}:
    uriParameters: { id: integer }
    get:
      responses:
        200: { body: { type: Item } }
    delete:
      responses:
        204:
    /pictures/{size}:
      get:
"""
PROGRAM = """
import mcs from "@openmcs/sdk";
import { ShopClient, type Item } from "./shop.js";

declare const backend: NonNullable<typeof mcs.mobileBackend>;
const shop = new ShopClient(backend);
const items: Item[] = (await shop.getItems({ query: { limit: 5, tag: ["a", "b"] } })).data;
const all: Item[] = (await shop.getItems()).data;
const made: Item = (await shop.postItems({ body: { name: "n" }, headers: { "X-Trace": "t" } }, { timeout: 5 })).data;
const one: Item = (await shop.getItemsById({ path: { id: 7 } })).data;
await shop.deleteItemsById({ path: { id: 7 } });
const unknown: unknown = (await shop.getItemsByIdPicturesBySize({ path: { id: 7, size: "s" } })).data;
// @ts-expect-error the body is needed
await shop.postItems();
// @ts-expect-error the name is a text
await shop.postItems({ body: { name: 7 } });
// @ts-expect-error there is no such parameter
await shop.getItems({ query: { offset: 5 } });
// @ts-expect-error the path is needed
await shop.getItemsById({});
// @ts-expect-error no such answer
const wrong: string = (await shop.getItems()).data;
export { all, items, made, one, unknown, wrong };
"""


def _contract(raml: str) -> Contract:
    compiled = compile_here({"shop.raml": raml.encode()}, "shop.raml")
    assert compiled.contract is not None, compiled.findings
    return compiled.contract


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """An app's folder that has the SDK."""
    (tmp_path / "node_modules" / "@openmcs").mkdir(parents=True)
    (tmp_path / "node_modules" / "@openmcs" / "sdk").symlink_to(SDK)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    return tmp_path


def _compile(app: Path, *files: str) -> None:
    options = {"strict": True, "module": "node16", "target": "es2022", "lib": ["es2022", "dom"], "types": []}
    options |= {"outDir": "out", "noUncheckedIndexedAccess": True, "noUnusedLocals": True}
    (app / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "files": files}))
    node(SDK / "node_modules" / "typescript" / "bin" / "tsc", "-p", ".", folder=app)


def test_right_programs_compile_and_wrong_ones_do_not(app: Path) -> None:
    """Parameters, bodies and answers have the types of the RAML; texts of the RAML end no comment."""
    (app / "shop.ts").write_text(typed_client(_contract(SHOP), "shop"))
    (app / "program.ts").write_text(PROGRAM)
    _compile(app, "program.ts")


def test_calls_are_what_the_contract_says(app: Path) -> None:
    """Path values are escaped, arrays repeat, headers and body go along."""
    (app / "shop.ts").write_text(typed_client(_contract(SHOP), "shop"))
    _compile(app, "shop.ts")
    (app / "run.mjs").write_text(
        """
        import { ShopClient } from "./out/shop.js";
        const calls = [];
        const customCode = { invokeCustomCodeJSONRequest: (...call) => calls.push(call) };
        const shop = new ShopClient({ customCode });
        shop.getItems({ query: { limit: 5, tag: ["a&b", "c"] } });
        shop.postItems({ body: { name: "n" }, headers: { "X-Trace": "t" } }, { timeout: 5 });
        shop.getItemsByIdPicturesBySize({ path: { id: 7, size: "a/b é" } });
        console.log(JSON.stringify(calls));
        """
    )
    listed, made, picture = json.loads(node("run.mjs", folder=app))
    assert listed == ["shop/items?limit=5&tag=a%26b&tag=c", "GET", None, {"headers": {}}]
    assert made == ["shop/items", "POST", {"name": "n"}, {"timeout": 5, "headers": {"X-Trace": "t"}}]
    assert picture[0] == "shop/items/7/pictures/a%2Fb%20%C3%A9"


def test_the_command_writes_a_client_for_the_sample(app: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`openmcs gen client`, from the RAML file; a second run changes nothing."""
    arguments = ["gen", "client", "--raml", str(SYNAPSE), "--out", str(app / "client.ts")]
    command_line.main(arguments, standalone_mode=False)
    assert "SynapseClient" in capsys.readouterr().err
    command_line.main(arguments, standalone_mode=False)
    assert "up to date" in capsys.readouterr().err
    program = """import { SynapseClient } from "./client.js";
    export const all = (client: SynapseClient) => client.getEventInfoAll();
    export const one = (client: SynapseClient) => client.getEventById({ path: { id: 7 } });
    """
    names = re.findall(r"^  (\w+)\(", (app / "client.ts").read_text(), re.MULTILINE)
    assert {"getEventInfoAll"} <= set(names)
    (app / "program.ts").write_text(program.replace("getEventById", next(n for n in names if n.endswith("ById"))))
    _compile(app, "program.ts")


@pytest.mark.parametrize(
    ("verb", "path", "name"),
    [
        ("GET", "/", "get"),
        ("GET", "/event/info/all", "getEventInfoAll"),
        ("GET", "/event/{id}", "getEventById"),
        ("POST", "/my-things/v1.0", "postMyThingsV10"),
        ("DELETE", "/a/{first-name}/b", "deleteAByFirstNameB"),
        ("GET", "/é", "get"),
    ],
)
def test_functions_are_named_after_verb_and_path(verb: str, path: str, name: str) -> None:
    """In words that an app's author guesses."""
    contract = Contract("t", "1.0", resources=[Resource(path, methods=[Method(verb)])])
    assert function_names(contract) == {(verb, path): name}


@pytest.mark.parametrize(
    ("api", "name"), [("synapse", "SynapseClient"), ("my-api 2", "MyApi2Client"), ("7up", "Api7upClient")]
)
def test_the_class_is_named_after_the_api(api: str, name: str) -> None:
    """And is an identifier, whatever the API is called."""
    assert class_name(api) == name


texts = st.text(max_size=30)


@given(st.lists(st.tuples(st.sampled_from(["GET", "POST"]), texts, texts), max_size=6), texts)
def test_no_text_of_a_definition_leaves_its_comment_or_literal(rows: list[tuple[str, str, str]], title: str) -> None:
    """Names are unique identifiers, and the text has no comment end but its own."""
    parameters = [Parameter("p")]
    resources = [Resource(f"/{path}", methods=[Method(verb, description=said, query_parameters=parameters)])
                 for verb, path, said in rows]  # fmt: skip
    contract = Contract(title, "1.0", resources=resources)
    names = function_names(contract)
    assert all(re.fullmatch(r"[a-z]\w*", name, re.ASCII) for name in names.values())
    assert len(set(names.values())) == len(names)
    text = typed_client(contract, "api")
    assert all(line.count("*/") == line.count("/**") for line in text.splitlines() if "/**" in line and '"' not in line)
