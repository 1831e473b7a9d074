"""The catalog in SQLite: store views, attribute sets with their image types, and products."""

import sqlite3
from collections.abc import Iterable
from typing import Any

from rpcmedia.gallery.model import (
    AttributeSet,
    Catalog,
    CatalogProduct,
    ImageType,
    StoreView,
    sku_key,
)
from rpcmedia.gallery.ports import CatalogRefused


def store_views(connection: sqlite3.Connection) -> list[StoreView]:
    """All store views by id."""
    rows = connection.execute("SELECT id, code FROM store_view ORDER BY id")
    return [StoreView(*row) for row in rows]


def attribute_sets(connection: sqlite3.Connection) -> dict[int, AttributeSet]:
    """All attribute sets by id."""
    types: dict[int, list[ImageType]] = {}
    sql = "SELECT attribute_set, code, scope FROM image_type ORDER BY attribute_set, position"
    for set_id, code, scope in connection.execute(sql):
        types.setdefault(set_id, []).append(ImageType(code, scope))
    rows = connection.execute("SELECT id, name, gallery FROM attribute_set ORDER BY id")
    return {
        set_id: AttributeSet(set_id, name, bool(gallery), tuple(types.get(set_id, ())))
        for set_id, name, gallery in rows
    }


def read(connection: sqlite3.Connection) -> Catalog:
    """The whole catalog without users."""
    sql = "SELECT id, sku, attribute_set, storefront FROM product ORDER BY id"
    products = connection.execute(sql).fetchall()
    return Catalog(
        base_url=base_url(connection),
        store_views=store_views(connection),
        attribute_sets=list(attribute_sets(connection).values()),
        products=[CatalogProduct(row[0], row[1], row[2], bool(row[3])) for row in products],
    )


def base_url(connection: sqlite3.Connection) -> str | None:
    """The base URL, if the catalog has one."""
    row = connection.execute("SELECT value FROM setting WHERE name = 'base_url'").fetchone()
    return str(row[0]) if row else None


def load(catalog: Catalog, connection: sqlite3.Connection) -> int:
    """Add or change what the catalog names; how many rows that changed. Removes nothing."""
    try:
        return _load(catalog, connection)
    except sqlite3.IntegrityError as error:
        reason = _contradiction(catalog, connection) or str(error)
        raise CatalogRefused(f"The catalog contradicts what the folder holds: {reason}") from error


def _contradiction(catalog: Catalog, connection: sqlite3.Connection) -> str | None:
    for view in catalog.store_views:
        sql = "SELECT id FROM store_view WHERE code = ? AND id <> ?"
        if other := connection.execute(sql, (view.code, view.id)).fetchone():
            return f"the code {view.code!r} is that of store view {other[0]}, not {view.id}."
    for product in catalog.products:
        product_id, sku, set_id = product.id, product.sku, product.attribute_set_id
        sql = "SELECT id FROM product WHERE sku_key = ? AND id <> ?"
        if other := connection.execute(sql, (sku_key(sku), product_id)).fetchone():
            return f"the SKU {sku!r} is that of product {other[0]}, not {product_id}."
        sql = "SELECT 1 FROM attribute_set WHERE id = ?"
        if not connection.execute(sql, (set_id,)).fetchone():
            return f"product {sku!r} has the attribute set {set_id}, which does not exist."
    return None


def _load(catalog: Catalog, connection: sqlite3.Connection) -> int:
    before = connection.total_changes
    if catalog.base_url is not None:
        _put(connection, "setting", ("name", "value"), [("base_url", catalog.base_url)])
    views = [(view.id, view.code) for view in catalog.store_views]
    _put(connection, "store_view", ("id", "code"), views)
    sets = [(s.id, s.name, int(s.gallery)) for s in catalog.attribute_sets]
    _put(connection, "attribute_set", ("id", "name", "gallery"), sets)
    for attribute_set in catalog.attribute_sets:
        _put_types(connection, attribute_set)
    products = [
        (p.id, p.sku, sku_key(p.sku), p.attribute_set_id, int(p.storefront))
        for p in catalog.products
    ]
    columns = ("id", "sku", "sku_key", "attribute_set", "storefront")
    _put(connection, "product", columns, products)
    return connection.total_changes - before


def _put_types(connection: sqlite3.Connection, attribute_set: AttributeSet) -> None:
    wanted = [
        (attribute_set.id, image_type.code, image_type.scope, position)
        for position, image_type in enumerate(attribute_set.image_types)
    ]
    sql = (
        "SELECT attribute_set, code, scope, position FROM image_type"
        " WHERE attribute_set = ? ORDER BY position"
    )
    if connection.execute(sql, (attribute_set.id,)).fetchall() != wanted:
        connection.execute("DELETE FROM image_type WHERE attribute_set = ?", (attribute_set.id,))
        connection.executemany("INSERT INTO image_type VALUES (?, ?, ?, ?)", wanted)


def _put(
    connection: sqlite3.Connection, table: str, columns: tuple[str, ...], rows: Iterable[Any]
) -> None:
    updates = ", ".join(f"{name} = excluded.{name}" for name in columns)
    differs = " OR ".join(f"{table}.{name} <> excluded.{name}" for name in columns)
    marks = ", ".join("?" for _ in columns)
    connection.executemany(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
        f" ON CONFLICT ({columns[0]}) DO UPDATE SET {updates} WHERE {differs}",
        rows,
    )
