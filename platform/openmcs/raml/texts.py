"""Texts of parameters, headers and forms as the values that their types mean."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from openmcs.raml.contract import Parameter

MOST_FIELDS = 1000
_INTEGER = re.compile(r"[-+]?[0-9]{1,400}")
_NUMBER = re.compile(r"[-+]?(\.[0-9]{1,400}|[0-9]{1,400}(\.[0-9]{0,400})?)([eE][-+]?[0-9]{1,3})?")


def fields(query: str) -> dict[str, list[str]]:
    """Names and values of a query or of an urlencoded form. Raises `ValueError` beyond the limit."""
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_FIELDS):
        found.setdefault(name, []).append(value)
    return found


def values(parameters: Sequence[Parameter], given: Mapping[str, list[str]]) -> dict[str, Any]:
    """Those of *parameters* that are given, as what they mean; what has another type stays the text it is."""
    return {each.name: value(each, given[each.name]) for each in parameters if each.name in given}


def value(parameter: Parameter, given: list[str]) -> Any:
    """
    What a parameter's texts mean: one value, or a list where the type is an array.

    A parameter that is repeated without being an array is a list as well, which then does not fit.
    """
    kinds = parameter.kinds or ["string"]
    if "array" in kinds:
        if len(given) == 1 and given[0].lstrip()[:1] == "[":
            return _json(given[0])
        return [_one(each, parameter.item_kinds or ["string"]) for each in given]
    return _one(given[0], kinds) if len(given) == 1 else [_one(each, kinds) for each in given]


def _one(text: str, kinds: Sequence[str]) -> Any:
    for kind in kinds:
        if kind in ("integer", "number", "any") and _INTEGER.fullmatch(text):
            return int(text)
        if kind in ("number", "any") and _NUMBER.fullmatch(text):
            return float(text)
        if kind in ("boolean", "any") and text in ("true", "false"):
            return text == "true"
        if kind == "nil" and text in ("", "null"):
            return None
        if kind in ("object", "json") and text.lstrip()[:1] in ("{", "["):
            return _json(text)
    return text


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
