"""Bounds on what is under way: how many requests, the memory of their bodies, and their time.

A server at its bounds makes uploads wait, their bodies unread in the sockets, and sends further
requests away at once; it never grows until the machine ends it.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator

from aiohttp import web

MOST_REQUESTS = 512
"""Requests under way at once, those that wait for memory among them."""

_BODY_MEMORY = 256 * 1024**2

_MEMORY_A_BYTE = 3
"""A body, its text within the JSON, and the picture out of that: all are there at one moment."""

_BODY_SECONDS = 30.0
_SLOWEST_BYTES_A_SECOND = 64 * 1024

_ARRIVAL_SECONDS = 0.05

_KEPT_BODY = web.RequestKey("kept_body", bytearray)


class TooSlow(Exception):
    """A body did not arrive in time; the text says in which."""


class InFlight:
    """Counts the requests under way, and sends clients away once the server stops.

    aiohttp drops what a client still sends once it is told to shut down, so an upload must be
    waited for before that.
    """

    def __init__(self) -> None:
        self._requests = 0
        self._none = asyncio.Event()
        self._none.set()
        self._stopping = False

    @property
    def too_many(self) -> bool:
        """Whether the latest request is one more than the server takes on."""
        return self._requests > MOST_REQUESTS

    def begin(self) -> None:
        """Count one request, until `end`."""
        self._requests += 1
        self._none.clear()

    def end(self) -> None:
        """Count one request less."""
        self._requests -= 1
        if not self._requests:
            self._none.set()

    def finish(self, response: web.StreamResponse) -> None:
        """Make this answer the last of its connection, if the server stops."""
        if self._stopping and not response.prepared:
            response.force_close()

    async def drain(self, seconds: float) -> None:
        """Return when no request is under way, or after so many seconds."""
        self._stopping = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                # What has just arrived is not counted yet: look again a moment later.
                await asyncio.sleep(_ARRIVAL_SECONDS)
                await self._none.wait()


class BodyMemory:
    """Memory for large bodies. Who comes when it is used up waits in turn."""

    def __init__(self, size: int = _BODY_MEMORY) -> None:
        self._size = self._free = size
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @contextlib.asynccontextmanager
    async def room_for(self, body: int) -> AsyncIterator[None]:
        """Have memory for a body of so many bytes for as long as the block lasts.

        One body alone may be larger than all of it.
        """
        amount = min(body * _MEMORY_A_BYTE, self._size)
        await self._take(amount)
        try:
            yield
        finally:
            self._free += amount
            self._admit()

    async def _take(self, amount: int) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((amount, turn))
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._free += amount
            self._admit()
            raise

    def _admit(self) -> None:
        while self._waiting:
            amount, turn = self._waiting[0]
            if not turn.done():
                if amount > self._free:
                    return
                self._free -= amount
                turn.set_result(None)
            self._waiting.popleft()


def is_here(request: web.Request) -> bool:
    """Whether the whole body has come with the head, as that of most requests does."""
    return request.content.is_eof()


async def read_body(request: web.Request, longest: int) -> bytes | bytearray:
    """The body of a request of at most so many bytes.

    Raises TooSlow, HTTPRequestEntityTooLarge, RequestPayloadError.
    """
    if is_here(request):
        return await request.read()
    body = await _receive(request, longest)
    # Only for who asked: a connection that waits for its next request keeps the last one.
    if _KEPT_BODY in request:
        request[_KEPT_BODY] = body
    return body


def keep_body(request: web.Request) -> None:
    """Keep the body of this request, once it is read, until `read_again`."""
    request[_KEPT_BODY] = bytearray()


async def read_again(request: web.Request) -> bytes:
    """The body of a request that was kept."""
    return bytes(request.pop(_KEPT_BODY)) or await request.read()


async def _receive(request: web.Request, longest: int) -> bytearray:
    # aiohttp's own `read` has the bytes three times in memory at its end.
    body = bytearray()
    seconds = _BODY_SECONDS + (request.content_length or longest) / _SLOWEST_BYTES_A_SECOND
    try:
        async with asyncio.timeout(seconds):
            while chunk := await request.content.readany():
                body += chunk
                if len(body) > longest:
                    raise web.HTTPRequestEntityTooLarge(longest)
    except TimeoutError:
        raise TooSlow(f"the body did not arrive within {seconds:.0f} seconds") from None
    return body
