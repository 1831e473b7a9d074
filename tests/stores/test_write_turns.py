"""Processes that write to one database take turns, and wake each other."""

import asyncio
import contextlib
import fcntl
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rpcmedia.stores.sqlite_database import Database


@contextlib.contextmanager
def turn_of_another(folder: Path) -> Iterator[None]:
    """Another's turn; fails if it cannot be had at once."""
    with (folder / "write.lock").open("r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


async def test_nobody_else_has_a_turn_until_the_commit(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "rows.sqlite3", durable=False)
    begun, go_on = threading.Event(), threading.Event()

    def unit(rows: sqlite3.Connection) -> None:
        begun.set()
        go_on.wait(20)

    writing = asyncio.create_task(database.write(unit))
    await asyncio.to_thread(begun.wait, 20)
    with pytest.raises(BlockingIOError), turn_of_another(tmp_path):
        pass
    go_on.set()
    await writing
    with turn_of_another(tmp_path):
        pass
    await database.close()


async def test_a_write_waits_for_the_turn_of_another_and_a_read_does_not(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "rows.sqlite3", durable=False)
    with turn_of_another(tmp_path):
        writing = asyncio.create_task(database.write(lambda rows: "written"))
        assert await database.read(lambda rows: "read") == "read"
        assert not writing.done()
    assert await writing == "written"
    await database.close()


async def test_a_turn_ends_with_a_commit_that_fails(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "rows.sqlite3", durable=False)
    with pytest.raises(ZeroDivisionError):
        await database.write(lambda rows: 1 / 0)
    with turn_of_another(tmp_path):
        pass
    await database.close()
