"""
RAML, measured side by side: compile, load, match and validate, against ramlfications alone and jsonschema.

    .venv/bin/python benchmarks/raml.py

The API is generated: as large as GitHub's in RAML 0.8 (244 operations, 100 KB), without being anybody's.
Each figure is the best of several runs in this process; read the ratios, and the rest as an order of magnitude.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from openmcs.raml.compiler import compile, compile_here
from openmcs.raml.contract import decode, encode
from openmcs.raml.match import Matcher

SCHEMA = {
    "$schema": "http://json-schema.org/draft-03/schema#",
    "type": "object",
    "properties": {
        "id": {"type": "integer", "required": True},
        "name": {"type": "string", "required": True},
        "created": {"type": "string", "format": "date-time"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
}
ORDER = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "type": "object",
    "required": ["number", "lines"],
    "definitions": {
        "line": {
            "type": "object",
            "required": ["sku", "count"],
            "properties": {"sku": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"}, "count": {"type": "integer", "minimum": 1},
                           "price": {"type": "number"}, "note": {"type": "string", "maxLength": 80}},
        }
    },
    "properties": {"number": {"type": "string"}, "lines": {"type": "array", "items": {"$ref": "#/definitions/line"}}},
}  # fmt: skip


def api(resources: int = 122) -> str:
    """A definition of two operations a resource, with traits and schemas."""
    lines = ["#%RAML 0.8", "title: Generated", "version: v3", "baseUri: https://api.example.com/", "mediaType: application/json",
             "traits:", "  - paged:", "      queryParameters:", "        page: {type: integer, minimum: 1}",
             "        per_page: {type: integer, maximum: 100}", "  - counted:", "      headers:", "        X-Count: {type: integer}",
             "schemas:", "  - thing: |", *("      " + line for line in json.dumps(SCHEMA, indent=1).splitlines()),
             "  - order: |", *("      " + line for line in json.dumps(ORDER, indent=1).splitlines())]  # fmt: skip
    for n in range(resources):
        lines += [f"/family{n % 20}/kind{n}/{{id}}:", "  uriParameters:", "    id: {type: integer, required: true}",
                  "  get:", f"    description: Fetches a thing of kind {n} and says what it is made of.", "    is: [paged, counted]",
                  "    responses:", "      200:", "        body:", "          application/json:", "            schema: thing",
                  "            example: |", f'              {{"id": {n}, "name": "thing {n}", "created": "2026-01-01T00:00:00Z", "tags": ["a", "b"]}}',
                  "      404:", "        description: There is no such thing.",
                  "  post:", f"    description: Changes a thing of kind {n}.", "    is: [counted]",
                  "    body:", "      application/json:", f"        schema: {'order' if n == 0 else 'thing'}",
                  "    responses:", "      201:", "        description: It is changed."]  # fmt: skip
    return "\n".join(lines) + "\n"


def best(work: Callable[[], object], times: int = 5, loops: int = 1) -> float:
    """Seconds of one call: the best of several runs."""
    found = []
    for _ in range(times):
        started = time.perf_counter()
        for _ in range(loops):
            work()
        found.append((time.perf_counter() - started) / loops)
    return min(found)


def main() -> None:
    text = api()
    bundle = {"api.raml": text.encode()}
    compiled = compile_here(bundle, "api.raml")
    contract = compiled.contract
    assert contract is not None and compiled.valid, compiled.findings[:3]
    count = sum(len(each.methods) for each in contract.resources)
    stored = encode(contract)
    print(f"API: {len(text) / 1024:.0f} KB, {count} operations; contract {len(stored) / 1024:.0f} KB")
    here = best(lambda: compile_here(bundle, "api.raml"))
    child = best(lambda: compile(bundle, "api.raml"), 3)
    alone = ramlfications_alone(text)
    print(f"compile, in the process           {here * 1e3:8.1f} ms")
    print(f"compile, in a child process       {child * 1e3:8.1f} ms")
    print(f"ramlfications alone, no checks    {alone * 1e3:8.1f} ms   ({alone / here:.1f} × ours in the process)")
    load = best(lambda: Matcher(decode(stored)), 10)
    print(f"a gateway loads the contract      {load * 1e3:8.2f} ms")
    matching()
    validating(contract)


def ramlfications_alone(text: str) -> float:
    """What that library takes for the same file, its own reading and validation of the tree included."""
    import ramlfications

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "api.raml")
        file.write_text(text)
        config = Path(folder, "config.ini")
        config.write_text("[main]\nvalidate = False\nproduction = False\n")
        return best(lambda: ramlfications.parse(str(file), str(config)), 3)


def matching() -> None:
    contract = compile_here({"api.raml": api(250).encode()}, "api.raml").contract
    assert contract is not None
    matcher = Matcher(contract)
    paths = [f"/family{n % 20}/kind{n}/{n}" for n in range(250)]
    took = best(lambda: [matcher.match(each) for each in paths], 20) / len(paths)
    print(f"match among 500 operations        {took * 1e6:8.2f} µs")


def validating(contract: object) -> None:
    from openmcs.raml.contract import Contract

    assert isinstance(contract, Contract)
    matcher = Matcher(contract)
    path = contract.resources[0].path
    method = next(each for each in contract.resources[0].methods if each.verb == "POST")
    order = {
        "number": "1",
        "lines": [{"sku": "ABC-1234", "count": n + 1, "price": 9.5, "note": "x" * 30} for n in range(22)],
    }
    body = json.dumps(order).encode()
    headers = {"content-type": "application/json"}

    def whole() -> object:
        return matcher.requests.problems(path, method, path={"id": "1"}, query="", headers=headers, body=body)

    assert whole() == []
    took = best(whole, 20, 50)
    from openmcs.raml.values import Validator

    schema = {"$ref": "#/$defs/order", "$defs": {name: json.loads(each) for name, each in contract.definitions.items()}}
    validator = Validator(schema)
    value = json.loads(body)
    alone = best(lambda: validator.fits(value), 20, 50)
    import msgspec

    decoding = best(lambda: msgspec.json.decode(body), 20, 50)
    print(
        f"a request with a body of {len(body) / 1024:.1f} KB  {took * 1e6:8.1f} µs   (its JSON is read in {decoding * 1e6:.1f} µs)"
    )
    print(f"the value alone                   {alone * 1e6:8.1f} µs")
    try:
        import jsonschema
    except ImportError:
        return
    other = jsonschema.Draft4Validator(ORDER)
    python = best(lambda: other.is_valid(value), 3, 3)
    print(f"the value alone, by jsonschema    {python * 1e6:8.1f} µs   ({python / alone:.0f} × ours)")


if __name__ == "__main__":
    if os.environ.get("RAML_1_PARSER"):
        # A folder with `npm i raml-1-parser` done in it.
        script = "const r=require('raml-1-parser');const t=Date.now();r.loadApiSync(process.argv[1]);console.log(Date.now()-t)"
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "api.raml").write_text(api())
            done = subprocess.run(["node", "-e", script, str(Path(folder, "api.raml"))], cwd=os.environ["RAML_1_PARSER"],
                                  capture_output=True, text=True, check=False)  # fmt: skip
            print(f"raml-1-parser, one cold run       {done.stdout.strip() or '?':>8} ms", file=sys.stdout)
    main()
