"""
XML Schemas: an optional extra, `pip install 'openmcs[xsd]'`.

Without it XML is checked to be well-formed and no more. A schema reads nothing but itself: what it includes or
imports from elsewhere is refused, and entities are never expanded.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterator
from typing import Any

MOST_PROBLEMS = 50
LONGEST_MESSAGE = 300


def is_installed() -> bool:
    """True where XML can be held against XML Schemas."""
    return importlib.util.find_spec("xmlschema") is not None


class XmlValidator:
    """One schema, compiled."""

    def __init__(self, schema: str) -> None:
        """Raises `ValueError` for what is no XML Schema, or reaches out of itself."""
        import xmlschema

        self._failures: tuple[type[Exception], ...] = (
            xmlschema.XMLSchemaException, xmlschema.XMLResourceError, ValueError, TypeError, RecursionError
        )  # fmt: skip
        try:
            with warnings.catch_warnings():
                # An import that was not allowed is told as a warning, and the schema would be a part of itself.
                warnings.simplefilter("error")
                self._schema: Any = xmlschema.XMLSchema(schema, allow="none", defuse="always")
        except (*self._failures, Warning) as error:
            raise ValueError(f"not an XML Schema that can be used: {str(error)[:LONGEST_MESSAGE]}") from None

    def misfits(self, document: bytes) -> Iterator[tuple[str, str]]:
        """Path and reason of what does not fit, so many at most; *document* is well-formed."""
        try:
            text = document.decode("utf-8-sig")
            for number, each in enumerate(self._schema.iter_errors(text)):
                if number == MOST_PROBLEMS:
                    return
                yield str(each.path or "/"), _without_value(str(each.reason or each.message))
        except self._failures as error:
            yield "/", f"the document cannot be read: {str(error)[:LONGEST_MESSAGE]}"


def _without_value(reason: str) -> str:
    """The reason without what was sent, which may be a secret: what the library quotes is left out."""
    shown, quote = [], ""
    for character in reason[:LONGEST_MESSAGE]:
        if quote:
            quote = "" if character == quote else quote
            continue
        if character in "'\"":
            quote = character
            shown.append("…")
        else:
            shown.append(character)
    return "".join(shown)
