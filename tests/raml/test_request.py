"""A request against the contract: all that does not fit, and where."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openmcs.raml.contract import Method
from openmcs.raml.request import Problem, Requests
from tests.raml.definitions import contract_of, new, old

API = new(
    """\
mediaType: application/json
types:
  Item:
    properties:
      name: {type: string, minLength: 2}
      count?: {type: integer, minimum: 1}
  Order:
    properties:
      items: Item[]
      at?: date-only
/orders/{id}:
  uriParameters:
    id: integer
  post:
    queryParameters:
      limit?: {type: integer, maximum: 10}
      tags?: string[]
      deep?: boolean
    headers:
      X-Count?: integer
    body: Order
    responses:
      200:
        body: Item
"""
)


def problems(text: str = API, **given: Any) -> list[Problem]:
    contract = contract_of(text)
    resource = contract.resources[0]
    body = given.pop("body", {"items": []})
    defaults: dict[str, Any] = {
        "path": {"id": "1"},
        "query": "",
        "headers": {"content-type": "application/json"},
        "body": body if isinstance(body, bytes) else json.dumps(body).encode(),
    }
    defaults["headers"] |= given.pop("headers", {})
    return Requests(contract).problems(resource.path, resource.methods[0], **{**defaults, **given})


def where(found: list[Problem]) -> list[tuple[str, str]]:
    return [(each.code, each.pointer) for each in found]


def test_a_request_that_fits_has_no_problems() -> None:
    body = {"items": [{"name": "ab", "count": 2}], "at": "2026-02-28"}
    assert problems(query="limit=3&tags=a&tags=b&deep=true&other=x", headers={"x-count": "4"}, body=body) == []


def test_everything_that_does_not_fit_is_told_with_its_place() -> None:
    body = {"items": [{"name": "a"}, {"count": 0}], "at": "2026-02-30"}
    found = problems(path={"id": "x"}, query="limit=11&deep=maybe", headers={"x-count": "many"}, body=body)
    assert sorted(where(found)) == [
        ("CONTRACT_BODY", "/body/at"),
        ("CONTRACT_BODY", "/body/items/0/name"),
        ("CONTRACT_BODY", "/body/items/1"),
        ("CONTRACT_BODY", "/body/items/1/count"),
        ("CONTRACT_HEADER", "/header/x-count"),
        ("CONTRACT_PATH", "/path/id"),
        ("CONTRACT_QUERY", "/query/deep"),
        ("CONTRACT_QUERY", "/query/limit"),
    ]


def test_messages_do_not_repeat_what_was_sent() -> None:
    found = problems(query="limit=s3cret", headers={"x-count": "s3cret"}, body={"items": "s3cret", "at": "s3cret"})
    assert len(found) == 4
    assert not any("s3cret" in each.message for each in found)


def test_a_parameter_that_is_given_twice_and_is_no_array_does_not_fit() -> None:
    assert where(problems(query="limit=1&limit=2")) == [("CONTRACT_QUERY", "/query/limit")]


def test_a_missing_body_and_another_media_type_are_told() -> None:
    assert where(problems(body=b"")) == [("CONTRACT_BODY", "/body")]
    assert where(problems(headers={"content-type": "text/plain"}, body=b"x")) == [
        ("CONTRACT_MEDIA_TYPE", "/header/content-type")
    ]


def test_a_required_parameter_that_is_missing_is_told() -> None:
    text = old("/a:\n  get:\n    queryParameters:\n      q: {required: true}\n      r: {type: number, repeat: true}\n")
    assert where(problems(text, path={}, body=b"")) == [("CONTRACT_QUERY", "/query")]
    assert problems(text, path={}, body=b"", query="q=&r=1&r=2.5") == []
    assert where(problems(text, path={}, body=b"", query="q=&r=1&r=b")) == [("CONTRACT_QUERY", "/query/r/1")]


FORM = old(
    """\
/a:
  post:
    body:
      application/x-www-form-urlencoded:
        formParameters:
          name: {required: true}
          age: {type: integer}
      multipart/form-data:
        formParameters:
          name: {required: true}
          photo: {type: file, required: true}
"""
)
BOUNDARY = {"content-type": "multipart/form-data; boundary=b"}


def part(disposition: str, data: str) -> bytes:
    return f"--b\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{data}\r\n".encode()


def test_fields_of_a_form_are_held_against_their_types() -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert problems(FORM, path={}, headers=headers, body=b"name=x&age=3") == []
    assert sorted(where(problems(FORM, path={}, headers=headers, body=b"age=old"))) == [
        ("CONTRACT_BODY", "/body"),
        ("CONTRACT_BODY", "/body/age"),
    ]


def test_parts_of_a_multipart_form_are_fields_too() -> None:
    whole = part('name="name"', "x") + part('name="photo"; filename="p.png"', "\x00\x01") + b"--b--\r\n"
    assert problems(FORM, path={}, headers=BOUNDARY, body=whole) == []
    assert where(problems(FORM, path={}, headers=BOUNDARY, body=part('name="name"', "x") + b"--b--\r\n")) == [
        ("CONTRACT_BODY", "/body")
    ]


@pytest.mark.parametrize("body", [b"--b\r\n", b"nothing", b"--b\r\nno header\r\n\r\n--b--"])
def test_what_is_no_multipart_form_is_told(body: bytes) -> None:
    assert where(problems(FORM, path={}, headers=BOUNDARY, body=body))[0] == ("CONTRACT_BODY", "/body")


XML = new("/a:\n  post:\n    body: {application/xml: {type: object}}\n")


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        (b"<a><b>1</b></a>", True),
        (b"<a>", False),
        (b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", False),
    ],
)
def test_xml_is_well_formed_and_has_no_document_type(body: bytes, fits: bool) -> None:
    assert (problems(XML, path={}, headers={"content-type": "application/xml"}, body=body) == []) is fits


def test_an_array_in_a_header_is_separated_by_commas() -> None:
    text = new("/a:\n  get:\n    headers:\n      X-Ids: integer[]\n")
    assert problems(text, path={}, body=b"", headers={"x-ids": "1, 2"}) == []
    assert where(problems(text, path={}, body=b"", headers={"x-ids": "1, b"})) == [
        ("CONTRACT_HEADER", "/header/x-ids/1")
    ]


def test_a_query_string_is_held_against_its_type_as_a_whole() -> None:
    text = new(
        "types:\n  ById: {properties: {id: integer}}\n  ByName: {properties: {name: string}}\n"
        "/a:\n  get:\n    queryString: {type: ById | ByName}\n"
    )
    assert problems(text, path={}, body=b"", query="id=1") == []
    assert problems(text, path={}, body=b"", query="name=x") == []
    assert where(problems(text, path={}, body=b"", query="id=x")) == [("CONTRACT_QUERY", "/query")]


def reply(status: int, body: object, media_type: str = "application/json") -> list[tuple[str, str]]:
    contract = contract_of(API)
    method: Method = contract.resources[0].methods[0]
    found = Requests(contract).reply_problems(
        contract.resources[0].path, method, status, media_type, json.dumps(body).encode()
    )
    return where(found)


def test_an_answer_is_held_against_what_its_status_documents() -> None:
    assert reply(200, {"name": "ab"}) == []
    assert reply(200, {"name": 1}) == [("CONTRACT_BODY", "/body/name")]
    assert reply(404, {}) == [("CONTRACT_STATUS", "/status")]
    assert reply(200, {}, "text/plain") == [("CONTRACT_MEDIA_TYPE", "/header/content-type")]
