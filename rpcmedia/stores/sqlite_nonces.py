"""Nonces of signed requests, in an SQLite file of their own that several processes may share.

Every signed request writes one. Among the rows each would wait for the disk, and would empty what
all reads remember. Here a stopped process loses none, and a power cut the last few: who sends such
a request again within the minutes that its timestamp counts is not found out.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from rpcmedia.stores.sqlite_file import BUSY_SECONDS, plain_reasons, use_wal

T = TypeVar("T")

NONCES = "nonces.sqlite3"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS nonce (
    mark BLOB PRIMARY KEY,
    kept_until REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS nonce_end ON nonce (kept_until);
"""


class SqliteNonces:
    """Nonces over one file, which is opened or made when the first one comes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._thread = ThreadPoolExecutor(1, "nonces")

    async def use(self, mark: bytes, until: float, now: float) -> bool:
        """See OAuthAccounts.use_nonce."""
        return await self._run(partial(_use, mark, until, now))

    async def forget(self) -> None:
        """See OAuthAccounts.forget_nonces."""
        await self._run(lambda connection: connection.execute("DELETE FROM nonce"))

    async def close(self) -> None:
        """Close the file."""
        await asyncio.to_thread(self._thread.shutdown)
        if self._connection:
            self._connection.close()

    async def _run(self, unit: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, self._run_in_thread, unit
        )

    def _run_in_thread(self, unit: Callable[[sqlite3.Connection], T]) -> T:
        with plain_reasons():
            if self._connection is None:
                self._connection = _open(self._path)
            return unit(self._connection)


def _open(path: Path) -> sqlite3.Connection:
    with contextlib.ExitStack() as stack:
        connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        stack.callback(connection.close)
        use_wal(connection)
        # Only what goes from the log into the file waits for the disk.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(_SCHEMA)
        stack.pop_all()
    return connection


def _use(mark: bytes, until: float, now: float, connection: sqlite3.Connection) -> bool:
    connection.execute("DELETE FROM nonce WHERE kept_until < ?", (now,))
    sql = "INSERT OR IGNORE INTO nonce (mark, kept_until) VALUES (?, ?)"
    return connection.execute(sql, (mark, until)).rowcount > 0
