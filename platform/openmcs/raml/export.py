"""What a contract can be had as."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from openmcs.raml.contract import Contract
from openmcs.raml.normalised import normalised
from openmcs.raml.openapi import openapi
from openmcs.raml.page import page
from openmcs.raml.schemas import DIALECT, document, escaped
from openmcs.raml.typescript import typescript


class Format(NamedTuple):
    """One form."""

    media_type: str
    suffix: str
    write: Callable[[Contract], str]


def json_schema(contract: Contract, type_: str | None = None) -> dict[str, Any]:
    """
    All types as one JSON Schema 2020-12 with `$defs`, or that of one type.

    Raises `KeyError` for a type that the API does not declare.
    """
    definitions = {name: json.loads(text) for name, text in contract.definitions.items()}
    if type_ is None:
        return {"$schema": DIALECT, "title": contract.title, "$defs": definitions}
    definition = (
        next(each.definition for each in contract.types if each.name == type_) if type_ in names(contract) else ""
    )
    if not definition:
        raise KeyError(type_)
    whole = document({"$ref": f"#/$defs/{escaped(definition)}"}, definitions)
    return {"$schema": DIALECT, "title": type_, **(whole if isinstance(whole, dict) else {})}


def names(contract: Contract) -> list[str]:
    """Types that `json_schema` knows."""
    return [each.name for each in contract.types if each.definition]


def _indented(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


FORMATS: dict[str, Format] = {
    "raml08": Format("application/raml+yaml", ".raml", lambda contract: normalised(contract, "0.8")),
    "raml10": Format("application/raml+yaml", ".raml", lambda contract: normalised(contract, "1.0")),
    "openapi": Format("application/json", ".openapi.json", lambda contract: _indented(openapi(contract))),
    "jsonschema": Format("application/schema+json", ".schema.json", lambda contract: _indented(json_schema(contract))),
    "typescript": Format("text/typescript", ".ts", typescript),
    "html": Format("text/html", ".html", page),
}
"""By the name that `api export --format` takes."""
