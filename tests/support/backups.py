"""What tests of backups look at: all that a data folder keeps, and a lock of another program."""

import contextlib
import fcntl
import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rpcmedia import wiring

MEDIA = Path("media", "catalog", "product")

# Where bytes are may differ, and nobody stays logged in.
_APART = {
    "image": "SELECT id, product, file, sha256, bytes, created_at FROM image",
    "file_name": "SELECT path FROM file_name",
    "session": "SELECT 1 WHERE 0",
}


def rows(data: Path) -> dict[str, list[Any]]:
    """All rows of a data folder by table."""
    with contextlib.closing(sqlite3.connect(data / "rpcmedia.sqlite3")) as connection:
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        return {
            name: sorted(connection.execute(_APART.get(name, f"SELECT * FROM {name}")), key=repr)
            for (name,) in tables.fetchall()
        }


def files(data: Path) -> dict[str, str]:
    """The SHA-256 of every file in the media folder, named as clients name it."""
    root = data / MEDIA
    return {
        f"/{path.relative_to(root).as_posix()}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }


def checksums(data: Path) -> dict[str, str]:
    """The SHA-256 that the row of each image tells."""
    return {row[2]: row[3] for row in rows(data)["image"]}


def objects(backup: Path) -> set[str]:
    """The checksums of all that a backup keeps, each found to be true."""
    found = {path.name: path.read_bytes() for path in backup.glob("objects/*/*")}
    assert all(hashlib.sha256(content).hexdigest() == name for name, content in found.items())
    return set(found)


def restored(backup: Path, data: Path) -> dict[str, list[Any]]:
    """All rows of a new folder to which a backup was restored; its bytes are those of its rows."""
    report = wiring.restore(backup, data)
    assert not report.lacking
    assert files(data) == checksums(data)
    return rows(data)


@contextlib.contextmanager
def holding(lock: Path) -> Iterator[None]:
    """Hold a lock file as another program would."""
    with lock.open("r+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def set_schema(data: Path, number: int) -> None:
    """Say in a database that it has another schema."""
    with contextlib.closing(sqlite3.connect(data / "rpcmedia.sqlite3")) as connection:
        connection.execute(f"PRAGMA user_version = {number}")


def damage_database(data: Path) -> None:
    """Empty a page that only logins need, so that only who checks the whole file sees it."""
    path = data / "rpcmedia.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'user_key'"
        (page,) = connection.execute(sql).fetchone()
    with path.open("r+b") as database:
        database.seek((page - 1) * size)
        database.write(bytes(size))
