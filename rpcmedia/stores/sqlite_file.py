"""The SQLite file: making it ready, copying and checking it, and its errors in plain words."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from rpcmedia.gallery.ports import StorageFailed
from rpcmedia.stores.schema_steps import apply_schema

BUSY_SECONDS = 10.0
"""How long a statement waits for another program."""
_CHECKPOINT_MILLISECONDS = 1000
_LOG_PAGES = 4000
"""Pages in the log before they go into the file: many changes of one page go there as one."""
_PAGE_CACHE_KIB = 32 * 1024
"""The inner pages of the indexes over a million names."""


def prepare(path: Path, durable: bool) -> None:
    """Make the file, or bring it to the newest schema. Blocks.

    Raises StorageFailed, SchemaTooNew.
    """
    try:
        with contextlib.closing(
            sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        ) as connection:
            use_wal(connection)
            set_up(connection, durable)
            apply_schema(connection)
            # What a start finds in the log need not be on the disk: an fsync may have failed, and
            # after a power cut nothing would be read that was written behind that place. Beside
            # others that read it is left undone, and not promised until a start without them: a
            # backup may read for long, and while this waits for it nobody can write.
            connection.execute(f"PRAGMA busy_timeout = {_CHECKPOINT_MILLISECONDS}")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise translate(error) from error


def set_up(connection: sqlite3.Connection, durable: bool) -> None:
    """Set what each connection has for itself."""
    connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
    connection.execute(f"PRAGMA cache_size = -{_PAGE_CACHE_KIB}")


def use_wal(connection: sqlite3.Connection) -> None:
    """Let readers go on while another process writes. Raises sqlite3.Error."""
    # SQLite does not wait for other programs in this one statement.
    deadline = time.monotonic() + BUSY_SECONDS
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


def copy_from(path: Path, connection: sqlite3.Connection) -> None:
    """Take what a file holds in place of everything in a database. Raises SchemaTooNew."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as copy:
        apply_schema(copy)
        copy.backup(connection)


def check_integrity(connection: sqlite3.Connection) -> None:
    """A unit that reads every page. Raises StorageFailed for damage."""
    if connection.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
        raise StorageFailed("The database file is damaged.")


@contextlib.contextmanager
def plain_reasons() -> Iterator[None]:
    """Within the block an error of SQLite is a StorageFailed with a plain reason."""
    try:
        yield
    except sqlite3.Error as error:
        raise translate(error) from error


def translate(error: Exception) -> Exception:
    """A StorageFailed with a plain reason for an error of SQLite; any other as it is."""
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
