"""Messages of SOAP 1.1 held against the document that describes them."""

from typing import Any

import requests
import xmlschema
from lxml import etree

XSD = "http://www.w3.org/2001/XMLSchema"
WSDL = "http://schemas.xmlsoap.org/wsdl/"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


class Described:
    """What the document at an address says about messages."""

    def __init__(self, url: str) -> None:
        root = etree.fromstring(requests.get(url, timeout=10).content)
        schema = root.find(f"{{{WSDL}}}types/{{{XSD}}}schema")
        self.operations = [it.get("name") for it in root.findall(f"{{{WSDL}}}portType/*")]
        self._messages = {it.get("name"): list(it) for it in root.findall(f"{{{WSDL}}}message")}
        for operation in self.operations:
            self._add_element(schema, f"{operation}Request", operation)
            self._add_element(schema, f"{operation}Response", f"{operation}Response")
        # Fetches the schema that it imports as a client does.
        self._schema = xmlschema.XMLSchema(etree.tostring(schema, encoding="unicode"))

    def _add_element(self, schema: Any, message: str, name: str) -> None:
        """Put the element around typed parts into words of the schema; others are there."""
        parts = self._messages[message]
        if any(part.get("element") for part in parts):
            return
        element = etree.SubElement(schema, f"{{{XSD}}}element", name=name)
        group = etree.SubElement(
            etree.SubElement(element, f"{{{XSD}}}complexType"), f"{{{XSD}}}all"
        )
        for part in parts:
            etree.SubElement(group, f"{{{XSD}}}element", dict(part.attrib, nillable="true"))

    def name_of(self, message: str) -> str:
        """The name of the element that a message says; it fails if it is not as described."""
        (element,) = etree.fromstring(message.encode()).find(f"{{{SOAP}}}Body")
        name = etree.QName(element)
        if name == etree.QName(SOAP, "Fault"):
            assert [it.tag for it in element] == ["faultcode", "faultstring"]
        else:
            self._schema.validate(element)
        return str(name.localname)
