"""How faults and refusals are spelled: one table from their numbers to statuses and messages."""

import structlog

from rpcmedia.faces.bodies import CannotReceive, TooBusy
from rpcmedia.faces.content_coding import TooLarge
from rpcmedia.gallery.faults import Fault, ImageNotFound
from rpcmedia.gallery.ports import StorageFailed
from rpcmedia.operations.arguments import ContentRefused, FileMissing, TypeRefused
from rpcmedia.operations.faults import Busy
from rpcmedia.operations.oauth import OAuthProblem

UNKNOWN = "Resource unknown error."
INTERNAL = "Resource internal error."
NOT_FOUND = "Resource not found."
INVALID = "The request data is invalid."
UNDECODED = "Decoding error."
NOT_IMPLEMENTED = "Resource method not implemented yet."
NO_ROUTE = "Request does not match any route."
NOT_ACCEPTABLE = (
    "None of the types in Accept can be sent; ask for application/json, text/xml or text/plain."
)

log = structlog.get_logger(__name__)


class Refusal(Exception):
    """A request that is answered with a status and messages in place of a result."""

    def __init__(self, status: int, *messages: str, number: int | None = None) -> None:
        super().__init__(*messages)
        self.status = status
        self.messages = messages
        self.number = status if number is None else number
        """Of the fault behind it, for metrics; else the status."""


def undecoded(reason: Exception) -> Refusal:
    """For a body that was not read, where the reference would not say why."""
    return Refusal(400, f"Decoding error: {reason}.")


_FAULTS: dict[int, tuple[int, str]] = {
    0: (400, UNKNOWN),
    1: (500, INTERNAL),
    2: (403, "Access denied"),
    3: (404, NO_ROUTE),
    4: (405, NOT_IMPLEMENTED),
    5: (401, "oauth_problem=token_rejected"),
    6: (401, "oauth_problem=parameter_absent"),
    100: (400, "Requested store is invalid"),
    101: (404, NOT_FOUND),
    102: (400, "Resource data pre-validation error."),
    103: (404, NOT_FOUND),
    104: (400, UNKNOWN),
    105: (500, INTERNAL),
    106: (500, INTERNAL),
    107: (400, "Requested product does not support images"),
}

_UPLOADS: dict[type[Fault], tuple[str, ...]] = {
    FileMissing: ("The image is not specified", "Resource data pre-validation error."),
    ContentRefused: ("The image content must be valid base64 encoded data",),
    # The reference misspells it, and clients may look for that.
    TypeRefused: ("Unsuppoted image MIME type",),
}

_UNKNOWN_TO_CREATE = {100, 101, 107}
"""What the reference tells nothing of once it has looked at an upload."""


def of_fault(fault: Fault, operation: str, *, to_admin: bool) -> Refusal:
    """What the reference answers where this server has a fault."""
    number = fault.number
    status, *messages = _FAULTS[number]
    if isinstance(fault.__cause__, StorageFailed):
        log.error("storage failed", reason=str(fault.__cause__))
        status, messages = 500, [INTERNAL]
    elif type(fault) in _UPLOADS:
        messages = [*_UPLOADS[type(fault)]]
    elif operation == "create" and number in _UNKNOWN_TO_CREATE:
        status, messages = 400, [UNKNOWN]
    elif isinstance(fault, ImageNotFound) and operation == "info" and to_admin:
        messages = ["Product image not found"]
    return Refusal(status, *messages, number=number)


def of_error(error: Exception) -> Refusal:
    """What is answered to whatever else a request ended with."""
    match error:
        case Refusal():
            return error
        case OAuthProblem():
            return Refusal(401, str(error))
        case TooBusy() | Busy():
            return Refusal(503, "Server is busy, try again.")
        case TooLarge():
            return Refusal(413, str(error))
        case CannotReceive():
            return undecoded(error)
        case StorageFailed():
            log.error("storage failed", reason=str(error), cause=str(error.__cause__))
            return Refusal(503, "The storage does not answer; try again.")
        case _:
            log.exception("request failed", exc_info=error)
            return Refusal(500, INTERNAL)
