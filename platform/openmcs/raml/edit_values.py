"""Edits done on values: what the text has to mean after `edit` has changed it."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any


def nested(steps: Sequence[str], value: Any) -> Any:
    """*value* below all of *steps*."""
    for step in reversed(steps):
        value = {step: value}
    return value


def normal(value: Any) -> Any:
    """As it is read back: keys are texts."""
    if isinstance(value, dict):
        return {str(name): normal(each) for name, each in value.items()}
    return [normal(each) for each in value] if isinstance(value, list) else value


def put(plain: Any, steps: Sequence[str], value: Any) -> None:
    """Make what is at *steps* be *value*, in place."""
    at = plain
    for depth, step in enumerate(steps):
        is_last = depth == len(steps) - 1
        if isinstance(at, list):
            at = _list_place(at, step)
        key: Any = int(step) if isinstance(at, list) else step
        if isinstance(at, list) and key == len(at):
            at.append(nested(steps[depth + 1 :], value))
            return
        if is_last:
            at[key] = value
            return
        if isinstance(at, dict) and at.get(key) is None:
            at[key] = nested(steps[depth + 1 :], value)
            return
        at = at[key]


def _list_place(at: list[Any], step: str) -> Any:
    """The list itself for an index, its mapping that has the name otherwise; a new one when none has."""
    if step.isdigit() and step.isascii():
        return at
    for each in at:
        if isinstance(each, dict) and step in each:
            return each
    at.append({})
    return at[-1]


def removed(plain: Any, steps: Sequence[str], stays: bool) -> Any:
    """*plain* without what is at *steps*; with *stays*, what gets empty stays an empty mapping or list."""
    made = copy.deepcopy(plain)
    chain: list[tuple[Any, Any]] = []
    at = made
    for step in steps:
        if isinstance(at, list) and not step.isdigit():
            index, at_ = next((n, each) for n, each in enumerate(at) if isinstance(each, dict) and step in each)
            chain.append((at, index))
            at = at_
        key: Any = int(step) if isinstance(at, list) else step
        chain.append((at, key))
        at = at[key]
    holder, key = chain.pop()
    del holder[key]
    if not holder and chain and not stays:
        above, name = chain[-1]
        if isinstance(above, list) and isinstance(holder, dict):
            del above[name]
            chain.pop()
            holder = above
        if not holder and chain:
            above, name = chain[-1]
            above[name] = None
    return made


def renamed(plain: Any, steps: Sequence[str], to: str) -> Any:
    """*plain* with the last key of *steps* called *to*, in its place among the others."""
    made = copy.deepcopy(plain)
    at = made
    for step in steps[:-1]:
        if isinstance(at, list):
            at = _list_place(at, step)
            at = at[int(step)] if isinstance(at, list) else at[step]
        else:
            at = at[step]
    if isinstance(at, list):
        at = _list_place(at, steps[-1])
    items = [(to if name == steps[-1] else name, value) for name, value in at.items()]
    at.clear()
    at.update(items)
    return made
