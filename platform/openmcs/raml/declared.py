"""
What a text declares and where, and what its resources and methods apply: traits, types and the like as their author
wrote them, where the contract has them expanded (docs/raml-edits.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openmcs.raml.layout import Layout, Part, Unreadable

KINDS = ("traits", "resourceTypes", "schemas", "types")
VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "trace", "connect"})
MOST = 2000
"""Entries of each list of the answer."""


def declared(files: Mapping[str, str], root: str) -> dict[str, Any]:
    """
    Declarations of all files, and of the root what is applied where, with its pages of documentation.

    A text that cannot be read declares nothing. Lines count from 1, columns from 0.
    """
    entries: list[dict[str, Any]] = []
    applied: list[dict[str, Any]] = []
    documentation: list[dict[str, Any]] = []
    for file, text in files.items():
        try:
            layout = Layout(text)
        except Unreadable:
            continue
        entries += _entries(layout, file)
        if file == root:
            applied += _applied(layout.root, "")
            documentation += _documentation(layout)
    return {"entries": entries[:MOST], "applied": applied[:MOST], "documentation": documentation[:MOST]}


def _entries(layout: Layout, file: str) -> Iterator[dict[str, Any]]:
    for kind in KINDS:
        section = layout.root.find(kind) if layout.root.kind == "map" else None
        for name, value in _pairs(section) if section is not None else ():
            yield {"kind": kind, "name": name.text, "file": file, **_place(layout, name, value)}


def _pairs(section: Part) -> Iterator[tuple[Part, Part]]:
    """The entries of a mapping, or of the mappings of a list (RAML 0.8)."""
    if section.kind == "map":
        yield from section.entries
    for each in section.items:
        if each.kind == "map":
            yield from each.entries


def _place(layout: Layout, name: Part, value: Part) -> dict[str, Any]:
    """Its lines, where it begins in the first, and whether it has them for itself."""
    text = layout.text
    end = max(name.end, value.end)
    end = name.start + len(text[name.start : end].rstrip())
    before = text[layout.line_start(name.start) : name.start].strip()
    behind = text[end : layout.line_end(end)].strip()
    return {
        "line": layout.line(name.start),
        "lastLine": layout.line(end - 1),
        "column": layout.column(name.start),
        "alone": before.strip("- ") == "" and (behind in ("", ":") or behind.startswith("#")),
    }


def _applied(part: Part, path: str) -> Iterator[dict[str, Any]]:
    """Resources and methods that apply a resource type or traits, by their places as edits name them."""
    waiting = [(part, path)]
    while waiting:
        here, above = waiting.pop(0)
        for name, value in here.entries if here.kind == "map" else ():
            key = name.text
            if key.startswith("/"):
                waiting.append((value, above + key))
                yield from _application(value, [above + key])
            elif above and key.rstrip("?") in VERBS:
                yield from _application(value, [above, key])


def _application(part: Part, at: list[str]) -> Iterator[dict[str, Any]]:
    found = {name: part.find(name) if part.kind == "map" else None for name in ("type", "is")}
    if any(each is not None for each in found.values()):
        kind, traits = found["type"], found["is"]
        yield {
            "at": at,
            "type": _named(kind) if kind is not None else None,
            "is": [_named(each) for each in traits.items] if traits is not None and traits.kind == "list" else [],
        }


def _named(part: Part) -> str:
    """The name of what is applied; its parameters stay in the text."""
    if part.kind == "map" and part.entries:
        return part.entries[0][0].text
    return part.text


def _documentation(layout: Layout) -> Iterator[dict[str, Any]]:
    pages = layout.root.find("documentation") if layout.root.kind == "map" else None
    for page in pages.items if pages is not None else ():
        title, content = page.find("title"), page.find("content")
        yield {
            "title": title.text if title is not None else "",
            "content": content.text if content is not None and content.tag is None else "",
            # What an !include brings is edited in its own file.
            "included": content is not None and content.tag is not None,
            "line": layout.line(page.start),
        }
