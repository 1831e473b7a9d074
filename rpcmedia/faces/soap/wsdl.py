"""The WSDL documents: what is taken and answered, made from the tables of operations and types.

Names of ports, types and elements are the reference's, for programs name them; the documents are
our own. They refer to nothing outside of the server that they describe.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from rpcmedia.faces.soap import wsi
from rpcmedia.faces.soap.operations import V1, V2, Array, Operation, Part, Simple, Struct, Type

_ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
_HTTP = "http://schemas.xmlsoap.org/soap/http"
_XSD = "http://www.w3.org/2001/XMLSchema"
_PREFIXES = {
    "xmlns": "http://schemas.xmlsoap.org/wsdl/",
    "xmlns:wsdl": "http://schemas.xmlsoap.org/wsdl/",
    "xmlns:soap": "http://schemas.xmlsoap.org/wsdl/soap/",
    "xmlns:soapenc": _ENCODING,
    "xmlns:xsd": _XSD,
}
_SOME = {"minOccurs": "0", "maxOccurs": "unbounded"}

Attributes = dict[str, str]


class Form(ABC):
    """One way to write messages, and the operations that can be called in it."""

    style: str
    """What WSDL calls it."""

    def __init__(self, operations: tuple[Operation, ...], handler: str, action: str) -> None:
        self.operations = operations
        self.handler = handler
        """What the names of its port, binding and port type begin with."""
        self.action = action
        """The header SOAPAction of its requests."""

    @abstractmethod
    def describe(self, schema: Element, address: str) -> None:
        """Add the types and elements of the messages to a schema."""

    @abstractmethod
    def request_parts(self, operation: Operation) -> list[Attributes]:
        """The parts of a request."""

    @abstractmethod
    def answer_parts(self, operation: Operation) -> list[Attributes]:
        """The parts of an answer."""

    @abstractmethod
    def body(self, namespace: str) -> Attributes:
        """How a message is written."""

    def types(self) -> Iterable[Struct | Array]:
        """Every type with a name of its own, once."""
        found: dict[str, Struct | Array] = {}
        for operation in self.operations:
            for part in (*operation.inputs, operation.output):
                found.update((kind.name, kind) for kind in _named(part.type))
        return found.values()


class Encoded(Form):
    """Calls of procedures, in which each value carries its type."""

    style = "rpc"

    def describe(self, schema: Element, address: str) -> None:
        """See Form."""
        location = f"{address}?{ENCODING_QUERY}"
        SubElement(schema, "xsd:import", namespace=_ENCODING, schemaLocation=location)
        for kind in self.types():
            outer = SubElement(schema, "xsd:complexType", name=kind.name)
            if isinstance(kind, Struct):
                _add_members(outer, "xsd:all", kind.members)
            else:
                self._add_array(outer, kind)

    @staticmethod
    def _add_array(outer: Element, kind: Array) -> None:
        content = SubElement(outer, "xsd:complexContent")
        restriction = SubElement(content, "xsd:restriction", base="soapenc:Array")
        # zeep learns nothing from the attribute.
        _add_items(restriction, "item", kind)
        items = f"{_reference(kind.item)}[]"
        SubElement(
            restriction, "xsd:attribute", {"ref": "soapenc:arrayType", "wsdl:arrayType": items}
        )

    def request_parts(self, operation: Operation) -> list[Attributes]:
        """See Form."""
        return [{"name": part.name, "type": _reference(part.type)} for part in operation.inputs]

    def answer_parts(self, operation: Operation) -> list[Attributes]:
        """See Form."""
        return [{"name": operation.output.name, "type": _reference(operation.output.type)}]

    def body(self, namespace: str) -> Attributes:
        """See Form."""
        return {"use": "encoded", "namespace": namespace, "encodingStyle": _ENCODING}


class Literal(Form):
    """Documents: a message is an element of the schema."""

    style = "document"

    def describe(self, schema: Element, address: str) -> None:
        """See Form."""
        for kind in self.types():
            outer = SubElement(schema, "xsd:complexType", name=kind.name)
            if isinstance(kind, Struct):
                _add_members(outer, "xsd:sequence", kind.members)
            else:
                _add_items(outer, wsi.ITEM, kind)
        for operation in self.operations:
            self._add_element(schema, wsi.request_element(operation), operation.inputs)
            self._add_element(schema, wsi.answer_element(operation), (operation.output,))

    @staticmethod
    def _add_element(schema: Element, name: str, parts: Sequence[Part]) -> None:
        element = SubElement(schema, "xsd:element", name=name)
        _add_members(SubElement(element, "xsd:complexType"), "xsd:sequence", parts)

    def request_parts(self, operation: Operation) -> list[Attributes]:
        """See Form."""
        return [{"name": "parameters", "element": f"typens:{wsi.request_element(operation)}"}]

    def answer_parts(self, operation: Operation) -> list[Attributes]:
        """See Form."""
        return [{"name": "parameters", "element": f"typens:{wsi.answer_element(operation)}"}]

    def body(self, namespace: str) -> Attributes:
        """See Form."""
        return {"use": "literal"}


_V2_HANDLER = "Mage_Api_Model_Server_V2_Handler"

FORM_V1 = Encoded(V1, "", "urn:Action")
FORM_V2 = Encoded(V2, _V2_HANDLER, f"urn:{_V2_HANDLER}Action")
FORM_WSI = Literal(wsi.OPERATIONS, "Mage_Api_Model_Server_Wsi_Handler", "")

ENCODING_QUERY = "xsd"
"""The query below the address of a form that asks for `encoding_schema`."""


def wsdl_document(form: Form, address: str, namespace: str) -> bytes:
    """The description of a form that is spoken at an address."""
    name = namespace.rpartition(":")[2]
    root = Element(
        "definitions",
        {**_PREFIXES, "xmlns:typens": namespace, "name": name, "targetNamespace": namespace},
    )
    schema = SubElement(SubElement(root, "types"), "xsd:schema", targetNamespace=namespace)
    form.describe(schema, address)
    for operation in form.operations:
        _add_message(root, f"{operation.name}Request", form.request_parts(operation))
        _add_message(root, f"{operation.name}Response", form.answer_parts(operation))
    _add_port_type(root, form)
    _add_binding(root, form, namespace)
    service = SubElement(root, "service", name=f"{name}Service")
    binding = f"typens:{form.handler}Binding"
    port = SubElement(service, "port", name=f"{form.handler}Port", binding=binding)
    SubElement(port, "soap:address", location=address)
    return _text(root)


def encoding_schema() -> bytes:
    """As much of the schema of SOAP's encoding as the documents refer to.

    Clients look for it at an address on the internet otherwise. It stands alone, for zeep does not
    find it within a document, and does not refer to itself, for zeep looks at that address then.
    """
    schema = Element("xsd:schema", {"xmlns:xsd": _XSD, "targetNamespace": _ENCODING})
    SubElement(schema, "xsd:attribute", name="arrayType", type="xsd:string")
    array = SubElement(schema, "xsd:complexType", name="Array")
    items = SubElement(array, "xsd:sequence")
    SubElement(items, "xsd:any", {**_SOME, "processContents": "lax"})
    SubElement(array, "xsd:anyAttribute", namespace="##any", processContents="lax")
    return _text(schema)


def _named(kind: Type) -> Iterator[Struct | Array]:
    match kind:
        case Struct():
            yield kind
            for member in kind.members:
                yield from _named(member.type)
        case Array():
            yield kind
            yield from _named(kind.item)


def _reference(kind: Type) -> str:
    return f"{'xsd' if isinstance(kind, Simple) else 'typens'}:{kind.name}"


def _add_members(outer: Element, group: str, members: Sequence[Part]) -> None:
    inner = SubElement(outer, group)
    for member in members:
        attributes = {"name": member.name, "type": _reference(member.type)}
        if member.optional:
            attributes["minOccurs"] = "0"
        SubElement(inner, "xsd:element", attributes)


def _add_items(outer: Element, name: str, kind: Array) -> None:
    inner = SubElement(outer, "xsd:sequence")
    SubElement(inner, "xsd:element", {"name": name, "type": _reference(kind.item), **_SOME})


def _add_message(root: Element, name: str, parts: Iterable[Attributes]) -> None:
    message = SubElement(root, "message", name=name)
    for part in parts:
        SubElement(message, "part", part)


def _add_port_type(root: Element, form: Form) -> None:
    port_type = SubElement(root, "portType", name=f"{form.handler}PortType")
    for operation in form.operations:
        outer = SubElement(port_type, "operation", name=operation.name)
        SubElement(outer, "input", message=f"typens:{operation.name}Request")
        SubElement(outer, "output", message=f"typens:{operation.name}Response")


def _add_binding(root: Element, form: Form, namespace: str) -> None:
    binding = SubElement(
        root, "binding", name=f"{form.handler}Binding", type=f"typens:{form.handler}PortType"
    )
    SubElement(binding, "soap:binding", style=form.style, transport=_HTTP)
    for operation in form.operations:
        outer = SubElement(binding, "operation", name=operation.name)
        SubElement(outer, "soap:operation", soapAction=form.action)
        for direction in ("input", "output"):
            SubElement(SubElement(outer, direction), "soap:body", form.body(namespace))


def _text(root: Element) -> bytes:
    # A Host header may hold what is no text.
    text = tostring(root, "unicode").encode("utf-8", "replace")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + text + b"\n"
