"""GalleryRows over SQLite. Reads are cached until the database changes; see sqlite_database."""

import sqlite3
from collections.abc import AsyncIterator, Hashable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from rpcmedia.gallery.file_names import FileName
from rpcmedia.gallery.model import (
    DEFAULT_SCOPE,
    AttributeSet,
    Catalog,
    Image,
    ImageValues,
    Picture,
    Product,
    StoredBytes,
    StoreView,
)
from rpcmedia.gallery.ports import ImageFiles, NameTaken
from rpcmedia.stores import sqlite_catalog
from rpcmedia.stores.sqlite_database import Database, Unit

T = TypeVar("T")

HIGHEST_POSITION = 4_294_967_295
"""Where the reference's unsigned 32-bit column clamps."""

_PAGE = 500

_GALLERY = """
    SELECT image.id, image.file, coalesce(own.label, shared.label, ''),
           coalesce(own.position, shared.position), coalesce(own.excluded, shared.excluded)
    FROM image
    LEFT JOIN image_value AS shared ON shared.image = image.id AND shared.store_view = 0
    LEFT JOIN image_value AS own ON own.image = image.id AND own.store_view = :store_view
    WHERE image.product = :product
    ORDER BY 4, 1
"""

_TYPES = """
    SELECT code, image FROM type_value
    WHERE product = :product AND store_view IN (0, :store_view) ORDER BY store_view
"""


class SqliteRows:
    """A GalleryRows over one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def store_view(self, key: int | str) -> StoreView | None:
        """See GalleryRows."""
        views = await self._cached("store views", sqlite_catalog.store_views)
        return next((view for view in views if key in (view.id, view.code)), None)

    async def attribute_set(self, set_id: int) -> AttributeSet | None:
        """See GalleryRows."""
        return (await self._cached("attribute sets", sqlite_catalog.attribute_sets)).get(set_id)

    async def product(self, product_id: int) -> Product | None:
        """See GalleryRows."""
        return await self._product("id", product_id)

    async def product_by_sku(self, sku: str) -> Product | None:
        """See GalleryRows."""
        return await self._product("sku_key", sqlite_catalog.sku_key(sku))

    async def _product(self, column: str, value: int | str) -> Product | None:
        sql = f"SELECT id, sku, attribute_set FROM product WHERE {column} = ?"
        row = await self._cached(
            (column, value), lambda connection: connection.execute(sql, (value,)).fetchone()
        )
        if row is None:
            return None
        attribute_set = await self.attribute_set(row[2])
        return Product(row[0], row[1], attribute_set) if attribute_set else None

    async def gallery(self, product: Product, store_view: int) -> tuple[Image, ...]:
        """See GalleryRows."""
        return await self._cached(
            ("gallery", product, store_view), partial(_read_gallery, product, store_view)
        )

    async def kept_bytes(self, file: str) -> tuple[str, str | None] | None:
        """See GalleryRows."""
        return await self._cached(("bytes", file), partial(_read_kept_bytes, file))

    async def _cached(self, key: Hashable, unit: Unit[T]) -> T:
        return await self._database.cached(key, lambda: self._database.read(unit))

    async def free_number(self, name: FileName, at_least: int) -> int:
        """See GalleryRows."""
        return await self._database.read(partial(_find_free_number, name, at_least))

    async def add_image(
        self, product: Product, file: str, stored: StoredBytes, values: ImageValues, store_view: int
    ) -> None:
        """See GalleryRows."""
        await self._database.write(partial(_add_image, product, file, stored, values, store_view))

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
            partial(_change_image, product, image_id, values, store_view, stored)
        )

    async def settle_bytes(self, file: str, stored_as: str, files: ImageFiles) -> bool:
        """See GalleryRows."""
        return await self._database.write(partial(_settle_bytes, file, stored_as, files))

    async def remove_image(self, product: Product, image_id: int) -> bool:
        """See GalleryRows."""
        return await self._database.write(partial(_remove_image, image_id))

    async def load_catalog(self, catalog: Catalog) -> int:
        """See GalleryRows."""
        return await self._database.write(partial(sqlite_catalog.load, catalog))

    async def catalog(self) -> Catalog:
        """See GalleryRows."""
        return await self._database.read(sqlite_catalog.read)

    async def all_stored(self) -> AsyncIterator[tuple[str, StoredBytes]]:
        """See GalleryRows."""
        after = ""
        while page := await self._database.read(partial(_read_stored, after)):
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

    async def check_writable(self) -> None:
        """See GalleryRows."""
        await self._database.write(lambda connection: None)


def _read_gallery(
    product: Product, store_view: int, connection: sqlite3.Connection
) -> tuple[Image, ...]:
    scope = {"product": product.id, "store_view": store_view}
    holders: dict[str, int | None] = dict(connection.execute(_TYPES, scope).fetchall())
    codes: dict[int | None, list[str]] = {}
    for image_type in product.attribute_set.image_types:
        codes.setdefault(holders.get(image_type.code), []).append(image_type.code)
    return tuple(
        Image(row[0], row[1], row[2], row[3], row[4], tuple(codes.get(row[0], ())))
        for row in connection.execute(_GALLERY, scope)
    )


def _read_kept_bytes(file: str, connection: sqlite3.Connection) -> tuple[str, str | None] | None:
    sql = "SELECT stored_as, mime FROM image WHERE file = ?"
    row = connection.execute(sql, (file,)).fetchone()
    if row is None:
        sql = "SELECT removed_as, NULL FROM file_name WHERE path = ? AND removed_as IS NOT NULL"
        row = connection.execute(sql, (file,)).fetchone()
    return row  # type: ignore[no-any-return]  # sqlite3 rows are untyped


def _read_stored(after: str, connection: sqlite3.Connection) -> list[tuple[str, StoredBytes]]:
    sql = """
        SELECT file, stored_as, mime, width, height, bytes, sha256, created_at
        FROM image WHERE file > ? ORDER BY file LIMIT ?
    """
    return [
        (row[0], StoredBytes(row[1], Picture(row[2], row[3], row[4]), row[5], row[6], row[7]))
        for row in connection.execute(sql, (after, _PAGE))
    ]


def _find_free_number(name: FileName, at_least: int, connection: sqlite3.Connection) -> int:
    hint = connection.execute("SELECT next FROM name_hint WHERE name = ?", (name.path(0),))
    number: int = max(at_least, *(row[0] for row in hint), 0)
    taken = "SELECT 1 FROM file_name WHERE path = ?"
    while connection.execute(taken, (name.path(number),)).fetchone():
        number += 1
    return number


def _add_image(
    product: Product,
    file: str,
    stored: StoredBytes,
    values: ImageValues,
    store_view: int,
    connection: sqlite3.Connection,
) -> None:
    try:
        connection.execute("INSERT INTO file_name (path) VALUES (?)", (file,))
    except sqlite3.IntegrityError:
        raise NameTaken(file) from None
    cursor = connection.execute(
        """
        INSERT INTO image
            (product, file, mime, width, height, bytes, sha256, created_at, stored_as)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (product.id, file, *_byte_columns(stored)),
    )
    image_id = int(cursor.lastrowid or 0)
    if values.position is None:
        position = _next_position(connection, product.id, store_view)
        values = replace(values, position=position)
    _write_values(connection, product, image_id, values, store_view)


def _byte_columns(stored: StoredBytes) -> tuple[str | int, ...]:
    picture = stored.picture
    return (
        picture.mime,
        picture.width,
        picture.height,
        stored.size,
        stored.sha256,
        stored.created_at,
        stored.stored_as,
    )


def _next_position(connection: sqlite3.Connection, product_id: int, store_view: int) -> int:
    if store_view == DEFAULT_SCOPE:
        sql = "SELECT max(position) FROM image_value WHERE product = ? AND store_view = 0"
        highest = connection.execute(sql, (product_id,)).fetchone()[0]
    else:
        scope = {"product": product_id, "store_view": store_view}
        highest = max((row[3] or 0 for row in connection.execute(_GALLERY, scope)), default=0)
    return min((highest or 0) + 1, HIGHEST_POSITION)


def _write_values(
    connection: sqlite3.Connection,
    product: Product,
    image_id: int,
    values: ImageValues,
    store_view: int,
) -> None:
    columns: dict[str, str | int | None] = {
        "label": values.label,
        "position": values.position,
        "excluded": values.excluded,
    }
    given: dict[str, str | int | None] = {
        name: value for name, value in columns.items() if value is not None
    }
    if given.get("label") == "":
        given["label"] = None
    if given:
        names = ", ".join(given)
        marks = ", ".join("?" for _ in given)
        updates = ", ".join(f"{name} = excluded.{name}" for name in given)
        connection.execute(
            f"""
            INSERT INTO image_value (image, store_view, product, {names})
            VALUES (?, ?, ?, {marks}) ON CONFLICT DO UPDATE SET {updates}
            """,
            (image_id, store_view, product.id, *given.values()),
        )
    if values.types is not None:
        _write_types(connection, product, image_id, values.types, store_view)


def _write_types(
    connection: sqlite3.Connection,
    product: Product,
    image_id: int,
    types: tuple[str, ...],
    store_view: int,
) -> None:
    scope = {"product": product.id, "store_view": store_view}
    holders: dict[str, int | None] = dict(connection.execute(_TYPES, scope).fetchall())
    for image_type in product.attribute_set.image_types:
        code = image_type.code
        if code in types:
            holder: int | None = image_id
        elif holders.get(code) == image_id:
            holder = None
        else:
            continue
        connection.execute(
            "INSERT OR REPLACE INTO type_value (product, store_view, code, image)"
            " VALUES (?, ?, ?, ?)",
            (product.id, store_view, code, holder),
        )


def _change_image(
    product: Product,
    image_id: int,
    values: ImageValues,
    store_view: int,
    stored: StoredBytes | None,
    connection: sqlite3.Connection,
) -> bool:
    if not connection.execute("SELECT 1 FROM image WHERE id = ?", (image_id,)).fetchone():
        return False
    if stored:
        connection.execute(
            """
            UPDATE image SET mime = ?, width = ?, height = ?, bytes = ?, sha256 = ?,
                created_at = ?, stored_as = ?
            WHERE id = ?
            """,
            (*_byte_columns(stored), image_id),
        )
    _write_values(connection, product, image_id, values, store_view)
    return True


def _settle_bytes(
    file: str, stored_as: str, files: ImageFiles, connection: sqlite3.Connection
) -> bool:
    live = "UPDATE image SET stored_as = file WHERE file = ? AND stored_as = ?"
    removed = "UPDATE file_name SET removed_as = path WHERE path = ? AND removed_as = ?"
    if not any(connection.execute(sql, (file, stored_as)).rowcount for sql in (live, removed)):
        return False
    files.settle(file, stored_as)
    return True


def _remove_image(image_id: int, connection: sqlite3.Connection) -> bool:
    connection.execute(
        """
        UPDATE file_name SET removed_as = image.stored_as
        FROM image WHERE image.id = ? AND file_name.path = image.file
        """,
        (image_id,),
    )
    return connection.execute("DELETE FROM image WHERE id = ?", (image_id,)).rowcount > 0
