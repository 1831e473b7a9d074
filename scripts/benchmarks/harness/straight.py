"""Large galleries, made by loading rows straight into SQLite, their files hard links.

The server itself makes the first image; the rows of all others are copies of its rows, under their
own ids, products, names and positions.
"""

import base64
import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.pictures import KIB, photo
from harness.shop import PRODUCTS, Shop, result_of, sku
from harness.wire import body_of

# ext4 allows 65,000 links to one file.
_LINKS = 60_000

_FOLDERS = 26 * 26


class Entry(NamedTuple):
    """An image to be made; its `number` goes into the file name `base`, unless it is 0."""

    product: int
    position: int
    base: str
    number: int = 0

    @property
    def file(self) -> str:
        """Its file name, such as `/i/m/image_1.jpg`."""
        return f"{self.base[:-4]}_{self.number}.jpg" if self.number else self.base


def spread(images: int, each: int) -> list[Entry]:
    """Images with names of their own, so many in the gallery of each product."""
    block = -(-images // _FOLDERS)
    return [
        Entry(number // each + 1, number % each + 1, _own_name(number, number // block))
        for number in range(images)
    ]


def _own_name(number: int, folder: int) -> str:
    first, second = chr(97 + folder // 26), chr(97 + folder % 26)
    return f"/{first}/{second}/{first}{second}{number:07}.jpg"


def same_name(images: int) -> list[Entry]:
    """Images that all wished the name `image`, with products in turn."""
    return [
        Entry(number % PRODUCTS + 1, number // PRODUCTS + 1, "/i/m/image.jpg", number)
        for number in range(images)
    ]


def fill(shop: Shop, entries: Sequence[Entry]) -> None:
    """Give an empty shop these images, and the products that they need."""
    first = entries[0]
    with shop.serving() as server:
        file = {
            "content": base64.b64encode(photo(50 * KIB)).decode(),
            "mime": "image/jpeg",
            "name": Path(first.base).stem,
        }
        data = {"file": file, "types": ["image", "small_image", "thumbnail"], "exclude": 0}
        params = [server.session, "product_media.create", [sku(first.product), data]]
        [answer] = server.ask(body_of("call", params))
        assert result_of(answer) == [first.file], answer
    _link_files(shop.media, entries)
    with contextlib.closing(_open(shop.database)) as connection:
        _add_rows(connection, entries)
    # What is still on its way to the disk would slow down what is measured next.
    os.sync()


def _link_files(media: Path, entries: Sequence[Entry]) -> None:
    source = str(media) + entries[0].file
    folder = ""
    for number, entry in enumerate(entries[1:], start=1):
        target = str(media) + entry.file
        if entry.base[:4] != folder:
            folder = entry.base[:4]
            Path(str(media) + folder).mkdir(parents=True, exist_ok=True)
        if number % _LINKS:
            os.link(source, target)
        else:
            source = shutil.copyfile(source, target)


def _open(database: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(database, isolation_level=None)
    # Nothing is lost that could not be made again.
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -500000")
    return connection


def _add_rows(connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
    connection.execute("BEGIN")
    connection.execute(
        "CREATE TEMP TABLE new (id INTEGER PRIMARY KEY, product, position, base, number, file)"
    )
    [model] = connection.execute("SELECT max(id) FROM image").fetchone()
    connection.executemany(
        "INSERT INTO new VALUES (?, ?, ?, ?, ?, ?)",
        ((model + n, *entry, entry.file) for n, entry in enumerate(entries[1:], start=1)),
    )
    for statement in _statements(connection, model):
        connection.execute(statement)
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _statements(connection: sqlite3.Connection, model: int) -> Iterator[str]:
    def copies(table: str, source: str, **replaced: str) -> str:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        chosen = ", ".join(replaced.get(column, f"model.{column}") for column in columns)
        return f"INSERT INTO {table} ({', '.join(columns)}) SELECT {chosen} FROM {source}"

    image = {"product": "new.product"}
    sku_of = "'product' || new.product"
    yield copies(
        "product",
        "(SELECT DISTINCT product FROM new) AS new, (SELECT * FROM product WHERE id = 1) AS model"
        " WHERE new.product NOT IN (SELECT id FROM product) ORDER BY new.product",
        id="new.product",
        sku=sku_of,
        sku_key=sku_of,
    )
    yield copies(
        "image",
        f"new, (SELECT * FROM image WHERE id = {model}) AS model ORDER BY new.id",
        id="new.id",
        file="new.file",
        stored_as="new.file",
        **image,
    )
    yield copies(
        "image_value",
        f"new, (SELECT * FROM image_value WHERE image = {model}) AS model ORDER BY new.id",
        image="new.id",
        position="new.position",
        **image,
    )
    yield copies(
        "type_value",
        f"new, (SELECT * FROM type_value WHERE image = {model}) AS model"
        " WHERE new.position = 1 AND new.product <> model.product ORDER BY new.id",
        image="new.id",
        **image,
    )
    yield copies(
        "file_name",
        "new, (SELECT * FROM file_name LIMIT 1) AS model ORDER BY new.file",
        path="new.file",
    )
    yield (
        "INSERT INTO name_hint (name, next) SELECT base, max(number) + 1 FROM new GROUP BY base"
        " HAVING max(number) > 0"
        " ON CONFLICT DO UPDATE SET next = excluded.next"
    )
