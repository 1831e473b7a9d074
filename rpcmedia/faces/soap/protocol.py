"""The two versions of SOAP: their names, and what is refused before anything is called."""

from collections.abc import Mapping
from dataclasses import dataclass, field

XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSD = "http://www.w3.org/2001/XMLSchema"
MAP = "http://xml.apache.org/xml-soap"
RPC = "http://www.w3.org/2003/05/soap-rpc"

CLIENT = "Client"
SERVER = "Server"
MUST_UNDERSTAND = "MustUnderstand"
VERSION_MISMATCH = "VersionMismatch"


@dataclass(frozen=True, slots=True)
class Soap:
    """The names of one version."""

    envelope: str
    prefix: str
    encoding: str
    encoding_prefix: str
    any_type: str
    """The type of the items of an array that have several."""
    codes: Mapping[str, str] = field(hash=False)
    """How fault codes are spelled; a number is itself."""
    role: str
    """The attribute of a header that says for whom it is."""
    our_roles: frozenset[str]


SOAP_1_1 = Soap(
    envelope="http://schemas.xmlsoap.org/soap/envelope/",
    prefix="SOAP-ENV",
    encoding="http://schemas.xmlsoap.org/soap/encoding/",
    encoding_prefix="SOAP-ENC",
    any_type="xsd:ur-type",
    codes={code: f"SOAP-ENV:{code}" for code in (CLIENT, SERVER, MUST_UNDERSTAND)},
    role="actor",
    our_roles=frozenset({"http://schemas.xmlsoap.org/soap/actor/next"}),
)
SOAP_1_2 = Soap(
    envelope="http://www.w3.org/2003/05/soap-envelope",
    prefix="env",
    encoding="http://www.w3.org/2003/05/soap-encoding",
    encoding_prefix="enc",
    any_type="xsd:anyType",
    codes={
        CLIENT: "env:Sender",
        SERVER: "env:Receiver",
        MUST_UNDERSTAND: "env:MustUnderstand",
        VERSION_MISMATCH: "env:VersionMismatch",
    },
    role="role",
    our_roles=frozenset(
        {
            "http://www.w3.org/2003/05/soap-envelope/role/next",
            "http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver",
        }
    ),
)


class Refused(Exception):
    """A request that is answered with a fault; the text is safe to show.

    `number` is what is counted, the HTTP status if there is none.
    """

    def __init__(
        self,
        code: str,
        text: str,
        status: int = 500,
        *,
        number: int | None = None,
    ) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.status = status
        self.number = status if number is None else number
