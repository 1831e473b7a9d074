"""Showing every call to the journal and to the injected faults, where a server is under control.

A server without control has none of this in its way: wiring takes the plain classes then.
"""

import contextlib
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextvars import ContextVar
from typing import Any

import structlog

from rpcmedia.gallery.faults import Fault
from rpcmedia.gallery.service import Gallery
from rpcmedia.operations import php, product_images
from rpcmedia.operations.arguments import Arguments
from rpcmedia.operations.clock import Clock
from rpcmedia.operations.dispatch import BUSY, INVALID_ARGUMENTS, Operations, method_label
from rpcmedia.operations.faults import Busy, InternalError, InvalidArguments
from rpcmedia.operations.gate import Gate
from rpcmedia.operations.injection import Faults
from rpcmedia.operations.journal import Call, Journal
from rpcmedia.operations.logins import Logins
from rpcmedia.operations.ports import Accounts, User
from rpcmedia.operations.product_images import ProductImages, Target
from rpcmedia.operations.product_media import OPERATIONS, CreateDefaults, ProductMedia, Scope
from rpcmedia.operations.session_ids import SessionIds
from rpcmedia.operations.sessions import Caller, SessionRules, Sessions
from rpcmedia.operations.visitors import Visitor

# Letters and a dot: nothing that could be a session id in the wrong place.
_SHOWN_PATH = re.compile(r"\A[A-Za-z_]{1,60}\.[A-Za-z_.]{1,60}\Z")

_present: ContextVar[Call | None] = ContextVar("present", default=None)
"""The call under way, for the check of its session to say whose it is."""


class Interceptor:
    """Journals calls, applies the rules that choose them, and keeps their effects inside a gate."""

    def __init__(self, journal: Journal, faults: Faults, clock: Clock, gate: Gate) -> None:
        self._journal = journal
        self._faults = faults
        self._clock = clock
        self._gate = gate

    @contextlib.asynccontextmanager
    async def around(self, call: Call, *, gated: bool = True) -> AsyncIterator[None]:
        """The effect of a call is the block. Raises Fault for what a rule injects.

        Without `gated` the block may contain other calls.
        """
        started = time.perf_counter()
        at = self._clock.now()
        chosen = self._faults.choose(call)
        outer = _present.set(call)
        fault: int | None = InternalError.number
        try:
            await chosen.apply("before")
            try:
                # Delays are outside of the gate, so that they hold no snapshot up.
                async with self._gate.passing() if gated else contextlib.nullcontext():
                    yield
            except (Fault, InvalidArguments):
                await chosen.apply("after")
                raise
            await chosen.apply("after")
            fault = None
        except Fault as raised:
            fault = raised.number
            raise
        except InvalidArguments:
            fault = INVALID_ARGUMENTS
            raise
        except Busy:
            fault = BUSY
            raise
        finally:
            _present.reset(outer)
            self._journal.add(
                call,
                at=at,
                fault=fault,
                milliseconds=(time.perf_counter() - started) * 1000,
                request_id=structlog.contextvars.get_contextvars().get("request_id", ""),
                injected=chosen.ids,
            )


class InterceptedSessions(Sessions):
    """Sessions whose logins and ends are calls that are seen."""

    def __init__(
        self,
        accounts: Accounts,
        logins: Logins,
        rules: SessionRules,
        now: Callable[[], float],
        ids: SessionIds,
        interceptor: Interceptor,
    ) -> None:
        super().__init__(accounts, logins, rules, now, ids)
        self._interceptor = interceptor

    async def login(self, username: object, key: object, address: str | None = None) -> str:
        """See Sessions."""
        # A name that nobody has is not written down: it may be a key in the wrong place.
        user = await self._accounts.user_by_name(php.to_string(username))
        async with self._interceptor.around(Call("login", user=user.username if user else None)):
            return await super().login(username, key, address)

    async def start(self) -> str:
        """See Sessions."""
        async with self._interceptor.around(Call("startSession")):
            return await super().start()

    async def end(self, session_id: object) -> None:
        """See Sessions."""
        async with self._interceptor.around(Call("endSession")):
            await super().end(session_id)

    async def user(self, caller: Caller) -> User:
        """See Sessions."""
        user = await super().user(caller)
        call = _present.get()
        if call:
            call.user = user.username
        return user


class InterceptedOperations(Operations):
    """Operations whose every call is seen; a multiCall, and each of its members by itself."""

    def __init__(self, sessions: Sessions, media: ProductMedia, interceptor: Interceptor) -> None:
        super().__init__(sessions, media)
        self._around = interceptor.around

    async def call(
        self, caller: Caller, path: object, given: Arguments, defaults: CreateDefaults
    ) -> Any:
        """See Operations."""
        async with self._around(_read_call(path, given)):
            return await super().call(caller, path, given, defaults)

    async def multi_call(
        self, caller: Caller, calls: object, options: object, defaults: CreateDefaults
    ) -> list[Any]:
        """See Operations."""
        async with self._around(Call("multiCall"), gated=False):
            return await super().multi_call(caller, calls, options, defaults)

    async def _run_member(self, user: User, path: object, given: Arguments, scope: Scope) -> Any:
        call = _read_call(path, given)
        call.user = user.username
        async with self._around(call):
            return await self._run(user, path, given, scope)

    async def resources(self, caller: Caller) -> list[dict[str, Any]]:
        """See Operations."""
        async with self._around(Call("resources")):
            return await super().resources(caller)

    async def resource_faults(self, caller: Caller, resource: object) -> list[dict[str, str]]:
        """See Operations."""
        async with self._around(Call("resourceFaults")):
            return await super().resource_faults(caller, resource)

    async def global_faults(self) -> list[dict[str, str]]:
        """See Operations."""
        async with self._around(Call("globalFaults")):
            return await super().global_faults()


class InterceptedImages(ProductImages):
    """The resource of images, of which every operation is seen."""

    def __init__(self, gallery: Gallery, base_url: str, interceptor: Interceptor) -> None:
        super().__init__(gallery, base_url)
        self._around = interceptor.around

    async def answer(
        self, visitor: Visitor, name: str, target: Target, data: Mapping[str, Any]
    ) -> Any:
        """See ProductImages."""
        call = Call(product_images.label_of(name), target.product, visitor.name)
        async with self._around(call):
            return await super().answer(visitor, name, target, data)


def _read_call(path: object, given: Arguments) -> Call:
    label = method_label(path)
    operation = OPERATIONS.get(label.partition(".")[2])
    if operation is None:
        shown = path if isinstance(path, str) and _SHOWN_PATH.match(path) else label
        return Call(shown)
    return Call(label, _product(given) if "productId" in operation.required else None)


def _product(given: Arguments) -> str | int | float | None:
    product = given.positional[0] if given.positional else given.named.get("productId")
    if isinstance(product, str | int | float) and not isinstance(product, bool):
        return product
    return None
