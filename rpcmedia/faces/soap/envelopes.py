"""From the body of a request to the element that calls an operation.

Source: the measured faults of the reference server and of the SOAP library below it.
"""

from typing import NamedTuple
from xml.etree.ElementTree import Element

from rpcmedia.faces.soap.protocol import (
    CLIENT,
    MUST_UNDERSTAND,
    SOAP_1_1,
    SOAP_1_2,
    VERSION_MISMATCH,
    Refused,
    Soap,
)
from rpcmedia.faces.xml_reader import EntitiesRefused, XmlBroken, XmlRefused, read_xml

_VERSIONS = {f"{{{soap.envelope}}}Envelope": soap for soap in (SOAP_1_1, SOAP_1_2)}

_NOT_READ = "Sender"
"""The code of what could not be read; then no version of SOAP is known that spells it."""

_TRUE = ("1", "true")


class Envelope(NamedTuple):
    """A request in one version of SOAP."""

    soap: Soap
    root: Element

    def call(self) -> Element:
        """The element that calls an operation, or one without a name. Raises Refused."""
        self._check_headers()
        body = self.root.find(self._name("Body"))
        if body is None:
            raise Refused(CLIENT, "The SOAP envelope has no Body; put the call into one.")
        for element in body:
            # A value that stands beside the call, for references to it.
            if element.get(f"{{{self.soap.encoding}}}root") != "0":
                return element
        return Element("")

    def _check_headers(self) -> None:
        for header in self.root.iterfind(f"{self._name('Header')}/*"):
            role = header.get(self._name(self.soap.role))
            ours = role is None or role in self.soap.our_roles
            if ours and header.get(self._name("mustUnderstand")) in _TRUE:
                raise Refused(MUST_UNDERSTAND, "Header not understood")

    def _name(self, local: str) -> str:
        return f"{{{self.soap.envelope}}}{local}"


def read_envelope(body: bytes | bytearray) -> Envelope:
    """The envelope in a body. Raises Refused."""
    try:
        root = read_xml(body)
    except EntitiesRefused:
        text = "Detected use of ENTITY in XML, disabled to prevent XXE/XEE attacks"
        raise Refused(_NOT_READ, text) from None
    except XmlBroken:
        raise Refused(_NOT_READ, "Invalid XML") from None
    except XmlRefused as reason:
        raise Refused(_NOT_READ, f"Invalid XML: {reason}.") from None
    soap = _VERSIONS.get(root.tag)
    if soap is None:
        raise Refused(VERSION_MISMATCH, "Wrong Version")
    return Envelope(soap, root)


def local_name(element: Element) -> str:
    """The name without its namespace: clients put any into a request, or none."""
    return element.tag.rpartition("}")[2]
