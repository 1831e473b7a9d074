"""The methods of the API itself, as every remote procedure call face has them.

Source: the reference server's own methods and the names of their parameters.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import structlog

from rpcmedia.faces.http import Sender
from rpcmedia.gallery.faults import Fault
from rpcmedia.gallery.ports import StorageFailed
from rpcmedia.operations.arguments import Arguments
from rpcmedia.operations.dispatch import Operations, method_label
from rpcmedia.operations.faults import Busy, InternalError, InvalidArguments
from rpcmedia.operations.product_media import CreateDefaults

log = structlog.get_logger(__name__)

PARAMETERS = {
    "startSession": (),
    "endSession": ("sessionId",),
    "login": ("username", "apiKey"),
    "call": ("sessionId", "apiPath", "args"),
    "multiCall": ("sessionId", "calls", "options"),
    "resources": ("sessionId",),
    "resourceFaults": ("sessionId", "resourceName"),
    "globalFaults": ("sessionId",),
}
"""The reference's parameter names, in order."""


class Context(NamedTuple):
    """What a method needs besides its parameters."""

    operations: Operations
    sender: Sender
    defaults: CreateDefaults


async def run(context: Context, name: str, parameters: Sequence[object]) -> Any:
    """The value of a method of the API. Raises Fault, InvalidArguments and Busy, nothing else.

    More parameters than the method has are ignored.
    """
    try:
        return await METHODS[name](context, *parameters)
    except Exception as error:
        refusal = refusal_of(error, name)
        if refusal is error:
            raise
        raise refusal from error


def refusal_of(error: Exception, name: str) -> Fault | InvalidArguments | Busy:
    """What to answer when a method ended with an exception.

    What nobody expected is a fault 1, and its reason stays in the log.
    """
    match error:
        case Fault() | InvalidArguments() | Busy():
            return error
        case StorageFailed():
            log.error("storage failed", reason=str(error), cause=str(error.__cause__))
        case _:
            log.error("method failed", method=name, exc_info=error)
    return InternalError()


def label_of(name: object, path: object) -> str:
    """A name for metrics and logs: an operation, a method, or `other`; `path` is that of a call."""
    if name == "call":
        return method_label(path)
    return name if isinstance(name, str) and name in PARAMETERS else method_label(name)


async def _start_session(context: Context, *extra: object) -> str:
    return await context.operations.sessions.start()


async def _end_session(context: Context, session: object = None, *extra: object) -> bool:
    await context.operations.sessions.end(session)
    return True


async def _login(
    context: Context, username: object = None, key: object = None, *extra: object
) -> str:
    return await context.operations.sessions.login(username, key, context.sender.address)


async def _call(
    context: Context, session: object = None, path: object = None, *arguments: object
) -> Any:
    given = Arguments.read(arguments[0]) if arguments else Arguments()
    return await context.operations.call(
        context.sender.caller(session), path, given, context.defaults
    )


async def _multi_call(
    context: Context, session: object = None, calls: object = (), options: object = None, *_: object
) -> list[Any]:
    calls = [] if calls == () else calls
    return await context.operations.multi_call(
        context.sender.caller(session), calls, options, context.defaults
    )


async def _resources(context: Context, session: object = None, *extra: object) -> Any:
    return await context.operations.resources(context.sender.caller(session))


async def _resource_faults(
    context: Context, session: object = None, resource: object = None, *extra: object
) -> Any:
    return await context.operations.resource_faults(context.sender.caller(session), resource)


async def _global_faults(context: Context, *extra: object) -> Any:
    return await context.operations.global_faults()


METHODS: dict[str, Callable[..., Awaitable[Any]]] = {
    "startSession": _start_session,
    "endSession": _end_session,
    "login": _login,
    "call": _call,
    "multiCall": _multi_call,
    "resources": _resources,
    "resourceFaults": _resource_faults,
    "globalFaults": _global_faults,
}
