"""WSDL for tests."""

from __future__ import annotations

from openmcs.soap.wsdl import Bundle

_SCHEMA = """
  <xsd:element name='reserve'><xsd:complexType><xsd:sequence>
    <xsd:element name='article' type='xsd:string'/><xsd:element name='count' type='xsd:int'/>
  </xsd:sequence></xsd:complexType></xsd:element>
  <xsd:complexType name='Place'><xsd:sequence>
    <xsd:element name='shelf' type='xsd:string' nillable='true'/>
    <xsd:element name='free' type='xsd:boolean'/>
  </xsd:sequence></xsd:complexType>
  <xsd:complexType name='Deep'><xsd:complexContent><xsd:extension base='tns:Place'><xsd:sequence>
    <xsd:element name='row' type='xsd:int'/>
  </xsd:sequence></xsd:extension></xsd:complexContent></xsd:complexType>
  <xsd:element name='reserved'><xsd:complexType><xsd:sequence>
    <xsd:element name='place' type='tns:Place' minOccurs='0' maxOccurs='unbounded'/>
    <xsd:element name='price' type='xsd:decimal' minOccurs='0'/>
    <xsd:element name='weight' minOccurs='0'><xsd:complexType><xsd:simpleContent>
      <xsd:extension base='xsd:double'><xsd:attribute name='unit' type='xsd:string'/></xsd:extension>
    </xsd:simpleContent></xsd:complexType></xsd:element>
    <xsd:any minOccurs='0' processContents='lax'/>
  </xsd:sequence></xsd:complexType></xsd:element>
"""
_HEAD = "<xsd:schema xmlns:xsd='http://www.w3.org/2001/XMLSchema' xmlns:tns='urn:stock' targetNamespace='urn:stock' elementFormDefault='qualified'>"

WSDL = f"""<?xml version='1.0'?>
<definitions xmlns='http://schemas.xmlsoap.org/wsdl/' xmlns:soap='http://schemas.xmlsoap.org/wsdl/soap/'
  xmlns:tns='urn:stock' targetNamespace='urn:stock' name='Stock'>
<types>{_HEAD}<!-- more -->{_SCHEMA}</xsd:schema></types>
<message name='in'><part name='p' element='tns:reserve'/></message>
<message name='out'><part name='p' element='tns:reserved'/></message>
<portType name='StockType'><operation name='reserve'><input message='tns:in'/><output message='tns:out'/></operation></portType>
<binding name='StockBinding' type='tns:StockType'>
  <soap:binding style='document' transport='http://schemas.xmlsoap.org/soap/http'/>
  <operation name='reserve'><soap:operation soapAction='urn:reserve'/>
    <input><soap:body use='literal'/></input><output><soap:body use='literal'/></output></operation>
</binding>
<service name='Stock'><port name='StockPort' binding='tns:StockBinding'>
  <soap:address location='http://stock.example.com/soap'/></port></service>
</definitions>
"""

SPLIT = {
    "wsdl/stock.wsdl": WSDL.replace(
        f"{_HEAD}<!-- more -->{_SCHEMA}</xsd:schema>",
        "<xsd:schema xmlns:xsd='http://www.w3.org/2001/XMLSchema'>"
        "<xsd:import namespace='urn:stock' schemaLocation='../types/stock.xsd'/></xsd:schema>",
    ),
    "types/stock.xsd": f"{_HEAD}<xsd:include schemaLocation='more/stock.xsd'/></xsd:schema>",
    "types/more/stock.xsd": f"{_HEAD}{_SCHEMA}</xsd:schema>",
}
"""The same in three files."""


def bundle(text: str = WSDL) -> Bundle:
    """One file."""
    return Bundle("stock.wsdl", {"stock.wsdl": text})
