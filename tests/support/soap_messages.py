"""Messages of SOAP 1.1 held against the document that describes them."""

from typing import Any

import requests
import xmlschema
from lxml import etree

XSD = "http://www.w3.org/2001/XMLSchema"
WSDL = "http://schemas.xmlsoap.org/wsdl/"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


MAP = """
    <xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema"
        targetNamespace="http://xml.apache.org/xml-soap">
      <xsd:complexType name="Map"><xsd:sequence>
        <xsd:element name="item" minOccurs="0" maxOccurs="unbounded"><xsd:complexType><xsd:all>
          <xsd:element name="key"/><xsd:element name="value" nillable="true"/>
        </xsd:all></xsd:complexType></xsd:element>
      </xsd:sequence></xsd:complexType>
    </xsd:schema>
"""
"""What every client of version 1 knows, though no document describes it."""


class Described:
    """What the document at an address says about messages."""

    def __init__(self, url: str) -> None:
        root = etree.fromstring(requests.get(url, timeout=10).content)
        schema = root.find(f"{{{WSDL}}}types/{{{XSD}}}schema")
        self._namespace = root.get("targetNamespace")
        self.operations = [it.get("name") for it in root.findall(f"{{{WSDL}}}portType/*")]
        self._elements = {
            message.get("name"): self._element(schema, message)
            for message in root.findall(f"{{{WSDL}}}message")
        }
        self._operations = {self._elements[f"{name}Request"]: name for name in self.operations}
        # Fetches the schema that it imports as a client does.
        self._schema = xmlschema.XMLSchema([etree.tostring(schema, encoding="unicode"), MAP])

    def _element(self, schema: Any, message: Any) -> str:
        """The element of a message; one around typed parts is put into words of the schema."""
        name = message.get("name").removesuffix("Request")
        parts = list(message)
        if len(parts) == 1 and parts[0].get("element"):
            name = parts[0].get("element").removeprefix("typens:")
        else:
            element = etree.SubElement(schema, f"{{{XSD}}}element", name=name)
            outer = etree.SubElement(element, f"{{{XSD}}}complexType")
            group = etree.SubElement(outer, f"{{{XSD}}}all")
            for part in parts:
                etree.SubElement(group, f"{{{XSD}}}element", dict(part.attrib, nillable="true"))
        return f"{{{self._namespace}}}{name}"

    def operation_of(self, request: str, answer: str) -> str:
        """The operation of two messages; it fails if they are not as described."""
        called, answered = self._element_of(request), self._element_of(answer)
        operation: str = self._operations[called]
        assert answered in (self._elements[f"{operation}Response"], f"{{{SOAP}}}Fault")
        return operation

    def _element_of(self, message: str) -> Any:
        (element,) = etree.fromstring(message.encode()).find(f"{{{SOAP}}}Body")
        if element.tag == f"{{{SOAP}}}Fault":
            assert [it.tag for it in element] == ["faultcode", "faultstring"]
        else:
            self._schema.validate(etree.tostring(element, encoding="unicode"))
        return element.tag
