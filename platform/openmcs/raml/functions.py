"""`<<parameters>>` of resource types and traits, with RAML's ten functions. On values, never on text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from openmcs.raml.load import Unreadable
from openmcs.raml.node import Node, Place

LONGEST_TEXT = 1_000_000
_REFERENCE = re.compile(r"<<\s*([^<>|]+?)\s*((?:\|\s*![A-Za-z]+\s*)*)>>")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
FUNCTIONS = (
    "singularize", "pluralize", "uppercase", "lowercase", "lowercamelcase", "uppercamelcase", "lowerunderscorecase",
    "upperunderscorecase", "lowerhyphencase", "upperhyphencase",
)  # fmt: skip
_IRREGULAR = {
    "people": "person", "children": "child", "men": "man", "women": "woman", "data": "datum", "mice": "mouse",
    "media": "medium", "criteria": "criterion", "feet": "foot", "teeth": "tooth", "indices": "index",
}  # fmt: skip
_PLURALS = {singular: plural for plural, singular in _IRREGULAR.items()}
_UNCOUNTED = frozenset({"series", "species", "news", "information", "equipment", "status"})


def parameters_of(node: Node) -> set[str]:
    """Names of all parameters that *node* refers to."""
    names: set[str] = set()
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if each.is_map:
            for key, value in each.items():
                names.update(found[0] for found in _REFERENCE.findall(key))
                waiting.append(value)
        elif each.is_list:
            waiting.extend(each.value)
        elif isinstance(each.value, str):
            names.update(found[0] for found in _REFERENCE.findall(each.value))
    return names


def problems_of(node: Node) -> list[tuple[str, Place]]:
    """What is wrong with references in *node*: not written as one, or a function that RAML does not have."""
    found: list[tuple[str, Place]] = []
    waiting = [(node, node.place)]
    while waiting:
        each, place = waiting.pop()
        if each.is_map:
            for key, value in each.items():
                found += [(message, each.place_of(key)) for message in _problems(key)]
                waiting.append((value, each.place_of(key)))
        elif each.is_list:
            waiting.extend((inner, inner.place) for inner in each.value)
        elif isinstance(each.value, str):
            found += [(message, place) for message in _problems(each.value)]
    return found


def _problems(text: str) -> Iterator[str]:
    for reference in re.findall(r"<<[^<>]*>>", text) if "<<" in text else ():
        whole = _REFERENCE.fullmatch(reference)
        if whole is None:
            yield f"{reference[:80]!r} is no parameter; write <<name>> or <<name | !function>>"
            continue
        for name in re.findall(r"!([A-Za-z]+)", whole.group(2)):
            if name.lower() not in FUNCTIONS:
                yield f"there is no function !{name}; there are {', '.join('!' + each for each in FUNCTIONS)}"


def substitute(node: Node, values: Mapping[str, Node]) -> Node:
    """
    *node* with its parameters filled in; a scalar that is one parameter alone keeps the value's type.

    Raises `Unreadable` when texts grow beyond all measure.
    """
    if node.is_map:
        entries = {_filled(key, values): substitute(value, values) for key, value in node.items()}
        keys = {_filled(key, values): place for key, place in node.keys.items()}
        return Node("map", entries, node.place, keys)
    if node.is_list:
        return Node("list", [substitute(each, values) for each in node.value], node.place)
    if not isinstance(node.value, str) or "<<" not in node.value:
        return node
    alone = _REFERENCE.fullmatch(node.value.strip())
    if alone and not alone.group(2).strip() and alone.group(1) in values:
        return values[alone.group(1)]
    text = _filled(node.value, values)
    if len(text) > LONGEST_TEXT:
        message = f"parameters make a text of more than {LONGEST_TEXT} characters"
        raise Unreadable("RAML_TOO_EXPENSIVE", message, node.place)
    return Node("scalar", text, node.place, raw=text)


def _filled(text: str, values: Mapping[str, Node]) -> str:
    if "<<" not in text:
        return text

    def fill(found: re.Match[str]) -> str:
        value = values.get(found.group(1))
        if value is None:
            return found.group(0)
        result = value.text()
        for function in re.findall(r"!([A-Za-z]+)", found.group(2)):
            result = apply(function, result)
        return result

    return _REFERENCE.sub(fill, text)


def apply(function: str, text: str) -> str:
    """One of RAML's functions by name; an unknown one leaves the text as it is."""
    words = [each.lower() for each in _WORDS.findall(text)]
    name = function.lower()
    if name == "singularize":
        return _singular(text)
    if name == "pluralize":
        return _plural(text)
    if name == "uppercase":
        return text.upper()
    if name == "lowercase":
        return text.lower()
    if name == "lowercamelcase":
        return "".join(word if index == 0 else word.capitalize() for index, word in enumerate(words))
    if name == "uppercamelcase":
        return "".join(word.capitalize() for word in words)
    separator = "_" if name.endswith("underscorecase") else "-" if name.endswith("hyphencase") else None
    if separator is None:
        return text
    joined = separator.join(words)
    return joined.upper() if name.startswith("upper") else joined


def _singular(text: str) -> str:
    lower = text.lower()
    if lower in _IRREGULAR:
        return _IRREGULAR[lower]
    if lower in _UNCOUNTED or lower.endswith("ss"):
        return text
    if lower.endswith("ies") and len(text) > 4:
        return text[:-3] + "y"
    if lower.endswith(("sses", "shes", "ches", "xes", "zes")):
        return text[:-2]
    return text[:-1] if lower.endswith("s") else text


def _plural(text: str) -> str:
    lower = text.lower()
    if lower in _PLURALS:
        return _PLURALS[lower]
    if lower in _UNCOUNTED:
        return text
    if lower.endswith("y") and lower[-2:-1] not in ("a", "e", "i", "o", "u", ""):
        return text[:-1] + "ies"
    if lower.endswith(("s", "sh", "ch", "x", "z")):
        return text + "es"
    return text + "s"
