"""A text that fits a regular expression: the shortest that its parts allow, by Python's own reading of it."""

from __future__ import annotations

import importlib
import re
from typing import Any

# Python's own reader of regular expressions; private, and the same since 3.11 (before that, `sre_parse`).
_parser: Any = importlib.import_module("re._parser")

LONGEST = 200
MOST_STEPS = 2_000
_CLASSES = {"CATEGORY_DIGIT": "7", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "a", "CATEGORY_NOT_DIGIT": "a",
            "CATEGORY_NOT_SPACE": "a", "CATEGORY_NOT_WORD": "-"}  # fmt: skip
_TRIED = "aA0 -_.,:;/@#"


def text_for(pattern: str, number: int) -> str | None:
    """A text; None for what is not understood. *number* chooses among alternatives."""
    try:
        made = _Maker(number).sequence(_parser.parse(pattern))
    except (re.error, RecursionError, OverflowError, _TooMuch):
        return None
    return made if len(made) <= LONGEST else None


class _TooMuch(Exception):
    pass


class _Maker:
    def __init__(self, number: int) -> None:
        self._number = number
        self._steps = 0

    def sequence(self, items: Any) -> str:
        return "".join(self._one(str(operation), argument) for operation, argument in items)

    def _one(self, operation: str, argument: Any) -> str:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise _TooMuch
        if operation == "LITERAL":
            return chr(argument)
        if operation == "ANY":
            return "a"
        if operation == "NOT_LITERAL":
            return "b" if argument == ord("a") else "a"
        if operation == "IN":
            return self._from_set(argument)
        if operation == "BRANCH":
            options = argument[1]
            return self.sequence(options[self._number % len(options)])
        if operation == "SUBPATTERN":
            return self.sequence(argument[-1])
        if operation in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            least, most, inner = argument
            count = max(int(least), min(1, int(most)))
            if count > LONGEST:
                raise _TooMuch
            return "".join(self.sequence(inner) for _ in range(count))
        if operation == "CATEGORY":
            return _CLASSES.get(str(argument), "a")
        if operation in ("AT", "ASSERT", "ASSERT_NOT"):
            # What stands around is looked at by the caller, who tries the result.
            return ""
        raise _TooMuch

    def _from_set(self, members: Any) -> str:
        if str(members[0][0]) == "NEGATE":
            excluded = re.compile("[" + "".join(_spelled(each) for each in members[1:]) + "]")
            return next((each for each in _TRIED if not excluded.match(each)), "\u00e9")
        operation, argument = members[self._number % len(members)]
        if str(operation) == "RANGE":
            low, high = argument
            return chr(low + self._number % (high - low + 1))
        return chr(argument) if str(operation) == "LITERAL" else _CLASSES.get(str(argument), "a")


def _spelled(member: Any) -> str:
    operation, argument = str(member[0]), member[1]
    if operation == "LITERAL":
        return re.escape(chr(argument))
    if operation == "RANGE":
        return f"{re.escape(chr(argument[0]))}-{re.escape(chr(argument[1]))}"
    letters = {"CATEGORY_DIGIT": r"\d", "CATEGORY_SPACE": r"\s", "CATEGORY_WORD": r"\w", "CATEGORY_NOT_DIGIT": r"\D",
               "CATEGORY_NOT_SPACE": r"\S", "CATEGORY_NOT_WORD": r"\W"}  # fmt: skip
    return letters.get(str(argument), "")
