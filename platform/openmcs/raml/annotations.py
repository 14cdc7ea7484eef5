"""Annotations of RAML 1.0: that they are declared, may stand where they do, and have values of their type."""

from __future__ import annotations

import difflib

from openmcs.raml.examples import Examples
from openmcs.raml.expand import VERBS
from openmcs.raml.load import Loader, Unreadable
from openmcs.raml.names import declared
from openmcs.raml.node import Node, Place
from openmcs.raml.shapes import Shapes

TARGETS = (
    "API", "DocumentationItem", "Resource", "Method", "Response", "RequestBody", "ResponseBody", "TypeDeclaration",
    "Example", "ResourceType", "Trait", "SecurityScheme", "SecuritySchemeSettings", "AnnotationType", "Library",
    "Overlay", "Extension",
)  # fmt: skip
MOST_STEPS = 200_000
_TEXTS = ("displayName", "description", "title", "baseUri", "version", "default", "usage", "content")


class Annotations:
    """One pass over the expanded tree of a 1.0 document."""

    def __init__(self, loader: Loader, shapes: Shapes, examples: Examples) -> None:
        self._loader = loader
        self._shapes = shapes
        self._examples = examples
        self._steps = 0
        self._files: set[str] = set()

    def root(self, root: Node, target: str = "API") -> None:
        """Everything in a file: an API, an overlay, an extension or a library."""
        self._files.add(root.place.file)
        self._at(root, target)
        for page in (root.get("documentation") or _EMPTY).elements():
            self._at(page, "DocumentationItem")
        for section in ("types", "schemas"):
            self._types(root.get(section))
        for _, node in declared(root.get("annotationTypes")):
            self._targets(node)
            self._at(node, "AnnotationType")
            self._inside(node)
        for _, node in declared(root.get("traits")):
            self._at(node, "Trait")
            self._method(node, "Trait")
        for _, node in declared(root.get("resourceTypes")):
            self._resource(node, "ResourceType")
        for _, node in declared(root.get("securitySchemes")):
            self._at(node, "SecurityScheme")
            self._at(node.get("settings"), "SecuritySchemeSettings")
            described = node.get("describedBy")
            if described is not None:
                self._method(described, "SecurityScheme")
        self._types(root.get("baseUriParameters"))
        for key, node in root.items():
            if key.startswith("/"):
                self._resource(node, "Resource")
        for _, target_ in declared(root.get("uses")):
            try:
                library = target_ if target_.is_map else self._loader.include(target_.text(), target_.place)
            except Unreadable:
                continue
            if library.is_map and library.place.file not in self._files:
                self.root(library, "Library")

    def _resource(self, node: Node, target: str) -> None:
        if not node.is_map or not self._goes_on():
            return
        self._at(node, target)
        self._types(node.get("uriParameters"))
        for key, value in node.items():
            if key.startswith("/"):
                self._resource(value, target)
            elif key.rstrip("?") in VERBS:
                self._at(value, "Method")
                self._method(value, "Method")

    def _method(self, node: Node, target: str) -> None:
        for section in ("queryParameters", "headers"):
            self._types(node.get(section))
        self._type(node.get("queryString") or _EMPTY)
        self._body(node.get("body"), "RequestBody")
        for _, response in (node.get("responses") or _EMPTY).items():
            self._at(response, "Response", "Method")
            self._types(response.get("headers"))
            self._body(response.get("body"), "ResponseBody")

    def _body(self, node: Node | None, target: str) -> None:
        if node is None:
            return
        self._at(node, target, "TypeDeclaration")
        by_type = [value for key, value in node.items() if "/" in key]
        for each in by_type:
            self._at(each, target, "TypeDeclaration")
        for each in by_type or [node]:
            self._inside(each)

    def _type(self, node: Node) -> None:
        if self._goes_on():
            self._at(node, "TypeDeclaration")
            self._inside(node)

    def _inside(self, node: Node) -> None:
        """What a declaration has below it."""
        for section in ("properties", "facets"):
            self._types(node.get(section))
        for key in ("items", "type"):
            inner = node.get(key)
            if inner is not None and inner.is_map:
                self._type(inner)
        example = node.get("example")
        examples = node.get("examples")
        named = list(examples.value.values()) if examples is not None and examples.is_map else []
        for each in [example, *named]:
            if each is not None and each.is_map and "value" in each.value:
                self._at(each, "Example")

    def _types(self, section: Node | None) -> None:
        for _, value in declared(section):
            self._type(value)

    # ── one place ────────────────────────────────────────────────────────────────────────────────

    def _at(self, node: Node | None, *targets: str) -> None:
        if node is None or not node.is_map:
            return
        self._own(node, targets)
        for key in _TEXTS:
            scalar = node.get(key)
            if scalar is not None and scalar.is_map and "value" in scalar.value:
                self._own(scalar, ())

    def _own(self, node: Node, targets: tuple[str, ...]) -> None:
        for key, value in node.items():
            if not (key.startswith("(") and key.endswith(")")):
                continue
            place = node.place_of(key)
            name = key[1:-1]
            found = self._shapes.names.find(name, place.file, "annotationTypes")
            if found is None and "<<" in name:
                continue
            if found is None:
                close = difflib.get_close_matches(name, self._shapes.names.known(place.file, "annotationTypes"), n=1)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                self._shapes.say("RAML_ANNOTATION", f"there is no annotation type {name!r}{hint}", place)
                continue
            allowed = (
                [each.text() for each in (found.get("allowedTargets") or _EMPTY).elements()] if found.is_map else []
            )
            if allowed and found.get("allowedTargets") is not None and targets and not set(targets) & set(allowed):
                message = f"({name}) may stand at {', '.join(allowed)}, and not here ({targets[0]})"
                self._shapes.say("RAML_ANNOTATION", message, place)
            shape = self._shapes.of(found, "string")
            for message, where in self._examples.misfits(value, shape):
                self._shapes.say("RAML_ANNOTATION", f"({name}): {message}", where if where != value.place else place)

    def _targets(self, node: Node) -> None:
        targets = node.get("allowedTargets")
        for each in targets.elements() if targets is not None else ():
            if each.text() not in TARGETS:
                message = f"{each.text()!r} is no place for annotations; known are {', '.join(TARGETS)}"
                self._shapes.say("RAML_ANNOTATION", message, each.place)

    def _goes_on(self) -> bool:
        self._steps += 1
        return self._steps <= MOST_STEPS


_EMPTY = Node("list", [], Place("", 1, 1))
