"""
Edits that keep the author's text: each changes its own lines, and every other byte stays.

An edit is done on the text, by the places that `layout` tells. It is then done once more on the values, and both
have to come to the same; so a text that is laid out in a way not thought of here is refused, never spoilt.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from openmcs.exchange import Finding
from openmcs.raml import edit_values, emit
from openmcs.raml.layout import Layout, Part, Unreadable
from openmcs.raml.load import Unreadable as NoNumber

MOST_EDITS = 200
DEEPEST = 60


class Edit(NamedTuple):
    """One change: `put` a value, `remove` what is there, `rename` its key."""

    op: Literal["put", "remove", "rename"]
    at: tuple[str, ...]
    """Keys from the root down; a resource is one element, its whole path."""
    value: Any = None
    to: str = ""


class EditRefused(Exception):
    """An edit cannot be done; `index` tells which, and the text says why."""

    def __init__(self, index: int, reason: str) -> None:
        super().__init__(f"edit {index}: {reason}")
        self.index = index

    def finding(self, file: str) -> Finding:
        """The same as a finding."""
        return Finding("RAML_EDIT_INVALID", str(self), file)


class _Impossible(Exception):
    pass


def apply(text: str, edits: Sequence[Edit]) -> str:
    """*text* with all *edits* done in their order. Raises `EditRefused`; then none of them is done."""
    for index, edit in enumerate(edits):
        if index >= MOST_EDITS:
            raise EditRefused(index, f"there are at most {MOST_EDITS} edits at once")
        try:
            text = _applied(text, edit)
        except (_Impossible, Unreadable, emit.Unwritable, NoNumber) as error:
            raise EditRefused(index, str(error)) from None
        except RecursionError:
            raise EditRefused(index, "the value is too many levels deep") from None
    return text


def _applied(text: str, edit: Edit) -> str:
    if not edit.at or len(edit.at) > DEEPEST:
        raise _Impossible("at has between one and sixty keys")
    layout = Layout(text)
    if layout.root.kind != "map":
        raise _Impossible("the document is no mapping")
    steps = _steps(layout.root, edit.at)
    change = _Change(layout)
    wanted = layout.root.plain()
    if edit.op == "put":
        change.put(steps, edit.value)
        edit_values.put(wanted, steps, edit_values.normal(edit.value))
    elif edit.op == "remove":
        stays = change.remove(steps)
        wanted = edit_values.removed(wanted, steps, stays)
    else:
        renamed = change.rename(steps, edit.to)
        for path, name in renamed:
            wanted = edit_values.renamed(wanted, path, name)
    made = change.text()
    if Layout(made).root.plain() != wanted:
        raise _Impossible("the text is laid out in a way in which this cannot be done; edit it by hand")
    return made


# ── where ────────────────────────────────────────────────────────────────────────────────────────────


def _steps(root: Part, at: Sequence[str]) -> list[str]:
    """Keys as they are nested: a resource's whole path becomes the keys that the author wrote."""
    steps = [*_resource_steps(root, at[0]), *at[1:]] if at[0].startswith("/") else list(at)
    return _without_media_type(root, steps)


def _without_media_type(root: Part, steps: list[str]) -> list[str]:
    """A body that the author wrote without a media type is of the API's own: there is no key for it to go down."""
    part = root
    for depth, (step, below) in enumerate(pairwise(steps)):
        child = _child(part, step)
        if child is None:
            break
        if step == "body" and "/" in below and child.kind == "map" and child.entries:
            if any("/" in name.text for name, _ in child.entries):
                break
            if below not in _media_types(root):
                raise _Impossible(f"the body stands there without its media type; write that before {below!r}")
            return [*steps[: depth + 1], *steps[depth + 2 :]]
        part = child
    return steps


def _media_types(root: Part) -> list[Any]:
    stated = root.find("mediaType")
    value = stated.plain() if stated is not None else "application/json"
    return value if isinstance(value, list) else [value]


def _resource_steps(root: Part, path: str) -> list[str]:
    """Keys down to the resource, or to the longest one above it and then one new key."""
    best: tuple[int, list[str]] = (0, [path])
    waiting: list[tuple[Part, str, list[str]]] = [(root, path, [])]
    while waiting:
        part, rest, above = waiting.pop()
        for name, value in part.entries if part.kind == "map" else ():
            key = name.text
            if not key.startswith("/"):
                continue
            if key == rest:
                return [*above, key]
            if rest.startswith(key) and rest[len(key) :].startswith("/"):
                left = rest[len(key) :]
                done = len(path) - len(left)
                # Nothing can be put below a text or an included file.
                if done > best[0] and (value.kind == "map" or value.is_empty):
                    best = (done, [*above, key, left])
                waiting.append((value, left, [*above, key]))
    return best[1]


def _child(part: Part, step: str) -> Part | None:
    """What *step* leads to in *part*; in a list an index, or a name among mappings of one key (RAML 0.8)."""
    if part.kind == "map":
        return part.find(step)
    if part.kind == "list":
        if step.isdigit() and step.isascii():
            return part.items[int(step)] if int(step) < len(part.items) else None
        return next(
            (value for each in part.items if each.kind == "map" for name, value in each.entries if name.text == step),
            None,
        )
    return None


def _holder(part: Part, step: str) -> Part:
    """The mapping or list that has *step* itself."""
    if part.kind == "list" and not step.isdigit():
        return next(each for each in part.items if each.kind == "map" and each.find(step) is not None)
    return part


# ── on the text ──────────────────────────────────────────────────────────────────────────────────────


class _Change:
    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._pieces: list[tuple[int, int, str]] = []
        self._step = _indentation(layout)

    def text(self) -> str:
        text = self._layout.text
        for start, end, replacement in sorted(self._pieces, reverse=True):
            text = text[:start] + replacement + text[end:]
        return text

    def put(self, steps: Sequence[str], value: Any) -> None:
        part = self._layout.root
        key: Part | None = None
        for depth, step in enumerate(steps):
            if part.kind in ("map", "list") and (part.tag is None or part.tag.startswith("tag:")):
                child = _child(part, step)
                if child is not None:
                    holder = _holder(part, step)
                    key = holder.entries[holder.index(step)][0] if holder.kind == "map" else None
                    self._parent, part = holder, child
                    continue
                self._add(part, step, edit_values.nested(steps[depth + 1 :], value))
                return
            if part.is_empty and key is not None and part.anchor is None:
                self._replace(key, part, edit_values.nested(steps[depth:], value))
                return
            raise _Impossible(f"{steps[depth - 1]!r} has a value that {step!r} cannot stand below")
        if part.anchor is not None:
            raise _Impossible("others refer to this value by an alias; edit it by hand")
        self._replace(key, part, value)

    def remove(self, steps: Sequence[str]) -> bool:
        """Do it; True when the brackets of what gets empty stay."""
        parent, key, part = self._found(steps)
        if parent.kind == "map":
            self._remove_entry(parent, parent.index(key), steps)
        else:
            self._remove_item(parent, parent.items.index(part))
        return parent.is_flow

    def rename(self, steps: Sequence[str], to: str) -> list[tuple[list[str], str]]:
        """Do it; returns all keys that got another name, with their paths, in the order to do them in."""
        parent, key, _ = self._found(steps)
        if parent.kind != "map":
            raise _Impossible("an element of a list has no name")
        if not to or "\n" in to:
            raise _Impossible("a name is a text of one line")
        if parent.find(to) is not None:
            raise _Impossible(f"{to!r} is there already")
        self._rename_key(parent, key, to)
        done = [(list(steps), to)]
        if len(steps) >= 3 and steps[-2] == "uriParameters" and steps[-3].startswith("/"):
            old = steps[-3]
            new = old.replace("{" + key + "}", "{" + to + "}")
            above = self._part(steps[:-3])
            if new != old:
                if above.find(new) is not None:
                    raise _Impossible(f"{new!r} is there already")
                self._rename_key(above, old, new)
                done.append((list(steps[:-2]), new))
        return done

    def _rename_key(self, parent: Part, key: str, to: str) -> None:
        name = parent.entries[parent.index(key)][0]
        if name.anchor is not None or name.tag is not None:
            raise _Impossible("the key has an anchor or a tag")
        text = emit.key(to, in_flow=parent.is_flow)
        if name.style in ("'", '"'):
            text = emit.scalar(to, in_flow=parent.is_flow, style=name.style)
        self._pieces.append((name.start, name.end, text))

    def _part(self, steps: Sequence[str]) -> Part:
        part = self._layout.root
        for step in steps:
            child = _child(part, step)
            if child is None:
                raise _Impossible(f"there is no {step!r}")
            part = child
        return part

    def _found(self, steps: Sequence[str]) -> tuple[Part, str, Part]:
        above = self._part(steps[:-1])
        part = _child(above, steps[-1])
        if part is None:
            raise _Impossible(f"there is no {steps[-1]!r}")
        return _holder(above, steps[-1]), steps[-1], part

    # ── replace and add ──────────────────────────────────────────────────────────────────────────

    def _replace(self, key: Part | None, part: Part, value: Any) -> None:
        layout = self._layout
        is_in_flow = self._is_in_flow(part)
        is_scalar = not isinstance(value, dict | list) or not value
        if part.kind == "scalar" and part.style not in ("|", ">") and is_scalar and not part.is_empty:
            if is_in_flow or not (isinstance(value, str) and "\n" in value):
                text = (
                    emit.flow(value)
                    if isinstance(value, dict | list)
                    else emit.scalar(value, in_flow=is_in_flow, style=part.style)
                )
                self._pieces.append((part.start, part.end, text or ("null" if key is None else "")))
                return
        if is_in_flow:
            if part.is_empty and key is not None:
                self._pieces.append((part.start, part.end, " " + emit.flow(value)))
            else:
                self._pieces.append((part.start, part.end, emit.flow(value)))
            return
        if key is None:
            self._replace_item(part, value)
            return
        start = layout.text.index(":", key.end) + 1
        line_end = layout.line_end(start)
        comment = self._comment(part, start, line_end)
        indent = layout.column(key.start)
        text = emit.behind_key(value, indent, self._step, layout.line_break, comment, part.style)
        # A comment behind a value of one line goes with the line; one behind the last of several stays.
        end = part.end if part.end > line_end else line_end
        self._pieces.append((start, end, text))

    def _comment(self, part: Part, start: int, line_end: int) -> str:
        """The comment on the key's line, with the space before it."""
        behind = part.end if part.kind == "scalar" and part.end <= line_end and part.style not in ("|", ">") else start
        if part.is_flow and part.end <= line_end:
            behind = part.end
        rest = self._layout.text[behind:line_end]
        at = rest.find(" #")
        return rest[at:].rstrip() if at >= 0 else ""

    def _replace_item(self, part: Part, value: Any) -> None:
        layout = self._layout
        dash = layout.text.rindex("-", 0, part.start if part.start else None)
        indent = layout.column(dash)
        item = emit.lines([value], indent, self._step, layout.line_break)[0]
        self._pieces.append((dash, max(part.end, dash + 1), item.lstrip(" ")))

    def _add(self, part: Part, step: str, value: Any) -> None:
        if part.kind == "list":
            is_next = step.isdigit() and step.isascii() and int(step) == len(part.items)
            if not is_next and step.isdigit():
                raise _Impossible(f"the list has {len(part.items)} elements, and {step} is not the next one")
            self._add_item(part, value if is_next else {step: value})
        elif part.is_flow:
            entry = f"{emit.key(step, in_flow=True)}: {emit.flow(value)}"
            self._into_flow(part, entry, bool(part.entries))
        else:
            self._add_entry(part, step, value)

    def _add_entry(self, part: Part, step: str, value: Any) -> None:
        layout = self._layout
        indent = layout.column(part.entries[0][0].start)
        line = " " * indent + emit.key(step) + ":" + emit.behind_key(value, indent, self._step, layout.line_break)
        # What belongs to a resource itself stands above the resources below it.
        before = len(part.entries)
        if not step.startswith("/"):
            before = next((at for at, (name, _) in enumerate(part.entries) if name.text.startswith("/")), before)
        if before == 0:
            start = layout.line_start(part.entries[0][0].start)
            if layout.text[start : part.entries[0][0].start].strip():
                self._pieces.append(
                    (part.entries[0][0].start,) * 2 + (line.lstrip(" ") + layout.line_break + " " * indent,)
                )
            else:
                self._pieces.append((start, start, line + layout.line_break))
            return
        self._behind(part.entries[before - 1][1].end, line)

    def _add_item(self, part: Part, value: Any) -> None:
        if part.is_flow:
            self._into_flow(part, emit.flow(value), bool(part.items))
            return
        layout = self._layout
        dash = layout.text.rindex("-", 0, part.items[0].start)
        self._behind(part.items[-1].end, emit.lines([value], layout.column(dash), self._step, layout.line_break)[0])

    def _behind(self, offset: int, line: str) -> None:
        """A line below that of *offset*, whatever comment stands there."""
        layout = self._layout
        end = layout.line_end(offset)
        self._pieces.append((end, end, layout.line_break + line))

    def _into_flow(self, part: Part, entry: str, has_others: bool) -> None:
        close = part.end - 1
        end = close
        while _is_space(self._layout.text[end - 1]):
            end -= 1
        if self._layout.text[end - 1] == ",":
            self._pieces.append((end, end, " " + entry))
        else:
            self._pieces.append((end, end, (", " if has_others else "") + entry))

    # ── remove ───────────────────────────────────────────────────────────────────────────────────

    def _remove_entry(self, parent: Part, at: int, steps: Sequence[str]) -> None:
        layout = self._layout
        name, value = parent.entries[at]
        if parent.is_flow:
            self._from_flow([(each.start, inner.end) for each, inner in parent.entries], at)
            return
        if len(parent.entries) == 1 and parent is not layout.root:
            above = self._above(parent)
            if above is not None and above.kind == "list":
                self._remove_item(above, above.items.index(parent))
                return
        start = layout.line_start(name.start)
        if layout.text[start : name.start].strip():
            # The first entry of a list's element stands behind the dash.
            following = parent.entries[at + 1][0].start
            self._pieces.append((name.start, following, ""))
            return
        self._cut_lines(start, value.end if value.end > name.end else name.end)

    def _above(self, part: Part) -> Part | None:
        waiting = [self._layout.root]
        while waiting:
            each = waiting.pop()
            for _, value in each.entries:
                if value is part:
                    return each
                waiting.append(value)
            for value in each.items:
                if value is part:
                    return each
                waiting.append(value)
        return None

    def _remove_item(self, parent: Part, at: int) -> None:
        layout = self._layout
        part = parent.items[at]
        if parent.is_flow:
            self._from_flow([(each.start, each.end) for each in parent.items], at)
            return
        dash = layout.text.rindex("-", 0, part.start if part.start else None)
        start = layout.line_start(dash)
        if layout.text[start:dash].strip():
            raise _Impossible("the element stands on the line of another one")
        self._cut_lines(start, max(part.end, dash + 1))

    def _cut_lines(self, start: int, end: int) -> None:
        """The whole lines from *start* to that of *end*."""
        layout = self._layout
        stop = layout.next_line(end)
        if stop == len(layout.text) and layout.line_end(end) == stop and start > 0:
            # The last line has no break of its own: that before it goes.
            while start > 0 and layout.text[start - 1] in "\r\n":
                start -= 1
                if layout.text[start] == "\n" and start > 0 and layout.text[start - 1] == "\r":
                    start -= 1
                break
        self._pieces.append((start, stop, ""))

    def _from_flow(self, spans: list[tuple[int, int]], at: int) -> None:
        start, end = spans[at]
        if at + 1 < len(spans):
            self._pieces.append((start, spans[at + 1][0], ""))
        elif at > 0:
            self._pieces.append((spans[at - 1][1], end, ""))
        else:
            self._pieces.append((start, end, ""))

    # ── around ───────────────────────────────────────────────────────────────────────────────────

    def _is_in_flow(self, part: Part) -> bool:
        above = self._above(part)
        return above is not None and above.is_flow


def _is_space(character: str) -> bool:
    """True for what may stand between the last element and the bracket."""
    return character in " \t\r\n"


def _indentation(layout: Layout) -> int:
    """The author's: how much deeper the first nested mapping stands."""
    waiting = [layout.root]
    while waiting:
        part = waiting.pop(0)
        for name, value in part.entries if not part.is_flow else ():
            if value.kind == "map" and not value.is_flow and value.entries:
                deeper = layout.column(value.entries[0][0].start) - layout.column(name.start)
                if 1 <= deeper <= 8:
                    return deeper
            waiting.append(value)
    return 2
