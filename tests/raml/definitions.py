"""Definitions for the tests of this folder, and what came of them."""

from __future__ import annotations

from openmcs.exchange import Finding
from openmcs.raml.compiler import Compiled, compile_here
from openmcs.raml.contract import Contract

ROOT = "api.raml"


def compiled(text: str | bytes, **others: str) -> Compiled:
    """A definition with other files by name, `__` standing for a slash and `_raml` for the ending."""
    data = text.encode() if isinstance(text, str) else text
    names = {
        name.replace("__", "/").replace("_raml", ".raml").replace("_json", ".json"): each
        for name, each in others.items()
    }
    return compile_here({ROOT: data, **{name: each.encode() for name, each in names.items()}}, ROOT)


def errors(found: Compiled) -> list[Finding]:
    return [each for each in found.findings if each.severity == "error"]


def codes(found: Compiled) -> list[str]:
    return [each.code for each in errors(found)]


def contract_of(text: str | bytes, **others: str) -> Contract:
    """The contract of a definition that has no errors."""
    found = compiled(text, **others)
    assert errors(found) == []
    assert found.contract is not None
    return found.contract


def old(body: str) -> str:
    """A 0.8 definition with *body* below its root."""
    return f"#%RAML 0.8\ntitle: T\n{body}"


def new(body: str) -> str:
    """A 1.0 definition with *body* below its root."""
    return f"#%RAML 1.0\ntitle: T\n{body}"


# What an export of MCS looks like: a baseUri that is a path, protocols, displayName, an example that is not JSON.
EXPORT = """\
#%RAML 0.8
title: Events
version: "1.0"
baseUri: /mobile/custom/Events
protocols: [HTTPS]
mediaType: application/json
/event:
  displayName: Events
  get:
    displayName: All events
    description: Lists events.
    queryParameters:
      limit: {type: integer, minimum: 1, default: 10}
    responses:
      200:
        body:
          application/json:
            example: |
              {"items": [1, 2,]}
  /{id}:
    uriParameters:
      id: {type: string}
    get:
      responses:
        200:
          body:
            application/json:
              example: '{"id": 1}'
    delete:
      responses:
        204:
"""
