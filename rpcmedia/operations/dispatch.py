"""From a path such as `product_media.list` to the operation, for every face alike.

Order of checks: session, path, permission, arguments, then the faults of the operation. Source:
measured behaviour of the reference server, "Handler methods and direct names" and "Errors".
"""

import asyncio
from typing import Any

import structlog

from rpcmedia.gallery.faults import GALLERY_FAULTS, Fault
from rpcmedia.gallery.ports import StorageFailed
from rpcmedia.operations import product_media
from rpcmedia.operations.arguments import Arguments
from rpcmedia.operations.faults import (
    GLOBAL_FAULTS,
    AccessDenied,
    InternalError,
    InvalidArguments,
    InvalidPath,
)
from rpcmedia.operations.ports import User
from rpcmedia.operations.product_media import (
    OPERATIONS,
    CreateDefaults,
    Operation,
    ProductMedia,
    Scope,
)
from rpcmedia.operations.sessions import Caller, Sessions

ALL_RIGHTS = "all"

_MOST_CALLS = 20_000

TURN = 50
"""After so many calls of one request others have their turn: cached answers never wait."""

_RESOURCES = {product_media.RESOURCE, *product_media.ALIASES}
INVALID_ARGUMENTS = -32602
"""What a multiCall shows, and the journal keeps, for InvalidArguments."""
BUSY = -32050
"""What the journal keeps for Busy."""

log = structlog.get_logger(__name__)


class Operations:
    """Everything that can be asked. Answers are plain values and those of `presentation`."""

    def __init__(self, sessions: Sessions, media: ProductMedia) -> None:
        self.sessions = sessions
        self._media = media

    async def call(
        self, caller: Caller, path: object, given: Arguments, defaults: CreateDefaults
    ) -> Any:
        """Run one operation. Raises Fault and InvalidArguments."""
        user = await self.sessions.user(caller)
        return await self._run(user, path, given, Scope(defaults))

    async def multi_call(
        self, caller: Caller, calls: object, options: object, defaults: CreateDefaults
    ) -> list[Any]:
        """Run operations one after another; each answers a value or a map that tells its fault.

        A call is [path] or [path, arguments]. The option `break` ends at the first fault.
        """
        user = await self.sessions.user(caller)
        if isinstance(calls, dict):
            calls = list(calls.values())
        if not isinstance(calls, list):
            raise InvalidArguments("multiCall: calls must be a list of [path, arguments].")
        if len(calls) > _MOST_CALLS:
            raise InvalidArguments(f"multiCall: there are {len(calls)} calls; send {_MOST_CALLS}.")
        stop = isinstance(options, dict) and options.get("break") in (1, "1")
        scope = Scope(defaults)
        answers: list[Any] = []
        for number, call in enumerate(calls):
            if number % TURN == TURN - 1:
                await asyncio.sleep(0)
            path, given = _read_call(call)
            try:
                answers.append(await self._run_member(user, path, given, scope))
            except (Fault, InvalidArguments) as fault:
                answers.append(_fault_map(fault))
                if stop:
                    break
            except Exception:
                log.exception("operation failed", operation=method_label(path))
                answers.append(_fault_map(InternalError()))
                if stop:
                    break
        return answers

    async def resources(self, caller: Caller) -> list[dict[str, Any]]:
        """What the user may call, in the reference's shape."""
        user = await self.sessions.user(caller)
        if not _may(user, product_media.RIGHT):
            return []
        methods = [
            {
                "title": operation.title,
                "description": None,
                "path": f"{product_media.RESOURCE}.{operation.name}",
                "name": operation.name,
                "aliases": [f"{alias}.{operation.name}" for alias in product_media.ALIASES],
            }
            for operation in OPERATIONS.values()
            if operation.right is None or _may(user, operation.right)
        ]
        return [
            {
                "title": product_media.TITLE,
                "description": None,
                "name": product_media.RESOURCE,
                "aliases": list(product_media.ALIASES),
                "methods": methods,
            }
        ]

    async def resource_faults(self, caller: Caller, resource: object) -> list[dict[str, str]]:
        """The faults that a resource declares. Raises InvalidPath, AccessDenied."""
        user = await self.sessions.user(caller)
        if not isinstance(resource, str) or resource not in _RESOURCES:
            raise InvalidPath
        if not _may(user, product_media.RIGHT):
            raise AccessDenied
        return _declared(GALLERY_FAULTS)

    async def global_faults(self) -> list[dict[str, str]]:
        """The faults that every resource may answer."""
        return _declared(GLOBAL_FAULTS)

    async def _run(self, user: User, path: object, given: Arguments, scope: Scope) -> Any:
        operation = _find(path)
        for right in (product_media.RIGHT, operation.right):
            if right is not None and not _may(user, right):
                raise AccessDenied
        try:
            return await self._media.answer(operation, scope, given)
        except StorageFailed as failure:
            log.error("storage failed", reason=str(failure), cause=str(failure.__cause__))
            raise operation.failed.because(failure) from failure

    _run_member = _run
    """How multi_call runs each call."""


_PATHS = {
    f"{resource}.{operation.name}": operation
    for resource in _RESOURCES
    for operation in OPERATIONS.values()
}


def _find(path: object) -> Operation:
    if isinstance(path, str) and path in _PATHS:
        return _PATHS[path]
    # The reference looks at the first two parts of a path only.
    resource, _, rest = path.partition(".") if isinstance(path, str) else ("", "", "")
    operation = OPERATIONS.get(rest.split(".")[0])
    if resource not in _RESOURCES or operation is None:
        raise InvalidPath
    return operation


def method_label(path: object) -> str:
    """A name for metrics and logs: `product_media.list`, or `other` for what is no operation."""
    try:
        return f"product_media.{_find(path).name}"
    except InvalidPath:
        return "other"


def _read_call(call: object) -> tuple[object, Arguments]:
    if isinstance(call, dict):
        call = [call[key] for key in ("0", "1") if key in call]
    if not isinstance(call, list) or not call:
        return None, Arguments()
    return call[0], Arguments.read(call[1]) if len(call) > 1 else Arguments()


def _may(user: User, right: str) -> bool:
    return ALL_RIGHTS in user.permissions or right in user.permissions


def _declared(faults: tuple[type[Fault], ...]) -> list[dict[str, str]]:
    return [{"code": str(fault.number), "message": fault.declared} for fault in faults]


def _fault_map(fault: Fault | InvalidArguments) -> dict[str, Any]:
    number = fault.number if isinstance(fault, Fault) else INVALID_ARGUMENTS
    return {"isFault": True, "faultCode": str(number), "faultMessage": str(fault)}
