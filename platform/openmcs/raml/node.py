"""What a document is made of once it is read: values that know where they were written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

Scalar = str | int | float | bool | None


class Place(NamedTuple):
    """File, and line and column from 1."""

    file: str
    line: int
    column: int


class Node:
    """A mapping, a list or a scalar. Treated as immutable: one node may stand in several places."""

    __slots__ = ("keys", "kind", "place", "raw", "value")

    def __init__(
        self,
        kind: Literal["map", "list", "scalar"],
        value: Any,
        place: Place,
        keys: dict[str, Place] | None = None,
        raw: str = "",
    ) -> None:
        self.kind = kind
        self.value = value
        self.place = place
        self.keys = keys or {}
        self.raw = raw
        """A scalar's text as it was written."""

    @property
    def is_map(self) -> bool:
        """A mapping of texts to nodes."""
        return self.kind == "map"

    @property
    def is_list(self) -> bool:
        """A list of nodes."""
        return self.kind == "list"

    def get(self, key: str) -> Node | None:
        """The value of *key*; None when this is no mapping or has no such key."""
        found: Node | None = self.value.get(key) if self.kind == "map" else None
        return found

    def items(self) -> Iterator[tuple[str, Node]]:
        """Keys and values of a mapping; nothing for others."""
        return iter(self.value.items() if self.kind == "map" else ())

    def elements(self) -> list[Node]:
        """Elements of a list; a scalar stands for a list of one, null for none."""
        if self.kind == "list":
            return list(self.value)
        return [] if self.kind == "scalar" and self.value is None else [self]

    def place_of(self, key: str) -> Place:
        """Where *key* is written."""
        return self.keys.get(key, self.place)

    def text(self) -> str:
        """A scalar as text; empty for null and for others."""
        if self.kind != "scalar" or self.value is None:
            return ""
        return self.value if isinstance(self.value, str) else self.raw

    def plain(self) -> Any:
        """Dicts, lists and scalars, without places."""
        if self.kind == "map":
            return {key: value.plain() for key, value in self.value.items()}
        if self.kind == "list":
            return [each.plain() for each in self.value]
        return self.value


def mapping(values: dict[str, Node], like: Node, keys: dict[str, Place] | None = None) -> Node:
    """A mapping that stands where *like* does."""
    return Node("map", values, like.place, {**like.keys, **(keys or {})})
