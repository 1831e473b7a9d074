"""Files of Database: schema steps, and files that it refuses and leaves as they are."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import pytest

from rpcmedia.gallery.model import ImageValues
from rpcmedia.gallery.ports import StorageFailed
from rpcmedia.stores.schema_steps import SchemaTooNew, apply_schema, schema_steps
from rpcmedia.stores.sqlite_database import Database
from rpcmedia.stores.sqlite_rows import SqliteRows
from rpcmedia.stores.sqlite_units import WRITE_SOMETHING


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rows.sqlite3"


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    """What a plain connection answers."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def read(path: Path) -> bytes:
    return path.read_bytes()


def write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


async def open_and_close(path: Path) -> None:
    await (await Database.open(path, durable=False)).close()


def test_schema_steps_are_numbered_without_gaps() -> None:
    numbers = [number for number, _ in schema_steps()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 2


async def test_a_new_file_gets_all_steps_and_an_old_one_none_again(path: Path) -> None:
    await open_and_close(path)
    newest = [(len(schema_steps()),)]
    assert ask(path, "PRAGMA user_version") == newest
    ask(path, "INSERT INTO store_view VALUES (3, 'french')")
    tables = ask(path, "SELECT type, name, sql FROM sqlite_schema ORDER BY name")
    await open_and_close(path)
    assert ask(path, "PRAGMA user_version") == newest
    assert ask(path, "SELECT type, name, sql FROM sqlite_schema ORDER BY name") == tables
    assert ask(path, "SELECT code FROM store_view ORDER BY id") == [("admin",), ("french",)]


async def test_a_file_of_an_older_release_gets_only_the_steps_it_lacks(path: Path) -> None:
    _, first = schema_steps()[0]
    connection = sqlite3.connect(path)
    connection.executescript(f"{first}; PRAGMA user_version = 1;")
    connection.execute("INSERT INTO store_view VALUES (3, 'french')")
    connection.commit()
    connection.close()
    await open_and_close(path)
    assert ask(path, "PRAGMA user_version") == [(len(schema_steps()),)]
    assert ask(path, "SELECT code FROM store_view ORDER BY id") == [("admin",), ("french",)]
    assert len(ask(path, "SELECT value FROM secret")) == 1


async def test_an_image_of_one_store_view_that_an_older_release_made_is_filled_in(
    path: Path,
) -> None:
    connection = sqlite3.connect(path)
    for number, step in schema_steps()[:2]:
        connection.executescript(f"{step}; PRAGMA user_version = {number};")
    connection.executescript("""
        INSERT INTO store_view VALUES (3, 'french');
        INSERT INTO attribute_set VALUES (4, 'Default', 1);
        INSERT INTO product VALUES (1, 'one', 'one', 4);
        INSERT INTO image VALUES (1, 1, '/a.png', 'image/png', 1, 1, 1, '', 0, '/a.png');
        INSERT INTO image_value VALUES (1, 3, 1, 'French', 1, 0);
    """)
    connection.close()
    database = await Database.open(path, durable=False)
    rows = SqliteRows(database)
    product = await rows.product(1)
    assert product

    assert [image.position for image in await rows.gallery(product, 0)] == [None]
    assert await rows.change_image(product, 1, ImageValues(label="All"), 0)

    (image,) = await rows.gallery(product, 0)
    assert (image.label, image.position, image.excluded) == ("All", 0, 0)
    (image,) = await rows.gallery(product, 3)
    assert (image.label, image.position, image.excluded) == ("French", 1, 0)
    await database.close()


async def test_a_step_that_fails_is_undone_whole(path: Path) -> None:
    _, first = schema_steps()[0]
    connection = sqlite3.connect(path)
    # The second step makes `user` first and `secret` last.
    connection.executescript(f"{first}; PRAGMA user_version = 1; CREATE TABLE secret (mine);")
    connection.close()
    with pytest.raises(StorageFailed):
        await open_and_close(path)
    assert ask(path, "PRAGMA user_version") == [(1,)]
    assert ask(path, "SELECT name FROM sqlite_schema WHERE name IN ('user', 'session')") == []
    assert ask(path, "SELECT * FROM secret") == []


async def test_programs_that_open_a_new_file_at_once_all_get_it(tmp_path: Path) -> None:
    # A server and the command that adds its first user may be started side by side.
    for turn in range(5):
        openings = [Database.open(tmp_path / f"{turn}.sqlite3", durable=False) for _ in range(3)]
        outcomes = await asyncio.gather(*openings, return_exceptions=True)
        opened = [outcome for outcome in outcomes if isinstance(outcome, Database)]
        for database in opened:
            await database.close()
        assert len(opened) == 3


def test_applying_the_schema_tells_its_number(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for _ in range(2):
        assert apply_schema(connection) == len(schema_steps())
    connection.close()


async def test_a_file_of_a_newer_release_is_refused_and_left_alone(path: Path) -> None:
    await open_and_close(path)
    ask(path, "PRAGMA user_version = 999")
    with pytest.raises(SchemaTooNew) as refused:
        await open_and_close(path)
    assert "schema 999" in str(refused.value)
    assert "newer release" in str(refused.value)
    assert ask(path, "PRAGMA user_version") == [(999,)]


@pytest.mark.parametrize(
    "content", [b"hello" * 1000, b"\0" * 8192, b"SQLite format 3\0" + b"\xff" * 8192]
)
async def test_a_file_that_is_no_database_is_refused_and_left_alone(
    path: Path, content: bytes
) -> None:
    write(path, content)
    with pytest.raises(StorageFailed) as refused:
        await open_and_close(path)
    assert "no SQLite database, or is damaged" in str(refused.value)
    assert read(path) == content


async def test_a_path_that_cannot_be_opened_is_refused_in_plain_words(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing" / "rows.sqlite3"):
        with pytest.raises(StorageFailed) as refused:
            await open_and_close(path)
        assert str(refused.value) == "The database file cannot be opened."


async def test_a_start_moves_the_log_into_the_database_once_nobody_reads(path: Path) -> None:
    log = path.with_name(path.name + "-wal")
    database = await Database.open(path)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM setting").fetchall()
        await database.write(lambda rows: rows.execute(WRITE_SOMETHING))
        # Far less than a reader may take, such as a backup.
        async with asyncio.timeout(5):
            await open_and_close(path)
        assert log.stat().st_size > 0
    await open_and_close(path)
    assert log.stat().st_size == 0
    await database.close()


async def test_a_damaged_table_is_told_as_such(path: Path) -> None:
    await open_and_close(path)
    ask(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    content = read(path)
    # All pages but the first, which says that this is a database.
    write(path, content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(StorageFailed) as refused:
        database = await Database.open(path, durable=False)
        try:
            await database.read(lambda rows: rows.execute("SELECT * FROM image").fetchall())
        finally:
            await database.close()
    assert str(refused.value) == "The database file is damaged, or its disk is."


@pytest.mark.parametrize(("durable", "synchronous"), [(True, 2), (False, 0)])
async def test_commits_are_on_the_disk_when_they_are_answered_if_that_is_asked_for(
    path: Path, durable: bool, synchronous: int
) -> None:
    # 2 is FULL: in WAL mode the log is synced at each commit.
    database = await Database.open(path, durable=durable)

    def settings(rows: sqlite3.Connection) -> list[object]:
        asked = "PRAGMA synchronous", "PRAGMA journal_mode", "PRAGMA foreign_keys"
        return [rows.execute(sql).fetchone()[0] for sql in asked]

    answers = await database.write(settings)
    await database.close()
    assert answers == [synchronous, "wal", 1]
