"""From a bundle to a contract, step by step; for the child process that `compiler` starts, and for tests."""

from __future__ import annotations

import re
from collections.abc import Mapping

from openmcs.exchange import Finding
from openmcs.raml.annotations import Annotations
from openmcs.raml.build import build
from openmcs.raml.check import Checks
from openmcs.raml.contract import Contract
from openmcs.raml.examples import Examples
from openmcs.raml.expand import expand
from openmcs.raml.fragments import KINDS, LIBRARY_KEYS, as_api
from openmcs.raml.load import Loader, Unreadable
from openmcs.raml.names import Names, declared
from openmcs.raml.node import Node
from openmcs.raml.overlay import Layers
from openmcs.raml.schemas import Definitions
from openmcs.raml.security import check_security
from openmcs.raml.shapes import Shapes
from openmcs.raml.types import TypeChecks

_HEADER = re.compile(r"^#%RAML\s+(0\.8|1\.0)(?:\s+(\w+))?\s*$")


class Document:
    """One reading of a bundle: `contract` when there is one, `fragment` its kind when it is no API."""

    def __init__(self, bundle: Mapping[str, bytes], root: str) -> None:
        self.contract: Contract | None = None
        self.fragment: str | None = None
        self.findings: list[Finding] = []
        self._root = root
        self._loader = Loader(bundle)
        try:
            tree, header = self._loader.load(root)
        except Unreadable as error:
            self.findings.append(error.finding)
            return
        version, kind = self._version(header)
        if version is not None:
            try:
                self._read(tree, version, kind)
            except Unreadable as error:
                self.findings.append(error.finding)

    def _read(self, tree: Node, version: str, kind: str | None) -> None:
        if kind == "NamedExample":
            self._is_fragment(kind)
            return
        if not tree.is_map and kind != "DataType":
            message = "the document is a mapping of keys such as title and resources"
            self._say("RAML_ROOT", message, tree.place.line, tree.place.column)
            return
        if kind in ("Overlay", "Extension"):
            layers = Layers(self._loader)
            laid = layers.applied(tree, kind)
            self.findings += layers.findings
            if laid is None:
                return
            tree = laid
        elif kind is not None:
            self._is_fragment(kind)
            self._fragment_keys(tree, kind)
            tree = as_api(tree, kind)
        self._compile(tree, version, kind)

    def _compile(self, tree: Node, version: str, kind: str | None) -> None:
        expanded = expand(tree, self._loader)
        if any(each.code == "RAML_TOO_EXPENSIVE" for each in expanded.findings):
            self.findings += expanded.findings
            return
        checks = Checks(version)
        checks.root(expanded.root)
        shapes = Shapes(Names(expanded.root, self._loader), version)
        definitions = Definitions(shapes, self._loader, "error" if version == "1.0" else "warning")
        if version == "1.0":
            examples = Examples(definitions)
            TypeChecks(expanded.root, self._loader, shapes, examples).run()
            target = kind if kind in ("Overlay", "Extension", "Library") else "API"
            Annotations(self._loader, shapes, examples).root(expanded.root, target)
        self.findings += expanded.findings + checks.findings + check_security(tree, version)
        if self.fragment is None:
            self.contract, more = build(expanded.root, version, shapes, definitions)
            self.findings += more
        self.findings += shapes.findings

    def _version(self, header: str) -> tuple[str | None, str | None]:
        found = _HEADER.match(header)
        if found is None:
            message = f"the first line is {header[:60]!r}; it has to be #%RAML 0.8 or #%RAML 1.0"
            self._say("RAML_HEADER", message, 1, 1)
            return None, None
        version, kind = found.groups()
        if kind is not None and (version == "0.8" or kind not in (*KINDS, "Overlay", "Extension")):
            known = ", ".join((*KINDS, "Overlay", "Extension"))
            self._say("RAML_HEADER", f"RAML {version} has no {kind}; 1.0 has the fragments {known}", 1, 1)
            return None, None
        return version, kind

    def _is_fragment(self, kind: str) -> None:
        self.fragment = kind
        message = f"the document is a {kind}, a fragment for APIs to use, and no API that could be served"
        self.findings.append(Finding("RAML_FRAGMENT", message, self._root, 1, 1, "warning"))

    def _fragment_keys(self, tree: Node, kind: str) -> None:
        for key in tree.value if kind == "Library" and tree.is_map else ():
            if key not in LIBRARY_KEYS and not key.startswith("("):
                place = tree.place_of(key)
                self._say("RAML_KEY_UNKNOWN", f"a library has no key {key!r}", place.line, place.column)
        for _, target in declared(tree.get("uses")) if kind != "Library" else ():
            try:
                self._loader.include(target.text(), target.place)
            except Unreadable as error:
                self.findings.append(error.finding)

    def _say(self, code: str, message: str, line: int, column: int) -> None:
        self.findings.append(Finding(code, message, self._root, line, column))
