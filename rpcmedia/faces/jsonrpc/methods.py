"""The methods of the JSON-RPC face, and running one through jsonrpcserver.

The only door to jsonrpcserver. Every name that is no method here is a path: the reference takes
`{"method": "product_media.list", "params": [session, "sku"]}` for a `call`.
"""

import warnings
from typing import Any, NamedTuple

import structlog

from rpcmedia.faces.http import Sender
from rpcmedia.faces.jsonrpc.wire import BUSY, INVALID_PARAMS, Message, WireError
from rpcmedia.gallery.faults import Fault
from rpcmedia.gallery.ports import StorageFailed
from rpcmedia.operations.arguments import Arguments
from rpcmedia.operations.dispatch import Operations, method_label
from rpcmedia.operations.faults import Busy, InternalError, InvalidArguments
from rpcmedia.operations.product_media import CreateDefaults

with warnings.catch_warnings():
    # It reads its request schema with a function that is on its way out, and a test suite that
    # takes warnings for errors could not import this.
    warnings.filterwarnings("ignore", "(open_text|read_text) is deprecated", DeprecationWarning)
    from jsonrpcserver import Error, Success
    from jsonrpcserver.async_dispatcher import call
    from jsonrpcserver.request import Request
    from oslash.either import Left

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

_REQUIRED = {"login": ("username",), "call": ("sessionId", "apiPath")}
"""Those that a request which gives names must have."""


class Context(NamedTuple):
    """What a method needs besides its parameters."""

    operations: Operations
    sender: Sender
    defaults: CreateDefaults


async def run_method(context: Context, message: Message, name: str) -> Any:
    """The value of one request. Raises Fault or WireError, and nothing else."""
    method, parameters = _read_parameters(name, message.members.get("params"))
    outcome = await call(Request(method, parameters, None), context, _METHODS[method])
    if isinstance(outcome, Left):
        raise outcome._error.data
    return outcome._value.result


def _read_parameters(name: str, params: object) -> tuple[str, list[Any]]:
    if params is None:
        params = []
    if not isinstance(params, list | dict):
        raise WireError(INVALID_PARAMS, "params must be an array or an object.")
    if name not in PARAMETERS:
        return "call", _read_direct(name, params)
    if isinstance(params, list):
        return name, params
    if all(key.isdecimal() for key in params):
        return name, list(params.values())
    names = PARAMETERS[name]
    for required in _REQUIRED.get(name, ()):
        if required not in params:
            raise WireError(
                INVALID_PARAMS,
                f"{name}: parameter {required} is missing. {name} takes {', '.join(names)}.",
            )
    given = [position for position, key in enumerate(names) if key in params]
    return name, [params.get(key) for key in names[: max(given, default=-1) + 1]]


def _read_direct(path: str, params: list[Any] | dict[str, Any]) -> list[Any]:
    # The session is the first position or the key "0"; what is left are the arguments.
    if isinstance(params, list):
        session, rest = (params[0], params[1:]) if params else (None, [])
        return [session, path, rest]
    return [params.get("0"), path, {key: params[key] for key in params if key != "0"}]


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


def _guarded(method: Any) -> Any:
    """The method as jsonrpcserver wants it; what it would show of an exception stays in the log."""

    async def guarded(context: Context, *parameters: Any) -> Any:
        try:
            return Success(await method(context, *parameters))
        except Fault as fault:
            return Error(fault.number, fault.message, fault)
        except InvalidArguments as refusal:
            return Error(INVALID_PARAMS, str(refusal), WireError(INVALID_PARAMS, str(refusal)))
        except Busy as busy:
            return Error(BUSY, str(busy), WireError(BUSY, str(busy)))
        except StorageFailed as failure:
            log.error("storage failed", reason=str(failure), cause=str(failure.__cause__))
            return Error(InternalError.number, InternalError.declared, InternalError())
        except Exception:
            log.exception("method failed", method=method.__name__)
            return Error(InternalError.number, InternalError.declared, InternalError())

    return guarded


_METHODS = {
    "startSession": _guarded(_start_session),
    "endSession": _guarded(_end_session),
    "login": _guarded(_login),
    "call": _guarded(_call),
    "multiCall": _guarded(_multi_call),
    "resources": _guarded(_resources),
    "resourceFaults": _guarded(_resource_faults),
    "globalFaults": _guarded(_global_faults),
}


def label_of(members: dict[str, Any]) -> str:
    """A name for metrics and logs out of a request: an operation, a method here, or `other`."""
    name, params = members.get("method"), members.get("params")
    if name == "call":
        if isinstance(params, dict):
            return method_label(params.get("apiPath", params.get("1")))
        return method_label(params[1] if isinstance(params, list) and len(params) > 1 else None)
    if isinstance(name, str) and name in PARAMETERS:
        return name
    return method_label(name)
