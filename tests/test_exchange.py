"""The values a call is made of cannot be changed by a later stage."""

from __future__ import annotations

import dataclasses
import inspect

import msgspec
import pytest

from openmcs import exchange
from openmcs.exchange import Caller, Finding, Message, Reply

VALUES = [
    kind
    for _, kind in inspect.getmembers(exchange, inspect.isclass)
    if kind.__module__ == exchange.__name__ and kind is not Reply and not getattr(kind, "_is_protocol", False)
]
"""Without what is no value but says how one is asked for."""


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_every_value_but_the_reply_is_frozen(kind: type) -> None:
    """The reply alone is filled in on its way out."""
    if issubclass(kind, msgspec.Struct):
        assert kind.__struct_config__.frozen
    else:
        assert dataclasses.is_dataclass(kind)
        assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]


def test_a_frozen_value_refuses_a_change() -> None:
    """With an exception, not in silence."""
    caller = Caller("user", "joe")
    with pytest.raises(AttributeError):
        caller.username = "jane"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        Message(0.0, "info", "text").text = "other"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        Finding("CODE", "text").line = 3  # type: ignore[misc]


@pytest.mark.parametrize(("kind", "anonymous"), [("anonymous", True), ("user", False), ("team", False)])
def test_only_the_anonymous_key_makes_an_anonymous_caller(kind: exchange.CallerKind, anonymous: bool) -> None:
    """Whatever the name is."""
    assert Caller(kind, "name").is_anonymous is anonymous
