"""Answers and faults as XML: values by their own types, or by those of the WSDL.

Everything stands on one line, so that no line break gets into an empty text.
"""

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from rpcmedia.faces.soap.operations import Array, Operation, Part, Simple, Struct, Type
from rpcmedia.faces.soap.protocol import MAP, RPC, SOAP_1_2, XSD, XSI, Soap
from rpcmedia.faces.xml_text import writable

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

# A reader would make a line feed of a bare one.
_ESCAPES = {"\r": "&#13;"}

_MAP_TYPE = "ns2:Map"
_SIMPLE_TYPES = {str: "xsd:string", bool: "xsd:boolean", int: "xsd:int", float: "xsd:float"}


def write_answer(soap: Soap, namespace: str, operation: Operation, value: Any) -> bytes:
    """The envelope of an answer; `value` is plain."""
    part = operation.output
    content = _Writer(soap).part(part, value)
    spaces = {
        soap.prefix: soap.envelope,
        "ns1": namespace,
        "xsd": XSD,
        "xsi": XSI,
        soap.encoding_prefix: soap.encoding,
    }
    if _MAP_TYPE in content:
        spaces["ns2"] = MAP
    style = f" {soap.prefix}:encodingStyle={quoteattr(soap.encoding)}"
    outside, inside, result = style, "", ""
    if soap is SOAP_1_2:
        outside, inside = "", style
        result = f'<rpc:result xmlns:rpc="{RPC}">{part.name}</rpc:result>'
    # PHP's client takes the first element of the name, in whatever namespace.
    inner = content + result if part.name == "result" else result + content
    response = f"ns1:{operation.name}Response"
    body = f"<{response}{inside}>{inner}</{response}>"
    return envelope(soap, spaces, outside, body)


def write_fault(soap: Soap, code: str, text: str) -> bytes:
    """The envelope of a fault; the number of an API fault is its code as it is."""
    spelled = soap.codes.get(code, code)
    if soap is SOAP_1_2:
        content = (
            f"<env:Code><env:Value>{spelled}</env:Value></env:Code>"
            f"<env:Reason><env:Text>{_escape(text)}</env:Text></env:Reason>"
        )
    else:
        content = f"<faultcode>{spelled}</faultcode><faultstring>{_escape(text)}</faultstring>"
    fault = f"{soap.prefix}:Fault"
    return envelope(soap, {soap.prefix: soap.envelope}, "", f"<{fault}>{content}</{fault}>")


def envelope(soap: Soap, spaces: dict[str, str], attributes: str, body: str) -> bytes:
    """A whole message around the content of its body; `spaces` are namespaces by prefix."""
    declared = "".join(f" xmlns:{prefix}={quoteattr(uri)}" for prefix, uri in spaces.items())
    prefix = soap.prefix
    return (
        f"{_DECLARATION}<{prefix}:Envelope{declared}{attributes}><{prefix}:Body>{body}"
        f"</{prefix}:Body></{prefix}:Envelope>\n"
    ).encode()


def _escape(text: str) -> str:
    return escape(writable(text), _ESCAPES)


class _Writer:
    def __init__(self, soap: Soap) -> None:
        self._soap = soap
        self._array_type = f"{soap.encoding_prefix}:Array"

    def part(self, part: Part, value: Any) -> str:
        if value == "" and part.empty:
            value = part.empty
        return self._element(part.name, value, part.type)

    def _element(self, name: str, value: Any, expected: Type) -> str:
        if value is None:
            return f'<{name} xsi:nil="true"/>'
        match expected:
            case Struct():
                members = "".join(self.part(part, value[part.name]) for part in expected.members)
                return _tagged(name, f"ns1:{expected.name}", members)
            case Array():
                item_type = self._name(expected.item)
                return self._array(name, value, expected.item, item_type, f"ns1:{expected.name}")
            case Simple("anyType"):
                return self._any(name, value, expected)
            case Simple():
                return _tagged(name, f"xsd:{expected.name}", text_of(value))

    def _any(self, name: str, value: Any, expected: Type) -> str:
        if isinstance(value, dict):
            pairs = (
                self._element("key", key, expected) + self._element("value", member, expected)
                for key, member in value.items()
            )
            return _tagged(name, _MAP_TYPE, "".join(f"<item>{pair}</item>" for pair in pairs))
        if isinstance(value, list | tuple):
            return self._array(name, value, expected, self._common(value), self._array_type)
        return _tagged(name, _SIMPLE_TYPES[type(value)], text_of(value))

    def _array(
        self, name: str, values: Sequence[Any], item: Type, item_type: str, own_type: str
    ) -> str:
        items = "".join(self._element("item", value, item) for value in values)
        encoding, size = self._soap.encoding_prefix, len(values)
        if self._soap is SOAP_1_2:
            attributes = f' {encoding}:itemType="{item_type}" {encoding}:arraySize="{size}"'
        else:
            attributes = f' {encoding}:arrayType="{item_type}[{size}]"'
        return _tagged(name, own_type, items, attributes)

    def _name(self, expected: Type) -> str:
        if not isinstance(expected, Simple):
            return f"ns1:{expected.name}"
        return self._soap.any_type if expected.name == "anyType" else f"xsd:{expected.name}"

    def _common(self, values: Sequence[Any]) -> str:
        """The type that all values have, or the one that any value has."""
        names = {self._own_name(value) for value in values}
        return names.pop() if len(names) == 1 else self._soap.any_type

    def _own_name(self, value: Any) -> str:
        if isinstance(value, dict):
            return _MAP_TYPE
        if isinstance(value, list | tuple):
            return self._array_type
        return _SIMPLE_TYPES.get(type(value), self._soap.any_type)


def _tagged(name: str, own_type: str, content: str, attributes: str = "") -> str:
    end = f">{content}</{name}>" if content else "/>"
    return f'<{name}{attributes} xsi:type="{own_type}"{end}'


def text_of(value: Any) -> str:
    """A simple value as XML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _escape(str(value))
