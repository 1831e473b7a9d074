"""Guessing keys takes time: after failures the next key of a user or an address is looked at later.

A right key is never refused for failures, only looked at later. Waiting takes no thread and no
memory of argon2. A throttle that is made before processes are forked counts for all of them.
"""

import asyncio
import contextlib
import hashlib
import mmap
import secrets
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from rpcmedia.operations.addresses import network_of
from rpcmedia.operations.faults import Busy
from rpcmedia.operations.ports import name_key

T = TypeVar("T")

_FREE_FAILURES = 3
_FIRST_DELAY, _LONGEST_DELAY = 0.1, 2.0
_FORGET_SECONDS = 300
_LONGEST_QUEUE = 64
"""Attempts of one address that wait or are looked at; each holds a connection and its request."""

_SLOT = struct.Struct("=II")
_SLOTS = 1 << 16
_HIGHEST_COUNT = 1000
"""Far beyond the longest delay, and far below what a slot can hold."""


class Throttle:
    """Delays attempts by the failures of their user and of their address, whichever are more."""

    def __init__(
        self,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._users = _Failures(now)
        self._addresses = _Failures(now)
        self._sleep = sleep
        self._queues: dict[str, _Queue] = {}

    async def attempt(
        self, username: str, address: str | None, look: Callable[[], Awaitable[T | None]]
    ) -> T | None:
        """What `look` finds, asked after the delay; None is a failure. Raises Busy for a crowd."""
        network = network_of(address)
        user, origin = self._users.slot(name_key(username)), self._addresses.slot(network)
        async with self._queued(network) as turn:
            # Counted before the key is looked at: neither a crowd at one moment nor whoever hangs
            # up and comes again gets a guess for nothing.
            delay = max(_delay(self._users.add(user)), _delay(self._addresses.add(origin)))
            if delay:
                await self._sleep(delay)
            try:
                # The keys of one address are looked at one by one, so a crowd there cannot fill
                # the few threads of argon2 for others.
                async with turn:
                    found = await look()
            except Exception:
                self._users.take_back(user)
                self._addresses.take_back(origin)
                raise
        if found is not None:
            self._users.clear(user)
            # Who knows one key may still be guessing others.
            self._addresses.take_back(origin)
        return found

    @contextlib.asynccontextmanager
    async def _queued(self, network: str) -> AsyncIterator[asyncio.Lock]:
        queue = self._queues.setdefault(network, _Queue())
        if queue.length >= _LONGEST_QUEUE:
            raise Busy("Too many logins from this address wait for an answer; try again.")
        queue.length += 1
        try:
            yield queue.turn
        finally:
            queue.length -= 1
            if not queue.length:
                del self._queues[network]


@dataclass(slots=True)
class _Queue:
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    length: int = 0


def _delay(failures: int) -> float:
    if failures < _FREE_FAILURES:
        return 0.0
    return min(_FIRST_DELAY * 2.0 ** (failures - _FREE_FAILURES), _LONGEST_DELAY)


class _Failures:
    """Counts by slots in memory that forked processes share; its size never changes.

    Names that meet in a slot share its count, and at worst wait for each other's failures: the key
    of the hash is random, so nobody can choose whom to meet. There is no lock, for where two
    processes write at once no more than one count is lost.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._key = secrets.token_bytes(32)
        self._memory = mmap.mmap(-1, _SLOTS * _SLOT.size)

    def slot(self, name: str) -> int:
        """Where the count of a name is."""
        text = name.encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(text, key=self._key, digest_size=8).digest()
        return int.from_bytes(digest, "big") % _SLOTS * _SLOT.size

    def add(self, slot: int) -> int:
        """Count a failure; how many there were before it."""
        count, last = _SLOT.unpack_from(self._memory, slot)
        now = int(self._now())
        if now - last >= _FORGET_SECONDS:
            count = 0
        _SLOT.pack_into(self._memory, slot, min(count + 1, _HIGHEST_COUNT), now)
        return int(count)

    def take_back(self, slot: int) -> None:
        """Count one failure less."""
        count, last = _SLOT.unpack_from(self._memory, slot)
        _SLOT.pack_into(self._memory, slot, max(count - 1, 0), last)

    def clear(self, slot: int) -> None:
        """Forget all failures."""
        _SLOT.pack_into(self._memory, slot, 0, 0)
