"""One SQLite file in WAL mode: a writer that groups commits, readers, and a cache of look-ups.

The only door to aiosqlite.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable, Hashable
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

import aiosqlite

from rpcmedia.stores import sqlite_units
from rpcmedia.stores.sqlite_file import (
    BUSY_SECONDS,
    copy_from,
    copy_to,
    plain_reasons,
    prepare,
    set_up,
    translate,
)
from rpcmedia.stores.sqlite_units import Unit
from rpcmedia.stores.write_turns import WriteTurns

T = TypeVar("T")

_CACHE_ENTRIES = 10_000
LONGEST_KEY = 512
"""Nothing that clients name is longer; what they ask for is kept in the cache, found or not."""
_MISSING = object()


class Database:
    """Runs units of work; each is a plain function over a sqlite3 connection."""

    def __init__(
        self,
        writer: aiosqlite.Connection,
        reader: aiosqlite.Connection,
        looker: sqlite3.Connection,
        turns: WriteTurns,
        opened: contextlib.AsyncExitStack,
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._looker = looker
        self._turns = turns
        self._opened = opened
        self._waiting: list[tuple[Unit[Any], asyncio.Future[Any]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._cache: dict[Hashable, Any] = {}
        self._cache_version = -1
        self._cache_is_fresh = False

    @classmethod
    async def open(cls, path: Path, *, durable: bool = True) -> Self:
        """Open or make the file at `path` with the newest schema.

        Raises StorageFailed for a file that is no database and SchemaTooNew for one of a newer
        release. Without `durable` a power cut may lose the last commits, never their order.
        """
        async with contextlib.AsyncExitStack() as stack:
            # What can be wrong with a file shows here, before there are threads.
            await asyncio.to_thread(prepare, path, durable)
            turns = WriteTurns(path.parent)
            stack.callback(turns.close)
            writer, reader = [await _connect(path, stack) for _ in range(2)]
            await _run(writer, lambda connection: set_up(connection, durable))
            looker = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
            stack.callback(looker.close)
            with plain_reasons():
                set_up(looker, durable)
            # What fails before this must leave no thread, for it would keep the process alive.
            return cls(writer, reader, looker, turns, stack.pop_all())

    async def close(self) -> None:
        """Finish the writes that wait and close the file."""
        if self._writing:
            await self._writing
        await self._opened.aclose()

    async def read(self, unit: Unit[T]) -> T:
        """Run a unit that only reads, however long it takes; it sees one moment of the database."""
        return await _run(self._reader, partial(sqlite_units.read, unit))

    def look_up(self, unit: Unit[T]) -> T:
        """Run a unit that finds a few rows by an index, at once and in this thread.

        That takes less time than handing it to another thread, and readers never wait for writers.
        A unit may look up something else meanwhile.
        """
        try:
            if self._looker.in_transaction:
                return unit(self._looker)
            return sqlite_units.read(unit, self._looker)
        except sqlite3.Error as error:
            raise translate(error) from error

    async def write(self, unit: Unit[T]) -> T:
        """Run a unit in a transaction and return after its commit.

        Units that wait at the same moment share one commit; a unit that raises is undone alone.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((unit, future))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_waiting())
        return await future

    async def save_to(self, path: Path) -> None:
        """Copy what is committed now to a new file that needs no other beside it."""
        await _run(self._writer, partial(copy_to, path))

    async def load_from(self, path: Path) -> None:
        """Take what a saved file holds in place of everything here. Raises SchemaTooNew."""
        await _run(self._writer, partial(copy_from, path))

    def cached(self, key: Hashable, unit: Unit[T]) -> T:
        """What a unit that looks up finds, kept under `key` until any connection changes rows."""
        remembered = self.remembered()
        value = remembered.get(key, _MISSING)
        if value is _MISSING:
            value = remembered[key] = self.look_up(unit)
        return value  # type: ignore[no-any-return]  # the cache holds values of many types

    def remembered(self) -> dict[Hashable, Any]:
        """What may be kept until any connection changes rows; then there is another, empty one."""
        if not self._cache_is_fresh:
            self._refresh_cache()
        return self._cache

    def _refresh_cache(self) -> None:
        try:
            version = int(self._looker.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error as error:
            raise translate(error) from error
        if version != self._cache_version or len(self._cache) > _CACHE_ENTRIES:
            # Not cleared: who still works with the old one may put there what is no longer so.
            self._cache = {}
            self._cache_version = version
        # One look serves all reads of this turn of the event loop: whoever waits for a write of
        # this process wakes in a later turn.
        self._cache_is_fresh = True
        asyncio.get_running_loop().call_soon(self._look_again)

    def _look_again(self) -> None:
        self._cache_is_fresh = False

    async def _write_waiting(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            units = [unit for unit, _ in batch]
            try:
                outcomes = await _run(
                    self._writer, partial(sqlite_units.commit, self._turns, units)
                )
            except Exception as error:
                outcomes = [(None, error)] * len(batch)
            for (_, future), (value, failure) in zip(batch, outcomes, strict=True):
                if future.done():
                    continue
                if failure:
                    future.set_exception(failure)
                else:
                    future.set_result(value)


async def _connect(path: Path, stack: contextlib.AsyncExitStack) -> aiosqlite.Connection:
    with plain_reasons():
        connection = aiosqlite.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        return await stack.enter_async_context(connection)


async def _run(connection: aiosqlite.Connection, unit: Unit[T]) -> T:
    try:
        # aiosqlite's public methods cost one hop a statement; a unit of work takes one hop in all.
        execute: Callable[..., Awaitable[T]] = connection._execute
        return await execute(unit, connection._conn)
    except sqlite3.Error as error:
        raise translate(error) from error
