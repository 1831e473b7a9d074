"""The WS-I form of version 2: the same operations with other names, each message one document.

Source: the reference server with compliance to WS-I switched on. There startSession and
resourceFaults do not work; here they do.
"""

from dataclasses import replace
from typing import Any

from rpcmedia.faces.soap.operations import BOOLEAN, INT, V2, Array, Operation, Part, Struct, Type
from rpcmedia.faces.soap.protocol import Soap
from rpcmedia.faces.soap.writing import envelope, text_of

_NAMES = {"product": "productId", "storeView": "store"}
_OPTIONAL = ("storeView", "identifierType")

ITEM = "complexObjectArray"
"""The element of each item of a list."""


def _as_document(operation: Operation) -> Operation:
    inputs = tuple(
        part._replace(
            name=_NAMES.get(part.name, part.name),
            optional=part.optional or part.name in _OPTIONAL,
        )
        for part in operation.inputs
    )
    output = operation.output._replace(name="result")
    if operation.path and output.type is BOOLEAN:
        output = output._replace(type=INT)
    return replace(operation, inputs=inputs, output=output)


OPERATIONS = tuple(map(_as_document, V2))


def request_element(operation: Operation) -> str:
    """The element around the parameters of an operation."""
    # So uneven are the reference's names, and programs have classes that are named after them.
    is_request = operation.path or operation.name == "resources"
    return f"{operation.name}{'Request' if is_request else ''}Param"


def answer_element(operation: Operation) -> str:
    """The element around the result of an operation."""
    return f"{operation.name}ResponseParam"


BY_ELEMENT = {
    f"{operation.name}{end}".lower(): operation
    for operation in OPERATIONS
    for end in ("Param", "RequestParam")
}
# In the reference's document the message has no element.
BY_ELEMENT[""] = BY_ELEMENT["startsessionparam"]


def write_document(soap: Soap, namespace: str, operation: Operation, value: Any) -> bytes:
    """The envelope of an answer; `value` is plain."""
    name = f"ns1:{answer_element(operation)}"
    body = f"<{name}>{_member(operation.output, value)}</{name}>"
    return envelope(soap, {soap.prefix: soap.envelope, "ns1": namespace}, "", body)


def _member(part: Part, value: Any) -> str:
    return _element(part.name, part.type, part.empty if value == "" else value)


def _element(name: str, kind: Type, value: Any) -> str:
    match kind:
        case Struct():
            content = "".join(_member(part, value[part.name]) for part in kind.members)
        case Array():
            content = "".join(_element(ITEM, kind.item, item) for item in value)
        case _:
            content = text_of(int(value) if kind is INT else value)
    return f"<{name}>{content}</{name}>"
