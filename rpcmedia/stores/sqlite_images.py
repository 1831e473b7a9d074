"""Images and their values in SQLite: units of work over a connection, used by sqlite_rows."""

import sqlite3
from dataclasses import replace

from rpcmedia.gallery.file_names import FileName
from rpcmedia.gallery.model import (
    DEFAULT_SCOPE,
    HIGHEST_POSITION,
    Image,
    ImageValues,
    Picture,
    Product,
    StoredBytes,
)
from rpcmedia.gallery.ports import ImageFiles, NameTaken

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


def read_gallery(
    product: Product, store_view: int, connection: sqlite3.Connection
) -> tuple[Image, ...]:
    """All images of a product as a store view sees them, by position and id."""
    scope = {"product": product.id, "store_view": store_view}
    holders: dict[str, int | None] = dict(connection.execute(_TYPES, scope).fetchall())
    codes: dict[int | None, list[str]] = {}
    for image_type in product.attribute_set.image_types:
        codes.setdefault(holders.get(image_type.code), []).append(image_type.code)
    return tuple(
        Image(row[0], row[1], row[2], row[3], row[4], tuple(codes.get(row[0], ())))
        for row in connection.execute(_GALLERY, scope)
    )


def read_kept_bytes(file: str, connection: sqlite3.Connection) -> tuple[str, str | None] | None:
    """Stored name and media type of an image; of a removed one without the type."""
    sql = "SELECT stored_as, mime FROM image WHERE file = ?"
    row = connection.execute(sql, (file,)).fetchone()
    if row is None:
        sql = "SELECT removed_as, NULL FROM file_name WHERE path = ? AND removed_as IS NOT NULL"
        row = connection.execute(sql, (file,)).fetchone()
    return row  # type: ignore[no-any-return]  # sqlite3 rows are untyped


def read_stored(after: str, connection: sqlite3.Connection) -> list[tuple[str, StoredBytes]]:
    """The next page of images by file name."""
    sql = """
        SELECT file, stored_as, mime, width, height, bytes, sha256, created_at
        FROM image WHERE file > ? ORDER BY file LIMIT ?
    """
    return [
        (row[0], StoredBytes(row[1], Picture(row[2], row[3], row[4]), row[5], row[6], row[7]))
        for row in connection.execute(sql, (after, _PAGE))
    ]


def find_free_number(name: FileName, at_least: int, connection: sqlite3.Connection) -> int:
    """The first number from `at_least` on that makes a name never given before."""
    hint = connection.execute("SELECT next FROM name_hint WHERE name = ?", (name.path(0),))
    number: int = max(at_least, *(row[0] for row in hint), 0)
    taken = "SELECT 1 FROM file_name WHERE path = ?"
    while connection.execute(taken, (name.path(number),)).fetchone():
        number += 1
    return number


def add_image(
    product: Product,
    name: FileName,
    number: int,
    stored: StoredBytes,
    values: ImageValues,
    store_view: int,
    connection: sqlite3.Connection,
) -> int:
    """Add an image with its name and values; its id. Raises NameTaken."""
    file = name.path(number)
    try:
        connection.execute("INSERT INTO file_name (path) VALUES (?)", (file,))
    except sqlite3.IntegrityError:
        raise NameTaken(file) from None
    if number:
        # Most names are given once, and need no hint where to look for the next.
        connection.execute(
            "INSERT INTO name_hint (name, next) VALUES (?, ?)"
            " ON CONFLICT DO UPDATE SET next = max(next, excluded.next)",
            (name.path(0), number + 1),
        )
    cursor = connection.execute(
        """
        INSERT INTO image
            (product, file, mime, width, height, bytes, sha256, created_at, stored_as)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (product.id, file, *_byte_columns(stored)),
    )
    image_id = int(cursor.lastrowid or 0)
    if store_view != DEFAULT_SCOPE:
        connection.execute(
            "INSERT INTO image_value (image, store_view, product) VALUES (?, 0, ?)",
            (image_id, product.id),
        )
    if values.position is None:
        position = _next_position(connection, product.id, store_view)
        values = replace(values, position=position)
    _write_values(connection, product, image_id, values, store_view)
    return image_id


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


_HIGHEST_OWN = "SELECT max(position) FROM image_value WHERE product = ? AND store_view = ?"

# Those of the default scope count where the store view has no position of its own.
_HIGHEST_SHARED = """
    SELECT position FROM image_value AS shared
    WHERE product = ? AND store_view = 0 AND position IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM image_value AS own
        WHERE own.image = shared.image AND own.store_view = ? AND own.position IS NOT NULL
    )
    ORDER BY position DESC LIMIT 1
"""


def _next_position(connection: sqlite3.Connection, product_id: int, store_view: int) -> int:
    highest = 0
    for sql in (_HIGHEST_OWN, _HIGHEST_SHARED):
        row = connection.execute(sql, (product_id, store_view)).fetchone()
        highest = max(highest, row[0] or 0 if row else 0)
        if store_view == DEFAULT_SCOPE:
            break
    return min(highest + 1, HIGHEST_POSITION)


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
    if store_view == DEFAULT_SCOPE:
        _fill_default_scope(connection, product.id)
    if values.types is not None:
        _write_types(connection, product, image_id, values.types, store_view)


def _fill_default_scope(connection: sqlite3.Connection, product_id: int) -> None:
    # Saving a product in the default scope gives zeros to images made in another store view.
    connection.execute(
        """
        UPDATE image_value INDEXED BY image_value_unfilled
        SET position = coalesce(position, 0), excluded = coalesce(excluded, 0)
        WHERE product = ? AND store_view = 0 AND (position IS NULL OR excluded IS NULL)
        """,
        (product_id,),
    )


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


def change_image(
    product: Product,
    image_id: int,
    values: ImageValues,
    store_view: int,
    stored: StoredBytes | None,
    connection: sqlite3.Connection,
) -> bool:
    """Write values, and where new bytes are; False if the image is gone."""
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


def settle_bytes(
    file: str, stored_as: str, files: ImageFiles, connection: sqlite3.Connection
) -> bool:
    """Move the bytes of an image to its own name; False if a later change came."""
    live = "UPDATE image SET stored_as = file WHERE file = ? AND stored_as = ?"
    removed = "UPDATE file_name SET removed_as = path WHERE path = ? AND removed_as = ?"
    if not any(connection.execute(sql, (file, stored_as)).rowcount for sql in (live, removed)):
        return False
    files.settle(file, stored_as)
    return True


def remove_image(product: Product, image_id: int, connection: sqlite3.Connection) -> bool:
    """Remove an image and remember where its bytes stay; False if it is gone."""
    _fill_default_scope(connection, product.id)
    connection.execute(
        """
        UPDATE file_name SET removed_as = image.stored_as
        FROM image WHERE image.id = ? AND file_name.path = image.file
        """,
        (image_id,),
    )
    return connection.execute("DELETE FROM image WHERE id = ?", (image_id,)).rowcount > 0


def clear_galleries(connection: sqlite3.Connection) -> None:
    """Forget every image, every name ever given, and the last image id."""
    for table in ("type_value", "image_value", "image", "file_name", "name_hint"):
        connection.execute(f"DELETE FROM {table}")
    connection.execute("DELETE FROM sqlite_sequence WHERE name = 'image'")
