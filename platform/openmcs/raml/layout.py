"""
A document with the place of every character of its structure: what edits change text by.

Like the loader it is built from libyaml's events, iteratively; unlike it, nothing is included or counted out.
"""

from __future__ import annotations

import bisect
import re
from typing import Any, Literal

import yaml

from openmcs.raml.load import DEEPEST, core_value

_BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
_BLANK = re.compile(r"[ \t]*(\Z|[\n\r\x85\u2028\u2029])")


class Unreadable(Exception):
    """The text is no YAML that can be edited."""


class Part:
    """A mapping, list or scalar with where it stands in the text."""

    __slots__ = ("anchor", "end", "entries", "is_flow", "items", "kind", "start", "style", "tag", "text")

    def __init__(self, kind: Literal["map", "list", "scalar", "alias"], start: int, is_flow: bool = False) -> None:
        self.kind = kind
        self.start = start
        self.end = start
        """Behind its last character; of a block, behind that of what stands last in it."""
        self.is_flow = is_flow
        self.entries: list[tuple[Part, Part]] = []
        self.items: list[Part] = []
        self.text = ""
        self.style = ""
        self.tag: str | None = None
        self.anchor: str | None = None

    def find(self, key: str) -> Part | None:
        """The value of *key* in a mapping."""
        return next((value for name, value in self.entries if name.text == key), None)

    def index(self, key: str) -> int:
        """The place of *key* among the entries; -1 when it is not there."""
        return next((at for at, (name, _) in enumerate(self.entries) if name.text == key), -1)

    @property
    def is_empty(self) -> bool:
        """A key without a value."""
        return self.kind == "scalar" and not self.style and self.text == "" and self.tag is None

    def plain(self) -> Any:
        """What it means, for comparing two texts."""
        if self.kind == "map":
            return {name.text: value.plain() for name, value in self.entries}
        if self.kind == "list":
            return [each.plain() for each in self.items]
        if self.kind == "alias" or (self.tag is not None and self.tag != "!"):
            return (self.kind, self.tag, self.text)
        return self.text if self.style or self.tag else core_value(self.text)


class Layout:
    """One document, read for editing. Raises `Unreadable`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(each.end() for each in _BREAK.finditer(text))]
        found = _BREAK.search(text)
        self.line_break = found.group() if found is not None else "\n"
        self.root = self._read()

    def column(self, offset: int) -> int:
        """The column of an offset, from 0."""
        return offset - self.line_start(offset)

    def line(self, offset: int) -> int:
        """The number of the line of an offset, from 1."""
        return bisect.bisect_right(self._starts, offset)

    def line_start(self, offset: int) -> int:
        """The offset at which the line of *offset* begins."""
        at = max(self.text.rfind(each, 0, offset) for each in "\n\r\x85\u2028\u2029")
        return at + 1

    def line_end(self, offset: int) -> int:
        """The offset of the line break behind *offset*, or of the text's end."""
        found = _BREAK.search(self.text, offset)
        return found.start() if found is not None else len(self.text)

    def next_line(self, offset: int) -> int:
        """The offset at which the next line begins."""
        found = _BREAK.search(self.text, offset)
        return found.end() if found is not None else len(self.text)

    def _offset(self, mark: Any) -> int:
        # libyaml counts a byte order mark in no column, and this text still has it.
        line = min(mark.line, len(self._starts) - 1)
        shift = 1 if line == 0 and self.text.startswith("\ufeff") else 0
        offset: int = self._starts[line] + mark.column + shift
        return min(offset, len(self.text))

    def _read(self) -> Part:
        stack: list[tuple[Part, Part | None]] = []
        root: Part | None = None
        try:
            for event in yaml.parse(self.text, Loader=yaml.CSafeLoader):
                if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                    if len(stack) >= DEEPEST:
                        raise Unreadable(f"more than {DEEPEST} levels inside one another")
                    part = Part(
                        "map" if isinstance(event, yaml.MappingStartEvent) else "list",
                        self._offset(event.start_mark),
                        bool(event.flow_style),
                    )
                    part.tag, part.anchor = event.tag, event.anchor
                    stack.append((part, None))
                    continue
                if isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                    part, _ = stack.pop()
                    part.end = self._end_of(part, self._offset(event.end_mark))
                elif isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
                    part = self._leaf(event)
                else:
                    continue
                if stack:
                    stack[-1] = self._added(stack[-1], part)
                elif root is None:
                    root = part
                else:
                    raise Unreadable("a second document begins")
        except yaml.YAMLError as error:
            raise Unreadable(f"not valid YAML: {str(error).splitlines()[0]}") from None
        if root is None:
            return Part("scalar", len(self.text))
        return root

    def _leaf(self, event: Any) -> Part:
        is_alias = isinstance(event, yaml.AliasEvent)
        part = Part("alias" if is_alias else "scalar", self._offset(event.start_mark))
        part.end = self._offset(event.end_mark)
        part.anchor = event.anchor
        if is_alias:
            return part
        part.text, part.style, part.tag = event.value, event.style or "", event.tag
        if part.style in ("|", ">"):
            part.end = self._stripped(part.end, part.start)
        return part

    def _stripped(self, end: int, start: int) -> int:
        """*end* moved before line breaks and blank lines."""
        while end > start and self.text[end - 1] in " \t\n\r\x85\u2028\u2029":
            end -= 1
        return end

    def _added(self, top: tuple[Part, Part | None], part: Part) -> tuple[Part, Part | None]:
        parent, key = top
        if parent.kind == "list":
            parent.items.append(part)
            return parent, None
        if key is not None:
            parent.entries.append((key, part))
            return parent, None
        if part.kind != "scalar":
            raise Unreadable("a key is a text")
        return parent, part

    def _end_of(self, part: Part, end: int) -> int:
        if part.is_flow:
            return end
        last = part.items[-1] if part.items else part.entries[-1][1] if part.entries else None
        return last.end if last is not None else part.start
