"""The numbered faults 0-6 of the API itself, and the refusal of calls that cannot be understood."""

from typing import Self

from rpcmedia.gallery.faults import Fault


class UnknownError(Fault):
    """Declared by the reference for faults without a number; never raised here."""

    number = 0
    declared = "Unknown Error"


class InternalError(Fault):
    """Something failed that should not; the log has the details, the client does not."""

    number = 1
    declared = "Internal Error. Please see log for details."

    @classmethod
    def because(cls, reason: object) -> Self:
        """The fault in the only words that it has: the reason is for the log."""
        return cls()


class AccessDenied(Fault):
    """The user name and key do not fit, or the user may not do this."""

    number = 2
    declared = "Access denied."


class InvalidPath(Fault):
    """There is no such resource or method."""

    number = 3
    declared = "Invalid api path."


class PathNotCallable(Fault):
    """Declared by the reference for paths without code behind them; never raised here."""

    number = 4
    declared = "Resource path is not callable."


class SessionExpired(Fault):
    """There is no such session, it ended, or it expired."""

    number = 5
    declared = "Session expired. Try to relogin."


class MissingParameter(Fault):
    """A login without a user name or without a key."""

    number = 6
    declared = 'Required parameter is missing, for more details see "exception.log".'


GLOBAL_FAULTS: tuple[type[Fault], ...] = (
    UnknownError,
    InternalError,
    AccessDenied,
    InvalidPath,
    PathNotCallable,
    SessionExpired,
    MissingParameter,
)


class Busy(Exception):
    """There is too much at once; nothing was done, and the same call may succeed a moment later."""


class InvalidArguments(Exception):
    """Arguments of a wrong number, name or type; the text names the argument and the remedy.

    The reference server crashes here, so the API has no number for it.
    """
