"""What the policies say for a call: the narrowest, found once."""

from __future__ import annotations

from typing import Any

import pytest

from openmcs.catalog.policies import Policies
from openmcs.exchange import CallRules, MobileBackend, Operation
from openmcs.gateway.rules import RuleBook

BACKEND = MobileBackend("b", "shop", "1.0", "id", "", True, True, "Default", {}, (), {}, {})
OPERATION = Operation("a", "events", "2.0", "/x", "GET", {}, False, frozenset())


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, CallRules()),
        ({"*.*.Network_HttpRequestTimeout": 1500}, CallRules(seconds=1.5)),
        ({"*.*.Logging_Level": 900, "*.custom/events(2.0).Logging_Level": 300}, CallRules(level=300)),
        ({"shop(1.0).*.Logging_Level": 500, "other(1.0).*.Logging_Level": 300}, CallRules(level=500)),
        ({"shop(1.0).*.CCC_LogBody": True}, CallRules(log_body=512)),
        ({"*.*.CCC_LogBody": True, "*.*.CCC_LogBodyMaxLength": 7}, CallRules(log_body=7)),
        ({"*.*.CCC_LogBodyMaxLength": 7}, CallRules()),
        ({"shop(1.0).custom/events(2.0).CCC_SendStackTraceWithError": True}, CallRules(send_stack=True)),
    ],
)
def test_a_call_has_the_narrowest_values(values: dict[str, Any], expected: CallRules) -> None:
    assert RuleBook().rules_for(Policies(values), BACKEND, OPERATION) == expected


def test_rules_are_looked_up_once_and_anew_when_the_policies_change() -> None:
    book = RuleBook()
    policies = Policies({})
    first = book.rules_for(policies, BACKEND, OPERATION)
    assert book.rules_for(policies, BACKEND, OPERATION) is first
    changed = Policies({"*.*.Logging_Level": 300})
    assert book.rules_for(changed, BACKEND, OPERATION).level == 300
