"""
Resource types, traits and libraries applied: afterwards every method says all that holds for it.

The target wins over what is merged into it; `get?` of a resource type applies where the resource has a
`get`. Names resolve in the file that uses them, so a library's types find that library's traits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from openmcs.exchange import Finding
from openmcs.raml.functions import parameters_of, problems_of, substitute
from openmcs.raml.load import Loader, Unreadable
from openmcs.raml.node import Node, Place, mapping

VERBS = ("get", "post", "put", "delete", "patch", "head", "options", "trace", "connect")
MOST_RESOURCES = 20_000
DEEPEST_TYPE = 20
MOST_APPLIED = 10_000
"""Times that a resource type or trait is applied to something."""
_RESERVED = frozenset({"resourcePath", "resourcePathName", "methodName"})
_NOT_INHERITED = frozenset({"usage", "type", "displayName"})


@dataclass(slots=True)
class Scope:
    """Names that one file may use."""

    traits: dict[str, tuple[Node, Scope]] = field(default_factory=dict)
    types: dict[str, tuple[Node, Scope]] = field(default_factory=dict)


@dataclass(slots=True)
class Expanded:
    """The root with expanded resources, and what was wrong on the way."""

    root: Node
    findings: list[Finding]


def expand(root: Node, loader: Loader) -> Expanded:
    """Apply everything that is declared to every resource of *root*."""
    work = _Expansion(loader)
    scope = work.scope_of(root)
    entries = {
        key: work.resource(key, value, "", scope) if key.startswith("/") else value for key, value in root.items()
    }
    return Expanded(mapping(entries, root), work.findings)


class _Expansion:
    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self._count = 0
        self._applied = 0
        self._scopes: dict[int, Scope | None] = {}
        self.findings: list[Finding] = []

    def scope_of(self, root: Node) -> Scope:
        """The names that *root* declares and uses; made once for each file, None while it is being made."""
        known = self._scopes.get(id(root))
        if known is not None:
            return known
        self._scopes[id(root)] = None
        scope = Scope()
        for section, names in (("traits", scope.traits), ("resourceTypes", scope.types)):
            for name, node in _declared(root.get(section)):
                names[name] = (node, scope)
        uses = root.get("uses")
        for alias, target in uses.items() if uses else ():
            library = self._library(target, uses.place_of(alias) if uses else target.place)
            if library is not None:
                scope.traits.update(
                    {f"{alias}.{name}": each for name, each in library.traits.items() if "." not in name}
                )
                scope.types.update({f"{alias}.{name}": each for name, each in library.types.items() if "." not in name})
        self._scopes[id(root)] = scope
        return scope

    def _library(self, target: Node, place: Place) -> Scope | None:
        try:
            tree = target if target.is_map else self._loader.include(target.text(), place)
        except Unreadable as error:
            self.findings.append(error.finding)
            return None
        if self._loader.tree(tree.place.file) is tree and "Library" not in self._loader.header(tree.place.file):
            message = f"uses names a library, and {target.text()!r} does not begin with #%RAML 1.0 Library"
            self._say("RAML_LIBRARY", message, place)
        if id(tree) in self._scopes and self._scopes[id(tree)] is None:
            self._say("RAML_INCLUDE_CYCLE", f"the library {target.text()!r} uses itself in the end", place)
            return None
        return self.scope_of(tree)

    def resource(self, key: str, node: Node, above: str, scope: Scope) -> Node:
        """One resource and all below it."""
        self._count += 1
        if self._count > MOST_RESOURCES:
            if self._count == MOST_RESOURCES + 1:
                self._say("RAML_TOO_EXPENSIVE", f"more than {MOST_RESOURCES} resources", node.place)
            return node
        path = above + key
        if not node.is_map:
            return node
        own = {name: value for name, value in node.items() if not name.startswith("/")}
        merged = self._with_type(mapping(own, node), path, scope, 0)
        entries = dict(merged.value)
        for verb in [each for each in entries if each in VERBS]:
            entries[verb] = self._with_traits(verb, entries[verb], entries.get("is"), path, scope)
        for name, value in node.items():
            if name.startswith("/"):
                entries[name] = self.resource(name, value, path, scope)
        return mapping(entries, merged)

    def _with_type(self, node: Node, path: str, scope: Scope, depth: int) -> Node:
        reference = node.get("type")
        if reference is None or reference.value is None:
            return node
        found = self._called(reference, scope.types, "resource type", "RAML_RESOURCE_TYPE_UNKNOWN")
        if found is None:
            return node
        declared, declared_in, given = found
        if depth > DEEPEST_TYPE:
            self._say("RAML_TYPE_CYCLE", "resource types refer to one another in a circle", reference.place)
            return node
        values = {**given, **_place_parameters(path, reference.place)}
        declared = _applicable(declared, node)
        self._check_parameters(declared, values, reference)
        filled = substitute(declared, values)
        # A type's traits are its own file's: they are applied before anything of the resource.
        entries = {
            key: self._with_traits(key.rstrip("?"), value, filled.get("is"), path, declared_in)
            if key.rstrip("?") in VERBS
            else value
            for key, value in filled.items()
            if key != "is"
        }
        source = self._with_type(mapping(entries, filled), path, declared_in, depth + 1)
        return merge(node, source)

    def _with_traits(
        self, verb: str, method: Node, of_resource: Node | None, path: str, scope: Scope, depth: int = 0
    ) -> Node:
        if not method.is_map and method.value not in (None, ""):
            return method
        merged = method if method.is_map else mapping({}, method)
        references = [*(_list(merged.get("is"))), *(_list(of_resource))]
        for reference in references:
            found = self._called(reference, scope.traits, "trait", "RAML_TRAIT_UNKNOWN")
            if found is None:
                continue
            declared, declared_in, given = found
            values = {**given, **_place_parameters(path, reference.place), "methodName": _text(verb, reference.place)}
            self._check_parameters(declared, values, reference)
            filled = substitute(declared, values)
            if filled.get("is") is not None:
                if depth > DEEPEST_TYPE:
                    self._say("RAML_TYPE_CYCLE", "traits refer to one another in a circle", reference.place)
                    break
                filled = self._with_traits(verb, filled, None, path, declared_in, depth + 1)
            merged = merge(merged, filled)
        # Done with: names of the file that declares a type mean nothing in the file that uses it.
        return mapping({key: value for key, value in merged.items() if key != "is"}, merged)

    def _called(
        self, reference: Node, known: Mapping[str, tuple[Node, Scope]], what: str, code: str
    ) -> tuple[Node, Scope, dict[str, Node]] | None:
        """What a reference names, the scope it was declared in, and the parameters it is given."""
        self._applied += 1
        if self._applied > MOST_APPLIED:
            if self._applied == MOST_APPLIED + 1:
                message = f"resource types and traits are applied more than {MOST_APPLIED} times"
                self._say("RAML_TOO_EXPENSIVE", message, reference.place)
            return None
        if reference.is_map:
            pairs = list(reference.items())
            if len(pairs) != 1:
                self._say(code, f"a {what} is one name, with its parameters below", reference.place)
                return None
            name, parameters = pairs[0]
            given = dict(parameters.items())
        else:
            name, given = reference.text(), {}
        if name not in known:
            names = ", ".join(sorted(known)) or "none"
            self._say(code, f"there is no {what} {name!r}; declared are: {names}", reference.place)
            return None
        declared, scope = known[name]
        if not declared.is_map:
            return mapping({}, declared), scope, given
        if declared.get("uses") is not None:
            # A fragment in a file of its own may use libraries of its own.
            scope = self.scope_of(declared)
            declared = mapping({key: value for key, value in declared.items() if key != "uses"}, declared)
        return declared, scope, given

    def _check_parameters(self, declared: Node, values: Mapping[str, Node], reference: Node) -> None:
        for message, place in problems_of(declared):
            self._say("RAML_PARAMETER", message, place)
        for name in sorted(parameters_of(declared) - values.keys() - _RESERVED):
            self._say("RAML_PARAMETER_MISSING", f"the parameter <<{name}>> is not given", reference.place)

    def _say(self, code: str, message: str, place: Place) -> None:
        self.findings.append(Finding(code, message, place.file, place.line, place.column))


def merge(target: Node, source: Node, is_inner: bool = False) -> Node:
    """
    *target* with what *source* adds; where both say something, *target* is right.

    At the outermost level, that of a resource or method, the source's own type and usage are not taken over.
    """
    if target.kind == "scalar" and target.value is None:
        return source
    if not (target.is_map and source.is_map):
        return target
    entries, keys = dict(target.value), dict(target.keys)
    for key, value in source.items():
        name = key.removesuffix("?") if key.removesuffix("?") in VERBS or key in entries else key
        if not is_inner and key in _NOT_INHERITED and key not in entries:
            continue
        if name in entries:
            if entries[name].is_map or entries[name].value is None:
                entries[name] = merge(entries[name], value, True)
            elif entries[name].is_list and value.is_list and name in ("is", "securedBy", "protocols"):
                entries[name] = Node("list", [*entries[name].value, *value.value], entries[name].place)
        elif not (key.endswith("?") and key[:-1] in VERBS):
            entries[name] = value
            keys[name] = source.place_of(key)
    return Node("map", entries, target.place, keys)


def _applicable(declared: Node, node: Node) -> Node:
    """A resource type without the optional methods that the resource has not: their parameters need not be given."""
    present = set(node.value)
    kept = {
        key: value
        for key, value in declared.items()
        if not (key.endswith("?") and key[:-1] in VERBS and present.isdisjoint((key, key[:-1])))
    }
    return mapping(kept, declared)


def _declared(section: Node | None) -> list[tuple[str, Node]]:
    """Names and bodies: a mapping in 1.0, a list of mappings in 0.8."""
    if section is None:
        return []
    if section.is_map:
        return list(section.items())
    return [pair for each in section.elements() for pair in each.items()]


def _list(node: Node | None) -> list[Node]:
    return [] if node is None else node.elements()


def _place_parameters(path: str, place: Place) -> dict[str, Node]:
    names = [each for each in path.split("/") if each and not each.startswith("{")]
    return {"resourcePath": _text(path, place), "resourcePathName": _text(names[-1] if names else "", place)}


def _text(value: str, place: Place) -> Node:
    return Node("scalar", value, place, raw=value)
