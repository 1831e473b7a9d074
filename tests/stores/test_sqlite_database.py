"""Database: commits in groups, a cache that never lies, and refusals of files it cannot use."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Hashable
from functools import partial
from pathlib import Path

import pytest

from rpcmedia.gallery.ports import StorageFailed
from rpcmedia.stores.sqlite_database import Database
from rpcmedia.stores.sqlite_units import Unit

INSERT_ONE = """
import sqlite3, sys
rows = sqlite3.connect(sys.argv[1], isolation_level=None)
rows.execute("INSERT INTO number VALUES (1)")
rows.close()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rows.sqlite3"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    """A database with a table of numbers besides its own."""
    opened = await Database.open(path, durable=False)
    await opened.write(lambda rows: rows.execute("CREATE TABLE number (n INTEGER PRIMARY KEY)"))
    yield opened
    await opened.close()


def insert(number: int) -> Unit[int]:
    def unit(rows: sqlite3.Connection) -> int:
        rows.execute("INSERT INTO number VALUES (?)", (number,))
        return number

    return unit


def insert_and_fail(number: int) -> Unit[int]:
    def unit(rows: sqlite3.Connection) -> int:
        insert(number)(rows)
        raise ZeroDivisionError(number)

    return unit


def read_numbers(rows: sqlite3.Connection) -> list[int]:
    return [row[0] for row in rows.execute("SELECT n FROM number ORDER BY n")]


async def numbers(database: Database) -> list[int]:
    """All numbers that are kept."""
    return await database.read(read_numbers)


async def test_a_write_answers_with_the_value_of_its_unit_after_its_commit(
    database: Database, path: Path
) -> None:
    assert await database.write(insert(7)) == 7
    with sqlite3.connect(path) as elsewhere:
        assert read_numbers(elsewhere) == [7]
    elsewhere.close()


async def test_a_unit_that_raises_is_undone_alone(database: Database) -> None:
    units = [insert(1), insert_and_fail(2), insert(3), insert(1), insert(4)]
    outcomes = await asyncio.gather(*map(database.write, units), return_exceptions=True)
    assert [outcomes[0], outcomes[2], outcomes[4]] == [1, 3, 4]
    assert isinstance(outcomes[1], ZeroDivisionError)
    assert isinstance(outcomes[3], StorageFailed)
    assert await numbers(database) == [1, 3, 4]


async def test_writes_that_wait_together_share_a_commit(database: Database) -> None:
    statements: list[str] = []
    await database.write(lambda rows: rows.set_trace_callback(statements.append))
    await asyncio.gather(*(database.write(insert(number)) for number in range(50)))
    await database.write(lambda rows: rows.set_trace_callback(None))
    assert await numbers(database) == list(range(50))
    # The first belongs to the write that set the trace.
    assert statements.count("COMMIT") <= 3


async def test_a_commit_that_fails_keeps_none_of_its_units_and_later_ones_work(
    database: Database,
) -> None:
    def break_the_commit(rows: sqlite3.Connection) -> None:
        rows.execute("PRAGMA defer_foreign_keys = ON")
        rows.execute("INSERT INTO product (id, sku, sku_key, attribute_set) VALUES (1, '', '', 99)")

    writes = [
        database.write(insert(1)),
        database.write(break_the_commit),
        database.write(insert(2)),
    ]
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert all(isinstance(outcome, StorageFailed) for outcome in outcomes)
    assert await numbers(database) == []
    assert await database.write(insert(3)) == 3
    assert await numbers(database) == [3]


async def test_a_write_whose_caller_gave_up_does_not_stop_the_others(database: Database) -> None:
    first = asyncio.create_task(database.write(insert(1)))
    second = asyncio.create_task(database.write(insert(2)))
    await asyncio.sleep(0)
    first.cancel()
    async with asyncio.timeout(10):
        assert await second == 2
        assert await database.write(insert(3)) == 3
    assert first.cancelled()
    assert {2, 3} <= set(await numbers(database))


async def test_closing_finishes_the_writes_that_wait(path: Path) -> None:
    database = await Database.open(path, durable=False)
    await database.write(lambda rows: rows.execute("CREATE TABLE number (n INTEGER PRIMARY KEY)"))
    running = threading.Event()

    def slow(rows: sqlite3.Connection) -> int:
        running.set()
        time.sleep(0.1)
        return insert(0)(rows)

    writes = [asyncio.create_task(database.write(slow))]
    await asyncio.to_thread(running.wait)
    # These wait until the first has been committed.
    writes += [asyncio.create_task(database.write(insert(number))) for number in (1, 2, 3)]
    await asyncio.sleep(0)
    await database.close()
    assert await asyncio.gather(*writes) == [0, 1, 2, 3]
    elsewhere = sqlite3.connect(path)
    assert read_numbers(elsewhere) == [0, 1, 2, 3]
    elsewhere.close()


async def test_a_write_waits_for_another_program_that_writes(
    database: Database, path: Path
) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    write = asyncio.create_task(database.write(insert(1)))
    done, _ = await asyncio.wait({write}, timeout=0.2)
    assert not done
    other.execute("COMMIT")
    other.close()
    assert await write == 1


async def test_a_read_sees_no_half_of_a_write(database: Database) -> None:
    # Both statements of one unit are of one moment, whatever is committed between them.
    loop = asyncio.get_running_loop()

    def read_twice(rows: sqlite3.Connection) -> tuple[list[int], list[int]]:
        before = read_numbers(rows)
        asyncio.run_coroutine_threadsafe(database.write(insert(1)), loop).result(10)
        return before, read_numbers(rows)

    assert await database.read(read_twice) == ([], [])
    assert await numbers(database) == [1]


class Counted:
    """The number of numbers kept, and how often it was read."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.reads = 0

    def load(self, rows: sqlite3.Connection) -> int:
        self.reads += 1
        return len(read_numbers(rows))

    def get(self) -> int:
        return self.database.cached("count", self.load)


async def test_a_value_is_loaded_once_until_something_is_written(database: Database) -> None:
    count = Counted(database)
    assert [count.get() for _ in range(5)] == [0] * 5
    assert count.reads == 1
    await database.write(insert(1))
    assert [count.get() for _ in range(5)] == [1] * 5
    assert count.reads == 2


async def test_that_nothing_was_found_is_remembered_too(database: Database) -> None:
    loads = []

    def load(rows: sqlite3.Connection) -> int | None:
        loads.append(1)
        return None

    for _ in range(3):
        assert database.cached("nothing", load) is None
    assert len(loads) == 1


async def test_keys_have_values_of_their_own(database: Database) -> None:
    keys: list[Hashable] = ["a", "b", ("a", "b"), ("a", 1)]

    def load(value: str, rows: sqlite3.Connection) -> str:
        return value

    for key in keys:
        assert database.cached(key, partial(load, repr(key))) == repr(key)
    for key in keys:
        assert database.cached(key, partial(load, "another")) == repr(key)


async def test_a_commit_of_another_connection_ends_what_is_cached(
    database: Database, path: Path
) -> None:
    count = Counted(database)
    assert count.get() == 0
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
    await asyncio.to_thread(other.execute, "INSERT INTO number VALUES (1)")
    assert count.get() == 0
    await asyncio.to_thread(other.execute, "COMMIT")
    assert count.get() == 1
    other.close()


async def test_a_commit_of_another_process_ends_what_is_cached(
    database: Database, path: Path
) -> None:
    count = Counted(database)
    assert count.get() == 0
    command = [sys.executable, "-c", INSERT_ONE, str(path)]
    await asyncio.to_thread(subprocess.run, command, check=True)
    assert count.get() == 1


async def test_a_commit_in_the_middle_of_a_turn_is_seen_in_the_next(
    database: Database, path: Path
) -> None:
    count = Counted(database)
    assert count.get() == 0
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("INSERT INTO number VALUES (1)")
    # This look-up sees the commit, but the turn's other values are of the time before it.
    assert database.cached("other", Counted(database).load) == 1
    await asyncio.sleep(0)
    assert count.get() == 1
    other.close()


async def test_a_failed_load_is_not_remembered(database: Database) -> None:
    def fail(rows: sqlite3.Connection) -> int:
        raise StorageFailed

    with pytest.raises(StorageFailed):
        database.cached("count", fail)
    assert database.cached("count", Counted(database).load) == 0


async def test_what_sqlite_says_of_a_look_up_is_a_plain_reason(database: Database) -> None:
    with pytest.raises(StorageFailed, match="SQLITE_ERROR"):
        database.look_up(lambda rows: rows.execute("SELECT * FROM nothing"))
    assert database.look_up(read_numbers) == []
