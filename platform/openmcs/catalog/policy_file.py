"""
`policies.properties`: the file in which MCS's policies are exported and imported (contract: portal, section 5).

    Oracle Mobile Cloud Service Policies
    # Snapshot from: OpenMCS
    *.*.Logging_Level=800
    synapse(1.0).custom/events(1.0).Network_HttpRequestTimeout=40000

Escaping is that of Java's properties: a colon is `\\:`, a long value goes on behind a backslash at the end of a
line, characters beyond Latin-1 are `\\uXXXX`. The file may begin with title lines, which are no policies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

LONGEST_FILE = 4 * 1024 * 1024
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_WRITTEN = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\f": "\\f", "\\": "\\\\"}
_HEADER = re.compile(r"[#!]|Oracle |OpenMCS |Snapshot from|System version|Data format|.*[Pp]olicies\s*$")
_UNICODE = re.compile(r"[0-9A-Fa-f]{4}", re.ASCII)


class Entry(NamedTuple):
    """One line that sets a policy."""

    line: int
    name: str
    value: str


class Malformed(ValueError):
    """A line that cannot be read."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line
        self.message = message


def read(text: str) -> Iterator[Entry]:
    """The entries of a file, in order. Raises `Malformed`."""
    for line, logical in _logical_lines(text):
        if _HEADER.match(logical):
            continue
        name, value = _split(logical, line)
        yield Entry(line, name, value)


def write(entries: Iterable[tuple[str, str]], *, instance: str, version: str) -> str:
    """A file of names and values, with the header that readers of it expect."""
    lines = ["# OpenMCS policies", f"# Snapshot from: {instance}", f"# System version: {version}", "# Data format: 2"]
    lines += [f"{_escaped(name, key=True)}={_escaped(value, key=False)}" for name, value in entries]
    return "\n".join(lines) + "\n"


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines without blanks before them, those that go on joined; comments do not go on."""
    begun: list[str] = []
    first = 0
    for number, natural in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        line = natural.lstrip(" \t\f")
        if not begun:
            first = number
            if not line or line[0] in "#!":
                continue
        backslashes = len(line) - len(line.rstrip("\\"))
        if backslashes % 2:
            begun.append(line[:-1])
            continue
        yield first, "".join([*begun, line])
        begun = []
    if begun:
        yield first, "".join(begun)


def _split(logical: str, line: int) -> tuple[str, str]:
    """Name and value: the first `=`, `:` or blank that is not escaped divides them."""
    place = 0
    while place < len(logical) and logical[place] not in "=: \t\f":
        place += 2 if logical[place] == "\\" else 1
    name, rest = logical[:place], logical[place:].lstrip(" \t\f")
    if rest[:1] in ("=", ":"):
        rest = rest[1:].lstrip(" \t\f")
    return _unescaped(name, line), _unescaped(rest, line)


def _unescaped(text: str, line: int) -> str:
    if "\\" not in text:
        return text
    characters, place = [], 0
    while place < len(text):
        if text[place] != "\\" or place + 1 == len(text):
            characters.append(text[place])
            place += 1
        elif text[place + 1] == "u":
            digits = text[place + 2 : place + 6]
            if not _UNICODE.fullmatch(digits):
                raise Malformed(line, f"\\u{digits} is no character; write four hexadecimal digits.")
            characters.append(chr(int(digits, 16)))
            place += 6
        else:
            characters.append(_ESCAPES.get(text[place + 1], text[place + 1]))
            place += 2
    # Characters beyond 16 bits are written as two halves.
    return "".join(characters).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _escaped(text: str, *, key: bool) -> str:
    written = []
    for number, character in enumerate(text):
        if character in _WRITTEN:
            written.append(_WRITTEN[character])
        elif character in ":=" or (character in "#!" and number == 0) or (character == " " and (key or number == 0)):
            written.append("\\" + character)
        elif 0x20 <= ord(character) < 0x7F:
            written.append(character)
        else:
            encoded = character.encode("utf-16-be", "surrogatepass").hex()
            written += [f"\\u{encoded[start : start + 4]}" for start in range(0, len(encoded), 4)]
    return "".join(written)
