"""One SQLite file in WAL mode: a writer that groups commits, readers, and a cache of look-ups.

The only door to aiosqlite, and the one place that turns SQLite's errors into StorageFailed.
"""

import asyncio
import contextlib
import mmap
import sqlite3
import time
from collections.abc import Awaitable, Callable, Hashable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

import aiosqlite

from rpcmedia.gallery.ports import OutcomeUnknown, StorageFailed
from rpcmedia.stores.schema_steps import apply_schema
from rpcmedia.stores.write_turns import WriteTurns

T = TypeVar("T")
Unit = Callable[[sqlite3.Connection], T]

_BUSY_SECONDS = 10.0
_CACHE_ENTRIES = 20_000
_LOG_PAGES = 4000
"""Pages in the log before they go into the file: many changes of one page go there as one."""
_PAGE_CACHE_KIB = 32 * 1024
"""The inner pages of the indexes over a million names."""
LONGEST_KEY = 512
"""Nothing that clients name is longer; what they ask for is kept in the cache, found or not."""
_LOG_HEADER_BYTES = 48
WRITE_SOMETHING = (
    "INSERT OR REPLACE INTO setting (name, value) VALUES ('probe', hex(randomblob(16)))"
)
"""What always has something to write: an empty transaction works on a full disk."""
_MISSING = object()


class Database:
    """Runs units of work; each is a plain function over a sqlite3 connection."""

    def __init__(
        self,
        writer: aiosqlite.Connection,
        reader: aiosqlite.Connection,
        looker: sqlite3.Connection,
        log_header: mmap.mmap,
        turns: WriteTurns,
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._looker = looker
        self._turns = turns
        self._waiting: list[tuple[Unit[Any], asyncio.Future[Any]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._cache: dict[Hashable, Any] = {}
        self._cache_version = -1
        self._log_header = log_header
        self._seen_header = b""
        self._cache_is_fresh = False

    @classmethod
    async def open(cls, path: Path, *, durable: bool = True) -> Self:
        """Open or make the file at `path` with the newest schema.

        Raises StorageFailed for a file that is no database and SchemaTooNew for one of a newer
        release. Without `durable` a power cut may lose the last commits, never their order.
        """
        # What can be wrong with a file shows here: aiosqlite leaves a thread behind if it fails.
        await asyncio.to_thread(_prepare, path, durable)
        writer = await aiosqlite.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
        await _run(writer, lambda connection: _set_up(connection, durable))
        reader = await aiosqlite.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
        looker = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
        _set_up(looker, durable)
        # The log and its index stay while a connection has them open, and it has after a look-up.
        looker.execute("SELECT 1 FROM sqlite_schema").fetchone()
        log_header = _map_log_header(path)
        return cls(writer, reader, looker, log_header, WriteTurns(path.with_name("write.lock")))

    async def close(self) -> None:
        """Finish the writes that wait and close the file."""
        if self._writing:
            await self._writing
        self._looker.close()
        self._log_header.close()
        await self._reader.close()
        await self._writer.close()
        self._turns.close()

    async def read(self, unit: Unit[T]) -> T:
        """Run a unit that only reads, however long it takes; it sees one moment of the database."""
        return await _run(self._reader, partial(_read, unit))

    def look_up(self, unit: Unit[T]) -> T:
        """Run a unit that finds a few rows by an index, at once and in this thread.

        That takes less time than handing it to another thread, and readers never wait for writers.
        A unit may look up something else meanwhile.
        """
        try:
            if self._looker.in_transaction:
                return unit(self._looker)
            return _read(unit, self._looker)
        except sqlite3.Error as error:
            raise _translate(error) from error

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
        await _run(self._writer, partial(_copy_from, path))

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
        header = self._log_header[:]
        if header != self._seen_header or len(self._cache) > _CACHE_ENTRIES:
            self._empty_old_cache()
            # As it was before that look: a commit since then is seen the next time.
            self._seen_header = header
        # One look serves all reads of this turn of the event loop: whoever waits for a write of
        # this process wakes in a later turn.
        self._cache_is_fresh = True
        asyncio.get_running_loop().call_soon(self._look_again)

    def _empty_old_cache(self) -> None:
        try:
            version = int(self._looker.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error as error:
            raise _translate(error) from error
        if version != self._cache_version or len(self._cache) > _CACHE_ENTRIES:
            # Not cleared: who still works with the old one may put there what is no longer so.
            self._cache = {}
            self._cache_version = version

    def _look_again(self) -> None:
        self._cache_is_fresh = False

    async def _write_waiting(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            units = [unit for unit, _ in batch]
            try:
                outcomes = await _run(self._writer, partial(_commit, self._turns, units))
            except Exception as error:
                outcomes = [(None, error)] * len(batch)
            for (_, future), (value, failure) in zip(batch, outcomes, strict=True):
                if future.done():
                    continue
                if failure:
                    future.set_exception(failure)
                else:
                    future.set_result(value)


def _prepare(path: Path, durable: bool) -> None:
    try:
        with contextlib.closing(
            sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
        ) as connection:
            _use_wal(connection)
            _set_up(connection, durable)
            apply_schema(connection)
            # What a start finds in the log need not be on the disk: an fsync may have failed, and
            # after a power cut nothing would be read that was written behind that place.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise _translate(error) from error


def check_integrity(connection: sqlite3.Connection) -> None:
    """A unit that reads every page. Raises StorageFailed for damage."""
    if connection.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
        raise StorageFailed("The database file is damaged.")


def _map_log_header(path: Path) -> mmap.mmap:
    """The bytes that each commit of any process changes: asking SQLite takes system calls.

    Source: SQLite's description of its WAL-index format.
    """
    with path.with_name(f"{path.name}-shm").open("rb") as index:
        return mmap.mmap(index.fileno(), _LOG_HEADER_BYTES, prot=mmap.PROT_READ)


def _set_up(connection: sqlite3.Connection, durable: bool) -> None:
    connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
    connection.execute(f"PRAGMA cache_size = -{_PAGE_CACHE_KIB}")


def _use_wal(connection: sqlite3.Connection) -> None:
    # SQLite does not wait for other programs in this one statement.
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def copy_to(path: Path, connection: sqlite3.Connection) -> None:
    """Copy what a connection sees to a new file that needs no other beside it."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as copy:
        # As durable as the database itself.
        (level,) = connection.execute("PRAGMA synchronous").fetchone()
        copy.execute(f"PRAGMA synchronous = {level}")
        connection.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")


def _copy_from(path: Path, connection: sqlite3.Connection) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as copy:
        apply_schema(copy)
        copy.backup(connection)


def _read(unit: Unit[T], connection: sqlite3.Connection) -> T:
    connection.execute("BEGIN")
    try:
        return unit(connection)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _commit(
    turns: WriteTurns, units: list[Unit[Any]], connection: sqlite3.Connection
) -> list[tuple[Any, Exception | None]]:
    with turns.turn():
        return _commit_together(units, connection)


def _commit_together(
    units: list[Unit[Any]], connection: sqlite3.Connection
) -> list[tuple[Any, Exception | None]]:
    outcomes: list[tuple[Any, Exception | None]] = []
    connection.execute("BEGIN IMMEDIATE")
    try:
        for unit in units:
            outcomes.append(_run_unit(connection, unit))
        _end_transaction(connection)
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return outcomes


def _end_transaction(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        failure = _translate(error)
        # The log may hold the commit already, and a start after a crash would read it there.
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL or _write_over(connection):
            raise failure from error
        raise OutcomeUnknown(f"{failure} After a restart it may be kept all the same.") from error


def _write_over(connection: sqlite3.Connection) -> bool:
    """Write the next commit to the place of one that failed; whether that could be done."""
    try:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.execute(WRITE_SOMETHING)
    except sqlite3.Error:
        return False
    return True


def _run_unit(connection: sqlite3.Connection, unit: Unit[Any]) -> tuple[Any, Exception | None]:
    connection.execute("SAVEPOINT unit")
    try:
        value = unit(connection)
    except Exception as error:
        # A full disk ends the whole transaction, and with it what the units before this one did.
        if not connection.in_transaction:
            raise
        connection.execute("ROLLBACK TO unit")
        connection.execute("RELEASE unit")
        return None, _translate(error)
    connection.execute("RELEASE unit")
    return value, None


async def _run(connection: aiosqlite.Connection, unit: Unit[T]) -> T:
    try:
        # aiosqlite's public methods cost one hop a statement; a unit of work takes one hop in all.
        execute: Callable[..., Awaitable[T]] = connection._execute
        return await execute(unit, connection._conn)
    except sqlite3.Error as error:
        raise _translate(error) from error


@contextlib.contextmanager
def plain_reasons() -> Iterator[None]:
    """Within the block an error of SQLite is a StorageFailed with a plain reason."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translate(error) from error


def _translate(error: Exception) -> Exception:
    if not isinstance(error, sqlite3.Error):
        return error
    name = getattr(error, "sqlite_errorname", "SQLITE_ERROR")
    reasons = {
        "SQLITE_FULL": "The disk is full.",
        "SQLITE_IOERR_SHMSIZE": "The disk is full.",
        "SQLITE_BUSY": "Another program holds the database; try again.",
        "SQLITE_READONLY": "The database is read-only.",
        "SQLITE_NOTADB": "The database file is no SQLite database, or is damaged.",
        # SQLite tells this of bytes that the disk cannot read as well.
        "SQLITE_CORRUPT": "The database file is damaged, or its disk is.",
        "SQLITE_CANTOPEN": "The database file cannot be opened.",
    }
    for start, reason in reasons.items():
        if name.startswith(start):
            return StorageFailed(reason)
    return StorageFailed(f"The database failed ({name}).")
