"""What a backup needs of SQLite: a copy of one moment, its rows, and how it becomes a new folder's.

All functions block, and raise StorageFailed with a plain reason.
"""

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from rpcmedia.gallery.ports import StorageFailed
from rpcmedia.stores.folder_lock import FolderBusy
from rpcmedia.stores.schema_steps import apply_schema, known_schema
from rpcmedia.stores.sqlite_file import copy_to, plain_reasons

_BUSY_SECONDS = 60.0
_LACKING = "backup_lacks"
_ROWS = "SELECT file, stored_as, sha256, bytes, created_at FROM image"


class ImageRow(NamedTuple):
    """An image's bytes as its row tells them; equal rows mean that nothing changed between."""

    file: str
    stored_as: str
    sha256: str
    size: int
    created_at: int


@contextlib.contextmanager
def _connected(path: Path, seconds: float = _BUSY_SECONDS) -> Iterator[sqlite3.Connection]:
    # `rw` and not `rwc`: what does not exist is never made.
    address = f"{path.absolute().as_uri()}?mode=rw"
    with (
        plain_reasons(),
        contextlib.closing(
            sqlite3.connect(address, uri=True, timeout=seconds, isolation_level=None)
        ) as connection,
    ):
        yield connection


def copy_moment(
    source: Path, copy: Path, look: Callable[[Callable[[str], ImageRow | None]], None]
) -> None:
    """Copy a database as it is at one moment. Raises SchemaTooNew.

    At this moment, while nobody can write, `look` is called with a function that finds the row of a
    file.
    """
    with _connected(source) as writer, _connected(source) as reader:
        writer.execute("BEGIN IMMEDIATE")
        reader.execute("BEGIN")
        if not known_schema(reader):
            raise StorageFailed("The database is not one of rpcmedia.")
        look(lambda file: _find_row(file, reader))
        writer.execute("ROLLBACK")
        copy_to(copy, reader)


def _find_row(file: str, connection: sqlite3.Connection) -> ImageRow | None:
    row = connection.execute(f"{_ROWS} WHERE file = ?", (file,)).fetchone()
    return ImageRow(*row) if row else None


def read_rows(path: Path) -> Iterator[ImageRow]:
    """All rows of images by checksum."""
    with _connected(path) as connection:
        for row in connection.execute(f"{_ROWS} ORDER BY sha256"):
            yield ImageRow(*row)


def check_whole(path: Path) -> None:
    """Return if a database is not damaged."""
    with _connected(path) as connection:
        if connection.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
            raise StorageFailed("The database file is damaged.")


def read_secret(path: Path) -> bytes:
    """The secret by which copies of one data folder's database are known."""
    with _connected(path) as connection:
        row = connection.execute("SELECT value FROM secret WHERE name = 'folder'").fetchone()
        return bytes(row[0])


def note_lacking(path: Path, files: Sequence[str]) -> None:
    """Write into a copy which images lack their bytes in the backup."""
    with _connected(path) as connection:
        connection.execute("DELETE FROM setting WHERE name = ?", (_LACKING,))
        if files:
            noted = (_LACKING, json.dumps(files))
            connection.execute("INSERT INTO setting (name, value) VALUES (?, ?)", noted)


def prepare_restored(path: Path) -> list[str]:
    """Make a copy the database of a folder that has what the backup has; which images lack bytes.

    It gets the newest schema, all bytes are under their own name, there are none of removed images,
    nobody is logged in and nobody asks for a token: what ended since must not come back.
    Raises SchemaTooNew.
    """
    with _connected(path) as connection:
        if not known_schema(connection):
            raise StorageFailed("The database is not one of rpcmedia.")
        apply_schema(connection)
        connection.execute("BEGIN")
        select = "SELECT value FROM setting WHERE name = ?"
        lacking = connection.execute(select, (_LACKING,)).fetchone()
        connection.execute("DELETE FROM setting WHERE name = ?", (_LACKING,))
        connection.execute("UPDATE image SET stored_as = file WHERE stored_as <> file")
        connection.execute("UPDATE file_name SET removed_as = NULL WHERE removed_as IS NOT NULL")
        connection.execute("DELETE FROM session")
        connection.execute("DELETE FROM oauth_token WHERE expires IS NOT NULL")
        connection.execute("COMMIT")
    return list(json.loads(lacking[0])) if lacking else []


def leave_alone(path: Path) -> None:
    """Put all that is committed into the file itself, if nobody else uses it. Raises FolderBusy.

    A program that goes on with a database that was replaced would damage the new one.
    """
    if not path.exists():
        return
    try:
        with _connected(path, seconds=0.0) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except StorageFailed as failure:
        # What is damaged may be replaced.
        if getattr(failure.__cause__, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
            raise FolderBusy(f"Another program uses {path}; end it first.") from failure
