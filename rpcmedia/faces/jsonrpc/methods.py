"""The methods of the JSON-RPC face, and running one through jsonrpcserver.

The only door to jsonrpcserver. Every name that is no method here is a path: the reference takes
`{"method": "product_media.list", "params": [session, "sku"]}` for a `call`.
"""

import warnings
from typing import Any

from rpcmedia.faces import api_methods
from rpcmedia.faces.api_methods import METHODS, PARAMETERS, Context, refusal_of
from rpcmedia.faces.jsonrpc.wire import BUSY, INVALID_PARAMS, Message, WireError
from rpcmedia.gallery.faults import Fault
from rpcmedia.operations.faults import Busy, InvalidArguments

with warnings.catch_warnings():
    # It reads its request schema with a function that is on its way out, and a test suite that
    # takes warnings for errors could not import this.
    warnings.filterwarnings("ignore", "(open_text|read_text) is deprecated", DeprecationWarning)
    from jsonrpcserver import Error, Success
    from jsonrpcserver.async_dispatcher import call
    from jsonrpcserver.request import Request
    from oslash.either import Left

_REQUIRED = {"login": ("username",), "call": ("sessionId", "apiPath")}
"""Those that a request which gives names must have."""


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


def _method(name: str) -> Any:
    """The method as jsonrpcserver wants it; what it would show of an exception stays in the log."""

    async def method(context: Context, *parameters: Any) -> Any:
        try:
            return Success(await api_method(context, *parameters))
        except Exception as error:
            return _error(refusal_of(error, name))

    # Not through `api_methods.run`: one coroutine less for each call.
    api_method = METHODS[name]
    return method


def _error(refusal: Fault | InvalidArguments | Busy) -> Any:
    if isinstance(refusal, Fault):
        return Error(refusal.number, refusal.message, refusal)
    code = BUSY if isinstance(refusal, Busy) else INVALID_PARAMS
    return Error(code, str(refusal), WireError(code, str(refusal)))


_METHODS = {name: _method(name) for name in PARAMETERS}


def label_of(members: dict[str, Any]) -> str:
    """A name for metrics and logs out of a request."""
    params = members.get("params")
    if isinstance(params, dict):
        path = params.get("apiPath", params.get("1"))
    else:
        path = params[1] if isinstance(params, list) and len(params) > 1 else None
    return api_methods.label_of(members.get("method"), path)
