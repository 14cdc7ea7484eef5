"""`rest`: contract of custom code, section 3, "rest"."""

from __future__ import annotations

from typing import Any

import pytest

from openmcs.runtime.outbound import Outcome
from openmcs.runtime.rest import Rest
from tests.runtime.asked import Asker

URI = "/mobile/platform/x"


def rest(outcome: Outcome | None = None) -> tuple[Rest, Asker, list[tuple[Any, ...]]]:
    """The namespace, what it asks, and what callbacks were given."""
    asker = Asker(outcome)
    given: list[tuple[Any, ...]] = []
    return Rest(asker.asking(), lambda handler, arguments: given.append(arguments)), asker, given


@pytest.mark.parametrize("suffix", ["", "Async", "_async"])
@pytest.mark.parametrize("verb", ["get", "put", "post", "delete", "head", "options"])
def test_each_verb_has_three_names(verb: str, suffix: str) -> None:
    made, asker, _ = rest()
    getattr(made, verb + suffix)({"uri": URI})
    assert (asker.asked[0].method, asker.asked[0].uri) == (verb.upper(), URI)


def test_patch_goes_as_post_with_the_override() -> None:
    """As MCS sent it; and `del`, a word of Python's, has its other name."""
    made, asker, _ = rest()
    made.patch({"uri": URI})
    made.delAsync({"uri": URI})
    assert [each.method for each in asker.asked] == ["POST", "DELETE"]
    assert asker.asked[0].headers == {"x-http-method-override": "PATCH"}


@pytest.mark.parametrize(
    "options", [{}, {"uri": ""}, {"uri": None}, {"uri": "https://example.com/x"}, {"uri": "//x/y"}]
)
def test_a_uri_is_needed_and_leads_to_the_platform_only(options: dict[str, Any]) -> None:
    made, _, _ = rest()
    with pytest.raises(ValueError, match=r"rest\.get needs a uri"):
        made.get(options)


def test_what_it_has_no_verb_for_is_an_error() -> None:
    with pytest.raises(AttributeError, match="no 'fetch'"):
        rest()[0].fetch  # noqa: B018


@pytest.mark.parametrize(
    ("options", "body", "result"),
    [
        ({}, b"", '{"a": 1}'), ({"json": True}, b"", {"a": 1}), ({"json": {"b": 2}}, b'{"b": 2}', {"a": 1}),
        ({"json": True, "body": [1]}, b"[1]", {"a": 1}), ({"body": "text"}, b"text", '{"a": 1}'),
    ],
)  # fmt: skip
def test_json_is_sent_and_parsed_where_it_is_asked_for(options: dict[str, Any], body: bytes, result: Any) -> None:
    made, asker, _ = rest()
    assert made.post({"uri": URI, **options}).result().result == result
    assert asker.asked[0].body == body
    assert asker.asked[0].headers.get("accept") == ("application/json" if "json" in options else None)


def test_the_callback_has_nodes_arguments() -> None:
    """An answer of any status is no error; only when nobody answers there is one."""
    for outcome in (Outcome(200, {"a": "b"}, b"ok", ""), Outcome(404, {"a": "b"}, b"no", "")):
        made, _, given = rest(outcome)
        made.get({"uri": URI}, lambda *_: None)
        ((error, response, body),) = given
        assert (error, response.statusCode, response.headers, body) == (None, outcome.status, {"a": "b"}, body)
    made, _, given = rest(Outcome(0, {}, b"", "gone"))
    made.get({"uri": URI}, lambda *_: None)
    assert (str(given[0][0]), given[0][1:]) == ("gone", (None, None))
