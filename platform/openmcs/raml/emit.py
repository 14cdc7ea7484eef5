"""Values as YAML text: plain where that means the same, quoted where it would not, blocks for several lines."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import yaml

from openmcs.raml.load import core_value

DEEPEST = 50
_UNPRINTABLE = re.compile(r"[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|[\u2028\u2029]")


class Unwritable(Exception):
    """A value that has no place in a definition."""


def scalar(value: Any, *, in_flow: bool, style: str = "") -> str:
    """A scalar on one line; a text in the quotes of *style* where that can be."""
    if value is None:
        return "null" if in_flow else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        raise Unwritable("a number is finite")
    if isinstance(value, int | float):
        return repr(value)
    text = str(value)
    if any("\ud800" <= each <= "\udfff" for each in text):
        raise Unwritable("a text has half of a character")
    if "\n" in text or _UNPRINTABLE.search(text):
        return _double(text)
    if style == '"':
        return _double(text)
    if style == "'":
        return _single(text)
    return text if _is_plain(text, in_flow) else _single(text)


def key(text: str, *, in_flow: bool = False) -> str:
    """A key; status codes stay without quotes, since a key is a text whatever it looks like."""
    return text if text.isdigit() and text.isascii() else scalar(text, in_flow=in_flow)


def flow(value: Any, depth: int = 0) -> str:
    """Any value within braces and brackets."""
    if depth > DEEPEST:
        raise Unwritable(f"the value has more than {DEEPEST} levels")
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{key(str(name), in_flow=True)}: {flow(each, depth + 1)}" for name, each in value.items())
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(flow(each, depth + 1) for each in value) + "]"
    return scalar(value, in_flow=True)


def behind_key(value: Any, indent: int, step: int, line_break: str, comment: str = "", style: str = "") -> str:
    """
    What stands behind the colon of a key at column *indent*, without the line break at the end.

    *comment* (with the space before it) stays on the key's line.
    """
    if _is_block(value):
        return f" {_indicator(value)}{comment}{line_break}" + _indented(value, indent + step, line_break)
    if isinstance(value, dict | list) and value:
        return comment + line_break + line_break.join(lines(value, indent + step, step, line_break))
    text = flow(value) if isinstance(value, dict | list) else scalar(value, in_flow=False, style=style)
    return (f" {text}" if text else "") + comment


def lines(value: Any, indent: int, step: int, line_break: str, depth: int = 0) -> list[str]:
    """A mapping or list as lines at column *indent*."""
    if depth > DEEPEST:
        raise Unwritable(f"the value has more than {DEEPEST} levels")
    space = " " * indent
    if isinstance(value, dict):
        return [f"{space}{key(str(name))}:{behind_key(each, indent, step, line_break)}" for name, each in value.items()]
    return [_item(each, indent, step, line_break) for each in value]


def _item(value: Any, indent: int, step: int, line_break: str) -> str:
    space = " " * indent
    if isinstance(value, dict) and value:
        inner = lines(value, indent + 2, step, line_break)
        return f"{space}- {inner[0].lstrip(' ')}" + "".join(line_break + each for each in inner[1:])
    if _is_block(value):
        return f"{space}- {_indicator(value)}{line_break}" + _indented(value, indent + 2, line_break)
    text = flow(value) if isinstance(value, dict | list) else scalar(value, in_flow=False)
    return f"{space}- {text or 'null'}"


def _is_block(value: Any) -> bool:
    """True for texts of several lines, except those whose own indentation a reader could take for the block's."""
    if not isinstance(value, str) or "\n" not in value or _UNPRINTABLE.search(value):
        return False
    return value[0] not in " \t\n" and not value.endswith("\n\n")


def _indicator(text: str) -> str:
    return "|" if text.endswith("\n") else "|-"


def _indented(text: str, indent: int, line_break: str) -> str:
    body = text[:-1] if text.endswith("\n") else text
    return line_break.join(" " * indent + line if line else "" for line in body.split("\n"))


def _is_plain(text: str, in_flow: bool) -> bool:
    """True when the text, without quotes, is read as itself."""
    if not text or text != text.strip() or core_value(text) != text or (in_flow and re.search(r"[,\[\]{}]", text)):
        return False
    sample = f"[{text}]" if in_flow else f"k: {text}\nl: 1"
    try:
        found = [each for each in yaml.parse(sample, Loader=yaml.CSafeLoader) if isinstance(each, yaml.ScalarEvent)]
    except yaml.YAMLError:
        return False
    at = 0 if in_flow else 1
    return len(found) == (1 if in_flow else 4) and found[at].value == text and not found[at].style and not found[at].tag


def _single(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _double(text: str) -> str:
    return _UNPRINTABLE.sub(lambda found: f"\\U{ord(found.group()):08X}", json.dumps(text, ensure_ascii=False))
