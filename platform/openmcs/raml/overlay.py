"""Overlays and extensions: a document that is laid over another one, which may be laid over a third."""

from __future__ import annotations

import re

from openmcs.exchange import Finding
from openmcs.raml.load import DEEPEST_INCLUDE, Loader, Unreadable
from openmcs.raml.node import Node, Place

_HEADER = re.compile(r"#%RAML 1\.0(?:\s+(Overlay|Extension))?\s*$")
_DESCRIBING = frozenset(
    ["title", "displayName", "description", "documentation", "usage", "example", "examples", "uses", "extends",
     "annotationTypes", "types", "schemas"]
)  # fmt: skip
"""What an overlay may change or add; all else of it has to be there already, and the same."""


class Layers:
    """Applies a chain of documents; `findings` has what was wrong with it."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self.findings: list[Finding] = []

    def applied(self, tree: Node, kind: str, depth: int = 0) -> Node | None:
        """The API that *tree*, an Overlay or Extension, comes to; None when there is none below it."""
        extends = tree.get("extends")
        if extends is None or not extends.text():
            self._say("RAML_EXTENDS", f"an {kind} names the document that it is laid over: extends", tree.place)
            return None
        if depth > DEEPEST_INCLUDE:
            self._say("RAML_INCLUDE_CYCLE", "the documents extend one another", extends.place)
            return None
        try:
            file = self._loader.resolve(extends.text(), extends.place)
            below: Node | None = self._loader.include(extends.text(), extends.place)
            header = _HEADER.match(self._loader.header(file))
        except Unreadable as error:
            self.findings.append(error.finding)
            return None
        if header is None or below is None or not below.is_map:
            self._say("RAML_EXTENDS", f"{extends.text()!r} is no API, Overlay or Extension of RAML 1.0", extends.place)
            return None
        if header.group(1) is not None:
            below = self.applied(below, header.group(1), depth + 1)
            if below is None:
                return None
        if kind == "Overlay":
            self._check(tree, below, "")
        return self._laid(below, tree, is_root=True)

    def _check(self, over: Node, below: Node, path: str) -> None:
        for key, value in over.items():
            if key in _DESCRIBING or (key.startswith("(") and key.endswith(")")):
                continue
            place = over.place_of(key)
            before = below.get(key)
            shown = f"{path}{key}" if key.startswith("/") else f"{path} {key}".strip()
            if key not in below.value:
                self._say("RAML_OVERLAY", f"an overlay adds nothing to what an API does, and {shown} is new", place)
            elif value.is_map and before is not None and (before.is_map or before.value is None):
                self._check(value, before, shown)
            elif value.kind == "scalar" and value.value is None:
                continue
            elif before is None or before.plain() != value.plain():
                self._say("RAML_OVERLAY", f"an overlay changes nothing that an API does, and {shown} differs", place)

    def _laid(self, below: Node, over: Node, *, is_root: bool = False) -> Node:
        if over.kind == "scalar" and over.value is None:
            return below
        if not (below.is_map and over.is_map):
            if below.is_list and over.is_list and not is_root:
                return Node("list", [*below.value, *over.value], over.place)
            return over
        entries, keys = dict(below.value), dict(below.keys)
        for key, value in over.items():
            if is_root and key in ("extends", "usage"):
                continue
            entries[key] = self._laid(entries[key], value) if key in entries and key != "example" else value
            keys.setdefault(key, over.place_of(key))
        return Node("map", entries, below.place, keys)

    def _say(self, code: str, message: str, place: Place) -> None:
        self.findings.append(Finding(code, message, place.file, place.line, place.column))
