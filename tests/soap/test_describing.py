"""What a WSDL offers, found out in a child with limits."""

from __future__ import annotations

import pytest

from openmcs.soap import describing, wsdl
from openmcs.soap.describing import describe, describe_here
from openmcs.soap.wsdl import Bundle, WsdlInvalid
from tests.soap.definitions import SPLIT, WSDL, bundle


def test_ports_and_operations_are_found() -> None:
    """In the child as in this process: by service and port, with what each operation takes and gives."""
    (port,) = describe(bundle())
    assert [port] == describe_here(bundle())
    assert (port.name, port.version, port.address) == ("Stock/StockPort", "1.1", "http://stock.example.com/soap")
    (operation,) = port.operations
    assert (operation.name, operation.action) == ("reserve", "urn:reserve")
    assert operation.input == "reserve(article: xsd:string, count: xsd:int)"
    assert operation.output.startswith("reserved(")


def test_what_is_imported_is_found_among_what_was_uploaded() -> None:
    """By relative paths, up and down."""
    assert describe(Bundle("wsdl/stock.wsdl", SPLIT)) == describe(bundle())


EVIL = {
    "an entity that grows": (
        WSDL.replace("<?xml version='1.0'?>", "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'xxxxxxxxxx'>]>"),
        "DTD",
    ),
    "a file of the machine": (
        WSDL.replace(
            "<?xml version='1.0'?>", "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
        ),
        "DTD",
    ),
    "an import by file": (
        WSDL.replace("<types>", "<import namespace='urn:x' location='file:///etc/passwd'/><types>"),
        "not uploaded",
    ),
    "an import from the network": (
        WSDL.replace("<types>", "<import namespace='urn:x' location='http://169.254.169.254/latest'/><types>"),
        "not uploaded",
    ),
    "a schema from the network": (
        WSDL.replace("<!-- more -->", "<xsd:import namespace='urn:y' schemaLocation='http://127.0.0.1:1/x.xsd'/>"),
        "not uploaded",
    ),
    "a path upwards": (
        WSDL.replace("<types>", "<import namespace='urn:x' location='../../etc/passwd'/><types>"),
        "not uploaded",
    ),
    "no XML": ("no xml", "XMLSyntaxError"),
    "no WSDL": ("<definitions/>", ""),
    "no SOAP port": (WSDL.replace("<port ", "<!--").replace("</port>", "-->").replace("</service>", "</service>"), ""),
    "very deep": ("<a>" * 100_000, ""),
}


@pytest.mark.parametrize(("text", "reason"), EVIL.values(), ids=EVIL)
def test_what_means_harm_is_refused(text: str, reason: str) -> None:
    """Nothing is fetched, opened or expanded; the reason is one line."""
    with pytest.raises(WsdlInvalid) as caught:
        describe(bundle(text))
    assert reason in str(caught.value)
    assert len(str(caught.value)) <= 500 and "root:" not in str(caught.value)


def test_limits_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too much, too many, and too long to read."""
    with pytest.raises(WsdlInvalid, match="at most"):
        describe(bundle("x" * (wsdl.LARGEST + 1)))
    with pytest.raises(WsdlInvalid, match="at most"):
        describe(Bundle("0", {str(each): "" for each in range(wsdl.MOST_FILES + 1)}))
    with pytest.raises(WsdlInvalid, match="was not uploaded"):
        describe(Bundle("other.wsdl", {}))
    with pytest.raises(WsdlInvalid, match="was not read"):
        describe(bundle(), timeout=0.01)


def test_the_child_has_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A definition that needs more than it may is refused, and the platform goes on."""
    elements = "".join(f"<xsd:element name='e{each}' type='xsd:string'/>" for each in range(30_000))
    text = WSDL.replace("<!-- more -->", elements)
    assert len(text) < wsdl.LARGEST
    try:
        describe(bundle(text), timeout=describing.SECONDS)
    except WsdlInvalid as error:
        assert "was not read" in str(error)


def test_without_zeep_the_line_to_install_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is read."""
    monkeypatch.setattr(wsdl, "is_installed", lambda: False)
    with pytest.raises(WsdlInvalid, match=r"pip install 'openmcs\[soap\]'"):
        describe(bundle())
