"""
The query box: `status>=500 duration>1s path:/todos user:anna "two words" -method:GET`.

    query  = { term }                                   all must hold
    term   = [ "-" ] ( test | text )
    test   = field ":" value { "," value }              any of them
           | field ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value
    text   = value
    value  = word | '"' { character | '\\"' | '\\\\' } '"'

A word with a colon or an operator behind something that is no field is a mistake, and said so; in quotes it is text.
"""

from __future__ import annotations

import difflib
import re
from typing import NamedTuple, NoReturn

from openmcs.analytics.filters import FIELDS, Comparison, Test, read_value
from openmcs.errors import RequestInvalid
from openmcs.exchange import Finding

LONGEST = 1000
MOST_TERMS = 50
_TEST = re.compile(r"([A-Za-z]\w*)(:|!=|<=|>=|=|<|>)", re.ASCII)
_WORD = re.compile(r'[^\s"]+')
_PLAIN_VALUE = re.compile(r'[^\s",]+')


class _Read(NamedTuple):
    text: str
    end: int


def parse_query(text: str) -> list[Test]:
    """The tests that a query says. Raises `RequestInvalid` with a finding that has the column of the mistake."""
    if len(text) > LONGEST:
        _refuse("QUERY_TOO_LONG", f"The query has more than {LONGEST} characters.", LONGEST)
    tests: list[Test] = []
    place = _skip(text, 0)
    while place < len(text):
        if len(tests) == MOST_TERMS:
            _refuse("QUERY_TOO_LONG", f"The query has more than {MOST_TERMS} terms.", place)
        test, place = _term(text, place)
        tests.append(test)
        place = _skip(text, place)
    return tests


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place


def _term(text: str, place: int) -> tuple[Test, int]:
    negated = text[place] == "-" and place + 1 < len(text) and not text[place + 1].isspace()
    place += negated
    found = _TEST.match(text, place)
    if found is None:
        word = _quoted(text, place) if text[place] == '"' else _word(text, place)
        return Test(FIELDS["text"], "is", (_checked("text", "is", word.text, place),), negated), word.end
    name, operator = found.groups()
    field = FIELDS.get(name)
    if field is None:
        close = difflib.get_close_matches(name, FIELDS, n=1)
        hint = f"did you mean {close[0]}?" if close else f"write one of {', '.join(FIELDS)}, or text in quotes."
        _refuse("QUERY_FIELD", f"There is no field {name}; {hint}", place)
    comparison: Comparison = "is" if operator == ":" else operator  # type: ignore[assignment]
    if comparison not in field.comparisons:
        _refuse("QUERY_OPERATOR", f"{name} has no {operator}; write {name}:value.", place + len(name))
    values, end = _values(text, found.end(), alternatives=comparison == "is")
    read = tuple(_checked(name, comparison, each, found.end()) for each in values)
    return Test(field, comparison, read, negated), end


def _values(text: str, place: int, *, alternatives: bool) -> tuple[list[str], int]:
    values = []
    while True:
        if place >= len(text) or text[place].isspace() or text[place] == ",":
            _refuse("QUERY_VALUE", "A value is missing here; write it in quotes if it has spaces or commas.", place)
        read = _quoted(text, place) if text[place] == '"' else _plain(text, place, alternatives)
        values.append(read.text)
        place = read.end
        if place >= len(text) or text[place].isspace():
            return values, place
        if not alternatives or text[place] != ",":
            _refuse("QUERY_QUOTE", 'A quote stands in the middle of a value; write \\" for one.', place)
        place += 1


def _plain(text: str, place: int, alternatives: bool) -> _Read:
    found = (_PLAIN_VALUE if alternatives else _WORD).match(text, place)
    assert found is not None
    return _Read(found[0], found.end())


def _word(text: str, place: int) -> _Read:
    found = _WORD.match(text, place)
    assert found is not None
    if found.end() < len(text) and text[found.end()] == '"':
        _refuse("QUERY_QUOTE", "A quote stands in the middle of a word; put a space before it.", found.end())
    return _Read(found[0], found.end())


def _quoted(text: str, place: int) -> _Read:
    characters, at = [], place + 1
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text) and text[at + 1] in '"\\':
            characters.append(text[at + 1])
            at += 2
        elif text[at] == '"':
            return _Read("".join(characters), at + 1)
        else:
            characters.append(text[at])
            at += 1
    _refuse("QUERY_QUOTE", "This quote is not closed.", place)


def _checked(name: str, comparison: Comparison, text: str, place: int) -> str | int | tuple[int, int]:
    try:
        return read_value(FIELDS[name], comparison, text)
    except ValueError as error:
        _refuse("QUERY_VALUE", f"{name} is {text[:64]!r}; {error}.", place)


def _refuse(code: str, message: str, place: int) -> NoReturn:
    finding = Finding(code, message, line=1, column=place + 1)
    raise RequestInvalid(f"The parameter q, column {place + 1}: {message}", findings=[finding])
