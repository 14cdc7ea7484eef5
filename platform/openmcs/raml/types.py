"""All places of a 1.0 document where types stand: that names exist, facets are right, and examples fit."""

from __future__ import annotations

from openmcs.raml.examples import Examples, examples_of
from openmcs.raml.expand import VERBS
from openmcs.raml.expression import is_external, names_of, parse
from openmcs.raml.facets import check_facets, is_reserved
from openmcs.raml.load import Loader, Unreadable
from openmcs.raml.names import declared
from openmcs.raml.node import Node, Place
from openmcs.raml.shapes import Shape, Shapes

DEEPEST = 40
MOST_STEPS = 100_000
_NONE: frozenset[str] = frozenset()
_PROPERTY = frozenset({"required"})
_ANNOTATION = frozenset({"allowedTargets"})


class TypeChecks:
    """One pass over the expanded tree of a 1.0 document."""

    def __init__(self, root: Node, loader: Loader, shapes: Shapes, examples: Examples) -> None:
        self._root = root
        self._loader = loader
        self._shapes = shapes
        self._examples = examples
        self._seen: set[tuple[int, str]] = set()
        self._files: set[str] = set()
        self._straight: set[int] = set()
        self._steps = 0
        self._has_media_type = root.get("mediaType") is not None

    def run(self) -> None:
        """All types, parameters and bodies."""
        self.library(self._root)
        self._parameters(self._root.get("baseUriParameters"))
        for key, value in self._root.items():
            if key.startswith("/"):
                self._resource(value)

    def library(self, root: Node) -> None:
        """The types that a file declares, and those of the libraries it uses."""
        if root.place.file in self._files:
            return
        self._files.add(root.place.file)
        for _, target in declared(root.get("uses")):
            library = target if target.is_map else self._loader.tree(self._resolved(target))
            if library is not None and library.is_map:
                self.library(library)
        pairs = [pair for section in ("types", "schemas") for pair in declared(root.get(section))]
        # All are declared first: which types inherit from one with a discriminator has to be known.
        shapes = [(name, node, self._shapes.declare(name, node)) for name, node in pairs]
        for name, node, shape in shapes:
            if is_reserved(name):
                self._shapes.say("RAML_TYPE_NAME", f"{name} is a type of RAML's own; choose another name", node.place)
            if self._is_circular(name, node, ()):
                self._shapes.say("RAML_TYPE_CYCLE", f"the type {name} is made of itself", node.place)
                continue
            self._checked(node, shape, "string", _NONE, is_type=True)
            self._examples.define(shape)
        for _, node in declared(root.get("annotationTypes")):
            self.declaration(node, "string", _ANNOTATION, is_type=True)
        for _, scheme in declared(root.get("securitySchemes")):
            described = scheme.get("describedBy")
            if described is not None:
                self._method(described)

    def declaration(
        self, node: Node, default: str, also: frozenset[str] = _NONE, *, depth: int = 0, is_type: bool = False
    ) -> None:
        """A type where it is declared: its names and facets, what is below it, and its examples."""
        if (id(node), default) in self._seen or depth > DEEPEST or self._steps > MOST_STEPS:
            return
        self._seen.add((id(node), default))
        self._steps += 1
        self._checked(node, self._shapes.of(node, default), default, also, depth=depth, is_type=is_type)

    def _checked(
        self, node: Node, shape: Shape, default: str, also: frozenset[str], *, depth: int = 0, is_type: bool = False
    ) -> None:
        self._external(node, shape)
        for each in node.value if node.is_list else ():
            self.declaration(each, "any", depth=depth + 1)
        if shape.kind == "json":
            self._examples.define(shape)
        if not node.is_map:
            check_facets(node, shape, self._shapes, also)
            return
        if self._loader.tree(node.place.file) is node:
            also = also | {"uses", "usage"}
        check_facets(node, shape, self._shapes, also)
        if node.get("discriminator") is not None and not is_type:
            message = "a discriminator belongs to a type that is declared by name"
            self._shapes.say("RAML_DISCRIMINATOR", message, node.place_of("discriminator"))
        reference = node.get("type") or node.get("schema")
        if reference is not None and (reference.is_map or reference.is_list):
            self.declaration(reference, default, depth=depth + 1)
        for name, value in (node.get("properties") or _EMPTY).items():
            self.declaration(value, "string", _PROPERTY, depth=depth + 1)
            self._overrides(name, value, shape)
        items = node.get("items")
        if items is not None and not items.is_list:
            self.declaration(items, "any", depth=depth + 1)
        self._facet_values(node, shape)
        for example in examples_of(node):
            for message, place in self._examples.misfits(example, shape):
                self._shapes.say("RAML_EXAMPLE_TYPE", f"the example does not fit its type: {message}", place)

    def _is_circular(self, name: str, node: Node, seen: tuple[str, ...]) -> bool:
        """True when a type, or what it is an array or union of, is itself, so that no value would ever end."""
        if name in seen:
            return True
        if len(seen) > DEEPEST or id(node) in self._straight:
            return False
        reference = (node.get("type") or node.get("schema")) if node.is_map else node
        for each in reference.elements() if reference is not None else []:
            text = each.text()
            expression = parse(text) if text and not is_external(text) else None
            for other in names_of(expression) if expression is not None else ():
                found = self._shapes.names.find(other, each.place.file)
                if found is not None and self._is_circular(other, found, (*seen, name)):
                    return True
        self._straight.add(id(node))
        return False

    def _overrides(self, key: str, value: Node, shape: Shape) -> None:
        name = key if key in shape.properties else key.removesuffix("?")
        inherited = [each.properties[name] for each in shape.parents if name in each.properties]
        own = self._shapes.of(value, "string")
        for each in inherited:
            if not all(self._shapes.is_narrower(own, before) for before in self._shapes.inner(each)):
                message = f"the property {name} is no narrower than that of the type which this one inherits from"
                self._shapes.say("RAML_PROPERTY_OVERRIDE", message, value.place)
                return

    def _external(self, node: Node, shape: Shape) -> None:
        """JSON and XML schemas are types by themselves: nothing is added to them, nothing is made of them."""
        kinds = {each.kind for each in shape.parents} & {"json", "xml"}
        if node.is_map and kinds and shape.alias is None:
            message = f"nothing can be added to a type that is a {kinds.pop().upper()} schema"
            self._shapes.say("RAML_TYPE_EXTERNAL", message, node.place)
        reference = (node.get("type") or node.get("schema")) if node.is_map else node
        for each in reference.elements() if reference is not None else []:
            text = each.text()
            expression = parse(text) if text and not is_external(text) else None
            if expression is None or expression[0] == "name":
                continue
            for name in names_of(expression):
                found = self._shapes.names.find(name, each.place.file)
                if found is not None and self._shapes.of(found, "string").kind in ("json", "xml"):
                    message = f"{name} is a schema of another language, of which no array or union can be made"
                    self._shapes.say("RAML_TYPE_EXTERNAL", message, each.place)

    def _facet_values(self, node: Node, shape: Shape) -> None:
        for parent in shape.parents:
            for name, facet in parent.user_facets.items():
                given = node.get(name)
                for wanted in self._shapes.inner(facet) if given is not None else ():
                    for message, place in self._examples.misfits(given, wanted) if given is not None else ():
                        self._shapes.say("RAML_FACET_VALUE", f"the facet {name}: {message}", place)

    # ── places where types stand ─────────────────────────────────────────────────────────────────

    def _resource(self, node: Node) -> None:
        self._uri_parameters(node.get("uriParameters"))
        for key, value in node.items():
            if key.startswith("/"):
                self._resource(value)
            elif key in VERBS:
                self._method(value)

    def _method(self, node: Node) -> None:
        self._parameters(node.get("queryParameters"))
        self._parameters(node.get("headers"))
        query = node.get("queryString")
        if query is not None:
            self.declaration(query, "any")
            shape = self._shapes.of(query, "any")
            if shape.kind == "array":
                self._shapes.say("RAML_TYPE_CONFLICT", "a query string is no array", query.place)
        self._body(node.get("body"))
        for _, response in (node.get("responses") or _EMPTY).items():
            self._parameters(response.get("headers"))
            self._body(response.get("body"))

    def _parameters(self, node: Node | None) -> None:
        for name, value in (node or _EMPTY).items():
            self.declaration(value, "string", _PROPERTY)
            if self._shapes.of(value, "string").kind in ("json", "xml"):
                message = f"the parameter {name} cannot be a schema of another language"
                self._shapes.say("RAML_TYPE_EXTERNAL", message, value.place)

    def _uri_parameters(self, node: Node | None) -> None:
        self._parameters(node)
        for _, value in (node or _EMPTY).items():
            enum = value.get("enum")
            for each in [*examples_of(value), *(enum.elements() if enum is not None else ())]:
                if isinstance(each.value, str) and "/" in each.value:
                    message = f"{each.value[:60]!r} has a slash, which ends the segment of the path"
                    self._shapes.say("RAML_URI_PARAMETER", message, each.place)

    def _body(self, node: Node | None) -> None:
        if node is None:
            return
        by_type = [value for key, value in node.items() if "/" in key]
        for each in by_type or [node]:
            self.declaration(each, "any")
        says_something = node.value is not None and not by_type and not (node.is_map and not node.value)
        if says_something and not self._has_media_type and any(not key.startswith("(") for key in _keys(node)):
            message = "a body without a media type needs a mediaType at the root of the document"
            self._shapes.say("RAML_MEDIA_TYPE", message, node.place)

    def _resolved(self, target: Node) -> str:
        try:
            return self._loader.resolve(target.text(), target.place)
        except Unreadable:
            return ""


_EMPTY = Node("map", {}, Place("", 1, 1))


def _keys(node: Node) -> list[str]:
    return list(node.value) if node.is_map else [node.text()]
