"""Encoded values of requests as Python values, whatever a client says or leaves out of their types.

A type that is written at an element goes before the one of the WSDL, and both before a guess.
Source: how PHP's SOAP server reads; where it makes objects that the reference's code cannot use,
they are maps or lists here.
"""

from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

from rpcmedia.faces.soap.envelopes import local_name
from rpcmedia.faces.soap.operations import ANY, Array, Operation, Part, Struct, Type
from rpcmedia.faces.soap.protocol import CLIENT, SOAP_1_1, SOAP_1_2, XSI, Refused
from rpcmedia.operations import php
from rpcmedia.operations.arguments import decode_base64

_TYPE = f"{{{XSI}}}type"
_NIL = f"{{{XSI}}}nil"
_TRUE = ("1", "true")

_MAP, _ARRAY, _STRUCT = "Map", "Array", "Struct"
_ARRAY_ATTRIBUTES = {
    f"{{{SOAP_1_1.encoding}}}arrayType",
    f"{{{SOAP_1_2.encoding}}}arraySize",
    f"{{{SOAP_1_2.encoding}}}itemType",
}
_ITEM = "item"

_INTEGERS = {
    "byte",
    "int",
    "integer",
    "long",
    "short",
    "unsignedByte",
    "unsignedInt",
    "unsignedLong",
    "unsignedShort",
    "negativeInteger",
    "nonNegativeInteger",
    "nonPositiveInteger",
    "positiveInteger",
}
_FLOATS = {"double", "float"}
_BASE64 = {"base64", "base64Binary"}
_FALSE = ("0", "f", "false")

_MOST_LEVELS = 100
"""References may nest values deeper than their elements are."""


def read_parameters(
    operation: Operation, call: Element, values: "Values", *, document: bool = False
) -> list[Any]:
    """The parameters of a call in the order of the WSDL. Raises Refused.

    One element with the name of a part is enough to bind all by name, and those that are absent
    are null; otherwise they are bound by position. In a document all are bound by name.
    """
    parts = operation.inputs
    given: list[Element | None] = list(call)
    if parts and not given and not document:
        names = ", ".join(part.name for part in parts)
        raise Refused(CLIENT, f"Missing parameter: {operation.name} takes {names}.")
    named: dict[str, Element] = {}
    for element in call:
        named.setdefault(local_name(element), element)
    if document or any(part.name in named for part in parts):
        given = [named.get(part.name) for part in parts]
    return [
        None if element is None else _filled(part, values.read(element, part.type))
        for part, element in zip(parts, given, strict=False)
    ]


def _filled(part: Part, value: Any) -> Any:
    return part.empty if value == "" else value


class Values:
    """Reads the values of one envelope; one that several elements refer to is read once."""

    def __init__(self, root: Element) -> None:
        self._root = root
        self._targets: dict[str, Element] | None = None
        self._known: dict[tuple[str, Type], Any] = {}
        self._level = 0

    def read(self, element: Element, expected: Type = ANY) -> Any:
        """The value of an element. Raises Refused."""
        if self._level == _MOST_LEVELS:
            raise Refused(CLIENT, f"The values are nested deeper than {_MOST_LEVELS} levels.")
        self._level += 1
        reference = _reference(element)
        if reference is None:
            value = self._read_here(element, expected)
        else:
            key = (reference, expected)
            if key not in self._known:
                self._known[key] = self.read(self._target(reference), expected)
            value = self._known[key]
        self._level -= 1
        return value

    def _target(self, reference: str) -> Element:
        if self._targets is None:
            self._targets = {
                name: element
                for element in self._root.iter()
                if (name := element.get("id", element.get(f"{{{SOAP_1_2.encoding}}}id")))
            }
        if reference not in self._targets:
            raise Refused(
                CLIENT, f"No element has the id {reference[:40]!r} that another refers to."
            )
        return self._targets[reference]

    def _read_here(self, element: Element, expected: Type) -> Any:
        if element.get(_NIL) in _TRUE:
            return None
        kind = element.get(_TYPE, "").rpartition(":")[2]
        if kind == _MAP:
            return self._map(element)
        if kind == _ARRAY or not _ARRAY_ATTRIBUTES.isdisjoint(element.keys()):
            return self._list(element, expected)
        if not len(element):
            return _childless(element.text or "", kind, expected)
        if isinstance(expected, Array):
            return self._list(element, expected)
        if kind != _STRUCT and not isinstance(expected, Struct):
            if all([local_name(child) for child in item] == ["key", "value"] for item in element):
                return self._map(element)
            if all(local_name(child) == _ITEM for child in element):
                return self._list(element, expected)
        return self._struct(element, expected)

    def _list(self, element: Element, expected: Type) -> list[Any]:
        item = expected.item if isinstance(expected, Array) else ANY
        return [self.read(child, item) for child in element]

    def _map(self, element: Element) -> dict[str, Any]:
        members = {}
        for item in element:
            pair = {local_name(child): child for child in item}
            if "key" not in pair or "value" not in pair:
                raise Refused(CLIENT, "An item of a Map needs a key and a value.")
            members[php.to_string(self.read(pair["key"]))] = self.read(pair["value"])
        return members

    def _struct(self, element: Element, expected: Type) -> dict[str, Any]:
        parts = expected.members if isinstance(expected, Struct) else ()
        types = {part.name: part.type for part in parts}
        members: dict[str, list[Any]] = {}
        for child in element:
            name = local_name(child)
            members.setdefault(name, []).append(self.read(child, types.get(name, ANY)))
        return {name: found if len(found) > 1 else found[0] for name, found in members.items()}


def _reference(element: Element) -> str | None:
    reference = element.get("href", "")
    if reference.startswith("#"):
        return reference[1:]
    return element.get(f"{{{SOAP_1_2.encoding}}}ref")


def _childless(text: str, kind: str, expected: Type) -> Any:
    if not text.strip():
        if isinstance(expected, Array):
            return []
        if kind == _STRUCT or isinstance(expected, Struct):
            return {}
    return _simple(text, kind)


def _simple(text: str, kind: str) -> Any:
    if kind in _INTEGERS or kind in _FLOATS:
        return _number(text, kind)
    if kind == "boolean":
        return text.strip().lower() not in _FALSE if text else None
    if kind in _BASE64:
        return _text_or_bytes(decode_base64, text)
    if kind == "hexBinary":
        return _text_or_bytes(bytes.fromhex, text)
    return text


def _number(text: str, kind: str) -> int | float | None:
    if not text:
        return None
    if not php.is_numeric(text):
        raise Refused(CLIENT, f"{text[:40]!r} is no {kind}; write a number.")
    return php.to_int(text) if kind in _INTEGERS else float(text)


def _text_or_bytes(decode: Callable[[str], bytes], text: str) -> str | bytes:
    try:
        content = decode(text)
    except ValueError:
        # Whoever needs the value says what is wrong with it.
        return text
    try:
        return content.decode() if b"\0" not in content else content
    except UnicodeDecodeError:
        return content
