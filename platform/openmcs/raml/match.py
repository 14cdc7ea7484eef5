"""
Path to resource: a tree by segment, made once.

Literal segments win over those with parameters, and among those the one with more literal text; a
choice that leads nowhere is taken back. Values are percent-decoded after the path is cut, so an encoded
slash stays inside its segment.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from openmcs.raml.contract import Contract, Method, Resource

_PARAMETER = re.compile(r"\{([^{}/]+)\}")


class Match(NamedTuple):
    """A resource that was found, with decoded path parameters and its methods by verb."""

    resource: Resource
    parameters: dict[str, str]
    methods: dict[str, Method]


class _Node:
    __slots__ = ("literals", "methods", "patterns", "resource")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.patterns: list[tuple[re.Pattern[str], tuple[str, ...], str, _Node]] = []
        self.resource: Resource | None = None
        self.methods: dict[str, Method] = {}


class Matcher:
    """All resources of one contract."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self._root = _Node()
        for resource in contract.resources:
            self._add(resource)

    def match(self, path: str) -> Match | None:
        """The resource for *path* (below the API, percent-encoded); None when there is none."""
        segments = [each for each in path.split("/") if each]
        found: list[tuple[str, str]] = []
        node = self._find(self._root, segments, 0, found)
        if node is None or node.resource is None:
            return None
        return Match(node.resource, {name: unquote(value) for name, value in found}, node.methods)

    def _add(self, resource: Resource) -> None:
        node = self._root
        for segment in (each for each in resource.path.split("/") if each):
            node = _child(node, segment)
        if node.resource is None:
            node.resource = resource
        for method in resource.methods:
            node.methods.setdefault(method.verb, method)

    def _find(self, node: _Node, segments: list[str], at: int, found: list[tuple[str, str]]) -> _Node | None:
        if at == len(segments):
            return node if node.resource is not None else None
        segment = segments[at]
        literal = node.literals.get(segment)
        if literal is None and "%" in segment:
            literal = node.literals.get(unquote(segment))
        if literal is not None:
            deeper = self._find(literal, segments, at + 1, found)
            if deeper is not None:
                return deeper
        for pattern, names, _, child in node.patterns:
            matched = pattern.fullmatch(segment)
            if matched is None:
                continue
            before = len(found)
            found.extend(zip(names, matched.groups(), strict=True))
            deeper = self._find(child, segments, at + 1, found)
            if deeper is not None:
                return deeper
            del found[before:]
        return None


def _child(node: _Node, segment: str) -> _Node:
    names = tuple(_PARAMETER.findall(segment))
    if not names:
        return node.literals.setdefault(unquote(segment), _Node())
    shape = _PARAMETER.sub("{}", segment)
    for _, known, seen, child in node.patterns:
        if seen == shape and known == names:
            return child
    child = _Node()
    node.patterns.append((_pattern(segment), names, shape, child))
    # More literal text first: `/{id}.json` before `/{id}`.
    node.patterns.sort(key=lambda each: -len(each[2].replace("{}", "")))
    return child


def _pattern(segment: str) -> re.Pattern[str]:
    pieces = _PARAMETER.split(segment)
    # `{ext}` with its dot is RAML's reserved media type extension; it may be left out.
    pattern = ""
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            pattern += re.escape(piece)
        elif piece == "mediaTypeExtension":
            pattern += r"((?:\.[A-Za-z0-9]+)?)"
        else:
            pattern += "([^/]+?)"
    return re.compile(pattern)
