"""The WS-I form of version 2: the same operations with other names, each message one document.

Source: the reference server with compliance to WS-I switched on. There startSession and
resourceFaults do not work; here they do.
"""

from dataclasses import replace

from rpcmedia.faces.soap.operations import BOOLEAN, INT, V2, Operation

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
