"""Bounds on what is under way: how many requests, the memory of their bodies, and their time.

A server at its bounds makes uploads wait, their bodies unread in the sockets, and sends further
requests away at once; it never grows until the machine ends it.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

from aiohttp import web

MOST_REQUESTS = 512
"""Requests at work at once."""
MOST_BODIES = 2048
"""Bodies that arrive, or wait for memory, at once: more than that, so that they cannot keep out
requests that are here."""

BODY_MEMORY = 256 * 1024**2

_MEMORY_A_BYTE = 3
"""A body, its text within the JSON, and the picture out of that: all are there at one moment."""

_ARRIVAL_SECONDS = 0.05


class InFlight:
    """Counts the requests under way, and sends clients away once the server stops.

    aiohttp drops what a client still sends once it is told to shut down, so an upload must be
    waited for before that.
    """

    def __init__(self) -> None:
        self._requests = 0
        self._bodies = 0
        self._none = asyncio.Event()
        self._none.set()
        self._stopping = False

    @property
    def too_many(self) -> bool:
        """Whether the latest request is one more than the server takes on."""
        return self._requests - self._bodies > MOST_REQUESTS

    @property
    def too_many_bodies(self) -> bool:
        """Whether no more bodies may arrive beside those that do."""
        return self._bodies >= MOST_BODIES

    @contextlib.contextmanager
    def arriving(self) -> Iterator[None]:
        """Count a request, for the block, as one whose body is not here yet."""
        self._bodies += 1
        try:
            yield
        finally:
            self._bodies -= 1

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
        if self._stopping:
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

    def __init__(self, size: int = BODY_MEMORY) -> None:
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


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one process."""

    max_body: int
    """The largest request body in bytes."""
    keep_bodies: bool = False
    """Whether `read_again` is asked for bodies."""
    in_flight: InFlight = field(default_factory=InFlight)
    body_memory: BodyMemory = field(default_factory=BodyMemory)
