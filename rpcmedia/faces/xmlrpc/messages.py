"""XML-RPC messages: reading a call out of a body, and writing answers and faults.

Source: the XML-RPC specification, and the codes and words of the reference's protocol faults.
"""

from typing import Any, NamedTuple, Self

from rpcmedia.faces.bodies import Body
from rpcmedia.faces.xml_reader import EntitiesRefused, TooMuchXml, XmlRefused, read_xml
from rpcmedia.faces.xmlrpc.values import BadValue, read_value, write_value

NO_STRUCT = 601
NO_METHOD_NAME = 602
NO_PARAMS = 603
PARAMS_NO_ARRAY = 604
RECURSIVE = 605
UNKNOWN_METHOD = 620
WRONG_PARAMETERS = 623
UNREADABLE = 630
NOT_PARSED = 631
NO_METHOD = 632
NO_VALUE = 633
BAD_METHOD_NAME = 634
BAD_VALUE = 636
NO_SUCH_METHOD = 640

_TEXTS = {
    NO_STRUCT: "system.multicall expects each method to be a struct",
    NO_METHOD_NAME: "Missing methodName",
    NO_PARAMS: "Missing params",
    PARAMS_NO_ARRAY: "Params must be an array",
    RECURSIVE: "Recursive system.multicall forbidden",
    WRONG_PARAMETERS: "Calling parameters do not match signature",
    UNREADABLE: "Unable to read request",
    NOT_PARSED: "Failed to parse request",
    NO_METHOD: "Invalid request, no method passed; request must contain a 'methodName' tag",
    NO_VALUE: "Param must contain a value",
    BAD_METHOD_NAME: "Invalid method name",
    BAD_VALUE: "Error creating xmlrpc value",
}
"""Clients compare these, so they are the reference's."""


class ProtocolFault(Exception):
    """A fault as it goes out: a whole number and a text."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text

    @classmethod
    def of(cls, code: int, reason: object = "") -> Self:
        """The fault of the protocol itself with this code, and what there is to say beyond it."""
        return cls(code, f"{_TEXTS[code]}: {reason}" if reason else _TEXTS[code])

    @property
    def members(self) -> dict[str, Any]:
        """The struct that tells the fault."""
        return {"faultCode": self.code, "faultString": self.text}


class MethodCall(NamedTuple):
    """A call as it came, before its method is looked for."""

    name: str
    parameters: list[Any]


def read_call(body: Body) -> MethodCall:
    """The call in a body. Raises ProtocolFault."""
    if body in (b"", b"0"):
        raise ProtocolFault.of(UNREADABLE)
    try:
        root = read_xml(body)
    except EntitiesRefused:
        raise ProtocolFault.of(NOT_PARSED) from None
    except TooMuchXml as refusal:
        raise ProtocolFault.of(NOT_PARSED, refusal) from None
    except XmlRefused:
        # As the reference does, whose clients look for this code.
        raise ProtocolFault.of(NO_METHOD) from None
    name = root.findtext("methodName")
    if not name:
        raise ProtocolFault.of(NO_METHOD)
    parameters = []
    for parameter in root.findall("params/*"):
        value = parameter.find("value")
        if value is None:
            raise ProtocolFault.of(NO_VALUE)
        try:
            parameters.append(read_value(value))
        except BadValue:
            raise ProtocolFault.of(BAD_VALUE) from None
    return MethodCall(name, parameters)


def write_answer(value: object) -> bytes:
    """The body of an answer that carries a value."""
    return _write(f"<params><param>{write_value(value)}</param></params>")


def write_fault(fault: ProtocolFault) -> bytes:
    """The body of an answer that carries a fault."""
    return _write(f"<fault>{write_value(fault.members)}</fault>")


def _write(content: str) -> bytes:
    declaration = '<?xml version="1.0" encoding="UTF-8"?>'
    return f"{declaration}\n<methodResponse>{content}</methodResponse>".encode()
