"""A typed client for apps: TypeScript that tsc takes, and that calls what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.raml.compiler import compile_here
from openmcs.raml.contract import Contract, Method, Parameter, Resource
from openmcs.raml.typed_client import class_name, function_names, typed_client
from tests.sdk.nodes import app_folder, compiled, node

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
    read = compile_here({"shop.raml": raml.encode()}, "shop.raml")
    assert read.contract is not None, read.findings
    return read.contract


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """An app's folder that has the SDK."""
    return app_folder(tmp_path)


def test_right_programs_compile_and_wrong_ones_do_not(app: Path) -> None:
    """Parameters, bodies and answers have the types of the RAML; texts of the RAML end no comment."""
    (app / "shop.ts").write_text(typed_client(_contract(SHOP), "shop"))
    (app / "program.ts").write_text(PROGRAM)
    compiled(app, "program.ts")


def test_calls_are_what_the_contract_says(app: Path) -> None:
    """Path values are escaped, arrays repeat, headers and body go along."""
    (app / "shop.ts").write_text(typed_client(_contract(SHOP), "shop"))
    compiled(app, "shop.ts")
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
