"""A mock that remembers."""

from __future__ import annotations

import json
from typing import Any

from openmcs.raml import mock_state
from openmcs.raml.match import Matcher
from openmcs.raml.mock import Answer
from tests.raml.definitions import contract_of, old

TEXT = old(
    """\
mediaType: application/json
/things:
  get:
    responses:
      200: {body: {application/json: {example: '{"items": [{"id": 9}], "hasMore": false}'}}}
  post:
    responses: {201: {body: {application/json: {example: '{"id": 9}'}}}}
  /{id}:
    get:
      responses: {200: {body: {application/json: {example: '{"id": 9}'}}}}
    put:
    patch:
    delete:
      responses: {204: }
/alone:
  post:
"""
)


class Api:
    def __init__(self) -> None:
        self.matcher = Matcher(contract_of(TEXT))

    def call(self, verb: str, path: str, body: Any = None) -> tuple[int, Any]:
        answer = self.answer(verb, path, body)
        return answer.status, json.loads(answer.body) if answer.body else None

    def answer(self, verb: str, path: str, body: Any = None) -> Answer:
        found = self.matcher.match(path)
        assert found is not None
        method, resource = found.methods[verb], found.resource.path
        otherwise = self.matcher.mock.answer(resource, method, "*/*", None)
        sent = b"" if body is None else json.dumps(body).encode()
        return self.matcher.mock_state.answer(resource, method, path, sent, otherwise, "/mobile/custom/x")


def test_what_is_posted_is_fetched_changed_and_deleted() -> None:
    api = Api()
    status, made = api.call("POST", "/things", {"name": "a"})
    assert (status, made) == (201, {"id": 1, "name": "a"})
    assert api.call("GET", "/things/1") == (200, {"id": 1, "name": "a"})
    assert api.call("PATCH", "/things/1", {"size": 2})[1] == {"id": 1, "name": "a", "size": 2}
    assert api.call("PUT", "/things/1", {"id": 1})[1] == {"id": 1}
    assert api.call("GET", "/things/1") == (200, {"id": 1})
    assert api.call("DELETE", "/things/1") == (204, None)
    assert api.call("GET", "/things/1")[0] == 404


def test_the_answer_to_a_post_says_where_it_is() -> None:
    assert Api().answer("POST", "/things", {"id": "x"}).headers == (("Location", "/mobile/custom/x/things/x"),)


def test_a_collection_keeps_the_shape_of_its_example() -> None:
    api = Api()
    assert api.call("GET", "/things")[1]["items"] == [{"id": 9}]
    api.call("POST", "/things", {"id": 5})
    assert api.call("GET", "/things")[1] == {"items": [{"id": 5}], "hasMore": False}


def test_where_nothing_is_remembered_the_examples_answer() -> None:
    api = Api()
    assert api.call("GET", "/things/77") == (200, {"id": 9})
    assert api.call("POST", "/alone", {"a": 1}) == (201, {})
    assert api.call("POST", "/things", ["no object"]) == (201, {"id": 9})


def test_what_is_remembered_has_a_limit() -> None:
    api = Api()
    for _ in range(mock_state.MOST_OBJECTS + 5):
        api.call("POST", "/things", {})
    assert len(api.call("GET", "/things")[1]["items"]) == mock_state.MOST_OBJECTS
    assert api.call("POST", "/things", {"text": "x" * mock_state.LARGEST_OBJECT}) == (201, {"id": 9})
