"""SqliteRows: the contract, and what is its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rpcmedia.gallery.file_names import FileName
from rpcmedia.gallery.model import ImageValues
from rpcmedia.gallery.ports import GalleryRows, StorageFailed
from rpcmedia.stores.sqlite_database import Database
from rpcmedia.stores.sqlite_rows import SqliteRows
from tests.stores.catalog_contract import product
from tests.stores.gallery_rows_contract import NEW, GalleryRowsContract
from tests.stores.gallery_values_contract import add, stored_as
from tests.support.catalogs import ADMIN, CATALOG, Shop, open_shop


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "rows.sqlite3", durable=False)
    yield opened
    await opened.close()


class TestSqliteRows(GalleryRowsContract):
    """The contract over one SQLite file."""

    @pytest.fixture
    def rows(self, database: Database) -> GalleryRows:
        return SqliteRows(database)


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path) as opened:
        yield opened


async def test_what_is_kept_survives_closing_and_opening(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        file = await shop.create("a", label="Front", position=3, types=("image",))
        removed = await shop.create("b")
        await shop.remove(removed)
        before = await shop.images()
    async with open_shop(tmp_path) as shop:
        assert await shop.images() == before
        assert await shop.rows.catalog() == CATALOG
        assert await shop.rows.all_removed() == {removed}
        assert await shop.create("a") != file


async def test_what_another_connection_writes_is_seen_at_once(shop: Shop) -> None:
    assert await shop.images() == ()
    async with open_shop(shop.media.parent) as other:
        file = await other.create("a", label="One")
        assert [image.label for image in await shop.images()] == ["One"]
        await other.change(file, label="Two")
        assert [image.label for image in await shop.images()] == ["Two"]
        await other.remove(file)
        assert await shop.images() == ()
        assert await shop.rows.kept_bytes(file) == (file, None)


async def test_the_search_for_a_free_name_does_not_grow_with_the_names_given(shop: Shop) -> None:
    name = FileName("/a/_", "a", "png")
    owner = await product(shop.rows)

    async def steps() -> int:
        statements: list[str] = []
        await shop.database.read(lambda rows: rows.set_trace_callback(statements.append))
        await shop.rows.free_number(name, 0)
        await shop.database.read(lambda rows: rows.set_trace_callback(None))
        return len(statements)

    for number in range(10):
        await shop.rows.add_image(owner, name, number, stored_as(name.path(number)), NEW, ADMIN)
    few = await steps()
    for number in range(10, 100):
        await shop.rows.add_image(owner, name, number, stored_as(name.path(number)), NEW, ADMIN)
    assert await shop.rows.free_number(name, 0) == 100
    assert await steps() <= few


async def test_a_statement_that_fails_tells_neither_sql_nor_path(shop: Shop) -> None:
    owner = await product(shop.rows)
    image_id = await add(shop.rows, "/a/_/a.png")
    await shop.database.write(lambda rows: rows.execute("DROP TABLE image_value"))
    with pytest.raises(StorageFailed) as failed:
        await shop.rows.change_image(owner, image_id, ImageValues(label="x"), ADMIN)
    assert str(failed.value) == "The database failed (SQLITE_ERROR)."
