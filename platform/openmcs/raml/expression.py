"""Type expressions of RAML 1.0, such as `(Phone | Tablet)[]`."""

from __future__ import annotations

import re
from typing import Any

DEEPEST = 40
MOST_TOKENS = 200
_TOKEN = re.compile(r"\s*(\[\]|[()|?]|[^\s()|?\[\]]+)")

Expression = tuple[str, Any]
"""("name", text), ("array", expression) or ("union", list of expressions)."""


def parse(text: str) -> Expression | None:
    """The expression that *text* is; None when it is none."""
    tokens: list[str] = []
    at = 0
    text = text.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or len(tokens) > MOST_TOKENS:
            return None
        tokens.append(found.group(1))
        at = found.end()
    parser = _Parser(tokens)
    expression = parser.union(0)
    return expression if expression is not None and parser.at == len(tokens) else None


def names_of(expression: Expression) -> list[str]:
    """Names of all types in *expression*, in their order."""
    kind, inner = expression
    if kind == "name":
        return [inner]
    return names_of(inner) if kind == "array" else [name for each in inner for name in names_of(each)]


def is_external(text: str) -> bool:
    """True when *text* is a JSON or XML schema, not a type expression."""
    return text.lstrip()[:1] in ("{", "<")


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self.at = 0

    def union(self, depth: int) -> Expression | None:
        options = []
        while True:
            option = self._suffixed(depth)
            if option is None:
                return None
            options.append(option)
            if self._next() != "|":
                return options[0] if len(options) == 1 else ("union", options)
            self.at += 1

    def _suffixed(self, depth: int) -> Expression | None:
        word = self._next()
        if word is None or word in ("|", ")", "[]", "?") or depth > DEEPEST:
            return None
        self.at += 1
        expression: Expression | None = ("name", word)
        if word == "(":
            expression = self.union(depth + 1)
            if expression is None or self._next() != ")":
                return None
            self.at += 1
        while self._next() in ("[]", "?"):
            expression = ("array", expression) if self._next() == "[]" else ("union", [expression, ("name", "nil")])
            self.at += 1
        return expression

    def _next(self) -> str | None:
        return self._tokens[self.at] if self.at < len(self._tokens) else None
