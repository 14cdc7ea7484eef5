"""The mock answers as the contract of custom code says in section 7."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.raml.contract import Body, Method, Response
from openmcs.raml.mock import LONGEST_DELAY, Answer, Mock, answer
from tests.raml.definitions import contract_of, new

JSON, XML = Body("application/json", example='{"a": 1}'), Body("application/xml", example="<a/>")


def method(verb: str, *responses: Response) -> Method:
    return Method(verb, responses=list(responses))


@pytest.mark.parametrize(
    ("verb", "documented", "status"),
    [
        ("POST", [201, 200], 201), ("POST", [200, 401], 200), ("GET", [404, 200], 200), ("GET", [404, 204, 202], 202),
        ("GET", [], 200), ("POST", [], 201), ("GET", [500, 404], 404), ("DELETE", [204], 204),
    ],
)  # fmt: skip
def test_the_status_is_the_verbs_own_or_the_lowest_success(verb: str, documented: list[int], status: int) -> None:
    assert answer(method(verb, *map(Response, documented)), "*/*", None)[0] == status


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "application/json"), ("application/xml", "application/xml"), ("application/*", "application/json"),
        ("application/json;q=0.1, application/xml", "application/xml"), ("application/json;q=0, */*;q=0.5", "application/json"),
        ("", "application/json"), ("text/plain, application/xml;q=0.2", "application/xml"), ("APPLICATION/XML", "application/xml"),
    ],
)  # fmt: skip
def test_the_example_is_that_of_the_media_type_that_is_accepted(accept: str, media_type: str) -> None:
    assert answer(method("GET", Response(200, bodies=[JSON, XML])), accept, None)[1] == media_type


def test_without_an_example_the_answer_is_an_empty_object() -> None:
    for each in (
        method("GET"),
        method("GET", Response(200)),
        method("GET", Response(200, bodies=[Body("text/plain")])),
    ):
        assert answer(each, "*/*", None) == (200, "application/json", b"{}")
    assert answer(method("GET", Response(200, bodies=[JSON])), "image/png", None)[2] == b"{}"


def test_an_example_that_is_not_json_is_served_as_it_is() -> None:
    broken = Body("application/json", example='{"a": 1,}')
    assert answer(method("GET", Response(200, bodies=[broken])), "*/*", None)[2] == b'{"a": 1,}'


def test_prefer_chooses_what_is_documented() -> None:
    named = Body("application/json", examples={"one": "1", "two": "2"})
    both = method("GET", Response(200, bodies=[named]), Response(404, bodies=[JSON]))
    assert answer(both, "*/*", "code=404") == (404, "application/json", b'{"a": 1}')
    assert answer(both, "*/*", "example=two")[2] == b"2"
    assert answer(both, "*/*", 'status="404"; example="one"')[0] == 404
    assert answer(both, "*/*", "code=500, example=three") == (200, "application/json", b"1")


def test_head_has_no_body() -> None:
    assert answer(method("HEAD", Response(200, bodies=[JSON])), "*/*", None) == (200, "application/json", b"")


@given(st.text(max_size=60), st.none() | st.text(max_size=60))
def test_any_headers_are_taken(accept: str, prefer: str | None) -> None:
    assert answer(method("GET", Response(200, bodies=[JSON])), accept, prefer)[0] == 200


TYPED = new(
    "mediaType: application/json\ntypes: {T: {properties: {id: integer, name: {type: string, maxLength: 5}}}}\n"
    "/a:\n  get:\n    responses:\n      200: {body: T}\n      404: {body: {example: {no: 1}}}\n"
    "/b:\n  get:\n    responses: {200: {body: {type: T, example: {id: 1, name: x}}}}\n"
)


def mocked(path: str, prefer: str | None = None, text: str = TYPED) -> Answer:
    contract = contract_of(text)
    resource = next(each for each in contract.resources if each.path == path)
    return Mock(contract).answer(path, resource.methods[0], "*/*", prefer)


def test_a_type_without_an_example_gets_a_value_that_fits() -> None:
    value = json.loads(mocked("/a").body)
    assert isinstance(value["id"], int) and len(value["name"]) <= 5
    assert mocked("/a") == mocked("/a")


def test_an_example_goes_first_unless_a_value_is_asked_for() -> None:
    assert json.loads(mocked("/b").body) == {"id": 1, "name": "x"}
    assert json.loads(mocked("/b", "dynamic=true").body) != {"id": 1, "name": "x"}
    one, other = (mocked("/b", f"dynamic=true, seed={seed}").body for seed in (1, 2))
    assert one != other and one == mocked("/b", "dynamic=true; seed=1").body


def test_another_status_is_chosen_among_several() -> None:
    assert (mocked("/a", "code=404").status, json.loads(mocked("/a", "code=404").body)) == (404, {"no": 1})


def test_a_delay_is_asked_for_in_milliseconds_and_has_an_end() -> None:
    assert mocked("/b", "delay=250").delay == 0.25
    assert mocked("/b", "delay=999999").delay == LONGEST_DELAY
    assert mocked("/b", "delay=-1").delay == mocked("/b", "delay=x").delay == 0


def test_a_fault_is_asked_for() -> None:
    whole = mocked("/b").body
    assert (mocked("/b", "fault=503").status, mocked("/b", "fault=empty").body) == (503, b"")
    broken = mocked("/b", "fault=broken").body
    assert whole.startswith(broken) and 0 < len(broken) < len(whole)
    assert mocked("/b", "fault=999").status == 200


def test_a_status_that_has_no_body_gets_none() -> None:
    deleted = method("DELETE", Response(204, bodies=[JSON]))
    assert answer(deleted, "*/*", None) == (204, "application/json", b"")
