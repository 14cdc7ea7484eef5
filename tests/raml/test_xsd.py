"""XML Schemas: bodies are held against them, and nothing outside of them is read."""

from __future__ import annotations

import pytest

from openmcs.raml.match import Matcher
from openmcs.raml.xsd import XmlValidator, is_installed
from tests.raml.definitions import contract_of

SCHEMA = (
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="order"><xs:complexType><xs:sequence>'
    '<xs:element name="count" type="xs:int"/></xs:sequence></xs:complexType></xs:element></xs:schema>'
)
INDENTED = f"            {SCHEMA}"
RAML = {
    "0.8": f"#%RAML 0.8\ntitle: t\nschemas:\n  - order: |\n{INDENTED}\n/o:\n  post:\n    body:\n"
    "      application/xml:\n        schema: order\n",
    "1.0": f"#%RAML 1.0\ntitle: t\ntypes:\n  order: |\n{INDENTED}\n  named:\n    type: order\n/o:\n  post:\n    body:\n"
    "      application/xml:\n        type: named\n",
    "written in place": f"#%RAML 1.0\ntitle: t\n/o:\n  post:\n    body:\n      application/xml:\n        type: |\n"
    f"{INDENTED}\n",
}


@pytest.mark.parametrize("raml", RAML.values(), ids=RAML)
def test_a_body_is_held_against_the_schema(raml: str) -> None:
    """What fits passes, and what does not is told by its path without repeating what was sent."""
    matcher = Matcher(contract_of(raml))
    method = matcher.contract.resources[0].methods[0]

    def problems(body: bytes) -> list[tuple[str, str]]:
        headers = {"content-type": "application/xml"}
        found = matcher.requests.problems("/o", method, path={}, query="", headers=headers, body=body)
        return [(each.pointer, each.message) for each in found]

    assert problems(b"<order><count>7</count></order>") == []
    ((pointer, message),) = problems(b"<order><count>secret</count></order>")
    assert pointer == "/body/order/count" and "secret" not in message
    ((pointer, _),) = problems(b"<order>")
    assert pointer == "/body"


def test_it_is_installed_where_tests_run() -> None:
    """So that none of these tests passes for want of it."""
    assert is_installed()


@pytest.mark.parametrize(
    "inside",
    [
        '<xs:include schemaLocation="/etc/passwd"/>',
        '<xs:import namespace="urn:x" schemaLocation="http://127.0.0.1:9/x.xsd"/><xs:element name="a" type="x:t" xmlns:x="urn:x"/>',
        "<xs:nothing/>",
    ],
)
def test_a_schema_that_reaches_out_or_is_none_is_refused(inside: str) -> None:
    """Nothing is read but the schema itself."""
    with pytest.raises(ValueError, match="XML Schema"):
        XmlValidator(f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{inside}</xs:schema>')


def test_entities_are_not_expanded() -> None:
    """Neither in the schema nor in a document."""
    bomb = '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    with pytest.raises(ValueError, match="XML Schema"):
        XmlValidator(bomb + SCHEMA)
    ((_, message),) = XmlValidator(SCHEMA).misfits(f"{bomb}<order><count>&b;</count></order>".encode())
    assert "cannot be read" in message
