"""GalleryRows over SQLite. Reads are cached until the database changes; see sqlite_database."""

import sqlite3
from collections.abc import AsyncIterator, Hashable
from functools import partial
from typing import Any

from rpcmedia.gallery.file_names import FileName
from rpcmedia.gallery.model import (
    AttributeSet,
    Catalog,
    Image,
    ImageValues,
    Product,
    StoredBytes,
    StoreView,
    sku_key,
)
from rpcmedia.gallery.ports import MOST_REMEMBERED, ImageFiles
from rpcmedia.stores import sqlite_catalog
from rpcmedia.stores import sqlite_images as images
from rpcmedia.stores.sqlite_database import LONGEST_KEY, Database
from rpcmedia.stores.sqlite_file import check_integrity
from rpcmedia.stores.sqlite_units import WRITE_SOMETHING


class SqliteRows:
    """A GalleryRows over one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def remembered(self) -> dict[Hashable, Any]:
        """See GalleryRows."""
        return self._database.remembered()

    async def store_view(self, key: int | str) -> StoreView | None:
        """See GalleryRows."""
        views = self._database.cached("store views", sqlite_catalog.store_views)
        return next((view for view in views if key in (view.id, view.code)), None)

    async def attribute_set(self, set_id: int) -> AttributeSet | None:
        """See GalleryRows."""
        return self._attribute_set(set_id)

    def _attribute_set(self, set_id: int) -> AttributeSet | None:
        return self._database.cached("attribute sets", sqlite_catalog.attribute_sets).get(set_id)

    async def product(self, product_id: int) -> Product | None:
        """See GalleryRows."""
        return self._product("id", product_id)

    async def product_by_sku(self, sku: str) -> Product | None:
        """See GalleryRows."""
        return self._product("sku_key", sku_key(sku))

    def _product(self, column: str, value: int | str) -> Product | None:
        if len(str(value)) > LONGEST_KEY:
            return None
        return self._database.cached((column, value), partial(self._read_product, column, value))

    def _read_product(
        self, column: str, value: int | str, connection: sqlite3.Connection
    ) -> Product | None:
        sql = f"SELECT id, sku, attribute_set, storefront FROM product WHERE {column} = ?"
        row = connection.execute(sql, (value,)).fetchone()
        attribute_set = self._attribute_set(row[2]) if row else None
        return Product(row[0], row[1], attribute_set, bool(row[3])) if attribute_set else None

    async def gallery(self, product: Product, store_view: int) -> tuple[Image, ...]:
        """See GalleryRows."""
        remembered = self._database.remembered()
        key = ("gallery", product.id, store_view)
        found: tuple[Image, ...] | None = remembered.get(key)
        if found is None:
            found = self._database.look_up(partial(images.read_gallery, product, store_view))
            if len(found) <= MOST_REMEMBERED:
                remembered[key] = found
        return found

    async def kept_bytes(self, file: str) -> tuple[str, str | None] | None:
        """See GalleryRows."""
        if len(file) > LONGEST_KEY:
            return None
        return self._database.cached(("bytes", file), partial(images.read_kept_bytes, file))

    async def free_number(self, name: FileName, at_least: int) -> int:
        """See GalleryRows."""
        return self._database.look_up(partial(images.find_free_number, name, at_least))

    async def add_image(
        self,
        product: Product,
        name: FileName,
        number: int,
        stored: StoredBytes,
        values: ImageValues,
        store_view: int,
    ) -> int:
        """See GalleryRows."""
        return await self._database.write(
            partial(images.add_image, product, name, number, stored, values, store_view)
        )

    async def change_image(
        self,
        product: Product,
        image_id: int,
        values: ImageValues,
        store_view: int,
        stored: StoredBytes | None = None,
    ) -> bool:
        """See GalleryRows."""
        return await self._database.write(
            partial(images.change_image, product, image_id, values, store_view, stored)
        )

    async def settle_bytes(self, file: str, stored_as: str, files: ImageFiles) -> bool:
        """See GalleryRows."""
        return await self._database.write(partial(images.settle_bytes, file, stored_as, files))

    async def remove_image(self, product: Product, image_id: int) -> bool:
        """See GalleryRows."""
        return await self._database.write(partial(images.remove_image, product, image_id))

    async def clear_galleries(self) -> None:
        """See GalleryRows."""
        await self._database.write(images.clear_galleries)

    async def load_catalog(self, catalog: Catalog) -> int:
        """See GalleryRows."""
        return await self._database.write(partial(sqlite_catalog.load, catalog))

    async def catalog(self) -> Catalog:
        """See GalleryRows."""
        return await self._database.read(sqlite_catalog.read)

    async def base_url(self) -> str | None:
        """See GalleryRows."""
        return self._database.look_up(sqlite_catalog.base_url)

    async def all_stored(self) -> AsyncIterator[tuple[str, StoredBytes]]:
        """See GalleryRows."""
        after = ""
        while page := await self._database.read(partial(images.read_stored, after)):
            for file, stored in page:
                yield file, stored
            after = page[-1][0]

    async def all_removed(self) -> set[str]:
        """See GalleryRows."""
        sql = "SELECT removed_as FROM file_name WHERE removed_as IS NOT NULL"
        rows = await self._database.read(lambda connection: connection.execute(sql).fetchall())
        return {stored_as for (stored_as,) in rows}

    async def unsettled(self) -> list[tuple[str, str]]:
        """See GalleryRows."""
        sql = """
            SELECT file, stored_as FROM image WHERE stored_as <> file
            UNION ALL SELECT path, removed_as FROM file_name WHERE removed_as <> path
        """
        return await self._database.read(lambda connection: connection.execute(sql).fetchall())

    async def check_sound(self) -> None:
        """See GalleryRows."""
        await self._database.read(check_integrity)

    async def check_writable(self) -> None:
        """See GalleryRows."""
        await self._database.write(lambda connection: connection.execute(WRITE_SOMETHING))
