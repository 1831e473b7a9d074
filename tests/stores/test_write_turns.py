"""Processes that write to one database take turns, and wake each other."""

import asyncio
import contextlib
import fcntl
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rpcmedia.stores import write_turns
from rpcmedia.stores.sqlite_database import Database
from rpcmedia.stores.write_turns import WriteTurns


@contextlib.contextmanager
def turn_of_another(folder: Path) -> Iterator[None]:
    """Another's turn; fails if it cannot be had at once."""
    with (folder / "write.lock").open("r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def is_locked(path: Path) -> bool:
    with path.open("r+b") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


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


async def test_a_write_goes_on_in_the_end_if_the_turn_of_another_does_not_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_turns, "LONGEST_WAIT", 0.1)
    database = await Database.open(tmp_path / "rows.sqlite3", durable=False)
    with turn_of_another(tmp_path):
        for _ in range(2):
            async with asyncio.timeout(20):
                assert await database.write(lambda rows: "written") == "written"
    await database.close()


def test_who_waits_comes_before_who_has_just_had_a_turn(tmp_path: Path) -> None:
    had: list[str] = []
    one, other = WriteTurns(tmp_path), WriteTurns(tmp_path)

    def wait() -> None:
        with other.turn():
            had.append("other")

    waiting = threading.Thread(target=wait)
    with one.turn():
        waiting.start()
        deadline = time.monotonic() + 5
        while not is_locked(tmp_path / "write.next") and time.monotonic() < deadline:
            time.sleep(0.001)
    with one.turn():
        had.append("one")
    waiting.join()
    assert had == ["other", "one"]
    one.close()
    other.close()


async def test_a_turn_ends_with_a_commit_that_fails(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "rows.sqlite3", durable=False)
    with pytest.raises(ZeroDivisionError):
        await database.write(lambda rows: 1 / 0)
    with turn_of_another(tmp_path):
        pass
    await database.close()
