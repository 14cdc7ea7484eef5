"""A contract that is stored comes back equal."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.raml.contract import Body, Contract, Method, Parameter, Resource, Response, decode, encode
from tests.raml.definitions import EXPORT, contract_of

_parameters = st.builds(Parameter, name=st.text(), required=st.booleans(), enum=st.none() | st.lists(st.text()))
_bodies = st.builds(
    Body, media_type=st.text(), example=st.none() | st.text(), examples=st.dictionaries(st.text(), st.text())
)
_responses = st.builds(
    Response,
    status=st.integers(100, 599),
    headers=st.lists(_parameters, max_size=2),
    bodies=st.lists(_bodies, max_size=2),
)
_methods = st.builds(Method, verb=st.text(), responses=st.lists(_responses, max_size=2))
_resources = st.builds(Resource, path=st.text(), methods=st.lists(_methods, max_size=2))


@given(st.builds(Contract, title=st.text(), raml_version=st.just("0.8"), resources=st.lists(_resources, max_size=2)))
def test_it_comes_back_equal(contract: Contract) -> None:
    assert decode(encode(contract)) == contract


def test_a_compiled_one_comes_back_equal() -> None:
    assert decode(encode(contract_of(EXPORT))) == contract_of(EXPORT)


def test_what_is_no_contract_is_refused() -> None:
    with pytest.raises(msgspec.MsgspecError):
        decode(b"\x81\xa1a\x01")
