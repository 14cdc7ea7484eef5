"""
ramlfications' node model over our expanded tree: the one place that touches that library.

It is fed a tree that is already loaded, resolved and checked, so its own loader (which reads any file),
its own expansion (which substitutes in text) and its validators stay out of the way. Only ever imported
in the process that compiles: it switches validators of `attrs` for the whole process.
"""

from __future__ import annotations

import importlib
import re
import sys
import threading
from collections import OrderedDict
from types import ModuleType
from typing import Any, NamedTuple

from openmcs.raml.node import Node

_lock = threading.Lock()
_BUILT_IN = ("application/json", "application/xml", "text/plain")
_KEPT = ("displayName", "description", "protocols")
_VERBS = ("get", "post", "put", "delete", "patch", "head", "options", "trace", "connect")


class OperationNode(NamedTuple):
    """A resource and verb as ramlfications names it; verb is None for a resource without methods."""

    path: str
    verb: str | None
    display_name: str


def operations(root: Node, version: str, media_types: set[str]) -> list[OperationNode]:
    """All resources and methods of an expanded tree, in the order of the document."""
    with _lock:
        parser, config = _library()
        known = config.MEDIA_TYPES
        added = [each for each in sorted(media_types) if each not in known]
        known.extend(added)
        import attr

        before = attr.validators.get_disabled()
        try:
            api = parser.parse_raml(_tree(root, version), {**config.setup_config(), "validate": False})
        finally:
            attr.validators.set_disabled(before)
            del known[len(known) - len(added) :]
    found = []
    for resource in api.resources or []:
        verb = resource.method.upper() if resource.method else None
        found.append(OperationNode(resource.path, verb, str(resource.display_name or "")))
    return found


def prepare() -> None:
    """Import ramlfications now; afterwards no file needs to be opened."""
    _library()


def _library() -> tuple[Any, Any]:
    """
    Import ramlfications without its slowest part.

    `inflect` costs two seconds of import for plurals in `<<parameters>>`, which are filled in before
    the tree gets here. An empty module of that name stands in while ramlfications is imported.
    """
    if "ramlfications.parser" in sys.modules:
        return sys.modules["ramlfications.parser"], sys.modules["ramlfications.config"]
    stand_in = ModuleType("inflect")
    stand_in.engine = lambda: None  # type: ignore[attr-defined]
    missing = "inflect" not in sys.modules
    if missing:
        sys.modules["inflect"] = stand_in
    try:
        return importlib.import_module("ramlfications.parser"), importlib.import_module("ramlfications.config")
    finally:
        if missing:
            del sys.modules["inflect"]


class _Tree(OrderedDict):  # type: ignore[type-arg]
    _raml_version = ""
    _raml_fragment_type: str | None = None
    _raml_source_path = ""


def _tree(root: Node, version: str) -> _Tree:
    tree = _Tree()
    tree._raml_version = version
    tree._raml_fragment_type = "Root"
    tree["title"] = _title(root)
    for key in ("version", "baseUri", "mediaType"):
        value = root.get(key)
        if value is not None and value.kind == "scalar" and value.value is not None:
            tree[key] = value.text()
    tree.setdefault("baseUri", "/")
    if "{version}" in tree["baseUri"]:
        tree.setdefault("version", "1.0")
    for key, value in root.items():
        if key.startswith("/"):
            tree[key] = _resource(value)
    return tree


def _title(root: Node) -> str:
    title = root.get("title")
    return title.text() if title is not None and title.text() else "API"


def _resource(node: Node) -> OrderedDict[str, Any]:
    resource: OrderedDict[str, Any] = OrderedDict()
    for key, value in node.items():
        if key in _KEPT and value.kind == "scalar":
            resource[key] = value.text()
        elif key in _VERBS:
            resource[key] = _method(value)
        elif key.startswith("/"):
            resource[key] = _resource(value)
    return resource


def _method(node: Node) -> OrderedDict[str, Any]:
    """Bodies, parameters and types stay in our own model; status codes are enough here."""
    method: OrderedDict[str, Any] = OrderedDict()
    description = node.get("description")
    if description is not None and description.kind == "scalar":
        method["description"] = description.text()
    responses = node.get("responses")
    if responses is not None and responses.is_map:
        codes = [code for code in responses.value if re.match(r"^[1-5]\d\d$", code)]
        method["responses"] = OrderedDict((int(code), OrderedDict(description="")) for code in codes)
    return method
