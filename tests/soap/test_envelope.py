"""JSON to envelopes and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.soap.envelope import NotSoap, Speaker, UsernameToken
from openmcs.soap.wsdl import WsdlInvalid
from tests.soap.definitions import bundle

SPEAKER = Speaker(bundle(), "Stock/StockPort")
ENVELOPE = (
    "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/' xmlns='urn:stock' xmlns:s='urn:stock'"
    " xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>{}</e:Envelope>"
)


def answer(inside: str) -> Any:
    """The JSON of an answer with that inside of `reserved`."""
    content = ENVELOPE.format(f"<e:Body><reserved>{inside}</reserved></e:Body>").encode()
    return json.loads(SPEAKER.answer("reserve", content))["Body"]["reserved"]


def made(document: Any) -> str:
    """The envelope of a request."""
    return SPEAKER.request("reserve", json.dumps(document).encode(), as_xml=False, token=None)[0].decode()


@pytest.mark.parametrize(
    ("inside", "shown"),
    [
        ("", {}),
        ("<place><shelf>A</shelf><free>true</free></place>", {"place": [{"shelf": "A", "free": True}]}),
        (
            "<place><shelf xsi:nil='true'/><free>0</free></place>",
            {"place": [{"shelf": {"@nil": "true"}, "free": False}]},
        ),
        ("<place><shelf> </shelf><free>maybe</free></place>", {"place": [{"shelf": " ", "free": "maybe"}]}),
        (
            "<place xsi:type='s:Deep'><shelf>1</shelf><free>1</free><row>7</row></place>",
            {"place": [{"shelf": "1", "free": True, "row": 7}]},
        ),
        ("<price>12345678901234567890.12</price>", {"price": 12345678901234567890.12}),
        ("<price>1.50</price>", {"price": 1.5}),
        ("<price>NaN</price>", {"price": "NaN"}),
        ("<weight unit='kg'>2.5</weight>", {"weight": {"@unit": "kg", "#text": 2.5}}),
        ("<weight>3</weight>", {"weight": 3}),
        ("<other><a>1</a><a>2</a></other>", {"other": {"a": ["1", "2"]}}),
        ("<!-- a comment --><other/>", {"other": ""}),
    ],
)
def test_an_answer_is_json_by_its_schema(inside: str, shown: Any) -> None:
    """Lists, numbers, booleans and nil; what the schema does not know is text and objects."""
    assert answer(inside) == shown


def test_no_digit_of_a_decimal_is_lost() -> None:
    """JSON has it as the envelope has."""
    content = ENVELOPE.format("<e:Body><reserved><price>12345678901234567890.12</price></reserved></e:Body>").encode()
    assert b'"price":12345678901234567890.12' in SPEAKER.answer("reserve", content)


def test_the_header_of_an_answer_is_shown() -> None:
    """`null` where there is none."""
    content = ENVELOPE.format("<e:Header><t><id>7</id></t></e:Header><e:Body><reserved/></e:Body>").encode()
    assert json.loads(SPEAKER.answer("reserve", content)) == {"Header": {"t": {"id": "7"}}, "Body": {"reserved": {}}}


@given(
    st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\ufffe\uffff")),
    st.integers(-(2**31), 2**31 - 1),
)
def test_a_request_carries_what_was_given(article: str, count: int) -> None:
    """Any text, escaped as XML asks."""
    from lxml import etree

    body, media_type, action = SPEAKER.request(
        "reserve",
        json.dumps({"Body": {"reserve": {"article": article, "count": count}}}).encode(),
        as_xml=False,
        token=None,
    )
    sent = {each.tag.rpartition("}")[2]: each.text or "" for each in etree.fromstring(body).iter()}
    assert (sent["article"], sent["count"]) == (article, str(count))
    assert (media_type, action) == ("text/xml; charset=utf-8", '"urn:reserve"')


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], "not a JSON object"), ({"Boddy": {}}, "'Boddy'"), ({"Body": {"a": {}, "b": {}}}, "one member"),
        ({"Body": {"reserve": "x"}}, "an object or null"), ({"Body": {"reserve": {"articel": "x"}}}, "articel"),
        ({"Body": {"reserve": {"article": "x"}}}, "count"), ({"Body": []}, "one member"),
        ({"Header": {"x": 1}, "Body": {"reserve": {"article": "x", "count": 1}}}, "does not fit"),
        ({"Body": {"reserve": {"article": {"a": 1}, "count": {"b": [{}]}}}}, "does not fit"),
        ({"Body": {"reserve": json.loads('{"a":' * 200 + "1" + "}" * 200)}}, ""),
    ],
)  # fmt: skip
def test_what_makes_no_request_is_told(document: Any, reason: str) -> None:
    """With what would have been right, in one line."""
    with pytest.raises(NotSoap) as caught:
        made(document)
    assert reason in str(caught.value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    )
)
def test_no_json_breaks_more_than_its_own_call(value: Any) -> None:
    """It is an envelope or `NotSoap`."""
    for document in (
        value,
        {"Body": value},
        {"Body": {"reserve": value}},
        {"Header": value, "Body": {"reserve": None}},
    ):
        try:
            assert "Envelope" in made(document)
        except NotSoap:
            pass


@given(st.binary() | st.text().map(str.encode))
def test_no_answer_breaks_more_than_its_own_call(content: bytes) -> None:
    """It is JSON or `NotSoap`."""
    with pytest.raises(NotSoap):
        SPEAKER.answer("reserve", content)


def test_an_answer_expands_nothing() -> None:
    """No entity, no DTD, and no depth without end."""
    for hostile in (
        "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"
        + ENVELOPE.format("<e:Body><reserved>&e;</reserved></e:Body>"),
        ENVELOPE.format("<e:Body><reserved>" + "<a>" * 200 + "</a>" * 200 + "</reserved></e:Body>"),
        ENVELOPE.format(""),
        ENVELOPE.replace("soap/envelope/", "soap/other/").format("<e:Body/>"),
    ):
        with pytest.raises(NotSoap):
            SPEAKER.answer("reserve", hostile.encode())


def test_a_port_that_is_not_there_is_told() -> None:
    """Also one without a service."""
    for name in ("Stock/Other", "Other/StockPort", ""):
        with pytest.raises(WsdlInvalid):
            Speaker(bundle(), name)


def test_a_token_does_not_show_its_password() -> None:
    """Neither in a log nor in a traceback."""
    assert "s3cret" not in repr(UsernameToken("joe", "s3cret"))
