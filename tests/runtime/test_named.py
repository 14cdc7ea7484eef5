"""`custom` and `connectors`: contract of custom code, section 4."""

from __future__ import annotations

from typing import Any

import pytest

from openmcs.runtime.named import VERBS, WITH_BODY, Named
from tests.runtime.asked import Asker


def made(kind: str, statement: str) -> Any:
    asker = Asker()
    eval(statement, {"it": Named(asker.asking(), kind)})
    return asker.asked[0]


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_both_forms(verb: str) -> None:
    """With the name first, or as an attribute of what is declared; a body comes behind the endpoint."""
    body = ", 'body'" if verb in WITH_BODY else ""
    for statement in (f"it.orders.{verb}('/items/7'{body})", f"it.{verb}('orders', 'items/7'{body})"):
        asked = made("custom", statement)
        assert (asked.method, asked.uri) == (verb.upper(), "/mobile/custom/orders/items/7")
        assert asked.body == (b"body" if body else b"")


@pytest.mark.parametrize("endpoint", ["", "''", "None", "'/'"])
def test_an_empty_endpoint_is_the_api_itself(endpoint: str) -> None:
    assert made("connector", f"it.erp.get({endpoint})").uri == "/mobile/connector/erp"


def test_options_follow_the_body() -> None:
    """`opts`, then those of the HTTP client; either may be null or ''."""
    asked = made("connector", "it.erp.post('x', {'a': 1}, {'inType': 'json'}, {'qs': {'b': 2}})")
    assert (asked.uri, asked.body) == ("/mobile/connector/erp/x?b=2", b'{"a": 1}')
    asked = made("connector", "it.erp.get('x', '', None, external_authorization='Bearer t')")
    assert asked.headers["oracle-mobile-external-authorization"] == "Bearer t"


@pytest.mark.parametrize(
    ("kind", "statement", "told"),
    [
        ("custom", "it.prices", r"\[tool.openmcs.apis\]"), ("connector", "it.crm", r"\[tool.openmcs.connectors\]"),
        ("custom", "it.orders.fetch", "get, head"), ("custom", "it.order.get('x')", "has no 'order'"),
    ],
)  # fmt: skip
def test_what_is_not_declared_says_how_to(kind: str, statement: str, told: str) -> None:
    with pytest.raises(AttributeError, match=told):
        made(kind, statement)
