"""
A bundle of files to one tree of nodes.

Iterative over libyaml's events: its `load` and `compose` recurse in C, and 30 KB of `[` end the process.
Depth and size are checked before anything is built. Scalars are those of YAML 1.2's core schema, so `NO` stays
a text. Includes resolve inside the bundle only; nothing is ever read from disk or network here.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from openmcs.exchange import Finding
from openmcs.raml.node import Node, Place

DEEPEST = 100
MOST_NODES = 300_000
LARGEST_FILE = 2 * 1024 * 1024
LARGEST_BUNDLE = 20 * 1024 * 1024
MOST_FILES = 4_000
DEEPEST_INCLUDE = 32
LONGEST_NUMBER = 400

_INT = re.compile(r"[-+]?[0-9]+$|0x[0-9a-fA-F]+$|0o[0-7]+$")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
_SPECIAL: dict[str, Any] = {
    "": None, "null": None, "Null": None, "NULL": None, "~": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_YAML = "tag:yaml.org,2002:"
_TEXT_TAGS = frozenset({"!", f"{_YAML}str"})
_CORE_TAGS = frozenset(_YAML + each for each in ("int", "float", "bool", "null", "map", "seq"))
_MARKUP = (".raml", ".yaml", ".yml")


class Unreadable(Exception):
    """The document cannot be read; carries the finding."""

    def __init__(self, code: str, message: str, place: Place) -> None:
        super().__init__(message)
        self.finding = Finding(code, message, place.file, place.line, place.column)


class Loader:
    """Reads the files of one bundle, each once."""

    def __init__(self, bundle: Mapping[str, bytes]) -> None:
        self._bundle = bundle
        self._count = 0
        self._open: list[str] = []
        self._trees: dict[str, Node] = {}

    def load(self, root: str) -> tuple[Node, str]:
        """The tree of *root*, and its first line. Raises `Unreadable`."""
        start = Place(root, 1, 1)
        if len(self._bundle) > MOST_FILES or sum(len(each) for each in self._bundle.values()) > LARGEST_BUNDLE:
            raise Unreadable(
                "RAML_TOO_LARGE", f"a definition has at most {MOST_FILES} files and {LARGEST_BUNDLE} bytes", start
            )
        if root not in self._bundle:
            raise Unreadable("RAML_FILE_MISSING", f"the root file {root!r} is not in the bundle", start)
        tree = self._file(root, start)
        return tree, _text(self._bundle[root], start).lstrip("\ufeff").split("\n", 1)[0].strip()

    def header(self, file: str) -> str:
        """The first line of a file of the bundle."""
        return _text(self._bundle[file], Place(file, 1, 1)).lstrip("\ufeff").split("\n", 1)[0].strip()

    def tree(self, file: str) -> Node | None:
        """The tree of a file that was read already; None for others."""
        return self._trees.get(file)

    def resolve(self, target: str, place: Place) -> str:
        """The path in the bundle that *target*, written at *place*, names. Raises `Unreadable`."""
        return self._resolve(target, place)

    def read(self, file: str) -> str:
        """The text of a file of the bundle."""
        return _text(self._bundle[file], Place(file, 1, 1))

    def include(self, target: str, place: Place) -> Node:
        """What `!include target` written at *place* stands for. Raises `Unreadable`."""
        file = self._resolve(target, place)
        part = target.strip().partition("#")[2]
        if part.startswith("/") and file.lower().endswith(".json"):
            # A part of a JSON schema: a schema that refers to it.
            text = json.dumps({"$ref": f"/{file}#{part}"})
            return Node("scalar", text, Place(file, 1, 1), raw=text)
        if file.lower().endswith(_MARKUP):
            return self._file(file, place)
        text = _text(self._bundle[file], Place(file, 1, 1))
        return Node("scalar", text, Place(file, 1, 1), raw=text)

    def _resolve(self, target: str, place: Place) -> str:
        # `schema.xsd#City` names a part of a file; the file is what is included.
        target = target.strip().partition("#")[0]
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", target):
            raise Unreadable(
                "RAML_INCLUDE_REMOTE",
                f"{target!r} is elsewhere; put the file into the bundle and name it by path",
                place,
            )
        base = "" if target.startswith("/") else posixpath.dirname(place.file)
        file = posixpath.normpath(posixpath.join(base, target.lstrip("/")))
        if file.startswith("..") or "\\" in target or "\0" in target:
            raise Unreadable("RAML_INCLUDE_ESCAPES", f"{target!r} leaves the bundle", place)
        if file not in self._bundle:
            raise Unreadable("RAML_INCLUDE_MISSING", f"the file {file!r} is not in the bundle", place)
        return file

    def _file(self, file: str, place: Place) -> Node:
        if file in self._trees:
            self._count += _size(self._trees[file], MOST_NODES)
            self._check_count(place)
            return self._trees[file]
        if file in self._open:
            chain = " → ".join([*self._open[self._open.index(file) :], file])
            raise Unreadable("RAML_INCLUDE_CYCLE", f"the files include one another: {chain}", place)
        if len(self._open) >= DEEPEST_INCLUDE:
            raise Unreadable("RAML_INCLUDE_DEEP", f"more than {DEEPEST_INCLUDE} files include one another", place)
        data = self._bundle[file]
        if len(data) > LARGEST_FILE:
            raise Unreadable("RAML_TOO_LARGE", f"a file has at most {LARGEST_FILE} bytes", Place(file, 1, 1))
        self._open.append(file)
        try:
            tree = self._build(file, _text(data, Place(file, 1, 1)))
        finally:
            self._open.pop()
        self._trees[file] = tree
        return tree

    def _check_count(self, place: Place) -> None:
        if self._count > MOST_NODES:
            raise Unreadable(
                "RAML_TOO_EXPENSIVE", f"more than {MOST_NODES} values, with aliases and includes counted out", place
            )

    # ── events to nodes ──────────────────────────────────────────────────────────────────────────

    def _build(self, file: str, text: str) -> Node:
        anchors: dict[str, Node] = {}
        stack: list[_Open] = []
        root: Node | None = None
        documents = 0
        for event in _events(file, text):
            place = Place(file, event.start_mark.line + 1, event.start_mark.column + 1)
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise Unreadable("RAML_SYNTAX", "a second YAML document begins; a file holds one", place)
            elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                if len(stack) >= DEEPEST:
                    raise Unreadable("RAML_TOO_DEEP", f"more than {DEEPEST} levels inside one another", place)
                if _tag(event, place) == "!include":
                    raise Unreadable("RAML_INCLUDE_INVALID", "!include takes the path of a file", place)
                stack.append(_Open(isinstance(event, yaml.MappingStartEvent), place, event.anchor))
                self._count += 1
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                closed = stack.pop()
                node = closed.node()
                if closed.anchor:
                    anchors[closed.anchor] = node
                root = _put(stack, node, root)
            elif isinstance(event, yaml.ScalarEvent):
                node = self._scalar(event, place)
                if event.anchor:
                    anchors[event.anchor] = node
                root = _put(stack, node, root)
            elif isinstance(event, yaml.AliasEvent):
                node = _aliased(anchors, event.anchor, place)
                self._count += _size(node, MOST_NODES)
                root = _put(stack, node, root)
            self._check_count(place)
        return root if root is not None else Node("scalar", None, Place(file, 1, 1))

    def _scalar(self, event: Any, place: Place) -> Node:
        self._count += 1
        tag = _tag(event, place)
        if tag == "!include":
            return self.include(event.value, place)
        # libyaml's style of a plain scalar is the empty text, that of a quoted one its quotation mark.
        if event.style or tag in _TEXT_TAGS:
            return Node("scalar", event.value, place, raw=event.value)
        return Node("scalar", _core(event.value, place), place, raw=event.value)


class _Open:
    """A mapping or list whose end has not come yet."""

    __slots__ = ("anchor", "is_map", "key", "keys", "list", "map", "place")

    def __init__(self, is_map: bool, place: Place, anchor: str | None) -> None:
        self.is_map = is_map
        self.place = place
        self.anchor = anchor
        self.map: dict[str, Node] = {}
        self.keys: dict[str, Place] = {}
        self.list: list[Node] = []
        self.key: str | None = None

    def add(self, node: Node) -> None:
        if not self.is_map:
            self.list.append(node)
        elif self.key is None:
            self._begin_entry(node)
        else:
            self.map[self.key] = node
            self.key = None

    def _begin_entry(self, node: Node) -> None:
        if node.kind != "scalar":
            raise Unreadable("RAML_SYNTAX", "a key is a text, not a mapping or list", node.place)
        key = node.raw if node.value is not None else (node.raw or "")
        if key == "<<":
            raise Unreadable("RAML_MERGE_KEY", "merge keys (<<:) are not part of RAML; write the keys out", node.place)
        if key in self.map:
            first = self.keys[key]
            raise Unreadable("RAML_DUPLICATE_KEY", f"{key!r} stands here again, first on line {first.line}", node.place)
        self.key = key
        self.keys[key] = node.place

    def node(self) -> Node:
        if self.is_map:
            return Node("map", self.map, self.place, self.keys)
        return Node("list", self.list, self.place)


def _put(stack: list[_Open], node: Node, root: Node | None) -> Node | None:
    if not stack:
        return node
    stack[-1].add(node)
    return root


def _aliased(anchors: dict[str, Node], name: str | None, place: Place) -> Node:
    if name is None or name not in anchors:
        raise Unreadable("RAML_SYNTAX", f"*{name} names an anchor that is not complete here", place)
    return anchors[name]


def _size(node: Node, limit: int) -> int:
    """How many nodes stand below, counted out; stops at *limit*, so a bomb is as cheap as a pebble."""
    count, waiting = 0, [node]
    while waiting and count <= limit:
        each = waiting.pop()
        count += 1
        if each.kind == "map":
            waiting.extend(each.value.values())
        elif each.kind == "list":
            waiting.extend(each.value)
    return count


def _events(file: str, text: str) -> Iterator[Any]:
    try:
        yield from yaml.parse(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)
        if "nesting depth" in (error.problem or ""):
            raise Unreadable("RAML_TOO_DEEP", f"more than {DEEPEST} levels inside one another", place) from None
        context = f" {error.context}" if error.context else ""
        raise Unreadable("RAML_SYNTAX", f"not valid YAML: {error.problem}{context}", place) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Unreadable("RAML_SYNTAX", f"not valid YAML: {error.reason}", Place(file, line, 1)) from None


def _tag(event: Any, place: Place) -> str | None:
    tag: str | None = event.tag
    if tag is None or tag == "!include" or tag in _TEXT_TAGS or tag in _CORE_TAGS:
        return tag
    shown = tag.replace(_YAML, "!!")[:60]
    hint = "; !include needs a space before the path" if tag.startswith("!include") else ""
    raise Unreadable("RAML_TAG", f"{shown!r} is no tag of RAML, which has !include alone{hint}", place)


def core_value(text: str) -> Any:
    """What a plain scalar means in YAML 1.2's core schema. Raises `Unreadable` for a number beyond all bounds."""
    return _core(text, Place("", 1, 1))


def _core(text: str, place: Place) -> Any:
    if text in _SPECIAL:
        return _SPECIAL[text]
    if _INT.match(text):
        if len(text) > LONGEST_NUMBER:
            raise Unreadable("RAML_NUMBER", f"a number has at most {LONGEST_NUMBER} digits", place)
        return int(text, 0) if text[:2] in ("0x", "0o") else int(text)
    return float(text) if _FLOAT.match(text) and len(text) <= LONGEST_NUMBER else text


def _text(data: bytes, place: Place) -> str:
    try:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable("RAML_ENCODING", "the file is neither UTF-8 nor UTF-16", Place(place.file, line, 1)) from None
