"""The methods of the XML-RPC face: those of the API, and what the protocol tells of itself.

Source: the measured reference, for what each method takes; anything else is a fault 623.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from types import NoneType
from typing import Any, NamedTuple

from rpcmedia.faces import api_methods
from rpcmedia.faces.api_methods import PARAMETERS, Context
from rpcmedia.faces.reference_values import plain
from rpcmedia.faces.telemetry import Telemetry
from rpcmedia.faces.xmlrpc import messages
from rpcmedia.faces.xmlrpc.messages import MethodCall, ProtocolFault
from rpcmedia.gallery.faults import Fault
from rpcmedia.operations.dispatch import BUSY, TURN
from rpcmedia.operations.faults import Busy, InvalidArguments

FACE = "xmlrpc"

_MOST_MEMBERS = 1000
"""How many calls one system.multicall may have."""
_LONGEST_NAME = 100


class Parameter(NamedTuple):
    """What a method takes at one place: the name of its type, and every type that will do."""

    name: str
    types: tuple[type, ...]


_TEXT = Parameter("string", (str,))
_MEMBERS = Parameter("array", (list,))
_ARGUMENTS = Parameter("array", (list, str, bytes, int, float, NoneType))
_CALLS = Parameter("struct", (dict, list))
_OPTIONS = Parameter("struct", (dict,))


class Method(NamedTuple):
    """How a method is called and what it answers, in the names of XML-RPC's types."""

    help: str
    returns: str
    parameters: tuple[Parameter, ...] = ()
    required: int = 0

    def takes(self, given: list[Any]) -> bool:
        """Whether it can be called with these parameters."""
        return self.required <= len(given) <= len(self.parameters) and all(
            isinstance(value, parameter.types)
            for parameter, value in zip(self.parameters, given, strict=False)
        )

    def prototypes(self) -> list[dict[str, Any]]:
        """The reference's description of it: one for each number of parameters."""
        names = [parameter.name for parameter in self.parameters]
        counts = range(self.required, len(names) + 1)
        return [{"returnType": self.returns, "parameters": names[:count]} for count in counts]


METHODS = {
    "system.listMethods": Method("Tell the names of all methods", "array"),
    "system.methodHelp": Method("Tell what a method is for", "string", (_TEXT,), 1),
    "system.methodSignature": Method("Tell what a method takes", "array", (_TEXT,), 1),
    "system.multicall": Method("Call several methods in order", "array", (_MEMBERS,), 1),
    "startSession": Method("Make a session that is not logged in", "string"),
    "endSession": Method("End a session", "boolean", (_TEXT,), 1),
    "login": Method("Log in and get a session", "string", (_TEXT, _TEXT), 1),
    "call": Method("Run an operation", "struct", (_TEXT, _TEXT, _ARGUMENTS), 2),
    "multiCall": Method("Run operations in order", "array", (_TEXT, _CALLS, _OPTIONS), 1),
    "resources": Method("List what the session may call", "array", (_TEXT,), 1),
    "resourceFaults": Method("List the faults of a resource", "array", (_TEXT, _TEXT), 2),
    "globalFaults": Method("List the faults of every resource", "array", (_TEXT,), 1),
}


class Methods:
    """Answers calls, and counts each of them."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._system: dict[str, Callable[..., Awaitable[Any]]] = {
            "system.listMethods": self._list_methods,
            "system.methodHelp": self._method_help,
            "system.methodSignature": self._method_signature,
            "system.multicall": self._multicall,
        }

    async def answer(self, context: Context, call: MethodCall) -> Any:
        """The plain value of a call. Raises ProtocolFault."""
        label = _label(call)
        started = time.perf_counter()
        try:
            value = await self._run(context, call)
        except ProtocolFault as fault:
            self._telemetry.call(FACE, label, fault.code, time.perf_counter() - started)
            raise
        self._telemetry.call(FACE, label, None, time.perf_counter() - started)
        return value

    def count_refusal(self, fault: ProtocolFault) -> None:
        """Count what came to no call."""
        self._telemetry.call(FACE, "other", fault.code, 0.0)

    async def _run(self, context: Context, call: MethodCall) -> Any:
        name, parameters = call
        if name not in METHODS:
            raise _no_method(messages.UNKNOWN_METHOD, name)
        if not METHODS[name].takes(parameters):
            raise ProtocolFault.of(messages.WRONG_PARAMETERS)
        if name in self._system:
            return await self._system[name](context, *parameters)
        try:
            return plain(await api_methods.run(context, name, parameters))
        except Fault as fault:
            raise ProtocolFault(fault.number, fault.message) from fault
        except InvalidArguments as refusal:
            raise ProtocolFault(messages.WRONG_PARAMETERS, str(refusal)) from refusal
        except Busy as busy:
            raise ProtocolFault(BUSY, str(busy)) from busy

    async def _list_methods(self, context: Context) -> list[str]:
        return list(METHODS)

    async def _method_help(self, context: Context, name: str) -> str:
        return _described(name).help

    async def _method_signature(self, context: Context, name: str) -> list[dict[str, Any]]:
        return _described(name).prototypes()

    async def _multicall(self, context: Context, members: list[Any]) -> list[Any]:
        if len(members) > _MOST_MEMBERS:
            reason = f"there are {len(members)} calls; send {_MOST_MEMBERS}"
            raise ProtocolFault.of(messages.WRONG_PARAMETERS, reason)
        answers = []
        for number, member in enumerate(members):
            if number % TURN == TURN - 1:
                await asyncio.sleep(0)
            answers.append(await self._answer_member(context, member))
        return answers

    async def _answer_member(self, context: Context, member: object) -> Any:
        try:
            call = _read_member(member)
        except ProtocolFault as fault:
            self.count_refusal(fault)
            return fault.members
        try:
            return await self.answer(context, call)
        except ProtocolFault as fault:
            return fault.members


def _label(call: MethodCall) -> str:
    if call.name in METHODS and call.name not in PARAMETERS:
        return call.name
    path = call.parameters[1] if len(call.parameters) > 1 else None
    return api_methods.label_of(call.name, path)


def _no_method(code: int, name: str) -> ProtocolFault:
    return ProtocolFault(code, f'Method "{name[:_LONGEST_NAME]}" does not exist')


def _described(name: str) -> Method:
    if name not in METHODS:
        raise _no_method(messages.NO_SUCH_METHOD, name)
    return METHODS[name]


def _read_member(member: object) -> MethodCall:
    if not isinstance(member, dict):
        raise ProtocolFault.of(messages.NO_STRUCT)
    name, parameters = member.get("methodName"), member.get("params")
    if name is None:
        raise ProtocolFault.of(messages.NO_METHOD_NAME)
    if parameters is None:
        raise ProtocolFault.of(messages.NO_PARAMS)
    if not isinstance(parameters, list):
        raise ProtocolFault.of(messages.PARAMS_NO_ARRAY)
    if not isinstance(name, str):
        raise ProtocolFault.of(messages.BAD_METHOD_NAME)
    if name == "system.multicall":
        raise ProtocolFault.of(messages.RECURSIVE)
    return MethodCall(name, parameters)
