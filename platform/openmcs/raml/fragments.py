"""
Fragments: a library, a data type and the other documents that are there for APIs to use.

A fragment is checked by putting it where it belongs in an API that has nothing else. It never becomes an API.
"""

from __future__ import annotations

from openmcs.raml.node import Node, Place

KINDS = (
    "Library", "DataType", "Trait", "ResourceType", "SecurityScheme", "AnnotationTypeDeclaration", "DocumentationItem",
    "NamedExample",
)  # fmt: skip
LIBRARY_KEYS = frozenset(
    ["types", "schemas", "traits", "resourceTypes", "annotationTypes", "securitySchemes", "uses", "usage"]
)
_SECTIONS = {
    "DataType": "types",
    "Trait": "traits",
    "ResourceType": "resourceTypes",
    "SecurityScheme": "securitySchemes",
    "AnnotationTypeDeclaration": "annotationTypes",
}


def as_api(tree: Node, kind: str) -> Node:
    """An API around the fragment, for checking."""
    place = tree.place
    title = Node("scalar", "Fragment", place, raw="Fragment")
    entries = {"title": title}
    keys: dict[str, Place] = {}
    if kind == "Library":
        entries.update({key: value for key, value in tree.items() if key != "usage"})
        keys = dict(tree.keys)
    elif kind == "DocumentationItem":
        entries["documentation"] = Node("list", [tree], place)
    elif kind in _SECTIONS:
        entries[_SECTIONS[kind]] = Node("map", {"fragment": tree}, place, {"fragment": place})
    return Node("map", entries, place, keys)
