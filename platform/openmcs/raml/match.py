"""
Path to resource: a tree by segment, made once.

Literal segments win over those with parameters, and among those the one with more literal text; a
choice that leads nowhere is taken back. Segments are percent-decoded after the path is cut, so an encoded
slash stays inside its segment. Each node of the tree is looked at once at most, and each segment in time
linear in its length, whatever the definition says.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from openmcs.raml.contract import Contract, Method, Resource
from openmcs.raml.mock import Mock
from openmcs.raml.mock_state import MockState
from openmcs.raml.request import Requests

_PARAMETER = re.compile(r"\{([^{}/]+)\}")
_EXTENSION = re.compile(r"\.[A-Za-z0-9]+\Z")


class Match(NamedTuple):
    """A resource that was found, with decoded path parameters and its methods by verb."""

    resource: Resource
    parameters: dict[str, str]
    methods: dict[str, Method]


class _Node:
    __slots__ = ("literals", "methods", "patterns", "resource")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.patterns: list[tuple[_Pattern, _Node]] = []
        self.resource: Resource | None = None
        self.methods: dict[str, Method] = {}


class Matcher:
    """All resources of one contract."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.requests = Requests(contract)
        self.mock = Mock(contract)
        self.mock_state = MockState(contract)
        self._root = _Node()
        self._literal: dict[str, Match] = {}
        """Resources without parameters, by their whole path: literal segments win, so nothing else can be meant."""
        for resource in contract.resources:
            self._add(resource)

    def match(self, path: str) -> Match | None:
        """The resource for *path* (below the API, percent-encoded); None when there is none."""
        known = self._literal.get(path)
        if known is not None:
            return known
        segments = [each for each in path.split("/") if each]
        if "%" in path:
            segments = [unquote(each) for each in segments]
        found: list[tuple[str, str]] = []
        node = self._find(self._root, segments, 0, found)
        if node is None or node.resource is None:
            return None
        return Match(node.resource, dict(found), node.methods)

    def _add(self, resource: Resource) -> None:
        node = self._root
        for segment in (each for each in resource.path.split("/") if each):
            node = _child(node, segment)
        if node.resource is None:
            node.resource = resource
        for method in resource.methods:
            node.methods.setdefault(method.verb, method)
        if "{" not in resource.path and "%" not in resource.path and node.resource is resource:
            self._literal[resource.path] = Match(resource, {}, node.methods)

    def _find(self, node: _Node, segments: list[str], at: int, found: list[tuple[str, str]]) -> _Node | None:
        if at == len(segments):
            return node if node.resource is not None else None
        segment = segments[at]
        literal = node.literals.get(segment)
        if literal is not None:
            deeper = self._find(literal, segments, at + 1, found)
            if deeper is not None:
                return deeper
        for pattern, child in node.patterns:
            before = len(found)
            if pattern.is_whole:
                found.append((pattern.names[0], segment))
            else:
                values = pattern.fit(segment)
                if values is None:
                    continue
                found.extend(zip(pattern.names, values, strict=True))
            deeper = self._find(child, segments, at + 1, found)
            if deeper is not None:
                return deeper
            del found[before:]
        return None


class _Pattern:
    """A segment with parameters: each takes one character at least, and as few as it can."""

    __slots__ = ("has_extension", "is_whole", "literals", "names")

    def __init__(self, segment: str) -> None:
        # `{mediaTypeExtension}`, with its dot, is RAML's reserved extension; at the end it may be left out.
        self.has_extension = segment.endswith("{mediaTypeExtension}")
        pieces = _PARAMETER.split(segment)
        self.names = tuple(pieces[1::2])
        self.literals = tuple(unquote(each) for each in pieces[0::2])
        if self.has_extension:
            self.literals = self.literals[:-1]
        # One parameter and nothing else, as nearly all are: every segment fits.
        self.is_whole = not self.has_extension and self.literals == ("", "")

    def fit(self, segment: str) -> list[str] | None:
        """Values of the parameters, or None."""
        if not self.has_extension:
            return self._values(segment)
        extension = _EXTENSION.search(segment)
        if extension is not None:
            values = self._values(segment[: extension.start()])
            if values is not None:
                return [*values, extension.group()]
        values = self._values(segment)
        return [*values, ""] if values is not None else None

    def _values(self, segment: str) -> list[str] | None:
        """
        The first place for each literal, and the end for the last one.

        That is what a regular expression with lazy groups finds, without its ways of going astray.
        """
        first, *others = self.literals
        if not others:
            return [] if segment == first else None
        end = len(segment) - len(others[-1])
        if not segment.startswith(first) or not segment.endswith(others[-1]):
            return None
        values, at = [], len(first)
        for literal in others[:-1]:
            next_ = segment.find(literal, at + 1, end)
            if next_ < 0:
                return None
            values.append(segment[at:next_])
            at = next_ + len(literal)
        if at >= end:
            return None
        values.append(segment[at:end])
        return values


def _child(node: _Node, segment: str) -> _Node:
    if not _PARAMETER.search(segment):
        return node.literals.setdefault(unquote(segment), _Node())
    pattern = _Pattern(segment)
    for known, child in node.patterns:
        if known.names == pattern.names and known.literals == pattern.literals:
            return child
    child = _Node()
    node.patterns.append((pattern, child))
    # More literal text first: `/{id}.json` before `/{id}`.
    node.patterns.sort(key=lambda each: -sum(len(literal) for literal in each[0].literals))
    return child
